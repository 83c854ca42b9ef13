# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Clocks that jump: the wall clock moves nothing; a process that wakes up an hour later serves at once, and what it
says is true. The clocks are those of faults.c, since a test may not set the machine's."""

import gguf
import pytest
from conftest import NOT_SERVING, READINESS_NAMES, SERVING, Runtime, open_sockets, poll
from faults import DEBUG, LIST, Client, Faults, library  # noqa: F401 (fixture)
from sarai.skills import skills_pb2

HOUR, YEAR = 3600, 31_557_600


@pytest.fixture
def start(library, tmp_path):
    """Starts a server; gives it and its clocks. Those are ahead by an hour at first, so that there is a way back."""
    gguf.write(tmp_path / "demo.gguf", name="demo")
    servers = []

    def start(*flags):
        faults = Faults(library, tmp_path / "page")
        faults.set_clocks(monotonic=HOUR)
        servers.append(Runtime(tmp_path, *flags, build=DEBUG, variables=faults.variables))
        return servers[0].wait_for(SERVING), faults.set_clocks

    yield start
    for server in servers:
        server.stop()


def assert_heard(server, watch):
    """The next that a watcher hears is what happens now, and nothing has been said before."""
    server.toggle_maintenance()
    assert next(watch).status == NOT_SERVING
    server.toggle_maintenance()
    assert next(watch).status == SERVING


def assert_all_is_well(server):
    assert all(server.check(name) == SERVING for name in [*READINESS_NAMES, "liveness", "startup"])
    told = [line for line in server.lines() if line["message"] in ("no progress", "not serving", "connection dropped")]
    assert [line.get("reason") for line in told if line.get("reason") != "in maintenance"] == []


@pytest.mark.parametrize("years", [10, -10, -60, 9000], ids=str)
def test_the_wall_clock_moves_nothing(start, years):
    server, set_clocks = start("--keepalive-interval", "1s", "--keepalive-timeout", "1s", "--idle-timeout", "1h")
    watches = [server.watch(name, timeout=None) for name in ("", "liveness")]
    assert [next(watch).status for watch in watches] == [SERVING, SERVING]
    with Client(server.port) as idle:
        idle.open()
        answer = idle.call(LIST)
        set_clocks(realtime=years * YEAR, monotonic=HOUR)
        for _ in range(3):
            assert_heard(server, watches[0])
        poll(lambda: idle.call(LIST) == answer, "its connection is served as before")
        set_clocks(monotonic=HOUR)
        assert_heard(server, watches[0])
        poll(lambda: idle.call(LIST) == answer, "its connection is served as before")
    assert_all_is_well(server)
    server.terminate()
    assert [next(watch).status for watch in watches] == [NOT_SERVING, NOT_SERVING]


def test_an_hour_that_was_slept_through(start):
    server, set_clocks = start("--min-available-ram", "1MiB")
    watches = [server.watch(name, timeout=None) for name in ("", "liveness")]
    assert [next(watch).status for watch in watches] == [SERVING, SERVING]
    before = open_sockets(server.process.pid)
    with Client(server.port) as idle, Client(server.port) as silent:
        idle.open()
        assert idle.call(LIST)
        poll(lambda: open_sockets(server.process.pid) == before + 2, "both are there")
        for hours in (2, 3, 1000):
            set_clocks(monotonic=hours * HOUR)
            assert server.check() == SERVING
            assert_heard(server, watches[0])
        # Who had nothing to say for so long is asked to leave, or let go of. A Watch stays.
        assert silent.closed_by_server()
        while idle.read_frame()[0] != 7:  # GOAWAY
            pass
    assert_heard(server, watches[0])
    assert watches[1].is_active()
    lines = [line for line in server.lines() if line["message"] in ("no progress", "not serving")]
    assert {line.get("reason") for line in lines} == {"in maintenance"}


def test_an_hour_in_the_middle_of_an_inference(start):
    server, set_clocks = start("--stub-token-delay", "100ms", "--workers", "1")
    liveness = server.watch("liveness", timeout=None)
    assert next(liveness).status == SERVING
    call = server.skill.Infer.future(skills_pb2.InferRequest(prompt="word " * 1000, max_tokens=1000), timeout=60)
    # On the same connection, and so behind it.
    assert server.check() == SERVING
    set_clocks(monotonic=2 * HOUR)
    # Its time was over; the next has its own.
    assert call.code().name == "DEADLINE_EXCEEDED"
    answer = server.skill.Infer(skills_pb2.InferRequest(prompt="a", max_tokens=1), timeout=30)
    assert answer.finish_reason != "error"
    assert server.check("liveness") == SERVING


def test_a_clock_that_goes_back_stops_nothing(start):
    server, set_clocks = start()
    watch = server.watch(timeout=None)
    assert next(watch).status == SERVING
    with Client(server.port) as client:
        client.open()
        answer = client.call(LIST)
        for hours in (0, 1, 0, 2, 1, 3):
            set_clocks(monotonic=hours * HOUR)
            assert server.check() == SERVING
            assert_heard(server, watch)
        with Client(server.port) as another:
            another.open()
            poll(lambda: another.call(LIST) == answer, "another is served, too")
    assert server.process.poll() is None


def test_a_drain_that_an_hour_falls_into_ends_at_once(start):
    server, set_clocks = start("--drain-grace", "10m", "--drain-deadline", "20m")
    watch = server.watch(timeout=None)
    assert next(watch).status == SERVING
    server.terminate()
    assert next(watch).status == NOT_SERVING
    hours = iter(range(2, 10_000))

    def has_ended():
        # Repeated, since the beginning of the grace period cannot be observed.
        set_clocks(monotonic=next(hours) * HOUR)
        return server.process.poll() is not None

    poll(has_ended, "the server has ended", 20)
    assert server.process.returncode in (0, 1)
