# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""grpcio_health.py PORT [CERTIFICATE KEY]: the health service of grpcio-health-checking, as its documents show it. SIGUSR2
switches between SERVING and NOT_SERVING."""

import concurrent.futures
import pathlib
import signal
import sys

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def main(port, certificate=None, key=None):
    # Before any thread is made, so that this one alone gets it.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(10))
    servicer = health.HealthServicer()
    servicer.set("", SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    if certificate is None:
        server.add_insecure_port(f"127.0.0.1:{port}")
    else:
        pair = (pathlib.Path(key).read_bytes(), pathlib.Path(certificate).read_bytes())
        server.add_secure_port(f"127.0.0.1:{port}", grpc.ssl_server_credentials([pair]))
    server.start()
    is_serving = True
    while signal.sigwait([signal.SIGUSR2]):
        is_serving = not is_serving
        servicer.set("", SERVING if is_serving else NOT_SERVING)


main(*sys.argv[1:])
