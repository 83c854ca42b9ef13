# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks of the kind queue, against Debian's Redis, a server of HTTP and programs."""

import itertools
import json
import os
import signal
import time

import pytest
from checked import QUICK, Misbehaving, checked, redis
from conftest import poll
from openai_upstream import Upstream, failure, response
from test_host_checks import replace, script


@pytest.fixture
def server(tmp_path):
    with redis(tmp_path) as server:
        yield server


def queue(server, query, *options):
    return ",".join([f"queue:redis://127.0.0.1:{server.port}/0?{query}", QUICK, *options])


def test_a_list_is_measured(runtime, server, tmp_path):
    server.cli("set", "text", "x")
    server.cli("xadd", "log", "*", "a", "b")
    checks = checked(
        runtime, queue(server, "key=jobs", "name=jobs", "critical", "max=5", "warn=2"),
        queue(server, "key=jobs", "name=there", "must-exist"), queue(server, "key=text", "name=text"),
        queue(server, "key=jobs", "name=age", "max-age=1s"), queue(server, "key=jobs&group=g", "name=group"))
    checks.wait_for("jobs", "healthy")
    checks.wait_for("there", "unhealthy", 'there is no key "jobs"')
    checks.wait_for("text", "unhealthy", 'its key is of the type "string", no list and no stream')
    server.cli("rpush", "jobs", "a", "b", "c")
    checks.wait_for("jobs", "degraded", "it has 3 entries, more than 2")
    checks.wait_for("there", "healthy")
    checks.wait_for("age", "unhealthy", "max-age needs a stream")
    checks.wait_for("group", "unhealthy", "its key is a list, which has no groups")
    server.cli("rpush", "jobs", "d", "e", "f")
    checks.wait_for("jobs", "unhealthy", "it has 6 entries, more than 5")
    server.cli("del", "jobs")
    checks.wait_for("jobs", "healthy")
    server.process.send_signal(signal.SIGSTOP)
    checks.wait_for("jobs", "unhealthy", "timed out after")
    server.process.send_signal(signal.SIGCONT)
    checks.wait_for("jobs", "healthy")
    server.cli("shutdown", "nosave", check=False)
    checks.wait_for("jobs", "unhealthy", "refused")
    with redis(tmp_path, port=server.port):
        checks.wait_for("jobs", "healthy")


def test_a_stream_is_measured_as_its_group_sees_it(runtime, server):
    old = int(time.time() * 1000) - 600_000
    for number in range(4):
        server.cli("xadd", "jobs", f"{old + 100_000 * number}-0", "n", str(number))
    server.cli("xgroup", "create", "jobs", "done", "$")
    server.cli("xgroup", "create", "jobs", "workers", "0")
    checks = checked(
        runtime, queue(server, "key=jobs", "name=all", "warn=3", "max-age=30s"),
        queue(server, "key=jobs&group=workers", "name=workers", "warn=2", "max-age=350s"),
        queue(server, "key=jobs&group=done", "name=done", "max=0", "max-age=1s"),
        queue(server, "key=jobs&group=none", "name=none"))
    checks.wait_for("all", "unhealthy", "its oldest entry waits for 6")
    checks.wait_for("all", "unhealthy", "it has 4 entries, more than 3")
    checks.wait_for("workers", "unhealthy", "it has 4 entries, more than 2")
    checks.wait_for("done", "healthy")
    checks.wait_for("none", "unhealthy", 'its stream has no group "none"')
    # What is read and not acknowledged is still to be done.
    server.cli("xreadgroup", "group", "workers", "w", "count", "3", "streams", "jobs", ">")
    checks.wait_for("workers", "unhealthy", "it has 4 entries, more than 2; its oldest entry waits for 6")
    for number in range(3):
        server.cli("xack", "jobs", "workers", f"{old + 100_000 * number}-0")
    checks.wait_for("workers", "healthy")
    server.cli("xreadgroup", "group", "workers", "w", "streams", "jobs", ">")
    server.cli("xack", "jobs", "workers", f"{old + 300_000}-0")
    checks.wait_for("workers", "healthy")
    server.cli("xtrim", "jobs", "maxlen", "0")
    checks.wait_for("all", "healthy")


def test_rights_are_few_and_a_refused_user_is_told(runtime, server):
    server.cli("xadd", "jobs", "*", "a", "b")
    server.cli("xgroup", "create", "jobs", "g", "0")
    rights = "+hello +client|setname +type +llen +xlen +xinfo|groups +xpending +xrange +time"
    server.cli("acl", "setuser", "probe", "on", ">secret", *rights.split(), "~jobs")
    server.cli("acl", "setuser", "weak", "on", ">secret", "+hello", "+client|setname")
    place = f"127.0.0.1:{server.port}/0?key=jobs"
    checks = checked(
        runtime, f"queue:redis://probe:secret@{place}&group=g,{QUICK},max-age=1h,name=jobs",
        f"queue:redis://probe:secret@{place},{QUICK},max-age=1h,name=all", f"queue:redis://weak:secret@{place},{QUICK},name=weak",
        f"queue:redis://weak:wrong@{place},{QUICK},name=wrong")
    checks.wait_for("jobs", "healthy")
    checks.wait_for("all", "healthy")
    checks.wait_for("weak", "unhealthy", "the user may not do this")
    checks.wait_for("wrong", "unhealthy", "refuses the user or the password")


def test_a_number_over_http_is_measured(runtime):
    metrics = b'# TYPE depth gauge\ndepth{queue="jobs",host="a"} 3\ndepth{queue="jobs",host="b"} 4\ndepth{queue="mail"} 90\n'
    with Upstream(response(200, json.dumps({"queues": [{"depth": 7}]}).encode())) as target:
        place = f"queue:{target.url}/stats"
        checks = checked(
            runtime, f"{place},{QUICK},json=queues[0].depth,max=10,critical,name=jobs", f"{place},{QUICK},name=first,warn=6",
            f'{place},{QUICK},name=metric,metric=depth{{queue="jobs"}},max=6')

        def answers(answer, name, *expected):
            target.completions = answer
            checks.wait_for(name, *expected)

        checks.wait_for("jobs", "healthy")
        checks.wait_for("metric", "unhealthy", "its answer has no such number: it has no sample of depth")
        answers(response(200, metrics), "metric", "unhealthy", "it has 7 entries, more than 6")
        answers(response(200, b"17 jobs wait"), "first", "degraded", "it has 17 entries, more than 6")
        answers(response(200, b"no"), "first", "unhealthy", "no such number: it has no number")
        checks.wait_for("jobs", "unhealthy", "no such number: it is no JSON")
        answers(response(200, b"nan"), "first", "unhealthy", "its depth is nan, which no queue has")
        answers(response(200, b"-3"), "first", "unhealthy", "its depth is -3.0, which no queue has")
        answers(failure(503), "first", "unhealthy", "it answers with 503")
        answers(b"garbage\r\n\r\n", "first", "unhealthy", "its response is no HTTP/1.1")
        answers(lambda connection, _: connection.close(), "first", "unhealthy", "without a response")
        answers(lambda connection, _: connection.wait_for_hangup(), "first", "unhealthy", "timed out after")
        numbers = itertools.count(0, 1000)
        growing = f"{place},{QUICK},name=growing,max-growth=5/s"
        target.completions = lambda connection, _: connection.send(response(200, str(next(numbers)).encode()))
        checked(runtime, growing).wait_for("growing", "degraded", "a second, more than 5")
        answers(response(200, b'{"queues": [{"depth": 0}]}'), "jobs", "healthy")


def test_a_number_of_a_program_is_measured(runtime, tmp_path):
    program = script(tmp_path / "depth", 'echo "waiting: $1"')
    checks = checked(runtime, f"queue:{program},{QUICK},critical,name=jobs,arg=12,max=20,warn=15")
    checks.wait_for("jobs", "healthy")
    replace(program, "echo 16.5")
    checks.wait_for("jobs", "degraded", "it has 16.5 entries, more than 15")
    replace(program, "echo none")
    checks.wait_for("jobs", "unhealthy", "its output is no depth: it has no number")
    replace(program, "echo broken; exit 1")
    checks.wait_for("jobs", "unhealthy", "broken")
    replace(program, "sleep 100")
    checks.wait_for("jobs", "unhealthy", "timed out after")
    replace(program, "echo 0")
    checks.wait_for("jobs", "healthy")


def test_what_is_no_redis_is_unhealthy_with_the_reason(runtime):
    target = Misbehaving(b"*-7\r\n")
    checks = checked(runtime, queue(target, "key=jobs", "name=jobs"))
    for answer, message in [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak Redis"), (b"+OK\r\n:17\r\n", "no list and no stream"),
        (b"%0\r\n+list\r\n:-5\r\n", "its depth is -5.0, which no queue has"), (b"%0\r\n+list\r\n+OK\r\n", "malformed"),
        (b"%0\r\n+li", "closed the connection"), (b"", "timed out after"),
    ]:
        target.answer = answer
        checks.wait_for("jobs", "unhealthy", message)
    target.stop()


def test_a_thousand_runs_leave_connections_and_descriptors_as_they_were(runtime, server):
    server.cli("rpush", "jobs", "a")
    with Upstream(response(200, b"1")) as target:
        checks = checked(
            runtime, queue(server, "key=jobs", "name=jobs", "interval=10ms", "max=1"), f"queue:{target.url}/,interval=10ms,timeout=1s,name=http")
        checks.wait_for("jobs", "healthy")
        checks.wait_for("http", "healthy")

        def figures():
            clients = server.cli("info", "clients").split("connected_clients:")[1].split()[0]
            return int(clients), len(os.listdir(f"/proc/{checks.server.process.pid}/fd"))

        clients, descriptors = figures()
        asked = len(target.requests)
        poll(lambda: len(target.requests) > asked + 500, "500 runs of each")
        now = figures()
        assert now[0] == clients == 2
        # A run over HTTP has a connection, and the one before it may not be closed.
        assert abs(now[1] - descriptors) <= 2
