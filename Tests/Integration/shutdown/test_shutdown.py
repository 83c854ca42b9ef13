# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The end of a server: watches end, requests are served for the grace period, the code is 0."""

import re
import signal
import subprocess

import grpc
import http2
import pytest
from conftest import (
    DIST, NAMES, NOT_SERVING, SERVING, SKILL_SERVICE, clean_environment, listeners, open_sockets, poll)
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sarai.skills import skills_pb2


@pytest.mark.parametrize("name", ["", SKILL_SERVICE, "nobody"])
def test_a_watch_ends_with_the_grace_period(runtime, name):
    server = runtime("--drain-grace", "500ms").wait_for(SERVING)
    if name != "nobody":
        # Names change one after the other.
        server.wait_for(SERVING, name)
    watch = server.watch(name)
    next(watch)
    server.terminate()
    assert [answer.status for answer in watch] == ([] if name == "nobody" else [NOT_SERVING])
    assert watch.code() == grpc.StatusCode.OK
    # Well before the drain's deadline, past which the code would be 1.
    assert server.process.wait(timeout=20) == 0


def test_requests_are_served_during_the_grace_period(runtime):
    server = runtime("--drain-grace", "30s").wait_for(SERVING)
    server.terminate()
    server.wait_for(NOT_SERVING)
    assert server.list() == dict.fromkeys(NAMES, NOT_SERVING)
    assert server.skill.Infer(skills_pb2.InferRequest(prompt="still here?"), timeout=5).text
    with server.connect() as late:
        request = health_pb2.HealthCheckRequest()
        assert health_pb2_grpc.HealthStub(late).Check(request, timeout=5).status == NOT_SERVING
    assert server.process.poll() is None


def test_a_signal_during_the_drain_changes_no_status(runtime):
    server = runtime("--drain-grace", "30s").wait_for(SERVING)
    server.terminate()
    server.wait_for(NOT_SERVING)
    server.reload()
    server.toggle_maintenance()
    server.toggle_maintenance()
    # The process reads its signals in order: an answer after them is an answer with them.
    server.skill.Infer(skills_pb2.InferRequest(prompt="hello"), timeout=5)
    assert server.list() == dict.fromkeys(NAMES, NOT_SERVING)


@pytest.mark.parametrize("method", ["Check", "Watch"])
def test_a_client_that_has_vanished_does_not_make_the_end_a_failure(runtime, method):
    """Nothing is owed to it but the goodbye, or the end of its Watch: that it takes neither cuts off no request."""
    server = runtime("--drain-grace", "0s", "--drain-deadline", "20s").wait_for(SERVING)
    server.channel.close()
    with http2.Peer(server.port) as peer:
        peer.open()
        stream = peer.start_call(f"/grpc.health.v1.Health/{method}")
        peer.send_message(stream, b"", end=True)
        assert peer.read_message(stream) == b"\x08\x01"
        if method == "Check":
            peer.read_end(stream)
        peer.vanish()
        server.terminate()
        # The code is 1 past the drain's deadline.
        assert server.process.wait(timeout=60) == 0


def test_a_second_sigterm_stops_at_once(runtime):
    server = runtime("--drain-grace", "60s").wait_for(SERVING)
    watch = server.watch()
    assert next(watch).status == SERVING
    server.terminate()
    assert next(watch).status == NOT_SERVING
    server.terminate()
    # The grace period is much longer.
    code = server.process.wait(timeout=10)
    assert code in (0, 128 + signal.SIGTERM, -signal.SIGTERM)


def test_without_connections_the_server_is_gone_at_once(runtime):
    server = runtime("--drain-grace", "10m").wait_for(SERVING)
    server.channel.close()
    poll(lambda: open_sockets(server.process.pid) == listeners(server), "the client is gone")
    server.terminate()
    assert server.process.wait(timeout=30) == 0


def test_the_grace_period_ends_with_the_last_client(runtime):
    server = runtime("--drain-grace", "10m").wait_for(SERVING)
    server.terminate()
    server.wait_for(NOT_SERVING)
    assert server.process.poll() is None
    server.channel.close()
    assert server.process.wait(timeout=30) == 0


def test_the_defaults_end_before_docker_kills(runtime):
    """Requests are under way that take longer: 5 s of grace, all in 8 s, and exit code 1 for what was cut off."""
    server = runtime("--stub-token-delay", "1s").wait_for(SERVING)
    slow = server.skill.Infer.future(skills_pb2.InferRequest(prompt="word " * 100), timeout=60)
    server.check()  # on the same connection, so answered after the request has come
    server.terminate()
    line = poll(lambda: next((line for line in server.lines() if line["message"] == "draining"), None), "it drains")
    assert (line["grace"], line["deadline"]) == ("5s", "8s")
    assert server.process.wait(timeout=30) == 1
    assert slow.exception(30).code() == grpc.StatusCode.UNAVAILABLE


def test_a_client_of_health_alone_has_the_grace_period_too(runtime):
    server = runtime("--drain-grace", "10m", "--health-addr", "127.0.0.1:0").wait_for(SERVING)
    line = next(line for line in server.lines() if line["message"] == "listening for health")
    with grpc.insecure_channel(line["address"]) as beside:
        watch = health_pb2_grpc.HealthStub(beside).Watch(health_pb2.HealthCheckRequest(), timeout=60)
        assert next(watch).status == SERVING
        server.channel.close()
        server.terminate()
        assert next(watch).status == NOT_SERVING
        assert server.process.poll() is None
    assert server.process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    "flags, times",
    [
        (["--drain-grace", "30s"], ("30s", "33s")),
        (["--drain-grace", "1s"], ("1s", "8s")),
        (["--drain-grace", "25s", "--drain-deadline", "28s"], ("25s", "28s")),
    ])
def test_the_deadline_follows_from_the_grace_period(flags, times):
    command = [DIST / "skill-runtime", "--demo", "--print-config", *flags]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=20, env=clean_environment()).stdout
    for name, value in zip(["drain-grace", "drain-deadline"], times):
        assert re.search(f"^{name}: {value}  # ", printed, re.MULTILINE), printed


def test_a_drained_port_can_be_taken_again(runtime):
    first = runtime("--drain-grace", "100ms").wait_for(SERVING)
    watch = first.watch()
    next(watch)
    first.terminate()
    assert first.process.wait(timeout=20) == 0
    second = runtime("--port", str(first.port))
    assert second.port == first.port
    second.wait_for(SERVING)
