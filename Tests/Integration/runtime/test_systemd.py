# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What a service manager hears: the test plays systemd, with a socket of its own."""

import contextlib
import os
import signal
import tempfile
import time

import gguf
import operators
import pytest
from conftest import NOT_SERVING, SERVING, poll
from service_manager import ServiceManager


@pytest.fixture(params=["path", "abstract"])
def manager(request):
    with tempfile.TemporaryDirectory(prefix="vitals-") as folder:
        address = f"{folder}/notify" if request.param == "path" else f"@vitals-test-{os.getpid()}"
        with contextlib.closing(ServiceManager(address)) as manager:
            yield manager


@pytest.fixture
def path_manager():
    with tempfile.TemporaryDirectory(prefix="vitals-") as folder:
        with contextlib.closing(ServiceManager(f"{folder}/notify")) as manager:
            yield manager


def test_a_life_is_told_in_order(runtime, manager):
    server = runtime("--drain-grace", "1s", variables=manager.variables())
    first = manager.next()
    assert first.pop("READY") == "1"
    # It is ready when it listens; how it is, the status says: a small model may be loaded by then.
    if first != {"STATUS": "Serving"}:
        assert first["STATUS"].startswith("Not serving: the model")
        manager.until("STATUS", "Serving")
    server.wait_for(SERVING)
    server.toggle_maintenance()
    assert manager.next() == {"STATUS": "Not serving: in maintenance"}
    server.toggle_maintenance()
    assert manager.next() == {"STATUS": "Serving"}

    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    server.reload()
    message = manager.next()
    assert message["RELOADING"] == "1"
    assert before <= int(message["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert manager.next() == {"READY": "1", "STATUS": "Serving"}

    # A bad file ends the reload as well; the old model serves.
    gguf.put(server.model, b"no model")
    server.reload()
    assert manager.next()["RELOADING"] == "1"
    assert manager.next() == {"READY": "1", "STATUS": "Serving"}
    # Also where there is nothing to read: systemctl reload waits for the answer.
    server.process.send_signal(signal.SIGHUP)
    assert manager.next()["RELOADING"] == "1"
    assert manager.next() == {"READY": "1", "STATUS": "Serving"}

    server.terminate()
    message = manager.next()
    assert message["STOPPING"] == "1" and message["STATUS"] == "Not serving: draining"
    # The whole drain, and some time to end.
    assert int(message["EXTEND_TIMEOUT_USEC"]) == 10_000_000
    assert server.check() == NOT_SERVING
    server.channel.close()
    assert server.process.wait(10) == 0


def test_an_operators_drain_is_no_end_until_it_is_final(runtime, path_manager):
    with operators.operated(runtime, "--drain-grace", "20s", variables=path_manager.variables()) as (server, operator):
        path_manager.until("STATUS", "Serving")
        operator.post("/admin/drain")
        assert path_manager.next() == {"STATUS": "Not serving: draining"}
        operator.post("/admin/resume")
        assert path_manager.next() == {"STATUS": "Serving"}
        operator.post("/admin/drain")
        assert path_manager.next() == {"STATUS": "Not serving: draining"}
        server.terminate()
        assert path_manager.next()["STOPPING"] == "1"
        server.terminate()
        assert server.process.wait(10) == 0


def test_the_watchdog_is_fed_while_liveness_is_true(runtime, path_manager):
    flags = ["--drain-grace", "30s", "--drain-deadline", "40s"]
    variables = path_manager.variables(WATCHDOG_USEC="200000")
    with operators.operated(runtime, *flags, variables=variables) as (server, operator):
        for _ in range(5):
            path_manager.until("WATCHDOG")
        times = [when for when, message in path_manager.messages if "WATCHDOG" in message]
        # Half the time limit is enough: no flood.
        assert times[-1] - times[0] > 0.3
        operator.post("/admin/fail?for=60s&name=liveness")
        path_manager.until("STATUS", "Not serving: a drill that an operator asked for: for 1m0s")
        assert path_manager.count("WATCHDOG", 0.5) <= 1
        operator.post("/admin/fail?for=0")
        path_manager.until("WATCHDOG")
        told = ["the service manager's watchdog is not fed", "the service manager's watchdog is fed again"]
        poll(lambda: [line["message"] for line in server.lines() if "watchdog" in line["message"]] == told, "the log")
        # Readiness is another matter, and a drain is no reason to be ended early.
        operator.post("/admin/fail?for=60s")
        path_manager.until("STATUS", "Not serving: a drill that an operator asked for: for 1m0s")
        path_manager.until("WATCHDOG")
        server.terminate()
        path_manager.until("STOPPING")
        path_manager.until("WATCHDOG")


def test_the_watchdog_of_another_process_is_not_fed(runtime, path_manager):
    runtime(variables=path_manager.variables(WATCHDOG_USEC="50000", WATCHDOG_PID="1"))
    path_manager.until("READY")
    assert path_manager.count("WATCHDOG", 0.4) == 0


def test_a_manager_that_takes_nothing_holds_nothing_up_and_hears_the_newest_later(runtime, path_manager):
    # The queue of a datagram socket has room for ten or so.
    server = runtime(variables=path_manager.variables()).wait_for(SERVING)
    for _ in range(40):
        server.toggle_maintenance()
        poll(lambda: server.check("readiness") == NOT_SERVING, "maintenance")
        server.toggle_maintenance()
        poll(lambda: server.check("readiness") == SERVING, "no maintenance")
    server.reload()
    poll(lambda: "model reloaded" in server.log.read_text(), "a reload")
    path_manager.until("RELOADING")
    assert path_manager.next() == {"READY": "1", "STATUS": "Serving"}


@pytest.mark.parametrize("place, reason", [("vsock:2:1", "neither a path nor an abstract name"), ("/nonexistent/notify", "No such file")])
def test_a_manager_that_cannot_be_reached_is_told_in_the_log(runtime, place, reason):
    server = runtime(variables={"NOTIFY_SOCKET": place}).wait_for(SERVING)
    poll(lambda: any(reason in text for text in server.complaints()), reason)
    server.terminate()
    server.channel.close()
    assert server.process.wait(10) == 0
