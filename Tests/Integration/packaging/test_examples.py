# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The programs of `Examples`, which is a package of its own: what embedders build, and how it behaves."""

import contextlib
import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from checked import Misbehaving
from conftest import DIST, NOT_SERVING, ROOT, SERVING, code_of, poll, stop_process
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import HealthServicer

PROGRAMS = ROOT / "Examples/.build/debug"


@pytest.fixture(scope="module", autouse=True)
def built():
    """Does nothing when all is built: `scripts/test` has done it before."""
    subprocess.run(["swift", "build", "--package-path", ROOT / "Examples"], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def running(program, folder, *arguments):
    """A program that serves, with its address."""
    log = folder / "log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [PROGRAMS / program, "0", *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder
        )
    try:
        found = poll(lambda: re.search(r"address=\S*:(\d+)", log.read_text()), f"{program} listens")
        yield process, f"127.0.0.1:{found[1]}"
    finally:
        stop_process(process)


def probe(address, *flags):
    return subprocess.run(
        [DIST / "grpc_health_probe", "-addr", address, *flags], capture_output=True, text=True, timeout=30
    )


def text_method(kind, channel, path):
    return getattr(channel, kind)(path, request_serializer=str.encode, response_deserializer=bytes.decode)


@pytest.mark.parametrize(
    ("program", "page"),
    [
        ("health", "VitalsHealth/VitalsHealth.docc/VitalsHealth.md"),
        ("greeter", "VitalsServer/VitalsServer.docc/VitalsServer.md"),
        ("checks", "VitalsChecks/VitalsChecks.docc/VitalsChecks.md"),
        ("caller", "VitalsDiscovery/VitalsDiscovery.docc/VitalsDiscovery.md"),
        ("watch", "VitalsClient/VitalsClient.docc/VitalsClient.md"),
    ],
)
def test_the_documentation_shows_the_example_that_is_built(program, page):
    code = (ROOT / f"Examples/Sources/{program}/main.swift").read_text().partition("import")
    assert f"```swift\n{code[1]}{code[2]}```\n" in (ROOT / "Sources/Products" / page).read_text()


def test_the_health_example_says_when_its_work_can_be_done(tmp_path):
    with running("health", tmp_path) as (process, address), grpc.insecure_channel(address) as channel:
        request = health_pb2.HealthCheckRequest(service="demo.Greeter")
        watch = health_pb2_grpc.HealthStub(channel).Watch(request, timeout=30)
        assert [next(watch).status, next(watch).status] == [NOT_SERVING, SERVING]
        result = probe(address, "-service", "demo.Greeter")
        assert (result.returncode, result.stderr) == (0, "status: SERVING\n")
        process.send_signal(signal.SIGTERM)
        assert [answer.status for answer in watch] == [NOT_SERVING]
        assert watch.code() == grpc.StatusCode.OK
        channel.close()
        assert process.wait(20) == 0


def test_the_greeter_example_has_methods_of_its_own_next_to_health(tmp_path):
    with running("greeter", tmp_path) as (_, address), grpc.insecure_channel(address) as channel:
        greet = text_method("unary_unary", channel, "/demo.Greeter/Greet")
        count = text_method("unary_stream", channel, "/demo.Greeter/Count")
        assert greet("Ada", timeout=20) == "Hello, Ada"
        assert code_of(greet, "", timeout=20) == grpc.StatusCode.INVALID_ARGUMENT
        assert list(count("3", timeout=20)) == ["1", "2", "3"]
        assert probe(address, "-service", "demo.Greeter").returncode == 0
        assert probe(address, "-service", "other").returncode == 3


def test_the_greeter_example_stops_when_its_calls_have_ended(tmp_path):
    with running("greeter", tmp_path) as (process, address), grpc.insecure_channel(address) as channel:
        answers = text_method("unary_stream", channel, "/demo.Greeter/Count")("20", timeout=30)
        assert next(answers) == "1"
        process.send_signal(signal.SIGTERM)
        poll(lambda: probe(address).returncode == 4, "the probe is told NOT_SERVING")
        assert list(answers)[-1] == "20"
        assert process.wait(20) == 0


def test_the_greeter_example_cuts_off_a_call_at_its_deadline(tmp_path):
    with running("greeter", tmp_path) as (process, address), grpc.insecure_channel(address) as channel:
        answers = text_method("unary_stream", channel, "/demo.Greeter/Count")("1000", timeout=30)
        assert next(answers) == "1"
        process.send_signal(signal.SIGTERM)
        assert code_of(list, answers) in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        assert process.wait(20) == 1


def test_a_second_signal_stops_an_example_at_once(tmp_path):
    with running("greeter", tmp_path) as (process, address), grpc.insecure_channel(address) as channel:
        answers = text_method("unary_stream", channel, "/demo.Greeter/Count")("1000", timeout=30)
        assert next(answers) == "1"
        process.send_signal(signal.SIGINT)
        poll(lambda: "draining" in (tmp_path / "log").read_text(), "it is draining")
        process.send_signal(signal.SIGINT)
        assert process.wait(2) == 1


def test_the_checks_example_serves_while_its_target_does(tmp_path):
    target = Misbehaving()
    with running("checks", tmp_path, f"127.0.0.1:{target.port}") as (_, address):
        poll(lambda: probe(address, "-service", "demo.Greeter").returncode == 0, "it serves")
        target.stop()
        poll(lambda: probe(address).returncode == 4, "it does not serve")
        again = Misbehaving(port=target.port)
        try:
            poll(lambda: probe(address, "-service", "demo.Greeter").returncode == 0, "it serves again")
        finally:
            again.stop()


def test_the_watch_example_prints_each_status_of_its_name(tmp_path):
    with running("health", tmp_path) as (server, address):
        client = subprocess.Popen([PROGRAMS / "watch", address], stdout=subprocess.PIPE, text=True)
        try:
            assert [client.stdout.readline() for _ in range(3)] == ["now NOT_SERVING\n", "NOT_SERVING\n", "SERVING\n"]
            server.send_signal(signal.SIGTERM)
            assert client.stdout.read() == "NOT_SERVING\nthe server has ended the Watch\n"
            assert (client.wait(20), server.wait(20)) == (0, 0)
        finally:
            stop_process(client)
            client.stdout.close()


def test_the_watch_example_watches_a_server_of_grpcio(tmp_path):
    server = grpc.server(ThreadPoolExecutor())
    servicer = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    servicer.set("demo.Greeter", SERVING)
    server.start()
    client = subprocess.Popen(
        [PROGRAMS / "watch", f"127.0.0.1:{port}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert [client.stdout.readline() for _ in range(2)] == ["now SERVING\n", "SERVING\n"]
        servicer.set("demo.Greeter", NOT_SERVING)
        assert client.stdout.readline() == "NOT_SERVING\n"
    finally:
        stop_process(client)
        client.stdout.close()
        client.stderr.close()
        server.stop(None).wait()
