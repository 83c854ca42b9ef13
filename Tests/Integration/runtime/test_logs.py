# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A log without a reader, or without a place, changes no response of the server."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import threading

import gguf
import grpc
import pytest
from conftest import DIST, NOT_SERVING, SERVING, clean_environment, free_port, poll, stop_process
from grpc_health.v1 import health_pb2, health_pb2_grpc


class Bare:
    """A server whose standard streams are the test's own."""

    def __init__(self, folder, **keywords):
        gguf.write(folder / "demo.gguf", name="demo")
        port = free_port()
        command = [DIST / "skill-runtime", "--host", "127.0.0.1", "--port", f"{port}", "--drain-grace", "0s"]
        command += ["--model", folder / "demo.gguf"]
        self.process = subprocess.Popen(command, env=clean_environment(), **keywords)
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.health = health_pb2_grpc.HealthStub(self.channel)
        poll(lambda: self.check() == SERVING, "SERVING", 20)

    def check(self, name=""):
        request = health_pb2.HealthCheckRequest(service=name)
        return self.health.Check(request, timeout=20, wait_for_ready=True).status

    def toggle_maintenance(self, status):
        self.process.send_signal(signal.SIGUSR2)
        poll(lambda: self.check() == status, f"it is {status}", 20)


@pytest.fixture
def bare(tmp_path):
    with contextlib.ExitStack() as stack:

        def start(**keywords):
            server = Bare(tmp_path, **keywords)
            stack.callback(stop_process, server.process)
            stack.callback(server.channel.close)
            return server

        yield start


def test_a_log_pipe_that_nobody_reads_holds_nobody_up(bare):
    reader, writer = os.pipe()
    size = fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 8192)
    server = bare(stdin=subprocess.DEVNULL, stderr=writer)
    os.close(writer)
    # Each toggle is two lines of some 100 bytes.
    for _ in range(size // 400 + 5):
        server.toggle_maintenance(NOT_SERVING)
        server.toggle_maintenance(SERVING)
    assert server.check("liveness") == SERVING
    os.read(reader, size)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    with open(reader) as rest:
        lines = [json.loads(line) for line in rest]
    assert lines[0]["message"] == "log lines were lost" and lines[0]["count"] > 0
    assert [line["message"] for line in lines[1:]] == ["draining", "stopped"]


def fill(terminal, limit=None):
    """How many bytes it took until there was no room for one more, or the limit was reached."""
    descriptor = os.open(os.ttyname(terminal), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    count = 0
    with contextlib.suppress(BlockingIOError):
        while count != limit:
            count += os.write(descriptor, b"x")
    os.close(descriptor)
    return count


def test_a_terminal_that_nobody_reads_holds_nobody_up(bare):
    ends = os.openpty()
    size = fill(ends[1])
    for descriptor in ends:
        os.close(descriptor)
    reader, terminal = os.openpty()
    # Some room, so that a line comes for which it is too little.
    fill(terminal, size - 2000)
    server = bare(stdin=subprocess.DEVNULL, stderr=terminal)
    # Each toggle is two lines of some 100 bytes.
    for _ in range(50):
        server.toggle_maintenance(NOT_SERVING)
        server.toggle_maintenance(SERVING)
    assert server.check("liveness") == SERVING
    text = bytearray()

    def read():
        with contextlib.suppress(OSError):  # the terminal is closed
            while raw := os.read(reader, 4096):
                text.extend(raw)

    thread = threading.Thread(target=read)
    thread.start()

    def is_told():
        server.toggle_maintenance(NOT_SERVING)
        server.toggle_maintenance(SERVING)
        return b"log lines were lost" in text

    poll(is_told, "the loss is told", 20)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    os.close(terminal)
    thread.join(20)
    os.close(reader)
    assert text.rstrip().splitlines()[-1].endswith(b" stopped")


def test_the_first_line_says_what_runs_and_with_which_settings(runtime):
    server = runtime("--drain-grace", "2s", "--workers", "7", "--require-model=false")
    poll(lambda: len(server.lines()) >= 2, "two lines")
    first, second = server.lines()[:2]
    assert first["message"] == "starting" and first["name"] == "demo"
    version = subprocess.run([DIST / "skill-runtime", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.split()[1] == first["version"]
    assert first["settings"] == {
        "drain-grace": "2s", "host": "127.0.0.1", "model": str(server.model), "port": 0, "require-model": False,
        "skill": "demo", "workers": 7}
    assert second["message"] == "listening"


def test_numbers_of_the_log_are_numbers(serving):
    loaded = next(line for line in serving.lines() if line["message"] == "model loaded")
    assert (loaded["tensors"], loaded["bytes"]) == (1, serving.model.stat().st_size)


def test_what_causes_a_turn_is_said_before_it(serving):
    serving.toggle_maintenance()
    serving.wait_for(NOT_SERVING)
    serving.toggle_maintenance()
    serving.wait_for(SERVING)
    told = [line["message"] for line in serving.lines()][-6:]
    assert told == [
        "model loaded", "serving", "maintenance was switched on", "not serving", "maintenance was switched off", "serving"]


def test_standard_streams_that_are_closed_are_nobody_elses(bare):
    server = bare(preexec_fn=lambda: os.closerange(0, 3))
    folder = f"/proc/{server.process.pid}/fd"
    assert [os.readlink(f"{folder}/{number}") for number in range(3)] == ["/dev/null"] * 3
    server.toggle_maintenance(NOT_SERVING)
    assert server.check("liveness") == SERVING
