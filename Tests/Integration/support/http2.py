# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A peer that speaks HTTP/2 by hand, to do what no well-behaved client does."""

import ctypes
import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM = ACK = 1
END_HEADERS = 4
INITIAL_WINDOW_SIZE = 4
# Of the kernel; Python has no names for them.
SO_ATTACH_FILTER, BPF_RET = 26, 6


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(**values):
    names = {"initial_window": INITIAL_WINDOW_SIZE}
    pairs = (struct.pack(">HI", names[name], value) for name, value in values.items())
    return frame(SETTINGS, 0, 0, b"".join(pairs))


def header_block(*fields):
    """Literal fields without indexing and without Huffman (RFC 7541, 6.2.2); lengths under 127."""
    literal = (bytes([0, len(name)]) + name + bytes([len(value)]) + value for name, value in fields)
    return b"".join(literal)


def call_headers(path, *metadata):
    """The header block of a gRPC call."""
    return header_block(
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", path.encode()),
        (b":authority", b"localhost"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
        *metadata,
    )


class Peer:
    """One connection to a port of this machine."""

    def __init__(self, port, receive_buffer=None):
        """A small `receive_buffer` makes the kernels of both sides hold little unread data."""
        self.socket = socket.socket()
        self.socket.settimeout(20)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            # The sender's buffer is so many segments, and one of the loopback has 64 KiB.
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
        self.socket.connect(("127.0.0.1", port))
        # Without it a small frame behind another waits for a delayed acknowledgement.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.next_stream = 1
        self.window = 65535

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def vanish(self):
        """From now on nothing that is sent to it arrives, as when its machine has lost its power."""
        drop_all = ctypes.create_string_buffer(struct.pack("HBBI", BPF_RET, 0, 0, 0))
        program = struct.pack("HL", 1, ctypes.addressof(drop_all))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)

    def open(self, **values):
        self.send(PREFACE + settings(**values) + frame(SETTINGS, ACK, 0))

    def start_call(self, path, *metadata):
        """The header block of a gRPC call; returns its stream."""
        stream = self.next_stream
        self.next_stream += 2
        fields = call_headers(path, *metadata)
        self.send(frame(HEADERS, END_HEADERS, stream, fields))
        return stream

    def send_message(self, stream, message, compressed=False, end=False):
        """A message of a call, in frames of the size that every peer takes."""
        body = struct.pack(">BI", compressed, len(message)) + message
        parts = [body[start : start + 16384] for start in range(0, len(body), 16384)]
        for part in parts[:-1]:
            self.send(frame(DATA, 0, stream, part))
        self.send(frame(DATA, END_STREAM if end else 0, stream, parts[-1]))

    def upload(self, stream, body):
        """Sends a new stream's bytes as its window, and that of the connection, open."""
        windows = {0: self.window, stream: 65535}
        for start in range(0, len(body), 16384):
            part = body[start : start + 16384]
            while min(windows.values()) < len(part):
                kind, _, identifier, payload = self.read_frame()
                assert kind in (SETTINGS, WINDOW_UPDATE), f"frame type {kind}"
                if kind == WINDOW_UPDATE and identifier in windows:
                    windows[identifier] += int.from_bytes(payload, "big")
            self.send(frame(DATA, 0, stream, part))
            windows = {identifier: left - len(part) for identifier, left in windows.items()}
        self.window = windows[0]

    def request(self, path, message, *metadata):
        """A gRPC call with one message; returns its stream."""
        stream = self.start_call(path, *metadata)
        self.send_message(stream, message, end=True)
        return stream

    def update_window(self, stream, count):
        self.send(frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", count)))

    def ping(self):
        """Returns when the server has read all that was sent before."""
        self.send(frame(PING, 0, 0, b"vitals!!"))
        while True:
            kind, flags, _, _ = self.read_frame()
            if kind == PING and flags & ACK:
                return

    def _read(self, count):
        while len(self.received) < count:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError("the server closed the connection")
            self.received += data
        taken, self.received = self.received[:count], self.received[count:]
        return taken

    def read_frame(self):
        """The next frame: kind, flags, stream, payload."""
        head = self._read(9)
        length = int.from_bytes(head[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", head[3:])
        return kind, flags, stream, self._read(length)

    def read_message(self, stream):
        """The stream's next gRPC message, when it comes in one DATA frame."""
        while True:
            kind, _, identifier, payload = self.read_frame()
            if identifier == stream and kind == DATA and payload:
                compressed, length = struct.unpack(">BI", payload[:5])
                assert compressed == 0 and length == len(payload) - 5
                return payload[5:]
            assert identifier != stream or kind in (HEADERS, WINDOW_UPDATE), f"frame type {kind}"

    def read_messages(self, stream):
        """Every message until the server ends the stream: was it compressed, and its bytes as they came."""
        body, messages = b"", []
        while True:
            kind, flags, identifier, payload = self.read_frame()
            if identifier != stream:
                continue
            assert kind in (DATA, HEADERS, WINDOW_UPDATE), f"frame type {kind}"
            if kind == DATA:
                body += payload
            if kind in (DATA, HEADERS) and flags & END_STREAM:
                break
        while body:
            compressed, length = struct.unpack(">BI", body[:5])
            messages.append((bool(compressed), body[5 : 5 + length]))
            assert len(body) >= 5 + length
            body = body[5 + length :]
        return messages

    def read_end(self, stream):
        """Reads until the server has ended the stream."""
        while True:
            kind, flags, identifier, _ = self.read_frame()
            if identifier == stream and (kind == RST_STREAM or (kind == HEADERS and flags & END_STREAM)):
                return

    def closed_by_server(self):
        """Reads to the end of the connection; false when it stays open for twenty seconds."""
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True
