# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A scripted OpenAI-compatible server: every byte of its answers is the test's."""

import contextlib
import dataclasses
import json
import socket
import ssl
import threading
import time


@dataclasses.dataclass
class Request:
    """What came."""

    connection: int
    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def response(status, body=b"", *, type="application/json", fields=()):
    """A whole response with its length."""
    lines = [f"HTTP/1.1 {status} Some Words", f"Content-Type: {type}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def failure(status, message="the upstream's words"):
    return response(status, json.dumps({"error": {"message": message, "type": "x", "code": status}}).encode())


def event(value):
    """One event of a stream, as a chunk."""
    data = f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(data), data)


def delta(text, finish_reason=None):
    return event({"object": "text_completion", "choices": [
        {"index": 0, "text": text, "finish_reason": finish_reason, "logprobs": None}]})


STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Transfer-Encoding: chunked\r\nKeep-Alive: timeout=5\r\n\r\n"
)
END = b"0\r\n\r\n"


def completion(*texts, finish_reason="stop", tokens=None):
    """A whole stream."""
    raw = STREAM_HEAD + b"".join(delta(text) for text in texts) + delta("", finish_reason)
    if tokens is not None:
        raw += event({"choices": [], "usage": {"completion_tokens": tokens}})
    return raw + event("[DONE]") + END


class Connection:
    """The server's side of one connection."""

    def __init__(self, stream, number):
        self.stream = stream
        self.number = number
        self.count = 0

    def send(self, raw):
        self.stream.sendall(raw)

    def send_slowly(self, raw, size=1):
        """In segments of so few bytes."""
        for start in range(0, len(raw), size):
            self.stream.sendall(raw[start:start + size])

    def close(self):
        with contextlib.suppress(OSError):
            self.stream.shutdown(socket.SHUT_RDWR)
        self.stream.close()

    def wait_for_hangup(self):
        """Returns when the client has closed the connection."""
        self.stream.settimeout(30)
        with contextlib.suppress(ConnectionError):
            while self.stream.recv(4096):
                pass


class Upstream:
    """Listens on the loopback. `completions(connection, request)` answers /v1/completions, or is the answer;
    `health` and `models` answer the other two paths in the same way."""

    def __init__(self, completions=b"", *, health=None, health_path="/health", models=None, certificate=None, port=0, host="127.0.0.1"):
        self.completions = completions
        self.health = health if health is not None else response(200, b'{"status":"ok"}')
        self.models = models if models is not None else response(200, b'{"data":[]}')
        self.health_path = health_path
        self.requests = []
        self.hung_up = threading.Event()
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate.certificate, certificate.key)
        self._connections = []
        self._lock = threading.Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family)
        # Small, so that a long request does not fit into it. Connections inherit it.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def asked(self):
        """The requests for completions."""
        return [request for request in self.requests if request.path.endswith("/v1/completions")]

    def stop(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _accept(self):
        while True:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=[stream], daemon=True).start()

    def _serve(self, stream):
        with contextlib.suppress(OSError, ValueError):
            if self._tls:
                stream = self._tls.wrap_socket(stream, server_side=True)
            with self._lock:
                connection = Connection(stream, len(self._connections))
                self._connections.append(connection)
            with stream.makefile("rb") as reader:
                while request := self._read(reader, connection):
                    connection.count += 1
                    self.requests.append(request)
                    self._answer(connection, request)
        stream.close()

    def _answer(self, connection, request):
        answer = {"/health": self.health, "/v1/models": self.models}.get(request.path, self.completions)
        if request.path == self.health_path:
            answer = self.health
        if callable(answer):
            answer(connection, request)
        else:
            connection.send(answer)

    @staticmethod
    def _read(reader, connection):
        line = reader.readline().decode()
        if not line:
            return None
        method, path, _ = line.split()
        headers = {}
        while (line := reader.readline().decode().rstrip("\r\n")):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        return Request(connection.number, method, path, headers, body)


def endless(connection, raw, seconds=20):
    """Sends until the client hangs up; the time only ends a test that has failed."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(OSError):
        while time.monotonic() < deadline:
            connection.send(raw)


@contextlib.contextmanager
def silent(host, port=0):
    """An address that answers to no one, for its backlog is full; its port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=0) as full, contextlib.ExitStack() as stack:
        # The kernel takes one connection more than it was told, and then drops what comes.
        for _ in range(2):
            waiting = stack.enter_context(socket.socket(family))
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()[1]
