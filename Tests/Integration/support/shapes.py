# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Requests of at most 64 KiB that may cost a server more than they are worth, in every shape that is known here.

What is searched: each method with each kind of protobuf field, plain and in gzip, and the shapes of each layer.
`Benchmarks/search_costs.py` measures them all, the tests some.
"""

import dataclasses
import gzip
import pathlib
import struct
import zlib

import http2
from attacker import CHECK, WATCH, call_headers

MOST = 64 << 10
CORPUS = pathlib.Path(__file__).resolve().parents[3] / "Fuzz" / "Corpus"
HELLO = http2.PREFACE + http2.settings(initial_window=1 << 20) + http2.frame(http2.SETTINGS, http2.ACK, 0)

HEALTH, SKILL, INFERENCE = "/grpc.health.v1.Health/", "/sarai.skills.SkillService/", "/inference.GRPCInferenceService/"
METHODS = [
    *(HEALTH + name for name in ("Check", "List", "Watch")),
    *(SKILL + name for name in ("Check", "GetMetrics", "Infer")),
    *(INFERENCE + name for name in ("ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata")),
    "/unknown.Service/Method",
]


@dataclasses.dataclass
class Shape:
    """One request: what is sent once the connection has been opened by `opening`."""

    layer: str
    name: str
    data: bytes
    opening: bytes = HELLO
    needs_tls: bool = False
    # What it is a variant of: another method, or another size.
    kind: str = ""


# Protobuf.


def varint(value):
    data = b""
    while value > 127:
        data += bytes([value % 128 + 128])
        value //= 128
    return data + bytes([value])


def key(field, wire_type):
    return varint(field << 3 | wire_type)


def length_delimited(field, content):
    return key(field, 2) + varint(len(content)) + content


def units(field):
    """One field of each kind, as (name, bytes)."""
    yield "varint", key(field, 0) + b"\0"
    yield "long varint", key(field, 0) + b"\x80" * 9 + b"\x01"
    yield "fixed64", key(field, 1) + bytes(8)
    yield "fixed32", key(field, 5) + bytes(4)
    yield "empty", length_delimited(field, b"")
    yield "text", length_delimited(field, b"a")
    yield "longer text", length_delimited(field, b"a" * 40)
    yield "map entry", length_delimited(field, b"\x0a\x01a\x12\x01b")
    yield "empty map entry", length_delimited(field, b"\x0a\0\x12\0")
    yield "many fields", length_delimited(field, b"\x10\0" * 60)
    yield "group", key(field, 3) + key(field, 4)


FIELDS = [*range(1, 13), 1000, (1 << 29) - 1]


def nested(field, depth, innermost=b""):
    """Messages in messages."""
    message = innermost
    for _ in range(depth):
        message = length_delimited(field, message)
    return message


def protobuf_messages(size):
    """Messages of about so many bytes, as (name, bytes)."""
    for field in FIELDS:
        for kind, unit in units(field):
            yield f"field {field} {kind}", unit * (size // len(unit))
        yield f"field {field} one text", length_delimited(field, b"a" * (size - 10))
        yield f"field {field} one bad text", length_delimited(field, b"\xff" * (size - 10))
    for field in (1, 2, 3):
        yield f"field {field} nested", nested(field, size // 4)[:size]
    yield "start of groups", b"\x0b" * size
    for seed in sorted((CORPUS / "ProtobufFuzzer").glob("*")):
        data = seed.read_bytes()[1:]
        yield f"seed {seed.name}", data * (size // len(data))


# Gzip.


class Bits:
    """Bits as deflate wants them: from the lowest on."""

    def __init__(self):
        self.value = self.count = 0

    def put(self, value, count):
        self.value |= value << self.count
        self.count += count

    def put_code(self, code, length):
        """A Huffman code, from its highest bit on."""
        for place in range(length - 1, -1, -1):
            self.put(code >> place & 1, 1)

    def repeated(self, size):
        """So many bytes of it, again and again."""
        whole = self.value.to_bytes((self.count + 7) // 8, "little")
        if self.count % 8 == 0:
            return whole * (size // len(whole))
        eight = 0
        for number in range(8):
            eight |= self.value << number * self.count
        return eight.to_bytes(self.count, "little") * (size // self.count)


def empty_dynamic_block():
    """A block with tables of its own and nothing in it: 257 literals of which only the end has a code."""
    bits = Bits()
    bits.put(0b100, 3)
    bits.put(0, 5), bits.put(0, 5), bits.put(14, 4)
    # In the order of RFC 1951, 3.2.7; the symbols 18 (many zeros) and 1 have a code of one bit each.
    order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1]
    for symbol in order:
        bits.put(1 if symbol in (1, 18) else 0, 3)
    bits.put(1, 1), bits.put(138 - 11, 7)
    bits.put(1, 1), bits.put(118 - 11, 7)
    bits.put(0, 1), bits.put(0, 1)
    bits.put(0, 1)
    return bits


def full_dynamic_block():
    """A block whose tables have a code of nine bits for every symbol, and nothing in it: the most expensive to begin."""
    bits = Bits()
    bits.put(0b100, 3)
    # 286 literals and lengths, 30 distances.
    bits.put(29, 5), bits.put(29, 5), bits.put(14, 4)
    lengths = {8: 2, 9: 2, 16: 2, 4: 3, 5: 3}
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1]:
        bits.put(lengths.get(symbol, 0), 3)
    codes = {8: (0b00, 2), 9: (0b01, 2), 4: (0b110, 3), 5: (0b111, 3)}

    def run(length, count):
        bits.put_code(*codes[length])
        count -= 1
        while count >= 3:
            step = min(6, count)
            # The symbol 16 repeats.
            bits.put_code(0b10, 2), bits.put(step - 3, 2)
            count -= step
        for _ in range(count):
            bits.put_code(*codes[length])

    # As many of each length as fill the space of codes, which zlib insists on.
    run(8, 226), run(9, 60)
    run(4, 2), run(5, 28)
    # The end is the 31st code of nine bits.
    bits.put_code((226 << 1) + 256 - 226, 9)
    return bits


def member(deflated, size=0, crc=0):
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + deflated + struct.pack("<II", crc, size)


def gzip_bodies(size):
    """Compressed messages of about so many bytes, as (name, bytes)."""
    yield "zeros", gzip.compress(b"\x7a\x80\x89\x7a" + bytes(2_000_000), 9)[:size]
    yield "zeros in many members", gzip.compress(bytes(60_000), 9) * min(60, size // 100)
    yield "empty stored blocks", member(b"\0\0\0\xff\xff" * ((size - 30) // 5) + b"\x01\0\0\xff\xff")
    one = b"\0\x01\0\xfe\xffa"
    count = (size - 30) // 6
    yield "stored blocks of one byte", member(one * count + b"\x01\0\0\xff\xff", count, zlib.crc32(b"a" * count))
    fixed = Bits()
    fixed.put(0b010, 3), fixed.put(0, 7)
    yield "empty fixed blocks", member(fixed.repeated(size - 30) + b"\x03\0")
    yield "empty blocks with tables", member(empty_dynamic_block().repeated(size - 30))
    yield "empty blocks with full tables", member(full_dynamic_block().repeated(size - 30))
    yield "empty members", gzip.compress(b"", mtime=0) * (size // 20)
    yield "members of one byte", gzip.compress(b"a", mtime=0) * (size // 21)
    yield "a long name", b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"n" * (size - 30) + b"\0" + b"\x03\0" + bytes(8)
    yield "extra fields", b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + struct.pack("<H", min(size - 30, 65000)) + bytes(size - 30)
    yield "a wrong checksum", gzip.compress(b"a" * 60_000)[:-8] + bytes(8)
    noise = zlib.compressobj(1, zlib.DEFLATED, 31)
    yield "bytes that do not shrink", noise.compress(bytes(range(256)) * (size // 300)) + noise.flush()
    yield "no gzip at all", bytes(size - 30)


# HTTP/2.


def headers(stream, path, *more, flags=http2.END_HEADERS):
    return http2.frame(http2.HEADERS, flags, stream, call_headers(path, *more))


def data_frames(stream, body, step=16384):
    parts = [body[start : start + step] for start in range(0, len(body), step)] or [b""]
    frames = [http2.frame(http2.DATA, 0, stream, part) for part in parts[:-1]]
    return b"".join(frames) + http2.frame(http2.DATA, http2.END_STREAM, stream, parts[-1])


def request(path, message, in_gzip=False, stream=1, step=16384):
    """A whole call."""
    body = struct.pack(">BI", in_gzip, len(message)) + message
    encoding = [(b"grpc-encoding", b"gzip")] if in_gzip else []
    return headers(stream, path, *encoding) + data_frames(stream, body, step)


def without_last_byte(data, stream):
    """A call as another stream, in two parts: all but its last byte, and that."""
    frames = []
    while data:
        length = int.from_bytes(data[:3], "big")
        frames.append((data[3], data[4], data[9 : 9 + length]))
        data = data[9 + length :]
    kind, _, payload = frames.pop()
    first = b"".join(http2.frame(kind, flags, stream, content) for kind, flags, content in frames)
    return first + http2.frame(kind, 0, stream, payload[:-1]), http2.frame(kind, http2.END_STREAM, stream, payload[-1:])


def literal(name, value, index=b"\0"):
    """A header field with a value of any length."""

    def text(data):
        if len(data) < 127:
            return bytes([len(data)]) + data
        return b"\x7f" + varint(len(data) - 127) + data

    return index + text(name) + text(value)


def block(stream, fields, end=True):
    """A header block of any length, in as many frames as it needs."""
    parts = [fields[start : start + 16384] for start in range(0, len(fields), 16384)]
    frames = []
    for number, part in enumerate(parts):
        flags = http2.END_HEADERS if number == len(parts) - 1 else 0
        kind = 9 if number else http2.HEADERS
        if not number and end:
            flags |= http2.END_STREAM
        frames.append(http2.frame(kind, flags, stream, part))
    return b"".join(frames)


def streams(count, make):
    return b"".join(make(2 * number + 1) for number in range(count))


def http2_shapes():
    call = call_headers(CHECK)
    tiny = struct.pack(">BI", 0, 5) + b"\x0a\x03abc"
    many = struct.pack(">BI", 0, 4000) + b"\x0a" + varint(3990) + b"a" * 3990
    yield "a message in frames of one byte", headers(1, CHECK) + data_frames(1, many, 1)
    padded = http2.frame(http2.DATA, 8, 1, b"\xff" + bytes(255))
    yield "padding", headers(1, CHECK) + padded * 240
    yield "empty frames", headers(1, CHECK) + http2.frame(http2.DATA, 0, 1) * 7000
    yield "calls", streams(90, lambda stream: headers(stream, CHECK) + data_frames(stream, tiny))
    yield "watches", streams(90, lambda stream: headers(stream, WATCH) + data_frames(stream, tiny))
    yield "lists", streams(90, lambda stream: headers(stream, HEALTH + "List") + data_frames(stream, bytes(5)))
    reset = struct.pack(">I", 8)
    yield "calls that are reset", streams(
        500, lambda stream: headers(stream, CHECK) + http2.frame(http2.RST_STREAM, 0, stream, reset))
    yield "one field of one byte for many", block(
        1, call + literal(b"x", b"v" * 3900, b"\x40") + b"\xbe" * 60_000)
    yield "many small fields", block(1, call + literal(b"x", b"") * 15_000)
    yield "many fields for the table", block(1, call + literal(b"x", b"", b"\x40") * 15_000)
    yield "a long field", block(1, call + literal(b"x", b"y" * 60_000))
    yield "many cookies", block(1, call + literal(b"cookie", b"a=b") * 5000)
    yield "binary metadata", block(1, call + literal(b"x-bin", b"AAAA" * 3900))
    yield "sizes of the table", block(1, b"\x20\x3f\xe1\x1f" * 1 + call)
    yield "a Huffman-coded field", block(1, call + b"\0\x01x\xff" + varint(10_000 - 127) + b"\x18\xc6\x31\x8c\x63" * 2000)
    yield "a long path", block(1, http2.header_block((b":method", b"POST"), (b":scheme", b"http"))
                               + literal(b":path", b"/" + b"a/" * 7900) + literal(b"content-type", b"application/grpc"))
    yield "a header block in small parts", http2.frame(http2.HEADERS, 0, 1, call) + http2.frame(
        9, 0, 1, literal(b"x", b"")) * 30
    yield "settings", http2.frame(http2.SETTINGS, 0, 0, struct.pack(">HI", 4, 65535) * 2700) * 4
    yield "settings of the table", http2.frame(http2.SETTINGS, 0, 0, struct.pack(">HIHI", 1, 0, 1, 4096)) * 2500
    yield "unknown settings", http2.frame(http2.SETTINGS, 0, 0, struct.pack(">HI", 0xFAFA, 1) * 2700) * 4
    yield "windows that change under streams", streams(90, lambda stream: headers(stream, WATCH)) + http2.frame(
        http2.SETTINGS, 0, 0, struct.pack(">HIHI", 4, 0, 4, 65535) * 1300) * 3
    yield "pings", http2.frame(http2.PING, 0, 0, bytes(8)) * 3800
    yield "priorities", http2.frame(2, 0, 1, struct.pack(">IB", 3, 200)) * 4600
    yield "priorities of many streams", b"".join(
        http2.frame(2, 0, 2 * n + 1, struct.pack(">IB", max(0, 2 * n - 1), 200)) for n in range(4600))
    yield "window updates", http2.frame(http2.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * 5000
    yield "unknown frames", http2.frame(0xFA, 0, 0, b"x") * 6500
    yield "a long unknown frame", http2.frame(0xFA, 0, 0, bytes(16384)) * 3
    yield "goaways", http2.frame(http2.GOAWAY, 0, 0, bytes(8)) * 3800
    yield "errors on streams", streams(
        900, lambda stream: headers(stream, CHECK)[:9] + call[:40] + bytes(len(call) - 40))
    yield "trailers", headers(1, CHECK) + http2.frame(http2.HEADERS, 5, 1, literal(b"x", b"") * 3000)
    yield "unknown paths", streams(300, lambda stream: block(stream, call_headers("/a.B/%d" % stream)))
    yield "deadlines", streams(
        300, lambda stream: block(stream, call_headers(CHECK, (b"grpc-timeout", b"99999999n")), end=False))
    for seed in sorted((CORPUS / "ServerFuzzer").glob("*")):
        frames = seed.read_bytes()[2:]
        yield f"seed {seed.name}", frames * max(1, 2000 // max(1, len(frames)))


# HTTP/1.1.


def http1_shapes():
    get = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
    post = b"POST /x HTTP/1.1\r\nHost: x\r\n"
    yield "requests in a row", (get + b"\r\n") * (MOST // len(get + b"\r\n"))
    yield "short requests in a row", b"GET / HTTP/1.1\r\nHost:\r\n\r\n" * 2500
    yield "many fields", get + b"a:b\r\n" * 12_000 + b"\r\n"
    yield "a long field", get + b"a: " + b"b" * 60_000 + b"\r\n\r\n"
    yield "a long line", b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n\r\n"
    yield "spaces", get + b"a:" + b" " * 15_000 + b"b\r\n\r\n"
    yield "small chunks", post + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 10_000 + b"0\r\n\r\n"
    yield "long extensions of chunks", post + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 60_000
    yield "a body", post + b"Content-Length: 60000\r\n\r\n" + bytes(60_000)
    yield "empty lines", b"\r\n" * 30_000
    for seed in sorted((CORPUS / "HTTP1Fuzzer").glob("*")):
        data = seed.read_bytes()[1:]
        yield f"seed {seed.name}", data * max(1, 4000 // len(data))


# All.


def gzip_shapes(methods=METHODS):
    for size in (4000, MOST - 1000):
        for name, data in gzip_bodies(size):
            for path in methods:
                yield Shape("gzip", f"{path} {name}, {size}", request(path, data, in_gzip=True), kind=name)


def protobuf_shapes(methods=METHODS):
    """Each method with each message. Made one by one: all of them would be a gigabyte."""
    for size in (1000, 4000, MOST - 1000):
        for name, data in protobuf_messages(size):
            for path in methods:
                yield Shape("protobuf", f"{path} {name}, {size}", request(path, data), kind=name)


def packed_shapes(names):
    """Those of the protobuf shapes, as large as a message may be, in gzip."""
    for size in (60_000, 2_000_000):
        for name, data in protobuf_messages(size):
            for path in METHODS:
                if any(other.startswith(f"{path} {name}, ") for other in names):
                    packed = gzip.compress(data, 6, mtime=0)
                    if len(packed) < MOST - 1000:
                        title = f"{path} {name}, {size} in gzip"
                        yield Shape("packed", title, request(path, packed, in_gzip=True), kind=name)


def frame_shapes():
    """What needs no method."""
    for name, data in http2_shapes():
        yield Shape("HTTP/2", name, data[:MOST])
    for name, data in http1_shapes():
        yield Shape("HTTP/1.1", name, data[:MOST], opening=b"")
