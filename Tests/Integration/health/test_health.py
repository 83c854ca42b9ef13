# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Check, Watch and List, seen by `grpcio` and `grpcio-health-checking`."""

import asyncio
import collections

import grpc
import gguf
import http2
import pytest
from conftest import NAMES, NOT_SERVING, READINESS_NAMES, SERVICE_UNKNOWN, SERVING, code_of, poll
from grpc_health.v1 import health_pb2, health_pb2_grpc

Request = health_pb2.HealthCheckRequest


@pytest.mark.parametrize("name", NAMES)
def test_check_answers_for_every_name(serving, name):
    assert serving.check(name) == SERVING


def test_check_of_an_unregistered_name_fails_with_not_found(serving):
    for name in ["nobody", "Readiness", "readiness ", "readiness\0x", "ä" * 1000]:
        assert code_of(serving.check, name) == grpc.StatusCode.NOT_FOUND, name


def test_list_has_the_five_names(serving):
    assert serving.list() == dict.fromkeys(NAMES, SERVING)


def test_watch_tells_each_change_once(runtime):
    """From no model to SERVING, maintenance on, maintenance off; the drain's message ends the list."""
    server = runtime("--drain-grace", "100ms", model=None)
    watches = {name: server.watch(name) for name in NAMES}
    steps = [
        lambda: gguf.write(server.model) or server.reload(),
        server.toggle_maintenance,
        server.toggle_maintenance,
        server.terminate,
    ]
    seen = collections.defaultdict(list)
    for name in NAMES:
        seen[name].append(next(watches[name]).status)
    for step in steps:
        step()
        for name in READINESS_NAMES:
            seen[name].append(next(watches[name]).status)
    for name, watch in watches.items():
        seen[name] += [answer.status for answer in watch]
        assert watch.code() == grpc.StatusCode.OK
    flips = [NOT_SERVING, SERVING, NOT_SERVING, SERVING, NOT_SERVING]
    expected = dict.fromkeys(READINESS_NAMES, flips)
    expected |= {"liveness": [SERVING, NOT_SERVING], "startup": [NOT_SERVING, SERVING, NOT_SERVING]}
    assert seen == expected


def test_watch_of_an_unregistered_name_stays_open(serving):
    unknown = serving.watch("nobody")
    assert next(unknown).status == SERVICE_UNKNOWN
    other = serving.watch()
    assert next(other).status == SERVING
    serving.toggle_maintenance()
    assert next(other).status == NOT_SERVING
    assert unknown.is_active()
    assert "nobody" not in serving.list()
    assert code_of(serving.check, "nobody") == grpc.StatusCode.NOT_FOUND
    unknown.cancel()
    assert "nobody" not in serving.list()


def test_watch_ends_at_its_deadline(serving):
    # On a busy machine the first answer alone may take long.
    for seconds in (0.2, 2, 20):
        watch, statuses = serving.watch(timeout=seconds), []
        with pytest.raises(grpc.RpcError):
            statuses.extend(answer.status for answer in watch)
        assert watch.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        if statuses:
            break
    assert statuses == [SERVING]


def test_200_watches_on_two_connections_see_a_flip(serving):
    async def watch_all():
        # Each with as many as one connection may have.
        alone = [("grpc.use_local_subchannel_pool", 1)]
        channels = [grpc.aio.insecure_channel(serving.address, alone) for _ in range(2)]
        stubs = [health_pb2_grpc.HealthStub(channel) for channel in channels]
        watches = [stub.Watch(Request(), timeout=20) for stub in stubs for _ in range(100)]
        first = await asyncio.gather(*(watch.read() for watch in watches))
        serving.toggle_maintenance()
        second = await asyncio.gather(*(watch.read() for watch in watches))
        for watch in watches:
            watch.cancel()
        for channel in channels:
            await channel.close()
        return [answer.status for answer in first], [answer.status for answer in second]

    before = serving.descriptors()
    first, second = asyncio.run(watch_all())
    assert first == [SERVING] * 200
    assert second == [NOT_SERVING] * 200
    poll(lambda: serving.descriptors() <= before, "the connections are closed")


def test_a_watcher_that_stops_reading_gets_the_newest_status_only(serving):
    """Its window takes one message of seven bytes; meanwhile the status flips 51 times."""
    with http2.Peer(serving.port) as stalled:
        stalled.open(initial_window=7)
        stream = stalled.request("/grpc.health.v1.Health/Watch", b"")
        assert stalled.read_message(stream) == b"\x08\x01"
        healthy = serving.watch()
        assert next(healthy).status == SERVING
        for flip in range(51):
            serving.toggle_maintenance()
            assert next(healthy).status == (SERVING if flip % 2 else NOT_SERVING)
            assert serving.check("liveness") == SERVING
        stalled.update_window(stream, 1000)
        assert stalled.read_message(stream) == b"\x08\x02"
        serving.toggle_maintenance()
        assert stalled.read_message(stream) == b"\x08\x01"


def test_a_watcher_whose_window_is_closed_does_not_hold_up_the_shutdown(runtime):
    server = runtime("--drain-grace", "100ms").wait_for(SERVING)
    with http2.Peer(server.port) as stalled:
        stalled.open(initial_window=0)
        stalled.request("/grpc.health.v1.Health/Watch", b"")
        stalled.ping()
        server.terminate()
        # Within the drain's deadline; past it the code would be 1.
        assert server.process.wait(timeout=20) == 0
