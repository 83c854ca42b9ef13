# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Health in JSON at a Unix socket: a message a line."""

import contextlib
import json
import os
import signal
import socket as sockets
import stat
import subprocess
import tempfile

import operators
import pytest
from conftest import DIST, NOT_SERVING, SERVING, poll
from sarai.skills import skills_pb2

TOO_LONG = {"type": "error", "message": "the line has more than 4096 bytes"}


@pytest.fixture
def path():
    with tempfile.TemporaryDirectory(prefix="vitals-") as folder:
        yield f"{folder}/json"


class Client:
    def __init__(self, path):
        self.socket = sockets.socket(sockets.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rb")

    def send(self, line):
        self.socket.sendall(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")

    def receive(self):
        line = self.lines.readline()
        assert line.endswith(b"\n"), line
        return json.loads(line)

    def ask(self, check):
        self.send({"type": "health_check", "check_type": check})
        answer = self.receive()
        assert list(answer) == ["type", "check_type", "ok", "report"]
        assert (answer["type"], answer["check_type"]) == ("health_response", check)
        assert (answer["report"] is None) == (check != "Full")
        return answer

    def is_ok(self, check):
        return self.ask(check)["ok"]

    def report(self):
        return self.ask("Full")["report"]

    def has_ended(self):
        return self.lines.readline() == b""

    def close(self):
        self.lines.close()
        self.socket.close()


@pytest.fixture
def connect(path):
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(contextlib.closing(Client(path)))


@pytest.fixture
def served(runtime, path, connect):
    server = runtime("--json-socket", path, "--drain-grace", "20s").wait_for(SERVING)
    return server, connect()


def test_each_message_has_the_fields_that_clients_know(served, path):
    server, client = served
    for check in ("Liveness", "Readiness"):
        assert client.is_ok(check) is True
    report = client.report()
    assert list(report) == [
        "state", "ready", "accepting_requests", "models_loaded", "memory_used_bytes", "queue_depth", "uptime_secs"]
    assert report | {"memory_used_bytes": 0, "uptime_secs": 0} == {
        "state": "Healthy", "ready": True, "accepting_requests": True, "models_loaded": 1, "memory_used_bytes": 0,
        "queue_depth": 0, "uptime_secs": 0}
    assert 1 << 20 < report["memory_used_bytes"] < 1 << 30
    assert 0 <= report["uptime_secs"] < 60
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert any(line["message"] == "listening for JSON" for line in server.lines())


def test_healthcheck_asks_it_as_it_asks_a_wrapper(served, path):
    server, _ = served

    def ask(command):
        end = subprocess.run([DIST / "healthcheck", command, "--socket", path], capture_output=True, text=True, timeout=20)
        return end.returncode, end.stdout, end.stderr

    assert ask("status") == (0, "healthy\n", "")
    code, _, reason = ask("explain")
    assert code == 1 and "at its --admin: skill-runtime explain" in reason
    server.toggle_maintenance()
    server.wait_for(NOT_SERVING)
    assert ask("status") == (1, "unhealthy\n", "")


def test_it_follows_readiness_to_the_end_of_a_drain(served, path):
    server, client = served
    server.toggle_maintenance()
    server.wait_for(NOT_SERVING)
    assert client.is_ok("Readiness") is False and client.is_ok("Liveness") is True
    report = client.report()
    assert (report["state"], report["ready"], report["accepting_requests"]) == ("Unhealthy", False, True)
    server.toggle_maintenance()
    server.wait_for(SERVING)
    assert client.report()["state"] == "Healthy"

    server.terminate()
    server.wait_for(NOT_SERVING)
    # In the grace period requests are still taken.
    report = client.report()
    assert (report["ready"], report["accepting_requests"]) == (False, True)
    assert client.is_ok("Readiness") is False and client.is_ok("Liveness") is True
    # This client alone is one that is connected.
    server.channel.close()
    with pytest.raises(Exception):
        server.process.wait(0.3)
    client.close()
    assert server.process.wait(10) == 0
    assert not os.path.exists(path)


def test_a_missing_model_and_a_long_queue_are_reported(runtime, path, connect):
    server = runtime("--json-socket", path, model=None)
    client = connect()
    poll(lambda: any(line["message"] == "model not loaded" for line in server.lines()), "a failed load")
    report = client.report()
    assert (report["state"], report["ready"], report["models_loaded"]) == ("Unhealthy", False, 0)


def test_waiting_requests_are_counted(runtime, path, connect):
    flags = ["--json-socket", path, "--workers", "1", "--queue-depth", "2", "--stub-token-delay", "1s", "--max-queue-depth", "0", "--max-queue-share", "100"]
    server = runtime(*flags).wait_for(SERVING)
    client = connect()
    requests = [server.skill.Infer.future(skills_pb2.InferRequest(prompt="x", max_tokens=64)) for _ in range(3)]
    poll(lambda: client.report()["queue_depth"] == 2, "two wait")
    report = client.report()
    assert (report["ready"], report["accepting_requests"]) == (True, False)
    for request in requests:
        request.cancel()
    poll(lambda: client.report()["queue_depth"] == 0, "none waits")
    assert client.report()["accepting_requests"] is True


def test_a_line_that_is_no_question_is_told_so_and_the_connection_lives_on(served):
    _, client = served
    for line, reason in [
        (b"hello\n", "the line is not a JSON object"),
        (b"[" * 3000 + b"\n", "the line has too many values or levels"),
        (b'{"type":"goodbye"}\n', "unknown type: use health_check or heartbeat"),
        (b'{"type":"health_check","check_type":"Deep"}\n', "unknown check_type: use Liveness, Readiness, Full"),
        (b'\xff\xfe\n', "the line is not a JSON object"),
    ]:
        client.send(line)
        assert client.receive() == {"type": "error", "message": reason}
        assert client.is_ok("Liveness")
    # A blank line is nothing, and a line may come in parts.
    client.send(b"\n\r\n")
    for byte in b'{"type":"health_check","check_type":"Liveness"}\r\n':
        client.send(bytes([byte]))
    assert client.receive()["ok"] is True


def test_a_line_without_an_end_is_bounded(served, connect):
    _, client = served
    client.send(b"x" * 4096 + b"\n")
    assert client.receive()["message"] == "the line is not a JSON object"
    client.send(b"x" * 5000)
    assert client.receive() == TOO_LONG
    with contextlib.suppress(ConnectionResetError):
        assert client.has_ended()
    # The last line of a client that sends no more needs no end.
    other = connect()
    other.send(b'{"type":"health_check","check_type":"Liveness"}')
    other.socket.shutdown(sockets.SHUT_WR)
    assert other.receive()["ok"] is True
    assert other.has_ended()


def test_a_client_that_does_not_read_is_not_read_from(served, connect):
    server, client = served
    before = server.anonymous_memory()
    slow = connect()
    slow.socket.setblocking(False)
    question = b'{"type":"health_check","check_type":"Full"}\n' * 100
    # Until the kernel takes no more: the budget of lines is used up, or both directions are full.
    with contextlib.suppress(BlockingIOError):
        for _ in range(1000):
            slow.socket.send(question)
    assert client.is_ok("Readiness")
    assert server.anonymous_memory() - before < 4 << 20


def test_a_flood_of_questions_is_slowed_down_and_answered(served, connect):
    server, client = served
    flood = connect()
    count = 150
    flood.send(b'{"type":"health_check","check_type":"Readiness"}\n' * count)
    # The budget is used up at the start: others are answered meanwhile.
    assert client.is_ok("Readiness")
    for _ in range(count):
        assert flood.receive()["ok"] is True
    # One that goes away in its pause leaves nothing behind.
    descriptors = server.descriptors()
    flood.send(b'{"type":"health_check","check_type":"Full"}\n' * 1000)
    flood.close()
    poll(lambda: server.descriptors() == descriptors - 1, "the connection is closed")


def test_a_client_too_many_takes_the_place_of_the_most_silent_one(served, connect):
    server, client = served
    clients = [connect() for _ in range(64)]
    for other in clients:
        assert other.is_ok("Liveness")
    # The first one was silent for the longest time.
    assert client.has_ended()
    newest = connect()
    assert newest.is_ok("Liveness")
    assert clients[0].has_ended()
    for other in clients[1:]:
        assert other.is_ok("Liveness")


def test_the_socket_of_a_server_that_was_killed_is_taken_over(runtime, path, connect):
    first = runtime("--json-socket", path).wait_for(SERVING)
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    assert os.path.exists(path)
    runtime("--json-socket", f"unix:{path}").wait_for(SERVING)
    assert connect().is_ok("Readiness")


def test_it_answers_on_the_loop_of_the_health_address(runtime, path, connect):
    runtime("--json-socket", path, "--health-addr", "127.0.0.1:0").wait_for(SERVING)
    assert connect().is_ok("Readiness")


def test_a_drill_is_the_same_for_every_client(runtime, path, connect):
    with operators.operated(runtime, "--json-socket", path) as (server, operator):
        client = connect()
        watch = server.watch("readiness")
        assert next(watch).status == SERVING
        operator.post("/admin/fail?for=300ms")
        assert next(watch).status == NOT_SERVING
        assert next(watch).status == SERVING
        operator.post("/admin/fail?for=60s")
        assert next(watch).status == NOT_SERVING
        poll(lambda: client.is_ok("Readiness") is False, "the socket says so")
        report = client.report()
        assert (report["state"], report["ready"]) == ("Unhealthy", False)
        operator.post("/admin/fail?for=0")
        assert next(watch).status == SERVING
        poll(lambda: client.is_ok("Readiness"), "the drill is over")
        watch.cancel()
