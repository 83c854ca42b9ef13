# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Faults for a program under test: the page that faults.c reads, and what a client saw of a server that has them."""

import errno
import mmap
import pathlib
import socket
import ssl
import struct
import subprocess

import http2
import pytest
from conftest import ROOT, open_sockets, poll

# The debug builds are linked dynamically; the static ones of dist/ take no preloaded library.
DEBUG = ROOT / ".build" / "debug"
CALLS = ["send", "recv", "accept4", "epoll_wait", "epoll_ctl", "poll", "connect", "malloc"]
SHORT = -1
CLOCKS, RULE = struct.Struct("=qq"), struct.Struct("=IIIIi")
CHECK, WATCH, LIST = (f"/grpc.health.v1.Health/{name}" for name in ("Check", "Watch", "List"))


def name_of(fault):
    """For a person; of a call, its own."""
    return "short" if fault == SHORT else errno.errorcode.get(fault, fault)


class Faults:
    """The page of one program."""

    def __init__(self, library, path):
        path.write_bytes(bytes(mmap.PAGESIZE))
        self.variables = {"LD_PRELOAD": f"{library}", "FAULTS": f"{path}"}
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def _place(self, call):
        return CLOCKS.size + CALLS.index(call) * RULE.size

    def arm(self, call, fault, first=1, length=1):
        """The calls from this one on, counted from now, have the fault."""
        place = self._place(call)
        self.disarm(call)
        RULE.pack_into(self.page, place, 0, 0, 0, length, fault)
        # Last: the program reads it first.
        struct.pack_into("=I", self.page, place + 8, first)

    def disarm(self, call):
        """No more of it; both counts begin anew."""
        place = self._place(call)
        struct.pack_into("=I", self.page, place + 8, 0)
        struct.pack_into("=II", self.page, place, 0, 0)

    def calls(self, call):
        return RULE.unpack_from(self.page, self._place(call))[0]

    def hits(self, call):
        return RULE.unpack_from(self.page, self._place(call))[1]

    def set_clocks(self, realtime=0, monotonic=0):
        """How many seconds the clocks are ahead of what they are."""
        CLOCKS.pack_into(self.page, 0, realtime, monotonic)


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    source = pathlib.Path(__file__).with_name("faults.c")
    output = tmp_path_factory.mktemp("faults") / "faults.so"
    flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror"]
    subprocess.run(["cc", *flags, "-o", output, source], check=True, timeout=60)
    return output


class Client(http2.Peer):
    """A client that notes what it was told, so that what two of them saw can be compared."""

    def __init__(self, port, tls=None):
        super().__init__(port)
        # A server that has lost its way keeps us waiting; a slow machine does not take so long.
        self.socket.settimeout(10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.notes = []
        self.unsent = b""
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket)

    def send(self, data):
        """Together with what follows, until an answer is waited for: each play makes the same calls."""
        self.unsent += data

    def _read(self, count):
        if self.unsent:
            self.socket.sendall(self.unsent)
            self.unsent = b""
        return super()._read(count)

    def begin(self, path, message=b"", end=True):
        stream = self.start_call(path)
        self.send_message(stream, message, end=end)
        return stream

    def next_message(self, stream):
        self.notes.append(self.read_message(stream))
        return self.notes[-1]

    def call(self, path, message=b""):
        """A call to its end; the messages of its answer."""
        stream = self.begin(path, message)
        messages = [payload for _, payload in self.read_messages(stream)]
        self.notes.append((path, messages))
        return messages


class WebClient(Client):
    """One that speaks HTTP/1.1, and HTTP/2 only for a call."""

    def open(self):
        pass

    def call(self, path, message=b""):
        super().open()
        return super().call(path, message)

    def get(self, *fields):
        """Notes the status line and the body of an answer."""
        self.send("\r\n".join(["GET /nothing HTTP/1.1", "Host: test", *fields, "", ""]).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._read(1)
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        self.notes.append((head.split(b"\r\n")[0], self._read(int(length.split()[1]))))


def client_tls(ca):
    """For clients that trust this CA and offer HTTP/2."""
    context = ssl.create_default_context(cafile=ca.file)
    context.check_hostname = False
    context.set_alpn_protocols(["h2"])
    return context


class Bystander:
    """A client that was there before: a call that stays open, and another now and then, on one connection."""

    def __init__(self, port, path, message, watch, tls=None):
        self.client = Client(port, tls)
        self.client.open()
        self.request = path, message
        self.answer = self.client.call(path, message)
        assert self.answer
        self.watch = self.client.begin(*watch)
        assert self.client.next_message(self.watch)

    def check(self):
        """It is still served, and all is as it was at the start, or soon is: names change one after the other."""
        poll(lambda: self.client.call(*self.request) == self.answer, "all is as it was", interval=0.0005)


class Subject:
    """A server with faults, a bystander, and a scenario that is played over and over."""

    def __init__(self, faults, pid, bystander, connect, scenario):
        self.faults = faults
        self.pid = pid
        self.bystander = bystander
        self.connect = connect
        self.scenario = scenario
        self.sockets = open_sockets(pid)
        self.expected = self.play()
        self.settle()
        self.bystander.check()
        again = self.play()
        assert again == self.expected, f"the scenario sees {self.expected}, then {again}: {self.end!r}"
        self.settle()

    def play(self):
        """What a client of this scenario saw, to its end or to that of its connection."""
        notes, self.end = [], None
        try:
            with self.connect() as client:
                notes = client.notes
                client.open()
                self.scenario(client)
                notes.append("done")
        except (EOFError, ConnectionError, ssl.SSLError) as error:
            self.end = error
        return notes

    def settle(self):
        # Its own files come and go with its observations of the memory; sockets are the clients'.
        def is_back():
            return open_sockets(self.pid) <= self.sockets

        poll(is_back, "the descriptors are back", 10, interval=0.0005)

    def count(self, call):
        """How many of these calls a scenario makes."""
        self.bystander.check()
        self.faults.disarm(call)
        self.play()
        self.settle()
        calls = self.faults.calls(call)
        self.bystander.check()
        return calls

    def trial(self, call, fault, number, length=1):
        """Plays the scenario with a fault; what the client saw, and whether there was one."""
        self.faults.arm(call, fault, number, length)
        try:
            seen = self.play()
            self.settle()
            return seen, self.faults.hits(call)
        except AssertionError as error:
            raise AssertionError(f"{call} {number} {name_of(fault)}: {error}") from None
        finally:
            # Also after a failure, which is to be that of one test.
            self.faults.disarm(call)

    def look_after(self):
        """No other client is affected, and new clients are served like the earlier ones."""
        self.bystander.check()
        with self.connect() as client:
            client.open()
            assert client.call(*self.bystander.request) == self.bystander.answer
        self.settle()

    def assert_harmless(self, call, fault, number, length=1):
        seen, hits = self.trial(call, fault, number, length)
        what = f"{call} {number} {name_of(fault)}"
        assert seen == self.expected, f"{what}: {seen} instead of {self.expected}: {self.end!r}"
        self.look_after()
        return hits

    def assert_fatal(self, call, fault, number, length=1):
        seen, hits = self.trial(call, fault, number, length)
        what = f"{call} {number} {name_of(fault)}"
        assert seen == self.expected[: len(seen)], f"{what}: {seen}"
        self.look_after()
        return hits
