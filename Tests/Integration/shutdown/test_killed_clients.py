# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Clients that are killed in the middle of a call, a Watch or a stream, many times: nothing of them stays."""

import pathlib
import subprocess
import sys

import interop
import killed_clients
import pytest
from conftest import SERVING, open_sockets, poll, stop_process
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sarai.skills import skills_pb2

SCRIPT = pathlib.Path(killed_clients.__file__)
WATCH = "/grpc.health.v1.Health/Watch"
INFER = "/sarai.skills.SkillService/Infer"
STREAM = "/grpc.testing.TestService/StreamingOutputCall"


def kill_clients(server, port, rounds, *states):
    """Clients come into these states and are killed there, over and over; each time all is closed."""
    before = open_sockets(server.pid)
    for _ in range(rounds):
        command = [sys.executable, SCRIPT, str(port), *states]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout.readline() == "ready\n"
            assert open_sockets(server.pid) > before
        finally:
            stop_process(process)
            process.stdout.close()
        poll(lambda: open_sockets(server.pid) <= before, "the descriptors are back", 10)


def test_of_killed_clients_nothing_stays(runtime):
    states = ["silent", "preface", f"{WATCH}=", f"{WATCH}=0a016e", f"half:{WATCH}", f"half:{INFER}"]
    total = killed_clients.PER_STATE * len(states)
    # Of a connection or a Watch that stayed, the last rounds would find no place.
    room = ["--max-connections", f"{total + 20}", "--max-streams", f"{2 * killed_clients.PER_STATE + 5}"]
    room += ["--max-peer-share", "100"]
    server = runtime(*room, "--idle-timeout", "0").wait_for(SERVING)
    watch = server.watch("liveness")
    assert next(watch).status == SERVING
    kill_clients(server.process, server.port, 5, *states)
    with server.connect() as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        watches = [stub.Watch(health_pb2.HealthCheckRequest(), timeout=60) for _ in range(14)]
        assert [next(each).status for each in watches] == [SERVING] * 14
    assert watch.is_active()
    assert not [line for line in server.lines() if line["message"] == "connection dropped"]


def test_who_is_killed_in_an_inference_leaves_its_worker(runtime):
    server = runtime("--workers", "2", "--queue-depth", "20", "--max-queue-share", "100", "--stub-token-delay", "100ms").wait_for(SERVING)
    long = skills_pb2.InferRequest(prompt="word " * 1000, max_tokens=1000).SerializeToString()
    # Two workers and twenty places: thirty calls that stayed would leave none.
    kill_clients(server.process, server.port, 6, f"asked:{INFER}={long.hex()}")
    answer = server.skill.Infer(skills_pb2.InferRequest(prompt="a", max_tokens=1), timeout=15)
    assert answer.finish_reason != "error"
    assert server.check("liveness") == SERVING


@pytest.mark.parametrize("size", [10, 300_000])
def test_who_is_killed_in_a_stream_leaves_nothing(size):
    output = interop.OutputRequest()
    for _ in range(1000):
        output.response_parameters.add(size=size, interval_us=1000)
    with interop.process() as (address, process):
        port = int(address.rsplit(":", 1)[1])
        kill_clients(process, port, 3, f"{STREAM}={output.SerializeToString().hex()}", f"half:{STREAM}")
