# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Peers of the probe that speak HTTP/2 by hand: what they send once the request is there."""

import gzip
import struct
import time

import http2
from peers import peer, served


def scripted(name, *frames, hang_up=False, early=b"", later=()):
    """After `early` and SETTINGS, reads the request to its end, sends the frames, then waits or hangs up. Each of
    `later` is what it sends after one more request."""

    def converse(connection):
        connection.sendall(early + http2.settings())
        requests = Requests(connection)
        for answer in [b"".join(frames), *later]:
            if not requests.wait():
                return
            connection.sendall(answer)
        if not hang_up:
            while connection.recv(4096):
                pass

    peer(name)(lambda: served(converse))


class Requests:
    """What a client asks on a connection."""

    def __init__(self, connection):
        self.connection = connection
        self.data = b""
        self.is_begun = False

    def wait(self):
        """Reads until one more request is there; false when the client has gone."""
        if not self.is_begun:
            self.is_begun = self._read(len(http2.PREFACE)) is not None
        while head := self._read(9):
            if self._read(int.from_bytes(head[:3], "big")) is None:
                return False
            if head[3] == http2.DATA and head[4] & http2.END_STREAM:
                return True
        return False

    def _read(self, count):
        while len(self.data) < count:
            received = self.connection.recv(4096)
            if not received:
                return None
            self.data += received
        taken, self.data = self.data[:count], self.data[count:]
        return taken


def headers(*fields, end=False, stream=1):
    flags = http2.END_HEADERS | (http2.END_STREAM if end else 0)
    return http2.frame(http2.HEADERS, flags, stream, http2.header_block(*fields))


def body(data, end=False, stream=1):
    return http2.frame(http2.DATA, http2.END_STREAM if end else 0, stream, data)


def message(data, flag=0):
    return struct.pack(">BI", flag, len(data)) + data


def long_value(name, value):
    """A literal field whose value has 127 bytes or more (RFC 7541, 5.1)."""
    rest, length = len(value) - 127, bytes([127])
    while rest >= 128:
        length, rest = length + bytes([rest % 128 + 128]), rest // 128
    return bytes([0, len(name)]) + name + length + bytes([rest]) + value


GRPC = (b":status", b"200"), (b"content-type", b"application/grpc")
OK = headers((b"grpc-status", b"0"), end=True)
SERVING_BYTES = b"\x08\x01"
SERVING_GZIP = message(gzip.compress(SERVING_BYTES), flag=1)
IN_GZIP = headers(*GRPC, (b"grpc-encoding", b"gzip"))
BOMB = gzip.compress(bytes(256 << 10))


def in_frames(data):
    return b"".join(body(data[at : at + 16384]) for at in range(0, len(data), 16384))


def goaway(code, text, last=0):
    return http2.frame(http2.GOAWAY, 0, 0, struct.pack(">II", last, code) + text)


def reset(code, stream=1):
    return http2.frame(http2.RST_STREAM, 0, stream, struct.pack(">I", code))


def serving(stream):
    """A whole answer."""
    end = headers((b"grpc-status", b"0"), end=True, stream=stream)
    return headers(*GRPC, stream=stream) + body(message(SERVING_BYTES), stream=stream) + end


def unimplemented(stream, text):
    return headers(*GRPC, (b"grpc-status", b"12"), (b"grpc-message", text), end=True, stream=stream)


scripted("GOAWAY, shutting down", goaway(0, b"the server is shutting down"))
scripted("GOAWAY, calm", goaway(11, b"too_many_pings\x1b[2J"), hang_up=True)
scripted("GOAWAY, then an answer", goaway(0, b"soon", last=1), headers(*GRPC), body(message(SERVING_BYTES)), OK)
for code in (2, 8, 11):
    scripted(f"RST_STREAM {code}", reset(code))
for status in (301, 401, 404, 429, 431, 500, 503):
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
WITH_TRAILERS = headers(*GRPC), body(message(SERVING_BYTES))
scripted("two statuses", *WITH_TRAILERS, headers((b"grpc-status", b"0"), (b"grpc-status", b"14"), end=True))
scripted("two statuses that agree", *WITH_TRAILERS, headers(*[(b"grpc-status", b"0")] * 2, end=True))
scripted("an early status", headers(*GRPC, (b"grpc-status", b"5")), body(message(SERVING_BYTES)), OK)
# Malformed (RFC 9113, 8.1.1): the answer would be good but for one thing.
scripted("no :status", headers(*GRPC[1:]), body(message(SERVING_BYTES)), OK)
scripted("two :status", headers(GRPC[0], *GRPC), body(message(SERVING_BYTES)), OK)
scripted("a late :status", headers(*GRPC[::-1]), body(message(SERVING_BYTES)), OK)
MALFORMED_FIELDS = {
    "a long content-length": (b"content-length", b"99"),
    "a short content-length": (b"content-length", b"1"),
    "a content-length of letters": (b"content-length", b"many"),
    "a connection field": (b"connection", b"close"),
    "an upper-case name": (b"X-Field", b"y"),
    "a NUL in a value": (b"x-field", b"a\0b"),
    "a line feed in a value": (b"x-field", b"a\nb"),
    "a NUL in a name": (b"x\0field", b"a"),
    "a pseudo-header of requests": (b":path", b"/"),
}
for name, field in MALFORMED_FIELDS.items():
    fields = [*GRPC[:1], field, *GRPC[1:]] if field[0][:1] == b":" else [*GRPC, field]
    scripted(name, headers(*fields), body(message(SERVING_BYTES)), OK)
scripted("a NUL in the trailers", *WITH_TRAILERS, headers((b"grpc-status", b"0"), (b"x", b"\0"), end=True))
scripted("a pseudo-header in the trailers", *WITH_TRAILERS, headers(GRPC[0], (b"grpc-status", b"0"), end=True))
scripted("trailers that end nothing", *WITH_TRAILERS, headers((b"grpc-status", b"0")))
scripted("a space at an end", headers(*GRPC, (b"x-field", b"y ")), body(message(SERVING_BYTES)), OK)
# Breaches that end the connection.
scripted("bad HPACK", http2.frame(http2.HEADERS, 5, 1, b"\xff\xff\xff\xff\xff\xff"))
scripted("an oversized frame", headers(*GRPC), http2.frame(http2.DATA, 0, 1, bytes(16_385)))
scripted("a frame of 16 MiB", headers(*GRPC), b"\xff\xff\xff" + http2.frame(http2.DATA, 0, 1)[3:])
scripted("a window of 0", http2.frame(http2.WINDOW_UPDATE, 0, 0, bytes(4)))
scripted("a frame within a header block", http2.frame(http2.HEADERS, 0, 1, b"\x88"), body(b""))
# gRFC A6.
scripted("refuses once", reset(7), later=[serving(3)])
scripted("refuses twice", reset(7), later=[reset(7, 3), serving(5)])
scripted("refuses all but one", reset(7) + serving(3), later=[b"", serving(5)])


def early_deadline(name, before, end):
    """The server counts a second from the request on, as it was told, and says so late: `before`, and at last `end`.
    The probe's own second begins with the SETTINGS."""

    def converse(connection):
        requests = Requests(connection)
        if requests.wait():
            time.sleep(0.4)
            connection.sendall(http2.settings() + before)
            time.sleep(0.6)
            connection.sendall(end)
            requests.wait()

    peer(name)(lambda: served(converse))


early_deadline("cancels at its deadline", b"", reset(8))
early_deadline("is cancelled at its deadline", b"", headers(*GRPC, (b"grpc-status", b"1"), end=True))
early_deadline("has news, and cancels", headers(*GRPC) + body(message(b"\x08\x02")), reset(8))
# Answers that mean several things.
NO_GZIP = unimplemented(1, b"no gzip here")
scripted("no gzip", NO_GZIP, later=[serving(3)])
scripted("no gzip, no health", NO_GZIP, later=[unimplemented(3, b"unknown service")])
scripted("no gzip, no List", NO_GZIP, later=[unimplemented(3, b"no List"), serving(5)])
scripted("no List", unimplemented(1, b"no List"), later=[serving(3)])
scripted("no Watch", unimplemented(1, b"no Watch"), later=[serving(3)])
# A reason.
NOT_SERVING = headers(*GRPC), body(message(b"\x08\x02"))
for word in (b"low-memory", b"Not a word", b"x" * 33):
    fields = (b"grpc-status", b"0"), (b"vitals-reason-code", word)
    scripted(f"a reason, {word.decode()}", *NOT_SERVING, headers(*fields, end=True))
scripted("an answer before SETTINGS", early=headers(*GRPC, end=True))
