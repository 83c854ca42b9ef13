# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Every peer of the probe's scenarios by name: a context that gives the address to probe."""

import contextlib
import gzip
import http.server
import os
import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

import grpc
import gguf
import http2
import peers
from conftest import NOT_SERVING, SERVING, Runtime, free_port, poll, stop_process
from grpc_health.v1 import health_pb2, health_pb2_grpc
from test_interop import nginx

PEERS = {}
LOCAL = "127.0.0.1"


def peer(name):
    """Adds a peer: a generator function that yields the address."""

    def add(function):
        PEERS[name] = contextlib.contextmanager(function)
        return function

    return add


def grpcio(name, make):
    @peer(name)
    def run():
        with peers.serve(make()) as port:
            yield f"{LOCAL}:{port}"


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

grpcio("grpcio", peers.stock)
grpcio("no health", lambda: None)
grpcio("failing", peers.Failing)


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


# Peers on bare sockets.


def served(converse):
    """A TCP server that runs `converse(connection)` for each client; yields its address."""
    with socket.create_server((LOCAL, 0)) as listener:

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=handle, args=listener.accept()[:1], daemon=True).start()

        def handle(connection):
            with connection, contextlib.suppress(OSError, EOFError):
                converse(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield "%s:%d" % listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def talker(name, answer):
    @peer(name)
    def run():
        with peers.talk(answer) as port:
            yield f"{LOCAL}:{port}"


talker("silent", b"")
talker("hangs up", None)
talker("HTTP/1.1", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
talker("HTTPS", b"HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port\n")
talker("a TLS alert", bytes.fromhex("15030100020246"))
talker("SSH", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
talker("random octets", bytes(range(256)) * 8)
talker("a terminal's nightmare", b"\x1b[2J\x1b]0;owned\x07" * 20)


@peer("a closed port")
def closed_port():
    yield f"{LOCAL}:{free_port()}"


@peer("a full backlog")
def full_backlog():
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((LOCAL, 0))
        listener.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        time.sleep(0.1)
        yield "%s:%d" % listener.getsockname()


def unix_socket(is_listening, clients=0):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(f"{folder}/socket")
        if is_listening:
            listener.listen(0)
        for _ in range(clients):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            client.connect_ex(f"{folder}/socket")
        yield f"unix:{folder}/socket"


peer("a Unix socket with nobody behind it")(lambda: unix_socket(False))
peer("a full Unix backlog")(lambda: unix_socket(True, clients=4))


@peer("nobody")
def nobody():
    yield "-"


# Servers that speak HTTP/2 by hand: what they send once the request is there.


def scripted(name, *frames, hang_up=False, early=b""):
    """After `early` and SETTINGS, reads the request to its end, sends the frames, then waits or hangs up."""

    def converse(connection):
        connection.sendall(early + http2.settings())
        data = b""
        while len(data) < len(http2.PREFACE):
            data += connection.recv(4096)
        data = data[len(http2.PREFACE) :]
        while not request_is_complete(data):
            received = connection.recv(4096)
            if not received:
                return
            data += received
        connection.sendall(b"".join(frames))
        if not hang_up:
            while connection.recv(4096):
                pass

    peer(name)(lambda: served(converse))


def request_is_complete(data):
    while len(data) >= 9:
        length = int.from_bytes(data[:3], "big")
        if data[3] == http2.DATA and data[4] & http2.END_STREAM:
            return True
        data = data[9 + length :]
    return False


def headers(*fields, end=False):
    flags = http2.END_HEADERS | (http2.END_STREAM if end else 0)
    return http2.frame(http2.HEADERS, flags, 1, http2.header_block(*fields))


def body(data, end=False):
    return http2.frame(http2.DATA, http2.END_STREAM if end else 0, 1, data)


def message(data, flag=0):
    return struct.pack(">BI", flag, len(data)) + data


def long_value(name, value):
    """A literal field whose value has 127 octets or more (RFC 7541, 5.1)."""
    rest, length = len(value) - 127, bytes([127])
    while rest >= 128:
        length, rest = length + bytes([rest % 128 + 128]), rest // 128
    return bytes([0, len(name)]) + name + length + bytes([rest]) + value


GRPC = (b":status", b"200"), (b"content-type", b"application/grpc")
OK = headers((b"grpc-status", b"0"), end=True)
SERVING_BYTES = b"\x08\x01"
SERVING_GZIP = message(gzip.compress(SERVING_BYTES), flag=1)
IN_GZIP = headers(*GRPC, (b"grpc-encoding", b"gzip"))
BOMB = gzip.compress(bytes(16 << 20))


def in_frames(data):
    return b"".join(body(data[at : at + 16384]) for at in range(0, len(data), 16384))


def goaway(code, text, last=0):
    return http2.frame(http2.GOAWAY, 0, 0, struct.pack(">II", last, code) + text)


def reset(code):
    return http2.frame(http2.RST_STREAM, 0, 1, struct.pack(">I", code))


scripted("GOAWAY, shutting down", goaway(0, b"the server is shutting down"))
scripted("GOAWAY, calm", goaway(11, b"too_many_pings\x1b[2J"), hang_up=True)
scripted("GOAWAY, then an answer", goaway(0, b"soon", last=1), headers(*GRPC), body(message(SERVING_BYTES)), OK)
for code in (2, 7, 8, 11):
    scripted(f"RST_STREAM {code}", reset(code))
for status in (301, 401, 404, 429, 500, 503):
    scripted(f"HTTP {status}", headers((b":status", b"%d" % status), (b"content-type", b"text/html"), end=True))
scripted("HTTP 200, HTML", headers((b":status", b"200"), (b"content-type", b"text/html")), body(b"<html>", end=True))
scripted("no content-type", headers((b":status", b"200")), body(b"", end=True))
scripted("no trailers", headers(*GRPC), body(message(SERVING_BYTES), end=True))
scripted("trailers without a status", headers(*GRPC), body(message(SERVING_BYTES)), headers((b"x", b"y"), end=True))
scripted("a malformed status", headers(*GRPC, (b"grpc-status", b"fine"), end=True))
scripted("an unknown status", headers(*GRPC, (b"grpc-status", b"99"), (b"grpc-message", b"odd"), end=True))
scripted("a bad flag byte", headers(*GRPC), body(message(SERVING_BYTES, flag=7)), OK)
scripted("half a message", headers(*GRPC), body(b"\0\0\0\0\x05\x08"), OK)
scripted("an endless message", headers(*GRPC), body(b"\0\xff\xff\xff\xff\x08"), OK)
scripted("bad protobuf", headers(*GRPC), body(message(b"\xff\xff")), OK)
scripted("two messages", headers(*GRPC), body(message(SERVING_BYTES) * 2), OK)
scripted("no message", headers(*GRPC), OK)
scripted("a status without a name", headers(*GRPC), body(message(b"\x08\x2a")), OK)
scripted("gzip", IN_GZIP, body(SERVING_GZIP), OK)
scripted("gzip, but plain", IN_GZIP, body(message(SERVING_BYTES)), OK)
scripted("gzip unannounced", headers(*GRPC), body(SERVING_GZIP), OK)
scripted("broken gzip", IN_GZIP, body(message(gzip.compress(SERVING_BYTES)[:-6], flag=1)), OK)
scripted("no gzip at all", IN_GZIP, body(message(b"hello", flag=1)), OK)
scripted("a gzip bomb", IN_GZIP, in_frames(message(BOMB, flag=1)), OK)
scripted("snappy", headers(*GRPC, (b"grpc-encoding", b"snappy")), body(message(b"hello", flag=1)), OK)
scripted("says nothing")
scripted("headers, then nothing", headers(*GRPC))
scripted("hangs up when asked", hang_up=True)
scripted("breaks HTTP/2", http2.frame(http2.DATA, 0, 0, b"x"))
scripted("an interim answer", headers((b":status", b"103")), headers(*GRPC), body(message(SERVING_BYTES)), OK)
LONG = http2.header_block(*GRPC, (b"grpc-status", b"13")) + long_value(b"grpc-message", b"%0A%1B!" * 1500)
scripted("a long text", http2.frame(http2.HEADERS, 5, 1, LONG))
scripted("an answer before SETTINGS", early=headers(*GRPC, end=True))
