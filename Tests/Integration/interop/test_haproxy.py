# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""HAProxy's checks as docs/clients.md has them, by the real HAProxy."""

import pathlib
import tempfile

import grpc
import pytest
from conftest import SERVING, poll
from fleet import Fleet, recipe
from grpc_health.v1 import health_pb2, health_pb2_grpc
from haproxy import configuration, haproxy
from support.traffic import Traffic

CHECKS = {"GET /readyz": None, "Check in raw bytes": recipe("HAProxy", 1)}


@pytest.fixture
def folder():
    """Short, for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="vitals-") as path:
        yield pathlib.Path(path)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_the_checks_of_the_document_find_the_server_up(runtime, folder, check):
    server = runtime("--log-level", "debug").wait_for(SERVING)
    with haproxy(folder, [server.port] * 2, configuration(check)) as proxy:
        poll(lambda: proxy.status() == ("UP", "L7OK"), "HAProxy says UP")
        with grpc.insecure_channel(proxy.address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            assert stub.Check(health_pb2.HealthCheckRequest(), timeout=20).status == SERVING
    assert [line for line in server.lines() if line["level"] in ("warning", "error")] == []
    assert [line for line in server.lines() if line["message"] in ("connection dropped", "call reset")] == []


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_the_checks_follow_the_status(runtime, folder, check):
    server = runtime().wait_for(SERVING)
    with haproxy(folder, [server.port] * 2, configuration(check)) as proxy:
        poll(lambda: proxy.status()[0] == "UP", "HAProxy says UP")
        server.toggle_maintenance()
        poll(lambda: proxy.status()[0] == "DOWN", "HAProxy says DOWN")
        server.toggle_maintenance()
        poll(lambda: proxy.status()[0] == "UP", "HAProxy says UP again")


def test_a_check_without_a_host_is_reset_and_the_log_says_for_which_rule(runtime, folder):
    server = runtime("--log-level", "debug").wait_for(SERVING)

    def told():
        return [line for line in server.lines() if line["message"] == "call reset"]

    with haproxy(folder, [server.port] * 2, configuration("    option httpchk\n")) as proxy:
        poll(lambda: proxy.status()[0] == "DOWN", "HAProxy says DOWN")
        poll(told, "the log has a line")
    assert all(line["level"] == "debug" and ":authority" in line["reason"] for line in told())
    assert told()[0]["peer"].startswith("127.0.0.1:")


def test_no_request_is_lost_while_each_server_is_restarted(tmp_path, folder):
    fleet = Fleet(tmp_path)
    try:
        with haproxy(folder, fleet.ports, configuration()) as proxy, grpc.insecure_channel(proxy.address) as channel:
            grpc.channel_ready_future(channel).result(timeout=30)
            with Traffic(channel) as traffic:
                fleet.restart_each(is_told=True)
            traffic.assert_nothing_lost()
    finally:
        fleet.stop()
