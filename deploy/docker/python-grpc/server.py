# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A gRPC service in Python with the standard health service, which `grpc_health_probe` asks."""

import os
import signal
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def main():
    server = grpc.server(futures.ThreadPoolExecutor(8))
    states = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(states, server)
    # Your own services are added here.
    server.add_insecure_port(os.environ.get("ADDRESS", "[::]:50051"))
    server.start()
    states.set("", SERVING)

    def stop(*_):
        # First the health, so that nobody sends more; then what is under way may end.
        states.enter_graceful_shutdown()
        server.stop(8)

    signal.signal(signal.SIGTERM, stop)
    server.wait_for_termination()


main()
