# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Clients that leave in their own way: what the server takes for an orderly end, and what it tells the log."""

import signal
import socket
import struct

import http2
import pytest
from conftest import SERVING, poll

CHECK = "/grpc.health.v1.Health/Check"


def frames_until_end(peer):
    frames = []
    try:
        while True:
            frames.append(peer.read_frame())
    except EOFError:
        return frames


@pytest.mark.parametrize("last", [0, 1, 2, 1001])
@pytest.mark.parametrize("calls", [0, 1])
def test_a_client_whose_goaway_names_a_stream_of_its_own_leaves_without_a_line(runtime, calls, last):
    """gRPC's client in Go says the latest stream that it opened (so do the kubelet, its probe and grpcurl)."""
    server = runtime("--log-level", "debug")
    server.wait_for(SERVING)
    with http2.Peer(server.port) as peer:
        peer.open()
        for _ in range(calls):
            peer.read_message(peer.request(CHECK, b""))
        before = len(server.lines())
        peer.send(http2.frame(http2.GOAWAY, 0, 0, struct.pack(">II", last, 0)))
        ends = [(kind, payload[4:]) for kind, _, _, payload in frames_until_end(peer) if kind == http2.GOAWAY]
    assert all(payload == bytes(4) for _, payload in ends)
    assert server.check() == SERVING
    lines = server.lines()[before:]
    assert [line for line in lines if line["level"] != "debug"] == []
    assert "violation" not in str(lines)


def test_the_log_has_the_address_of_a_client_that_has_gone(runtime):
    server = runtime().wait_for(SERVING)
    server.process.send_signal(signal.SIGSTOP)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        address = "%s:%d" % client.getsockname()
        client.sendall(b"\x00 is no request\r\n\r\n")
        # A reset: from then on the kernel does not know who it was.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.process.send_signal(signal.SIGCONT)
    (line,) = poll(lambda: [line for line in server.lines() if line["message"] == "connection dropped"], "a line")
    assert line["peer"] == address
