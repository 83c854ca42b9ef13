# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""One client with very many connections or watches, and what is left to the others: by address, for a first call, and
at an address for health alone."""

import contextlib
import os
import socket
import subprocess
import tempfile
import time

import grpc
import http2
import pytest
from conftest import DIST, FEW_DESCRIPTORS, NOT_SERVING, SERVING, clean_environment, code_of, free_port, poll
from grpc_health.v1 import health_pb2, health_pb2_grpc

CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
# Other addresses of the loopback stand for other machines.
GREEDY, HONEST = "127.0.0.2", "127.0.0.3"
REFUSED = (EOFError, OSError)


class Client(http2.Peer):
    """A connection from an address of the loopback."""

    def __init__(self, port, source):
        self.socket = socket.create_connection(("127.0.0.1", port), 20, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.next_stream = 1


def admits(client):
    """Whether the server has begun to answer a watch, or refused it."""
    stream = client.request(WATCH, b"")
    return next(not flags & http2.END_STREAM for _, flags, number, _ in iter(client.read_frame, None) if number == stream)


def watches(stack, port, source, count=1):
    """A connection with so many watches; None when it is not let in, or has no place for calls that last."""
    with contextlib.suppress(*REFUSED):
        client = stack.enter_context(Client(port, source))
        client.open()
        return client if all([admits(client) for _ in range(count)]) else None


def checks(port, source):
    """A new client's Check is answered, with a message."""
    with Client(port, source) as client:
        client.open()
        return client.read_message(client.request(CHECK, b"")) == b"\x08\x01"


def probe(address):
    """The exit code of the probe with its defaults."""
    return subprocess.run([DIST / "grpc_health_probe", "-addr", address], capture_output=True).returncode


def test_an_address_with_a_watch_on_each_of_its_connections_leaves_places_for_others(runtime):
    server = runtime("--max-connections", "200", "--log-level", "debug").wait_for(SERVING)
    with contextlib.ExitStack() as stack:
        kept = [watches(stack, server.port, GREEDY) for _ in range(240)]
        # The stubs of this test have a connection, too.
        assert 178 <= sum(client is not None for client in kept) <= 180
        assert probe(server.address) == 0 and probe(server.address) == 0
        with Client(server.port, HONEST) as honest:
            honest.open()
            for _ in range(3):
                honest.read_message(honest.request(CHECK, b""))
            honest.read_message(honest.request(WATCH, b""))
        # The same address has its first calls.
        assert checks(server.port, GREEDY)
        assert server.check() == SERVING


def test_an_address_with_very_many_watches_leaves_some_for_others(runtime):
    server = runtime("--max-streams", "2000").wait_for(SERVING)
    with contextlib.ExitStack() as stack:
        kept = [watches(stack, server.port, GREEDY, count=90) for _ in range(20)]
        assert None not in kept
        assert not admits(kept[0])
        for _ in range(20):
            assert watches(stack, server.port, HONEST) is not None


def test_many_addresses_that_take_all_places_leave_the_first_call(runtime):
    server = runtime("--max-connections", "50", "--reserved-connections", "4").wait_for(SERVING)
    server.channel.close()
    with contextlib.ExitStack() as stack:
        sources = [f"127.0.{index}.1" for index in range(1, 80)]
        kept = [client for client in (watches(stack, server.port, source) for source in sources) if client]
        assert len(kept) >= 49
        silent = [stack.enter_context(Client(server.port, source)) for source in sources]
        for source in [HONEST, "127.0.0.1", GREEDY]:
            assert checks(server.port, source)
        assert probe(server.address) == 0
        # A call that lasts has to wait for a place, and then gets it on the same connection.
        with Client(server.port, HONEST) as late:
            late.open()
            assert not admits(late)
            for client in kept[:3] + silent:
                client.socket.close()
            poll(lambda: admits(late), "the watch has a place")


@pytest.fixture
def folder():
    """Short, for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="vitals-") as path:
        yield path


@pytest.fixture(params=["unix", "port"])
def health_address(request, folder):
    return f"unix:{folder}/health" if request.param == "unix" else f"127.0.0.1:{free_port()}"


def test_health_at_an_address_of_its_own_is_certain_while_the_port_is_full(runtime, health_address):
    few = ["--max-connections", "4", "--reserved-connections", "0", "--max-peer-share", "100"]
    server = runtime(*few, "--health-addr", health_address).wait_for(SERVING)
    server.channel.close()
    with contextlib.ExitStack() as stack:
        poll(lambda: len([1 for _ in range(4) if watches(stack, server.port, GREEDY)]) == 0, "the port is full")
        assert probe(server.address) != 0
        for _ in range(50):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))
        for _ in range(10):
            assert probe(health_address) == 0
        with grpc.insecure_channel(health_address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            assert stub.Check(health_pb2.HealthCheckRequest(), timeout=20).status == SERVING
            assert "liveness" in stub.List(health_pb2.HealthListRequest(), timeout=20).statuses
            # Nothing else is served there.
            other = channel.unary_unary("/inference.GRPCInferenceService/ServerLive")
            assert code_of(other, b"", timeout=20) == grpc.StatusCode.UNIMPLEMENTED
            server.toggle_maintenance()
            request = health_pb2.HealthCheckRequest()
            poll(lambda: stub.Check(request, timeout=20).status == NOT_SERVING, "maintenance is seen there")


def test_the_socket_of_health_goes_with_the_server_and_a_stale_one_is_replaced(runtime, folder):
    path = f"{folder}/health"
    server = runtime("--health-addr", f"unix:{path}").wait_for(SERVING)
    assert probe(f"unix:{path}") == 0
    server.process.kill()
    server.process.wait()
    server = runtime("--health-addr", f"unix:{path}", "--drain-grace", "0s").wait_for(SERVING)
    assert probe(f"unix:{path}") == 0
    server.terminate()
    assert server.process.wait(20) == 0
    assert not os.path.exists(path)


def test_a_health_address_that_cannot_be_had_is_said_with_its_flag():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        command = [DIST / "skill-runtime", "--demo", "--host", "127.0.0.1", "--port", "0", "--health-addr", address]
        ended = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=20)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"skill-runtime: cannot listen on --health-addr {address}: "), ended.stderr


def test_few_descriptors_cap_the_connections_and_readiness_stays(runtime):
    server = runtime("--log-level", "debug", wrapper=["prlimit", "--nofile=64:64"])
    server.wait_for(SERVING)
    told = [line for line in server.lines() if FEW_DESCRIPTORS in str(line)]
    assert len(told) == 1 and "connections are kept" in str(told)
    with contextlib.ExitStack() as stack:
        kept = [watches(stack, server.port, GREEDY) for _ in range(200)]
        assert any(kept)
        for _ in range(5):
            assert probe(server.address) == 0
        assert server.check() == SERVING
        assert server.check("readiness") == SERVING
        # The memory is measured once a second.
        seconds = time.monotonic() + 2.5
        poll(lambda: server.check("readiness") != SERVING or time.monotonic() > seconds, "some observations of the memory")
        assert server.check("readiness") == SERVING
    assert [line for line in server.lines() if line["message"] == "not serving"] == []
    assert "too many open files" not in server.log.read_text().lower()
