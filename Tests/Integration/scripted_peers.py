# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Peers of the probe that speak HTTP/2 by hand: what they send once the request is there."""

import gzip
import struct

import http2
from probe_peers import peer, served


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
