# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Peers of the probe that take its request and then never stop talking, or make it hold all that they can."""

import contextlib
import gzip
import struct

import http2
import peers
from peers.scripted import GRPC, IN_GZIP, OK, Requests, body, headers, in_frames, message

CONTINUATION, PRIORITY = 9, 2
EMPTY_DATA = body(b"")
# One byte on the wire for each field of 4,000 bytes (RFC 7541, 6.1), once it is in the table.
LARGE_FIELD = b"\x40\x01a" + b"\x7f" + b"\xa1\x1e" + b"x" * 4000


def interim(block):
    return http2.frame(http2.HEADERS, http2.END_HEADERS, 1, http2.header_block((b":status", b"103")) + block)


# What goes on for ever: what is said once, then what is said again and again.
ENDLESS = {
    "empty DATA": (headers(*GRPC), EMPTY_DATA),
    "empty DATA before any headers": (b"", EMPTY_DATA),
    "padding": (headers(*GRPC), http2.frame(http2.DATA, 8, 1, b"\xff" + bytes(255))),
    "PING": (b"", http2.frame(http2.PING, 0, 0, bytes(8))),
    "PING acknowledgements": (b"", http2.frame(http2.PING, http2.ACK, 0, bytes(8))),
    "SETTINGS": (b"", http2.settings(initial_window=1)),
    "PRIORITY": (b"", http2.frame(PRIORITY, 0, 1, bytes(4) + b"\x01")),
    "unknown frames": (b"", http2.frame(0x77, 0, 0, bytes(64))),
    "WINDOW_UPDATE": (b"", http2.frame(http2.WINDOW_UPDATE, 0, 1, struct.pack(">I", 1))),
    "interim answers": (b"", interim(b"")),
    "interim answers with large fields": (interim(LARGE_FIELD), interim(b"\xbe" * 3)),
    "GOAWAY with a text": (b"", http2.frame(http2.GOAWAY, 0, 0, struct.pack(">II", 1, 0) + b"x" * 16_000)),
    "empty messages": (headers(*GRPC), body(message(b"") * 1000)),
    "statuses": (headers(*GRPC), body(message(b"\x08\x02") * 1000)),
}

FIELDS = http2.frame(http2.HEADERS, 0, 1, b"\x88" + LARGE_FIELD)
UNKNOWN_FIELDS = b"\x12\x00"
LIST_ENTRY = b"\x0a\x00"
NOT_FOUND = headers(*GRPC, (b"grpc-status", b"5"), end=True)


def in_list(data):
    """This as the answer of List, on the second stream."""
    whole = message(data)
    frames = [body(whole[at : at + 16384], stream=3) for at in range(0, len(whole), 16384)]
    return headers(*GRPC, stream=3) + b"".join(frames) + headers((b"grpc-status", b"0"), end=True, stream=3)


# What is large: the frames after the request.
LARGE = {
    "4 MiB of unknown fields": headers(*GRPC) + in_frames(message(UNKNOWN_FIELDS * (2 << 20))) + OK,
    "1 KiB of unknown fields": headers(*GRPC) + body(message(UNKNOWN_FIELDS * 512)) + OK,
    "gzip that was not offered": IN_GZIP + body(message(gzip.compress(bytes(4 << 20)), flag=1)) + OK,
    "endless fields": FIELDS + http2.frame(CONTINUATION, 0, 1, b"\xbe" * 16_000) * 64,
    "endless CONTINUATION": FIELDS + http2.frame(CONTINUATION, 0, 1) * 100_000,
    "a field without an end": FIELDS + http2.frame(CONTINUATION, 0, 1, b"\x00\x7f\xff\x7f" + bytes(16_000)) * 64,
    "huge SETTINGS": http2.frame(http2.SETTINGS, 0, 0, struct.pack(">HI", 4, 1) * 2730) * 64,
    "frames of 16 MiB": b"\xff\xff\xff" + http2.frame(http2.DATA, 0, 1)[3:] + bytes(1 << 20),
    "a message of 4 GiB": headers(*GRPC) + body(b"\0\xff\xff\xff\xff" + bytes(16_000)) * 4,
}
# The answers of List: are they taken?
LISTS = {
    "two million names": (False, LIST_ENTRY * (2 << 20)),
    "256 KiB of names": (False, LIST_ENTRY * (127 << 10)),
    "10,001 names": (False, LIST_ENTRY * 10_001),
    "254 KiB of unknown fields": (False, UNKNOWN_FIELDS * (127 << 10)),
    "one long name": (True, b"\x0a\x98\xf1\x0f\x0a\x94\xf1\x0f" + b"\x1b" * 0x3f894),
    "10,000 names": (True, b"".join(b"\x0a\x0c\x0a\x06n%05d\x12\x02\x08\x01" % n for n in range(10_000))),
}


@contextlib.contextmanager
def flood(once, again, tls=None):
    """A server that says `once` after the request, and `again` for ever; gives its address."""

    def converse(connection):
        with tls.wrap_socket(connection, server_side=True) if tls else contextlib.nullcontext(connection) as channel:
            channel.sendall(http2.settings())
            if Requests(channel).wait():
                channel.sendall(once)
                part = again * (1 + 65_536 // len(again))
                while True:
                    channel.sendall(part)

    with contextlib.contextmanager(peers.served)(converse) as address:
        yield address


@contextlib.contextmanager
def answering(*answers):
    """A server that gives each request on a connection the next of these answers, and then nothing."""

    def converse(connection):
        connection.sendall(http2.settings())
        requests = Requests(connection)
        for answer in answers:
            if not requests.wait():
                return
            with contextlib.suppress(ConnectionError):
                connection.sendall(answer)
        while connection.recv(4096):
            pass

    with contextlib.contextmanager(peers.served)(converse) as address:
        yield address
