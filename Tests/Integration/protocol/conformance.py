# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What the suites about HTTP/2 conformance share: servers, and a client that sends what it is told to.

Each case runs four ways: gRPC (POST) and a plain GET, in plaintext and in TLS. An error of a connection is a GOAWAY
that says why, then the end; an error of a stream is RST_STREAM, and the connection lives on. Where RFC 9113 has an
error of a stream and we end the connection (5.4.2 lets us), the case says `ends`, not `resets`.

No case waits for a time to pass: a PING that comes back, or the end, shows that nothing followed.
"""

import contextlib
import dataclasses
import socket
import ssl
import struct

import gguf
import http2
import pytest
from certificates import Authority
from conftest import Runtime, poll
from http2 import ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE, frame

PRIORITY, PUSH_PROMISE, CONTINUATION, UNKNOWN = 2, 5, 9, 0xBE
PADDED, PRIORITY_FLAG = 0x8, 0x20

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = 0, 1, 2, 3
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL = 5, 6, 7, 8
COMPRESSION_ERROR, ENHANCE_YOUR_CALM = 9, 11

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(1, 7)
MAX_WINDOW = 2**31 - 1


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", name, value) for name, value in pairs))


def window_update(stream, count):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", count))


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def ping(payload=b"vitals!!", flags=0, stream=0):
    return frame(PING, flags, stream, payload)


def priority(stream, dependency=0, weight=15, exclusive=False):
    return frame(PRIORITY, 0, stream, struct.pack(">IB", dependency | exclusive << 31, weight))


def data(stream, payload=b"", end=False):
    return frame(DATA, END_STREAM if end else 0, stream, payload)


def padded(payload, count):
    """A payload with padding; its frame has the flag PADDED."""
    return bytes([count]) + payload + bytes(count)


def integer(value, bits, first=0):
    """An HPACK integer with a prefix of so many bits (RFC 7541, 5.1); `first` has the bits before it."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    return bytes([first | most]) + protobuf_integer(value - most)


def protobuf_integer(value):
    """Seven bits a byte, the lowest first, as HPACK has it behind the prefix."""
    result = bytearray()
    while value >= 128:
        result.append(value & 127 | 128)
        value >>= 7
    return bytes(result) + bytes([value])


def text(value):
    return integer(len(value), 7) + value


def literal(name, value, first=0x00):
    """A literal field with a new name: 0x00 not indexed, 0x40 indexed, 0x10 never indexed."""
    return bytes([first]) + text(name) + text(value)


def block(fields):
    return b"".join(literal(name, value) for name, value in fields)


@dataclasses.dataclass(frozen=True)
class Way:
    grpc: bool
    secure: bool

    def __str__(self):
        return ("grpc" if self.grpc else "plain") + ("-tls" if self.secure else "")

    def fields(self, method=None, extra=(), without=(), **replaced):
        """Those of a good request; pseudo-header fields are replaced by their names without colon."""
        if method is None:
            method = b"POST" if self.grpc else b"GET"
        pseudo = {
            "method": method,
            "scheme": b"https" if self.secure else b"http",
            "path": b"/grpc.health.v1.Health/Check" if self.grpc else b"/healthz",
            "authority": b"127.0.0.1:50051",
        } | replaced
        fields = [(b":" + name.encode(), value) for name, value in pseudo.items() if name not in without]
        if self.grpc:
            fields += [(b"te", b"trailers"), (b"content-type", b"application/grpc")]
        return fields + list(extra)

    def body(self, size=5):
        """A body of this size that is good for a request: one gRPC message, which is of fields that are unknown."""
        if not self.grpc:
            return b"x" * size
        message, left = b"", size - 5
        if left:
            widths = [width for width in (1, 2, 3) if len(protobuf_integer(max(0, left - 1 - width))) == width]
            length = left - 1 - widths[0]
            message = b"\x7a" + protobuf_integer(length) + bytes(length)
        assert len(message) == left
        return struct.pack(">BI", 0, left) + message


WAYS = [Way(grpc, secure) for secure in (False, True) for grpc in (True, False)]


class Client(http2.Peer):
    """One connection; what is expected of the server is asserted here."""

    def __init__(self, way, port):
        super().__init__(port)
        self.socket.settimeout(20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.way = way
        self.settings = {}
        if way.secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket)

    # What is sent.

    def greet(self, *pairs):
        """Prefaces and settings both ways, all acknowledged."""
        self.send(http2.PREFACE + settings(*pairs))
        kind, flags, stream, payload = self.read_frame()
        assert (kind, flags, stream) == (SETTINGS, 0, 0)
        self.settings = dict(struct.iter_unpack(">HI", payload))
        self.send(frame(SETTINGS, ACK, 0))
        self.read_until(lambda kind, flags, *_: kind == SETTINGS and flags & ACK)
        return self

    def headers(self, stream, fields=None, end=False, flags=END_HEADERS, before=b"", after=b""):
        """A HEADERS frame; `before` and `after` stand around its header block."""
        payload = before + block(self.way.fields() if fields is None else fields) + after
        return frame(HEADERS, flags | (END_STREAM if end else 0), stream, payload)

    def complete(self, stream=1, *extra):
        """The frames of a good request; a gRPC call has one message."""
        fields = self.way.fields(extra=extra)
        if not self.way.grpc:
            return self.headers(stream, fields, end=True)
        return self.headers(stream, fields) + data(stream, self.way.body(), end=True)

    def begun(self, stream=1, *extra):
        """The HEADERS of a POST whose body is still to come."""
        return self.headers(stream, self.way.fields(method=b"POST", extra=extra))

    def begun_large(self, stream=1):
        """The same for a large body: a Check takes 4 KiB, Infer 2 MiB."""
        path = {"path": b"/sarai.skills.SkillService/Infer"} if self.way.grpc else {}
        return self.headers(stream, self.way.fields(method=b"POST", **path))

    # What comes back.

    def read_until(self, is_last):
        """The frames up to the first one that is the last."""
        frames = []
        while True:
            received = self.read_frame()
            frames.append(received)
            if is_last(*received):
                return frames

    def answers(self, stream=1):
        """The server answers the request, to its end."""
        frames = self.read_until(lambda kind, flags, number, _: number == stream and self.ends(kind, flags))
        own = [(kind, flags, payload) for kind, flags, number, payload in frames if number == stream]
        assert own[0][0] == HEADERS, own
        assert any(kind == DATA and payload for kind, _, payload in own), own
        assert all(kind in (HEADERS, DATA, WINDOW_UPDATE) for kind, _, _ in own), own
        self.in_order(frames)
        return own

    def in_order(self, frames):
        assert all(kind not in (GOAWAY, RST_STREAM) for kind, *_ in frames), frames

    @staticmethod
    def ends(kind, flags):
        return kind in (RST_STREAM, GOAWAY) or (kind in (HEADERS, DATA) and flags & END_STREAM)

    def lives(self, payload=b"alive???"):
        """The connection is in order: a PING comes back, and no error before it. The frames before it."""
        self.send(ping(payload))
        frames = self.read_until(lambda kind, flags, _, echo: kind == PING and flags & ACK and echo == payload)
        self.in_order(frames)
        return frames[:-1]

    def works(self, stream):
        """A new request is answered."""
        self.send(self.complete(stream))
        self.answers(stream)

    def resets(self, stream, *codes):
        """The server resets the stream, and nothing else: the next request is answered."""
        frames = self.read_until(lambda kind, _, number, __: kind in (RST_STREAM, GOAWAY))
        kind, _, number, payload = frames[-1]
        assert (kind, number) == (RST_STREAM, stream), frames
        assert int.from_bytes(payload, "big") in codes
        self.works(stream + 100)

    def ends_connection(self, *codes):
        """The server ends the connection: GOAWAY with one of the codes and a reason, then nothing more."""
        frames = self.read_until(lambda kind, *_: kind == GOAWAY)
        payload = frames[-1][3]
        last, code = struct.unpack(">II", payload[:8])
        assert code in codes, (code, payload[8:])
        assert payload[8:].isascii() and len(payload) > 8, "GOAWAY without a reason"
        assert last <= MAX_WINDOW
        assert self.rest() == []
        return payload[8:].decode()

    def rest(self):
        """The frames up to the end of the connection."""
        frames = []
        try:
            while True:
                frames.append(self.read_frame())
        except EOFError:
            return frames

    def sends_and_ends(self, raw, *codes):
        self.send(raw)
        return self.ends_connection(*codes)

    def sends_and_resets(self, raw, *codes, stream=1):
        self.send(raw)
        self.resets(stream, *codes)

    def sends_and_answers(self, raw, stream=1):
        self.send(raw)
        self.answers(stream)
        self.lives()


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    """One server in plaintext and one in TLS, for all cases of a file."""
    with contextlib.ExitStack() as stack:
        folder = tmp_path_factory.mktemp("conformance")
        pair = Authority(folder, "Conformance").issue("server", "IP:127.0.0.1")
        ports = {}
        for secure in (False, True):
            place = folder / str(secure)
            place.mkdir()
            gguf.write(place / "demo.gguf", name="demo")
            flags = ["--tls-cert", pair.certificate, "--tls-key", pair.key] if secure else []
            server = Runtime(place, *flags)
            stack.callback(server.stop)
            poll(lambda: any(line["message"] == "serving" for line in server.lines()), "a line 'serving'")
            ports[secure] = server.port
        yield ports
        # Whatever was sent: both are still there.
        for secure, port in ports.items():
            with Client(Way(True, secure), port) as client:
                client.greet().works(1)


@pytest.fixture(params=WAYS, ids=str)
def dial(request, ports):
    """Connects: `dial()`. The prefaces are still to be sent."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(Client(request.param, ports[request.param.secure]))


@pytest.fixture
def client(dial):
    """A connection whose settings are all acknowledged."""
    return dial().greet()
