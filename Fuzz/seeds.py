#!/usr/bin/env python3
# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes seeds into Fuzz/Corpus: small inputs, good and bad, from which libFuzzer goes on. Their forms are told in each
fuzzer's main.swift."""

import gzip
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "Corpus"


def write(target, **seeds):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for name, raw in seeds.items():
        (folder / name.replace("_", "-")).write_bytes(raw)


# ServerFuzzer: mode, step, then frames as (type, flags, stream, length, payload).
DATA, HEADERS, PRIORITY, RESET, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
GOOD, RAW = 0x80, 0x40


def frame(kind, flags=0, stream=0, payload=b""):
    return bytes([kind, flags, stream, len(payload)]) + payload


def message(payload=b""):
    return struct.pack(">BI", 0, len(payload)) + payload


def server(*frames, answers=False, step=255):
    return bytes([answers, step]) + b"".join(frames)


call = frame(HEADERS | GOOD, 4, 1) + frame(DATA, 1, 1, message())
timeout = b"\x00\x0cgrpc-timeout\x0210S"
write(
    "ServerFuzzer",
    call=server(call, answers=True),
    two_calls=server(call, frame(HEADERS | GOOD, 4, 3, timeout), frame(DATA, 0, 3, b"\0"), frame(DATA, 1, 3, b"\0\0\0\0"), answers=True, step=7),
    cut=server(call, frame(PING, 0, 0, bytes(8)), step=0),
    lower_stream=server(frame(HEADERS | GOOD, 5, 5), frame(HEADERS | GOOD, 5, 3)),
    closed_stream=server(frame(HEADERS | GOOD, 5, 1), frame(HEADERS | GOOD, 5, 1), answers=True, step=63),
    reset=server(frame(HEADERS | GOOD, 4, 1), frame(RESET, 0, 1, bytes(4)), frame(DATA, 0, 1, b"x")),
    settings=server(frame(SETTINGS, 0, 0, struct.pack(">HIHI", 4, 1, 1, 0)), call, frame(WINDOW, 0, 1, bytes([0, 0, 0, 1])), answers=True),
    window=server(frame(HEADERS | GOOD, 4, 1), frame(WINDOW, 0, 1, b"\x7f\xff\xff\xff")),
    continuation=server(frame(HEADERS | GOOD, 1, 1), frame(CONTINUATION, 4, 1, b"\x00\x01x\x01y"), step=3),
    trailers=server(frame(HEADERS | GOOD, 4, 1), frame(DATA, 0, 1, message(b"ab")), frame(HEADERS, 5, 1, b"\x00\x01x\x01y")),
    priority=server(frame(PRIORITY, 0, 3, struct.pack(">IB", 1, 5)), frame(PRIORITY, 0, 3, struct.pack(">IB", 3, 5)), step=4),
    padded=server(frame(HEADERS | GOOD, 4, 1), frame(DATA, 9, 1, b"\x03" + message() + bytes(3)), answers=True),
    content_length=server(frame(HEADERS | GOOD, 4, 1, b"\x00\x0econtent-length\x013"), frame(DATA, 1, 1, b"abcd")),
    plain=server(frame(HEADERS, 5, 1, b"\x82\x86\x84\x41\x01a"), answers=True),
    malformed=server(frame(HEADERS | GOOD, 5, 1, b"\x00\x01X\x01y"), frame(HEADERS | GOOD, 5, 3)),
    indexed=server(frame(HEADERS | GOOD, 5, 1, b"\x40\x01x\x01y"), frame(HEADERS | GOOD, 5, 3, b"\xbe")),
    too_large=server(frame(HEADERS | GOOD, 5, 1, b"\x00\x01x\x7f\x70" + bytes([97]) * 239), frame(HEADERS | GOOD, 5, 3)),
    goaway=server(call, frame(GOAWAY, 0, 0, bytes(8) + b"bye"), answers=True),
    unknown=server(frame(0x16, 255, 7, b"whatever"), call),
    raw=server(frame(RAW, 0, 0, bytes([0, 0, 8, 6, 0, 0, 0, 0, 0]) + b"raw ping"), call),
    even=server(frame(HEADERS | GOOD, 5, 2)),
)

# MessageFuzzer: what is read and how it is cut, then the bytes.
unfolded = gzip.compress(b"message" * 9, mtime=0)
write(
    "MessageFuzzer",
    messages=b"\x08" + message(b"one") + message() + message(b"two"),
    gzip=b"\x09" + struct.pack(">BI", 1, len(unfolded)) + unfolded + message(b"plain"),
    two_members=b"\x09" + struct.pack(">BI", 1, 2 * len(unfolded)) + unfolded * 2,
    bomb=b"\x09" + struct.pack(">BI", 1, len(bomb := gzip.compress(bytes(70_000), mtime=0))) + bomb,
    too_large=b"\x08\0\0\x01\0\x01",
    flag=b"\x08\x02\0\0\0\0",
    percent=b"\x02a%20%C3%BC%ff%2",
    timeout=b"\x0399999999H",
    encodings=b"\x03identity, gzip;q=0,deflate",
)

# ProtobufFuzzer: which message, then its bytes.
entry = b"\x0a\x05ready\x12\x02\x08\x01"
write(
    "ProtobufFuzzer",
    request=b"\x00\x0a\x09readiness",
    request_unknown=b"\x00\x0a\x02\xff\xfe\x7a\x01x\x10\x05\x1d\0\0\0\0\x21" + bytes(8),
    response=b"\x01\x08\x02",
    response_other=b"\x01\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    list=b"\x02\x0a" + bytes([len(entry)]) + entry + b"\x0a\x00",
    list_nested=b"\x02\x0a\x04\x12\x02\x12\x00",
)


# GGUFFuzzer: how much longer than the rest the file is (two bytes), then its start.
def text(value):
    return struct.pack("<Q", len(value)) + value


def model(version=3, pairs=(), tensors=(), longer=0, magic=b"GGUF"):
    head = magic + struct.pack("<IQQ", version, len(tensors), len(pairs))
    return struct.pack("<H", longer) + head + b"".join(pairs) + b"".join(tensors)


def pair(name, kind, value):
    return text(name) + struct.pack("<I", kind) + value


def tensor(name, *dimensions, kind=0, offset=0):
    raw = text(name) + struct.pack("<I", len(dimensions)) + struct.pack(f"<{len(dimensions)}Q", *dimensions)
    return raw + struct.pack("<IQ", kind, offset)


general = [pair(b"general.name", 8, text(b"demo")), pair(b"general.architecture", 8, text(b"llama"))]
write(
    "GGUFFuzzer",
    empty=model(),
    version_2=model(2, general),
    alignment=model(3, [*general, pair(b"general.alignment", 4, struct.pack("<I", 64))], [tensor(b"a", 4, 4)], longer=200),
    scalars=model(3, [pair(b"k%d" % kind, kind, bytes(size)) for kind, size in enumerate([1, 1, 2, 2, 4, 4, 4, 1])]),
    wide=model(3, [pair(b"k%d" % kind, kind, bytes(8)) for kind in (10, 11, 12)]),
    array=model(3, [pair(b"list", 9, struct.pack("<IQ", 4, 3) + bytes(12))]),
    strings=model(3, [pair(b"list", 9, struct.pack("<IQ", 8, 2) + text(b"a") + text(b""))]),
    nested=model(3, [pair(b"list", 9, struct.pack("<IQ", 9, 1) + struct.pack("<IQ", 0, 2) + b"ab")]),
    tensors=model(3, general, [tensor(b"a", 32, kind=2), tensor(b"b", 32, 2, kind=8, offset=32)], longer=300),
    huge=model(3, [], [tensor(b"a", 2**63, 2**63, 2**63)]),
    magic=model(magic=b"GGML"),
    cut=model(3, general)[:50],
)

# RedisFuzzer: how the rest is cut, then replies.
write(
    "RedisFuzzer",
    resp2=b"\x03+PONG\r\n-NOAUTH no\r\n:42\r\n$5\r\nhe\r\nx\r\n$-1\r\n*-1\r\n*2\r\n+a\r\n:1\r\n",
    resp3=b"\x05%2\r\n+role\r\n$6\r\nmaster\r\n+proto\r\n:3\r\n_\r\n#t\r\n,1.5\r\n(12\r\n!5\r\nERR x\r\n=8\r\ntxt:text\r\n~1\r\n:7\r\n",
    pushes=b"\x01>2\r\n+message\r\n+x\r\n|1\r\n+ttl\r\n:3\r\n+OK\r\n",
    deep=b"\x07" + b"*1\r\n" * 8 + b"+x\r\n",
    large=b"\x09$99999999\r\n",
    info=b"\xff$50\r\nrole:master\r\nused_memory:1\r\nmaxmemory:2\r\nloading:0\r\n\r\n",
)


# PostgresFuzzer: how the rest is cut, then messages of a server.
def answer(kind, body=b""):
    return kind + struct.pack(">I", len(body) + 4) + body


def login(number, body=b""):
    return answer(b"R", struct.pack(">I", number) + body)


write(
    "PostgresFuzzer",
    start=b"\x04" + login(0) + answer(b"S", b"server_version\x0015.1\0") + answer(b"K", bytes(8)) + answer(b"Z", b"I"),
    row=b"\x02" + answer(b"T", b"\0\1?column?\0" + bytes(18)) + answer(b"D", b"\0\1\0\0\0\x011") + answer(b"C", b"SELECT 1\0"),
    null=b"\x06" + answer(b"D", b"\0\1\xff\xff\xff\xff") + answer(b"D", b"\0\0"),
    error=b"\x07" + answer(b"E", b"SFATAL\0C57P03\0Mstarting\0\0"),
    passwords=b"\x01" + login(3) + login(5, b"salt") + login(9),
    scram=b"\x0b" + login(10, b"SCRAM-SHA-256\0\0") + login(11, b"r=fuzzserver,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=64") + login(12, b"v=AAAA"),
    length=b"\x05" + b"Z\xff\xff\xff\xff",
)


# RTSPFuzzer: how the rest is cut, then what a server sends.
def response(status=200, *fields, body=b""):
    head = b"RTSP/1.0 %d OK\r\nCSeq: 1\r\n" % status + b"".join(field + b"\r\n" for field in fields)
    return head + (b"Content-Length: %d\r\n\r\n" % len(body) if body else b"\r\n") + body


def packet(sequence, timestamp, first=0x80, second=0xE0, rest=b"x"):
    raw = struct.pack(">BBHII", first, second, sequence, timestamp, 7) + rest
    return struct.pack(">cBH", b"$", 0, len(raw)) + raw


sdp = b"v=0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=framerate:25\r\na=control:trackID=1\r\n"
write(
    "RTSPFuzzer",
    start=b"\x10" + response(200, b"Public: DESCRIBE, GET_PARAMETER") + response(200, b"Content-Base: rtsp://h/s/", body=sdp),
    setup=b"\x03" + response(200, b"Session: ab;timeout=60", b"Transport: RTP/AVP/TCP;unicast;interleaved=0-1"),
    digest=b"\x05" + response(401, b'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256, stale=true, opaque="o"'),
    basic=b"\x06" + response(401, b'WWW-Authenticate: Basic realm="r"', b"WWW-Authenticate: Negotiate"),
    packets=b"\x07" + b"".join(packet(65533 + n & 0xFFFF, n * 3600) for n in range(6)),
    loss=b"\x09" + packet(1, 0) + packet(4, 0) + packet(3, 3600) + packet(3, 3600) + packet(9000, 7) + packet(70, 1, 0x80, 0x60),
    full=b"\x0a" + packet(1, 0, 0xB1, 0xE0, bytes(4) + b"\0\0\0\1" + bytes(4) + b"x\0\2"),
    request=b"\x04OPTIONS * RTSP/1.0\r\nCSeq: 5\r\n\r\n" + packet(1, 1),
    other=b"\x02HTTP/1.1 400 Bad\r\n\r\n",
)
