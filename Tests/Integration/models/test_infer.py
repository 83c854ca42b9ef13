# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Infer under load: workers, their queue, deadlines, cancellation, and what the counts say of it."""

import collections
import contextlib
import datetime
import os
import random
import socket
import threading
import time
import urllib.request

import grpc
import pytest
from conftest import NOT_SERVING, READINESS_NAMES, REPORTS, SERVING, code_of, poll
from prometheus_client.parser import text_string_to_metric_families
from sarai.skills import skills_pb2, skills_pb2_grpc

OK = grpc.StatusCode.OK
CANCELLED = grpc.StatusCode.CANCELLED
DEADLINE_EXCEEDED = grpc.StatusCode.DEADLINE_EXCEEDED
RESOURCE_EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
# The stub takes so long for its first token that it is always cancelled before.
HELD = ["--stub-token-delay", "1h"]
LOAD_SECONDS = float(os.environ.get("VITALS_LOAD_SECONDS", "5" if REPORTS else "20"))


def start(server, **fields):
    """A call under way: a future of its answer."""
    timeout = fields.pop("timeout", 60)
    stub = fields.pop("stub", server.skill)
    return stub.Infer.future(skills_pb2.InferRequest(prompt="hello", **fields), timeout=timeout)


def metrics(server):
    return server.skill.GetMetrics(skills_pb2.MetricsRequest(), timeout=10)


def refusal(server, **fields):
    """The error of a call that is refused."""
    with pytest.raises(grpc.RpcError) as failure:
        start(server, **fields).result()
    return failure.value


def held(server):
    """How many calls are worked at or wait for a worker."""
    with urllib.request.urlopen(f"http://{server.address}/metrics", timeout=20) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    names = {"vitals_inference_workers_busy", "vitals_inference_queue_depth"}
    return sum(sample.value for family in families for sample in family.samples if sample.name in names)


def fill(server, count, beside=0):
    """Calls that a worker or the queue has, in the order in which they were made, beside those that it has already.
    Each is waited for: calls run in tasks of their own, which may overtake one another on their way to the queue."""
    calls = []
    for number in range(beside + 1, beside + count + 1):
        calls.append(start(server))
        poll(lambda number=number: held(server) == number, f"{number} calls are held", 20)
    return calls


def test_four_run_at_once_and_the_fifth_waits(runtime):
    server = runtime("--queue-depth", "1", *HELD).wait_for(SERVING)
    calls = fill(server, 5)
    failure = refusal(server)
    assert failure.code() == RESOURCE_EXHAUSTED
    assert "4 workers" in failure.details()
    # The fifth takes the place of one that ends, and leaves its own in the queue to another.
    calls[0].cancel()
    poll(lambda: metrics(server).failed_requests == 2, "it is counted", 20)
    calls += fill(server, 1, beside=4)
    assert refusal(server).code() == RESOURCE_EXHAUSTED
    assert not any(call.done() for call in calls[1:])


def test_a_full_queue_refuses_with_its_numbers(runtime):
    server = runtime("--workers", "1", "--queue-depth", "2", "--max-queue-share", "100", *HELD).wait_for(SERVING)
    calls = fill(server, 3)
    failure = refusal(server)
    assert failure.code() == RESOURCE_EXHAUSTED
    assert "1 worker" in failure.details() and "2 requests" in failure.details()
    for call in calls:
        call.cancel()
    poll(lambda: metrics(server).failed_requests == 4, "all are counted", 20)


def test_a_cancelled_call_leaves_the_queue_at_once(runtime):
    server = runtime("--workers", "1", "--queue-depth", "1", *HELD).wait_for(SERVING)
    running, waiting = fill(server, 2)
    assert refusal(server).code() == RESOURCE_EXHAUSTED
    waiting.cancel()
    # There is room again, while the first still runs.
    assert not running.done()
    poll(lambda: metrics(server).failed_requests == 2, "it is counted", 20)
    again = fill(server, 1, beside=1)[0]
    assert not again.done()
    assert refusal(server).code() == RESOURCE_EXHAUSTED


def test_a_cancelled_call_stops_its_backend(runtime):
    server = runtime("--workers", "1", "--stub-token-delay", "500ms").wait_for(SERVING)
    # A hundred words: the worker would be taken for a minute.
    request = skills_pb2.InferRequest(prompt="word " * 100)
    running = server.skill.Infer.future(request, timeout=120)
    server.skill.Check(skills_pb2.HealthCheckRequest(), timeout=10)
    running.cancel()
    assert start(server, max_tokens=1, timeout=30).result().tokens_generated == 1
    counted = metrics(server)
    assert (counted.total_requests, counted.failed_requests, counted.total_tokens) == (2, 1, 1)


def test_the_time_limit_covers_the_queue_and_the_work(runtime):
    server = runtime("--workers", "1", "--infer-timeout", "300ms", *HELD).wait_for(SERVING)
    calls = [start(server) for _ in range(2)]
    assert [call.code() for call in calls] == 2 * [DEADLINE_EXCEEDED]
    # Both start in tasks of their own: either may have had the worker.
    assert any("worked at" in call.details() for call in calls)
    counted = metrics(server)
    assert (counted.total_requests, counted.failed_requests) == (2, 2)


def test_a_deadline_of_the_client_ends_its_call_on_the_server_too(runtime):
    server = runtime("--workers", "1", "--queue-depth", "1", *HELD).wait_for(SERVING)
    # Not shorter: a busy machine takes its time until both are on the server.
    calls = [start(server, timeout=2) for _ in range(2)]
    assert {call.code() for call in calls} == {DEADLINE_EXCEEDED}
    poll(lambda: metrics(server).failed_requests == 2, "both are over on the server", 20)
    # Neither has the worker nor the place in the queue any more.
    assert not any(call.done() for call in fill(server, 2))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_tokens", -1),
        ("temperature", 2.5),
        ("top_p", 1.5),
        ("stop", ["x"] * 17),
        ("context", {str(number): "" for number in range(65)}),
    ],
)
def test_a_field_beyond_its_limit_is_named(serving, field, value):
    failure = refusal(serving, **{field: value})
    assert failure.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert field in failure.details()


def test_a_prompt_may_have_a_mebibyte(serving):
    request = skills_pb2.InferRequest(prompt="x" * (1 << 20))
    assert serving.skill.Infer(request, timeout=30).text
    request.prompt += "x"
    assert code_of(serving.skill.Infer, request, timeout=30) == grpc.StatusCode.INVALID_ARGUMENT


def test_readiness_follows_the_queue_and_liveness_does_not(runtime):
    server = runtime("--workers", "1", "--max-queue-depth", "4", "--max-queue-share", "100", *HELD).wait_for(SERVING)
    liveness, readiness = server.watch("liveness"), server.watch("readiness")
    assert next(liveness).status == next(readiness).status == SERVING
    calls = fill(server, 4)
    assert server.check() == SERVING  # one runs and three wait
    calls += fill(server, 1, beside=4)
    assert next(readiness).status == NOT_SERVING
    assert {server.check(name) for name in READINESS_NAMES} == {NOT_SERVING}
    assert server.check("liveness") == SERVING
    assert "queue" in server.skill.Check(skills_pb2.HealthCheckRequest(), timeout=10).message
    for call in calls[2:]:
        call.cancel()
    assert next(readiness).status == SERVING
    # Nothing was said of liveness in between: the next message is that of the drain.
    server.terminate()
    assert next(liveness).status == NOT_SERVING


def test_work_that_does_not_get_on_is_a_stall_and_work_that_waits_is_none(runtime):
    server = runtime("--workers", "1", "--stall-after", "500ms", *HELD).wait_for(SERVING)
    liveness = server.watch("liveness")
    assert next(liveness).status == SERVING
    running, waiting = fill(server, 2)
    assert next(liveness).status == NOT_SERVING
    waiting.cancel()
    running.cancel()
    assert next(liveness).status == SERVING


def test_a_drain_finishes_what_is_queued(runtime):
    flags = ["--workers", "1", "--stub-token-delay", "50ms", "--drain-grace", "100ms"]
    server = runtime(*flags).wait_for(SERVING)
    calls = [start(server, max_tokens=4) for _ in range(6)]
    server.skill.Check(skills_pb2.HealthCheckRequest(), timeout=10)
    server.terminate()
    assert [call.result().tokens_generated for call in calls] == [4] * 6
    assert server.process.wait(timeout=20) == 0


class Clients:
    """Threads that call Infer, some connections between them, and what became of each call."""

    def __init__(self, server, count, call, connections=10):
        self.outcomes = collections.Counter()
        self.tokens = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._channels = [server.connect() for _ in range(connections)]
        stubs = [skills_pb2_grpc.SkillServiceStub(channel) for channel in self._channels]
        self._threads = [
            threading.Thread(target=self._run, args=(call, stubs[number % connections], random.Random(number)))
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, call, stub, generator):
        while not self._stopped.is_set():
            future = call(stub, generator, self._stopped)
            with self._lock:
                self.outcomes[future.code()] += 1
                if future.code() == OK:
                    self.tokens += future.result().tokens_generated

    def stop(self):
        """Ends them after their present calls."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive(), "a call has got no answer"
        for channel in self._channels:
            channel.close()


def test_every_call_of_two_hundred_clients_is_answered_or_refused_and_counted(runtime):
    flags = ["--workers", "4", "--queue-depth", "60", "--max-queue-share", "100", "--stub-token-delay", "5ms"]
    server = runtime(*flags).wait_for(SERVING)

    def call(stub, generator, stopped):
        request = skills_pb2.InferRequest(prompt="a b c", max_tokens=generator.randint(1, 8))
        future = stub.Infer.future(request, timeout=60)
        if generator.random() < 0.1:
            stopped.wait(generator.random() * 0.02)
            future.cancel()
        future.code()
        return future

    clients = Clients(server, 200, call)
    time.sleep(3)
    clients.stop()
    assert set(clients.outcomes) <= {OK, RESOURCE_EXHAUSTED, CANCELLED}
    assert clients.outcomes[OK] > 0 and clients.outcomes[RESOURCE_EXHAUSTED] > 0
    sent = clients.outcomes.total()
    cancelled = clients.outcomes[CANCELLED]
    # A call that was cancelled may have been answered meanwhile, or never sent.
    counted = poll(lambda: settled(server), "the server is idle", 20)
    failed = counted.failed_requests
    assert sent - cancelled <= counted.total_requests <= sent
    assert clients.outcomes[RESOURCE_EXHAUSTED] <= failed <= sent - clients.outcomes[OK]


def settled(server):
    first, second = metrics(server), metrics(server)
    return first if first.total_requests == second.total_requests else None


def test_counts_of_refused_and_answered_calls_are_exact(runtime):
    flags = ["--workers", "4", "--queue-depth", "60", "--max-queue-share", "100", "--stub-token-delay", "5ms"]
    server = runtime(*flags).wait_for(SERVING)

    def call(stub, generator, _):
        request = skills_pb2.InferRequest(prompt="a b c", max_tokens=generator.randint(1, 8))
        future = stub.Infer.future(request, timeout=60)
        future.code()
        return future

    clients = Clients(server, 200, call)
    time.sleep(2)
    clients.stop()
    counted = metrics(server)
    assert set(clients.outcomes) == {OK, RESOURCE_EXHAUSTED}
    assert counted.total_requests == clients.outcomes.total()
    assert counted.failed_requests == clients.outcomes[RESOURCE_EXHAUSTED]
    assert counted.total_tokens == clients.tokens


def test_random_bursts_at_the_queue_limit_raise_no_false_alarm(runtime):
    """LOAD_SECONDS of bursts around the limit: liveness is never NOT_SERVING, readiness does not flap."""
    limit = 20
    flags = ["--workers", "4", "--max-queue-depth", str(limit), "--max-queue-share", "100", "--stub-token-delay", "2ms"]
    flags += ["--drain-grace", "100ms", "--stall-after", "1s"]
    server = runtime(*flags).wait_for(SERVING)
    liveness = server.watch("liveness", timeout=LOAD_SECONDS + 120)
    readiness = server.watch("readiness", timeout=LOAD_SECONDS + 120)
    generator = random.Random(2026)
    changes = []
    listener = threading.Thread(target=lambda: changes.extend(answer.status for answer in readiness))
    listener.start()
    end = time.monotonic() + LOAD_SECONDS
    codes = collections.Counter()
    while time.monotonic() < end:
        size = generator.randint(1, limit // 2) if generator.random() < 0.95 else 4 * limit
        burst = [start(server, max_tokens=generator.randint(1, 8)) for _ in range(size)]
        time.sleep(generator.random() * 0.05)
        codes.update(call.code() for call in burst)
    server.wait_for(SERVING)
    # Ends every watch.
    server.terminate()
    assert [answer.status for answer in liveness] == [SERVING, NOT_SERVING]
    listener.join(timeout=60)
    assert set(codes) == {OK}
    # The last one is the drain's.
    flips = changes[1:-1]
    assert NOT_SERVING in flips, "the limit was never reached"
    assert len(flips) <= 2 * (LOAD_SECONDS + 2)
    # As the server's log has it: a busy client may learn of a change late, and of the next in time.
    words = [line for line in server.lines() if line["message"] in ("serving", "not serving")]
    times = [datetime.datetime.fromisoformat(line["time"]) for line in words]
    for word, since, until in zip(words, times, times[1:]):
        assert word["message"] == "serving" or until - since > datetime.timedelta(seconds=0.5), words


def connection_from(server, address, stack):
    """A stub on a connection of its own, from another loopback address: another client."""
    return skills_pb2_grpc.SkillServiceStub(stack.enter_context(proxy_from(server.port, address)))


@contextlib.contextmanager
def proxy_from(port, address):
    """A channel to the server whose connections come from `address`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ends = []

        def pump(source, target):
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    target.sendall(data)

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    server = socket.create_connection(("127.0.0.1", port), source_address=(address, 0))
                    ends.extend([client, server])
                    threading.Thread(target=pump, args=[client, server], daemon=True).start()
                    threading.Thread(target=pump, args=[server, client], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(f"127.0.0.1:{listener.getsockname()[1]}", options=options) as channel:
            yield channel
        listener.shutdown(socket.SHUT_RDWR)
        for end in ends:
            end.close()


def test_a_flood_of_one_client_turns_no_readiness_off_and_leaves_others_their_turn(runtime):
    server = runtime("--workers", "1", "--stub-token-delay", "20ms").wait_for(SERVING)
    watch = server.watch(timeout=120)
    assert next(watch).status == SERVING
    with contextlib.ExitStack() as stack:
        stubs = [skills_pb2_grpc.SkillServiceStub(stack.enter_context(server.connect())) for _ in range(11)]
        flood = [start(server, stub=stub, timeout=120) for stub in stubs for _ in range(99)]
        poll(lambda: sum(call.done() for call in flood) >= 1089 - 501 - 10, "the rest is refused", 60)
        refused = [call for call in flood if call.done() and call.code() == RESOURCE_EXHAUSTED]
        assert len(refused) > 500 and "this client's share of the queue is full: it holds 500" in refused[0].details()
        # Behind 500 others it would wait for a minute.
        other = connection_from(server, "127.0.0.2", stack)
        waiting = sum(not call.done() for call in flood)
        assert other.Infer(skills_pb2.InferRequest(prompt="hello"), timeout=60).text
        assert waiting - sum(not call.done() for call in flood) < 100
        assert server.check() == SERVING
        for call in flood:
            call.cancel()
    server.toggle_maintenance()
    assert next(watch).status == NOT_SERVING
    poll(lambda: server.lines()[-1].get("reason") == "in maintenance", "nothing else was ever the reason")


def test_two_clients_together_make_the_queue_long(runtime):
    server = runtime("--workers", "1", "--max-queue-depth", "8", *HELD).wait_for(SERVING)
    with contextlib.ExitStack() as stack:
        other = connection_from(server, "127.0.0.2", stack)
        calls = [start(server) for _ in range(5)]
        assert server.check() == SERVING
        calls += [start(server, stub=other) for _ in range(4)]
        poll(lambda: server.check() == NOT_SERVING, "the queue is long")
        for call in calls:
            call.cancel()
