# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Forward progress: a thread that hangs is noticed though it cannot say so, and being busy is no hang."""

import concurrent.futures
import contextlib
import signal

import threads
from conftest import NAMES, NOT_SERVING, SERVING, poll
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sarai.skills import skills_pb2, skills_pb2_grpc

def loops(server):
    """The threads of the server's loops."""
    return [number for number, name in threads.threads(server.process.pid).items() if name == "loop"]


def reasons(server):
    return [line.get("reason", "") for line in server.lines() if line["message"] == "no progress"]


def test_a_control_loop_that_hangs_is_not_serving_until_it_goes_on(runtime):
    server = runtime("--loops", "2").wait_for(SERVING)
    watch, liveness = server.watch(), server.watch("liveness")
    assert [next(watch).status, next(liveness).status] == [SERVING, SERVING]
    with threads.frozen(server.process.pid):
        assert [next(watch).status, next(liveness).status] == [NOT_SERVING, NOT_SERVING]
        poll(lambda: reasons(server) == ["the control loop is blocked"], "the log says why")
    assert [next(watch).status, next(liveness).status] == [SERVING, SERVING]


def test_a_server_loop_that_hangs_is_told_by_the_others(runtime):
    server = runtime("--loops", "2").wait_for(SERVING)
    first, second = loops(server)
    with contextlib.ExitStack() as stack:
        # The kernel gives each connection to a loop by its numbers: of sixteen each has some.
        channels = [stack.enter_context(server.connect()) for _ in range(16)]
        stubs = [health_pb2_grpc.HealthStub(channel) for channel in channels]
        request = health_pb2.HealthCheckRequest()
        watches = [stub.Watch(request, timeout=60) for stub in stubs]
        assert {next(watch).status for watch in watches} == {SERVING}
        for hung in (first, second):
            pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(16))
            with threads.frozen(hung):
                news = [pool.submit(next, watch) for watch in watches]
                done = concurrent.futures.wait(news, 30, concurrent.futures.FIRST_COMPLETED).done
                assert {future.result().status for future in done} == {NOT_SERVING}
                poll(lambda: reasons(server) and "is blocked" in reasons(server)[-1], "the log says why")
            # Every watcher hears of it in the end, and of its end.
            assert {future.result(30).status for future in news} == {NOT_SERVING}
            assert {next(watch).status for watch in watches} == {SERVING}


def test_a_process_that_was_stopped_as_a_whole_did_not_hang(serving):
    watch = serving.watch("liveness")
    assert next(watch).status == SERVING
    serving.process.send_signal(signal.SIGSTOP)
    with contextlib.suppress(concurrent.futures.TimeoutError):
        concurrent.futures.Future().result(4)  # longer than a hang takes to be one
    serving.process.send_signal(signal.SIGCONT)
    serving.wait_for(SERVING)
    # The next news is ours, not the watchdog's.
    serving.terminate()
    assert next(watch).status == NOT_SERVING
    assert reasons(serving) == []


def test_a_request_that_does_not_get_on_is_told_and_so_is_its_end(runtime):
    server = runtime("--stub-token-delay", "60s", "--stall-after", "1s").wait_for(SERVING)
    watches = [server.watch(name) for name in ("", "liveness")]
    assert {next(watch).status for watch in watches} == {SERVING}
    stuck = server.skill.Infer.future(skills_pb2.InferRequest(prompt="hello"), timeout=120)
    assert {next(watch).status for watch in watches} == {NOT_SERVING}
    # The log is told after the watchers.
    poll(lambda: reasons(server) == ["1 request makes no progress"], "the log says why")
    stuck.cancel()
    assert {next(watch).status for watch in watches} == {SERVING}


def test_being_busy_is_no_hang(runtime):
    server = runtime("--loops", "1", "--stall-after", "1s").wait_for(SERVING)
    watches = [server.watch(name) for name in NAMES]
    assert {next(watch).status for watch in watches} == {SERVING}

    def work(_):
        with server.connect() as channel:
            stub = skills_pb2_grpc.SkillServiceStub(channel)
            for _ in range(300):
                stub.Infer(skills_pb2.InferRequest(prompt="word " * 50), timeout=60)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    assert reasons(server) == []
    server.terminate()
    # Nothing was told in between.
    assert {next(watch).status for watch in watches} == {NOT_SERVING}
