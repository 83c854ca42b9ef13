# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A server of streams that misbehaves as a test says."""

import base64
import contextlib
import socket
import struct
import threading
import time

SDP = b"v=0\r\ns=x\r\na=control:*\r\nm=audio 0 RTP/AVP 0\r\na=control:1\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:2\r\n"
LOGIN = b"Basic " + base64.b64encode(b"viewer:canary-password")
FRAMES_A_SECOND = 50


class RTSPPeer:
    """Plays one packet a frame. What is set is read for each request and each packet."""

    def __init__(self, port=0, context=None):
        self.statuses = {}  # by method
        self.silent = self.closes = None  # at this method
        self.login = None
        self.loses = 0  # one packet in so many
        self.frames = None  # so many, then none
        self.answer = None  # to anything
        self.open = self.teardowns = 0
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.listener.accept()[0]
                threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection):
        self.open += 1
        stopped = threading.Event()
        with contextlib.suppress(OSError, EOFError), connection:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            lines = connection.makefile("rb")
            while self._answer(connection, self._request(lines), stopped):
                pass
        stopped.set()
        self.open -= 1

    @staticmethod
    def _request(lines):
        head = []
        while (line := lines.readline()) != b"\r\n":
            if not line:
                raise EOFError
            head.append(line.strip())
        return head[0].split()[0].decode(), dict(line.split(b": ", 1) for line in head[1:])

    def _answer(self, connection, request, stopped):
        method, fields = request
        self.teardowns += method == "TEARDOWN"
        if self.answer is not None:
            connection.sendall(self.answer)
            return False
        if method == self.silent:
            return True
        if method == self.closes:
            connection.shutdown(socket.SHUT_WR)
            return False
        status, more, body = self.statuses.get(method, 200), b"", b""
        if self.login and fields.get(b"Authorization") != self.login:
            status, more = 401, b'WWW-Authenticate: Basic realm="camera"\r\n'
        elif method == "DESCRIBE":
            body = SDP
        elif method == "SETUP":
            more = b"Session: 1234;timeout=4\r\nTransport: " + fields[b"Transport"] + b"\r\n"
        head = b"RTSP/1.0 %d X\r\nCSeq: %s\r\n" % (status, fields[b"CSeq"])
        connection.sendall(head + more + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        if method == "PLAY" and status == 200:
            threading.Thread(target=self._play, args=(connection, stopped), daemon=True).start()
        return method != "TEARDOWN"

    def _play(self, connection, stopped):
        with contextlib.suppress(OSError):
            number = 0
            while self.frames is None or number < self.frames:
                if stopped.wait(1 / FRAMES_A_SECOND):
                    return
                number += 1
                if self.loses and number % self.loses == 0:
                    continue
                sequence, timestamp = (65_500 + number) & 0xFFFF, number * 90_000 // FRAMES_A_SECOND
                packet = struct.pack(">BBHII", 0x80, 0x80 | 96, sequence, timestamp, 7) + b"frame"
                connection.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
