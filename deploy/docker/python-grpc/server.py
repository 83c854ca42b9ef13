# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A gRPC service in Python with the standard health service, which `grpc_health_probe` asks."""

import os
import signal
import threading
import time
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def main():
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server = grpc.server(futures.ThreadPoolExecutor(8))
    states = health.HealthServicer()
    states.set("", NOT_SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(states, server)
    # Your own services are added here.
    server.add_insecure_port(os.environ.get("ADDRESS", "[::]:50051"))
    server.start()
    states.set("", SERVING)

    stop.wait()
    # First the health, and time for callers to go elsewhere: stop() refuses new calls at once. All of it fits Docker's 10 s.
    states.enter_graceful_shutdown()
    time.sleep(3)
    server.stop(5).wait()


main()
