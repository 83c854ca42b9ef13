# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""From the start of a process until its port takes connections, and until it says SERVING."""

import socket
import subprocess
import time

from measure.figures import columns, fail, in_turns
from measure.servers import BEST, CPP, NGHTTPD, PYTHON, VITALS, command_of, free_port, present

SERVING = bytes([0, 0, 0, 0, 2, 8, 1])


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def field(name, value):
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


FIELDS = b"\x83\x86" + field(":path", "/grpc.health.v1.Health/Check") + field(":authority", "localhost")
FIELDS += field("content-type", "application/grpc") + field("te", "trailers")
CALL = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 4, 1, FIELDS) + frame(0, 1, 1, bytes(5))


def starts(bench):
    """A port is asked without a pause, so that the moment is seen."""
    names = present(bench, [BEST, VITALS, NGHTTPD, CPP, PYTHON])
    contenders = {name: lambda name=name: start(bench, name) for name in names}
    listening, serving = columns(in_turns(bench.pick(7, 15), contenders))
    del serving[NGHTTPD]
    bench.add("a start", "until the port takes connections", "ms, by the clock", listening)
    bench.add("a start", "until a Check is answered by SERVING", "ms, by the clock", serving)


def start(bench, name):
    port = free_port()
    command = list(map(str, command_of(bench, name, port)))
    started = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(started, lambda: is_open(port))
        listening = time.perf_counter()
        if name != NGHTTPD:
            until(started, lambda: is_serving(port))
        return (listening - started) * 1000, (time.perf_counter() - started) * 1000
    finally:
        process.kill()
        process.wait()


def until(start, condition):
    while not condition():
        if time.perf_counter() > start + 30:
            fail("a server does not start")


def is_open(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def is_serving(port):
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(CALL)
        answer = b""
        # The end of the call: HEADERS (1) with END_STREAM and END_HEADERS (5) for stream 1.
        while b"\x01\x05\0\0\0\x01" not in answer:
            more = client.recv(4096)
            if not more:
                return False
            answer += more
        return SERVING in answer
