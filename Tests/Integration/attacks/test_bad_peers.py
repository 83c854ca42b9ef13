# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Bad peers beside a good one: the server stays well, the good client is served, nothing leaks."""

import concurrent.futures
import os
import random
import resource
import socket
import struct

import grpc
import http2
import pytest
from conftest import NOT_SERVING, SERVING, assert_memory, code_of, poll

CLIENT_HELLO = bytes.fromhex("16030100a5010000a10303") + bytes(range(32)) + bytes(122)
OVERSIZED_FRAME = struct.pack(">I", 1 << 20)[1:] + struct.pack(">BBI", http2.DATA, 0, 1)

GARBAGE = {
    "random bytes": random.Random(1).randbytes(4096),
    "zeros": bytes(4096),
    "TLS": CLIENT_HELLO,
    "HTTP/1.0": b"GET\r\n\r\n",
    "half a preface and other things": http2.PREFACE[:12] + b"hello, hello, hello",
    "preface, then random bytes": http2.PREFACE + random.Random(2).randbytes(4096),
    "preface, then HEADERS instead of SETTINGS": http2.PREFACE + http2.frame(http2.HEADERS, 5, 1),
    "a frame over the limit": http2.PREFACE + http2.settings() + OVERSIZED_FRAME,
    "DATA on stream 0": http2.PREFACE + http2.settings() + http2.frame(http2.DATA, 0, 0, b"x"),
    "a broken header block": http2.PREFACE + http2.settings() + http2.frame(http2.HEADERS, 5, 1, b"\xff" * 9),
    "a stream id that the server owns": http2.PREFACE + http2.settings() + http2.frame(http2.HEADERS, 5, 2),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_ends_its_own_connection_only(serving, garbage):
    watch = serving.watch()
    assert next(watch).status == SERVING
    before = serving.descriptors()
    with http2.Peer(serving.port) as peer:
        peer.send(garbage)
        assert peer.closed_by_server()
    poll(lambda: serving.descriptors() == before, "its descriptor is closed")
    assert serving.check() == SERVING
    assert watch.is_active()


def test_an_http1_request_does_no_harm(serving):
    with http2.Peer(serving.port) as peer:
        peer.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert peer.closed_by_server()
    assert serving.check() == SERVING


def test_half_a_preface_and_silence_does_no_harm(serving):
    with http2.Peer(serving.port) as peer:
        peer.send(http2.PREFACE[:10])
        for _ in range(100):
            assert serving.check() == SERVING


def test_a_preface_in_single_bytes_is_understood(serving):
    with http2.Peer(serving.port) as peer:
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for value in http2.PREFACE + http2.settings():
            peer.send(bytes([value]))
        stream = peer.request("/grpc.health.v1.Health/Check", b"")
        assert peer.read_message(stream) == b"\x08\x01"


def test_a_message_over_the_limit_is_refused(serving):
    assert code_of(serving.check, "x" * 5_000_000) == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert serving.check() == SERVING


@pytest.mark.parametrize(
    "message", [b"\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05ab"], ids=["tag", "length", "cut"]
)
def test_a_message_that_does_not_decode_fails_its_call(serving, message):
    call = serving.channel.unary_unary("/grpc.health.v1.Health/Check")
    assert code_of(call, message, timeout=5) in (
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.INVALID_ARGUMENT,
    )
    assert serving.check() == SERVING


def test_unknown_fields_of_a_message_are_skipped(serving):
    call = serving.channel.unary_unary("/grpc.health.v1.Health/Check")
    assert call(b"\x0a\x09readiness" + b"\x7a\x03new", timeout=5) == b"\x08\x01"


def test_many_watches_of_unknown_names_leave_no_state(serving):
    for batch in range(5):
        watches = [serving.watch(f"nobody-{batch}-{number}") for number in range(50)]
        for watch in watches:
            next(watch)
        for watch in watches:
            watch.cancel()
    assert len(serving.list()) == 5


def test_unread_answers_do_not_hold_up_others(serving):
    """A peer sends PINGs and calls without end and never reads; its own connection may be closed for it."""
    with http2.Peer(serving.port) as flood:
        flood.open()
        flood.socket.settimeout(0.2)
        ping = http2.frame(http2.PING, 0, 0, bytes(8)) * 1000
        try:
            for _ in range(500):
                flood.send(ping)
        except OSError:
            pass
        for _ in range(50):
            assert serving.check(timeout=10) == SERVING
        with open(f"/proc/{serving.process.pid}/statm") as pages:
            resident = int(pages.read().split()[1]) * resource.getpagesize()
        assert_memory(resident, 64 << 20)


def test_rapid_resets_do_not_hold_up_others(serving):
    with http2.Peer(serving.port) as attacker:
        attacker.open()
        reset = struct.pack(">I", 8)
        try:
            for _ in range(5000):
                stream = attacker.request("/grpc.health.v1.Health/Watch", b"")
                attacker.send(http2.frame(http2.RST_STREAM, 0, stream, reset))
        except OSError:
            pass
        assert serving.check(timeout=10) == SERVING
    serving.toggle_maintenance()
    serving.wait_for(NOT_SERVING)


def test_1000_quick_connections_leave_no_descriptor_open(serving):
    serving.check()
    before = serving.descriptors()
    hello = [b"", http2.PREFACE[:7], http2.PREFACE, http2.PREFACE + http2.settings()]

    def connect(number):
        with http2.Peer(serving.port) as peer:
            peer.send(hello[number % len(hello)])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(connect, range(1000)))
    poll(lambda: serving.descriptors() <= before, "all descriptors are closed")
    assert serving.check() == SERVING
    assert os.path.exists(f"/proc/{serving.process.pid}")


def test_the_server_itself_ends_a_call_at_its_deadline(serving):
    with http2.Peer(serving.port) as peer:
        peer.open()
        stream = peer.request("/grpc.health.v1.Health/Watch", b"", (b"grpc-timeout", b"100m"))
        assert peer.read_message(stream) == b"\x08\x01"
        peer.read_end(stream)
