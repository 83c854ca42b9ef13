# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Servers for the probe to check: other gRPC servers, and servers that are not gRPC."""

import concurrent.futures
import contextlib
import dataclasses
import socket
import threading

import grpc
from conftest import NOT_SERVING, SERVING
from grpc_health.v1 import health, health_pb2, health_pb2_grpc


@contextlib.contextmanager
def serve(servicer, *addresses, credentials=None):
    """A grpcio server with this health servicer (None: without); gives its port (of the last address)."""
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
    if servicer is not None:
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    for address in addresses or ["127.0.0.1:0"]:
        if credentials is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, credentials)
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=None).wait()


def stock():
    """grpcio-health-checking with its usual servicer."""
    servicer = health.HealthServicer()
    servicer.set("", SERVING)
    servicer.set("up", SERVING)
    servicer.set("down", NOT_SERVING)
    servicer.set("unsure", health_pb2.HealthCheckResponse.UNKNOWN)
    servicer.set("strange", health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
    return servicer


@dataclasses.dataclass
class Recorder(health_pb2_grpc.HealthServicer):
    """Answers SERVING and keeps what the client sent."""

    metadata: dict = dataclasses.field(default_factory=dict)
    names: list = dataclasses.field(default_factory=list)
    time_left: float = 0

    def Check(self, request, context):
        self.names.append(request.service)
        self.time_left = context.time_remaining()
        self.metadata = dict(context.invocation_metadata())
        return health_pb2.HealthCheckResponse(status=SERVING)


class Failing(health_pb2_grpc.HealthServicer):
    """Fails with the status code that the request names, and a text with control characters."""

    def Check(self, request, context):
        context.abort(getattr(grpc.StatusCode, request.service), "because\tof\x1b[31m this\nand ü")


class Stuck(health_pb2_grpc.HealthServicer):
    """Answers only when `release` is set; `asked` is set when a request is there."""

    def __init__(self):
        self.asked = threading.Event()
        self.release = threading.Event()

    def Check(self, request, context):
        self.asked.set()
        self.release.wait(20)
        return health_pb2.HealthCheckResponse(status=SERVING)


@contextlib.contextmanager
def talk(answer):
    """A TCP server that sends these bytes to each client, then reads until the client closes.

    An empty answer keeps silent; None closes each connection at once.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=converse, args=listener.accept()[:1], daemon=True).start()

        def converse(connection):
            with connection, contextlib.suppress(OSError):
                if answer is None:
                    return
                connection.sendall(answer)
                while connection.recv(4096):
                    pass

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        # Wakes accept(), which close() alone would not.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
