# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Operators who use HTTP, at a Unix socket of their own."""

import contextlib
import http.client
import json
import socket
import tempfile

from conftest import SERVING
from grpc_health.v1 import health_pb2


class UnixConnection(http.client.HTTPConnection):
    """HTTP at a Unix socket."""

    def __init__(self, path, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Operator:
    """Sends each request on one connection, which stays."""

    def __init__(self, path):
        self.connection = UnixConnection(path)

    def request(self, method, path, body=None, headers=None):
        """The status, the headers, and the body as JSON (else as bytes)."""
        self.connection.request(method, path, body=body, headers=headers or {})
        response = self.connection.getresponse()
        content = response.read()
        if response.headers.get_content_type() == "application/json":
            content = json.loads(content)
        return response.status, response.headers, content

    def post(self, path, expected=200, **keywords):
        """The body of the answer, which has this status."""
        status, _, content = self.request("POST", path, **keywords)
        assert status == expected, content
        return content

    def close(self):
        self.connection.close()


@contextlib.contextmanager
def operated(runtime, *flags, **keywords):
    """A server that is SERVING, and its operator."""
    with tempfile.TemporaryDirectory(prefix="vitals-") as folder:
        server = runtime("--admin", f"unix:{folder}/admin", *flags, **keywords).wait_for(SERVING)
        with contextlib.closing(Operator(f"{folder}/admin")) as operator:
            yield server, operator


def health_request(name):
    return health_pb2.HealthCheckRequest(service=name)
