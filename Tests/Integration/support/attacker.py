# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What every attack uses: connections at a pace, a clock, counts, and the command line

    attacks.py|costly.py NAME PORT SECONDS [GRACE [CONNECTIONS [RATE [TLS]]]]

which runs one attack on a server of this machine, in a process of its own. It goes on, with new connections for those
that the server ends, until its time is over; with GRACE as many seconds longer if the server has ended none yet. With
CONNECTIONS as many do it at once, unless the attack has many clients anyway; all of them send no more than RATE bytes a
second, if that is not 0. At the end it prints how many connections it made and how many of them the server ended:
`{"made": n, "ended": n}`.
"""

import concurrent.futures
import contextlib
import json
import resource
import ssl
import struct
import threading
import time

import http2
from http2 import call_headers

CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
# The method that takes large messages.
INFER = "/sarai.skills.SkillService/Infer"


class Pace:
    """What all connections of an attack may send in a second."""

    def __init__(self, rate=0):
        self.rate = rate
        self.lock = threading.Lock()
        self.due = time.monotonic()

    def take(self, count):
        if not self.rate:
            return
        with self.lock:
            wait = self.due - time.monotonic()
            self.due = max(self.due, time.monotonic()) + count / self.rate
        time.sleep(max(0, wait))


class Attacker(http2.Peer):
    """One connection, which keeps to a pace."""

    def __init__(self, port, pace, tls=None, receive_buffer=None):
        super().__init__(port, receive_buffer)
        self.pace = pace.take
        if tls:
            self.socket = tls.wrap_socket(self.socket)

    def send(self, data):
        self.pace(len(data))
        super().send(data)


class Attack:
    """The connections of one attack, and its clock."""

    def __init__(self, port, seconds, grace=0, pace=None, tls=None):
        self.port = port
        self.deadline = time.monotonic() + seconds
        self.grace = grace
        self.pace = pace or Pace()
        self.tls = tls
        self.made = 0
        self.ended = 0

    def goes_on(self):
        return time.monotonic() < self.deadline + (0 if self.ended else self.grace)

    def connect(self, *arguments):
        """A new connection, if not at once then soon."""
        while True:
            self.made += 1
            try:
                return Attacker(self.port, self.pace, *arguments)
            except OSError:
                self.ended += 1
                if not self.goes_on():
                    raise
                time.sleep(0.02)

    @contextlib.contextmanager
    def peer(self, opened=True, receive_buffer=None, **values):
        """A connection; its end by the server ends the block."""
        with self.connect(self.tls, receive_buffer) as peer:
            try:
                if opened:
                    peer.open(**values)
                yield peer
            except (OSError, EOFError):
                self.ended += 1

    @contextlib.contextmanager
    def raw_peer(self):
        """As :meth:`peer`, for attacks that speak TLS by hand."""
        with self.connect() as peer:
            try:
                yield peer
            except (OSError, EOFError):
                self.ended += 1

    def numbers(self, start, step=1):
        """Numbers for streams, as long as the attack goes on."""
        number = start
        while self.goes_on() and number < 1 << 20:
            yield number
            number += step

    def repeat(self, data, opened=True, rest=0):
        """Sends the same bytes over and over, on a new connection whenever the server ends one."""
        while self.goes_on():
            with self.peer(opened) as peer:
                while self.goes_on():
                    peer.send(data)
                    drain(peer)
                    time.sleep(rest)

    def hold(self, count, begin, fewest=0):
        """`count` connections that `begin` starts and that then do nothing, until the server has ended them all. When
        half of the time is over no more are begun, but, with grace, the `fewest` without which it is no attack."""
        peers = []
        half = (self.deadline - time.monotonic()) / 2
        for number in range(count):
            if (number >= fewest or not self.grace) and time.monotonic() + half > self.deadline:
                break
            # Who is turned away while it begins is counted below.
            with contextlib.suppress(OSError, EOFError):
                peer = Attacker(self.port, self.pace, self.tls)
                peers.append(peer)
                self.made += 1
                begin(peer)
        while peers:
            open_ones = []
            for peer in peers:
                try:
                    drain(peer)
                    open_ones.append(peer)
                except (OSError, EOFError):
                    self.ended += 1
                    peer.socket.close()
            peers = open_ones
            # After one check of them: on a busy machine the time may be over when the last has begun.
            if not self.goes_on():
                break
            time.sleep(0.02)
        for peer in peers:
            peer.socket.close()


def drain(peer):
    """Takes what the server has sent; EOFError at its end."""
    peer.socket.setblocking(False)
    try:
        while peer.socket.recv(1 << 16):
            pass
        raise EOFError
    except (BlockingIOError, ssl.SSLWantReadError):
        peer.socket.settimeout(20)


def opening():
    return http2.PREFACE + http2.settings()


def allow_descriptors():
    """As many as this process may ever open, for many clients."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = 20_000 if hard == resource.RLIM_INFINITY else min(20_000, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def careless_tls():
    """A client that verifies nothing."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


def call(stream, path, message=b"", end=True):
    """A whole call."""
    body = struct.pack(">BI", 0, len(message)) + message
    head = http2.frame(http2.HEADERS, http2.END_HEADERS, stream, call_headers(path))
    return head + http2.frame(http2.DATA, http2.END_STREAM if end else 0, stream, body)


def main(functions, name, port, seconds, grace=0, connections=1, rate=0, tls=0):
    pace, context = Pace(int(rate)), careless_tls() if int(tls) else None
    count = 1 if name in functions["MANY_CLIENTS"] else int(connections)
    attacks = [Attack(int(port), float(seconds), float(grace), pace, context) for _ in range(count)]

    def run(attack):
        # A connection that could not be made when the time was over.
        with contextlib.suppress(OSError):
            functions[name](attack)

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        list(pool.map(run, attacks))
    totals = (sum(attack.made for attack in attacks), sum(attack.ended for attack in attacks))
    print(json.dumps(dict(zip(("made", "ended"), totals))))
