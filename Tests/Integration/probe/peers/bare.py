# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Peers of the probe on bare sockets: they say what they say at once, or nothing, or are not there."""

import contextlib
import socket
import tempfile
import time

import health_servers
from conftest import free_port
from peers import LOCAL, peer


def talker(name, answer):
    @peer(name)
    def run():
        with health_servers.talk(answer) as port:
            yield f"{LOCAL}:{port}"


talker("silent", b"")
talker("hangs up", None)
talker("HTTP/1.1", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
talker("HTTPS", b"HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port\n")
talker("a TLS alert", bytes.fromhex("15030100020246"))
talker("SSH", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
talker("random bytes", bytes(range(256)) * 8)
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
