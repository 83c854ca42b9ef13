# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Peers of the probe that are whole servers: our own, other people's, and grpcio's with services of all kinds."""

import contextlib
import http.server
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

import gguf
import grpc
import health_servers
from conftest import NOT_SERVING, SERVING, Runtime, free_port, poll, stop_process
from grpc_health.v1 import health_pb2, health_pb2_grpc
from peers import LOCAL, PEERS, peer, served
from proxy import nginx

# Our own server, and other people's.


@peer("ours")
def ours():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        gguf.write(folder / "demo.gguf", name="demo")
        server = Runtime(folder)
        try:
            yield server.wait_for(SERVING).address
        finally:
            server.stop()


@peer("nginx before ours")
def nginx_before_ours():
    with PEERS["ours"]() as backend, tempfile.TemporaryDirectory() as folder:
        with nginx(pathlib.Path(folder), backend) as address:
            wait_for_port(address)
            yield address


@peer("nginx before nothing")
def nginx_before_nothing():
    with tempfile.TemporaryDirectory() as folder:
        with nginx(pathlib.Path(folder), f"{LOCAL}:{free_port()}") as address:
            wait_for_port(address)
            yield address


def wait_for_port(address):
    host, port = address.rsplit(":", 1)

    def is_open():
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return True

    poll(is_open, f"{address} is open")


def nghttpd(*flags):
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["nghttpd", "--no-tls", f"--address={LOCAL}", f"--htdocs={folder}", *flags, str(port)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            wait_for_port(f"{LOCAL}:{port}")
            yield f"{LOCAL}:{port}"
        finally:
            stop_process(process)


peer("nghttpd")(lambda: nghttpd())
peer("nghttpd that echoes")(lambda: nghttpd("--echo-upload"))


@peer("a web server")
def web_server():
    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer((LOCAL, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{LOCAL}:{server.server_port}"
        server.shutdown()


@peer("a TLS server")
def tls_server():
    with tempfile.TemporaryDirectory() as folder:
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
        command += f" -subj /CN=localhost -keyout {folder}/key -out {folder}/certificate"
        subprocess.run(command.split(), check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/certificate", f"{folder}/key")

        def converse(connection):
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(1)

        yield from served(converse)


# grpcio servers that behave in their own way.


def grpcio(name, make):
    @peer(name)
    def run():
        with health_servers.serve(make()) as port:
            yield f"{LOCAL}:{port}"


grpcio("grpcio", health_servers.stock)
grpcio("no health", lambda: None)
grpcio("failing", health_servers.Failing)


class Listing(health_pb2_grpc.HealthServicer):
    """Knows these names, and lists them."""

    def __init__(self, names, delay=0):
        self.names, self.delay = names, delay

    def Check(self, request, context):
        if request.service in self.names:
            return health_pb2.HealthCheckResponse(status=self.names[request.service])
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")

    def List(self, request, context):
        time.sleep(self.delay)
        statuses = {name: health_pb2.HealthCheckResponse(status=status) for name, status in self.names.items()}
        return health_pb2.HealthListResponse(statuses=statuses)


grpcio("lists", lambda: Listing({"": SERVING, "b": NOT_SERVING, "a\x1b[31m": SERVING}))
grpcio("lists, not serving", lambda: Listing({"": NOT_SERVING, "a": SERVING}))
grpcio("lists no whole", lambda: Listing({"a": SERVING}))
grpcio("lists nothing", lambda: Listing({}))
grpcio("lists too much", lambda: Listing({f"{'name' * 30}{number}": SERVING for number in range(500)}))
grpcio("lists too late", lambda: Listing({"": SERVING}, delay=5))


class Slow(health_pb2_grpc.HealthServicer):
    def __init__(self, delay):
        self.delay = delay

    def Check(self, request, context):
        time.sleep(self.delay)
        return health_pb2.HealthCheckResponse(status=SERVING)

    def Watch(self, request, context):
        yield health_pb2.HealthCheckResponse(status=NOT_SERVING)
        time.sleep(self.delay)
        yield health_pb2.HealthCheckResponse(status=SERVING)


grpcio("slow", lambda: Slow(1.5))
grpcio("stuck", lambda: Slow(3))


class WatchEnds(health_pb2_grpc.HealthServicer):
    def Watch(self, request, context):
        yield health_pb2.HealthCheckResponse(status=NOT_SERVING)
        context.abort(grpc.StatusCode.INTERNAL, "the end")


grpcio("a Watch that fails", WatchEnds)


@peer("reflection only")
def reflection_only():
    path = "grpc.reflection.v1.ServerReflection"
    handler = grpc.stream_stream_rpc_method_handler(lambda requests, context: iter(()))
    generic = grpc.method_handlers_generic_handler(path, {"ServerReflectionInfo": handler})
    import concurrent.futures

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2), handlers=[generic])
    port = server.add_insecure_port(f"{LOCAL}:0")
    server.start()
    yield f"{LOCAL}:{port}"
    server.stop(grace=None).wait()


@peer("dies while it is asked")
def dying():
    """A process with a grpcio server that ends in the middle of its first call."""
    program = """
        import concurrent.futures, os, sys, grpc
        from grpc_health.v1 import health_pb2_grpc
        class Dying(health_pb2_grpc.HealthServicer):
            def Check(self, request, context):
                os._exit(1)
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        health_pb2_grpc.add_HealthServicer_to_server(Dying(), server)
        print(server.add_insecure_port("127.0.0.1:0"), flush=True)
        server.start()
        server.wait_for_termination()
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        yield f"{LOCAL}:{int(process.stdout.readline())}"
    finally:
        stop_process(process)
        process.stdout.close()
