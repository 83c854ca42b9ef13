# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Known attacks, each by a process of its own, beside a client that must notice nothing.

Times are not judged here; `make attacks` prints them.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys
import threading
import time

import attacks
import costly
import http2
import pytest
from conftest import SERVING, assert_memory, open_files, poll
from grpc_health.v1 import health_pb2
from tls_setup import SERVING as PROBED
from tls_setup import ca, folder, good, probe, secure_stub, server_flags, tls  # noqa: F401 (fixtures)

FOLDER = pathlib.Path(attacks.__file__).parent
SECONDS = float(os.environ.get("ATTACK_SECONDS", "1.2"))
# So short that the slow ones lose their connections within the test.
LIMITS = [
    *("--handshake-timeout", "300ms", "--header-timeout", "300ms", "--request-timeout", "300ms"),
    *("--write-timeout", "300ms", "--max-connections", "3000"),
]
# What an attack may have the server hold: 24 MiB, and as many connections as there may be cost 24 KiB each.
ROOM = (24 << 20) + 3000 * (24 << 10)
# These keep to the rules, as all of costly.py do; they are bounded, not ended.
TOLERATED = {"churn", "gzip_bomb", "half_closed", "huge_headers", "one_byte_window", "watch_storm"}


class Bystander:
    """Checks one after the other, and a Watch, while the attack goes on."""

    def __init__(self, server):
        self.server = server
        self.watch = server.watch()
        assert next(self.watch).status == SERVING
        self.times = []
        self.failures = []
        self.peak = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.stop.is_set():
            start = time.monotonic()
            try:
                assert self.server.check(timeout=10) == SERVING
            except Exception as error:  # noqa: BLE001
                self.failures.append(error)
            self.times.append(time.monotonic() - start)
            self.peak = max(self.peak, self.server.anonymous_memory())

    def close(self):
        self.stop.set()
        self.thread.join()

    def end(self):
        self.close()
        self.watch.cancel()
        assert not self.failures, self.failures[:3]


def launch(attack, port, seconds=SECONDS, grace=0, connections=1, rate=0, tls=False):
    words = [FOLDER / f"{attack.__module__}.py", attack.__name__, port, seconds, grace, connections, rate, int(tls)]
    command = [sys.executable, *map(str, words)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    import gguf
    from conftest import Runtime

    folder = tmp_path_factory.mktemp("attacked")
    gguf.write(folder / "demo.gguf", name="demo")
    server = Runtime(folder, *LIMITS)
    yield server.wait_for(SERVING)
    server.stop()


@pytest.mark.parametrize("attack", attacks.ALL + costly.ALL, ids=lambda attack: attack.__name__)
def test_an_attack_harms_nobody_else(server, attack):
    is_ended = attack in attacks.ALL and attack.__name__ not in TOLERATED
    before = server.descriptors()
    quiet = server.anonymous_memory()
    lines = len(server.lines())
    bystander = Bystander(server)
    started = time.monotonic()
    try:
        # On a busy machine it may take longer until the server has had enough, or has answered so often.
        while True:
            result = launch(attack, server.port, grace=20 if is_ended else 0)
            if len(bystander.times) >= 20 or bystander.failures:
                break
    finally:
        bystander.close()
    bystander.end()
    assert result["made"] > 0
    if is_ended:
        assert result["ended"] > 0, result
    assert_memory(bystander.peak - quiet, ROOM)
    poll(lambda: server.descriptors() <= before, "the attack's descriptors are closed", 10)
    # One line for each reason and ten seconds, however many there were.
    written = server.lines()[lines:]
    assert len(written) <= 6 * (1 + (time.monotonic() - started) // 10), written
    assert server.check() == SERVING


def test_a_storm_of_tls_handshakes_harms_nobody_else(runtime, ca, good):
    server = runtime(*server_flags(good))
    channel, stub = secure_stub(server.port, ca)
    with channel:
        request = health_pb2.HealthCheckRequest()
        poll(lambda: stub.Check(request, timeout=10).status == SERVING, "SERVING", 10)
        storm = threading.Thread(target=launch, args=(attacks.handshake_storm, server.port))
        storm.start()
        count = 0
        while storm.is_alive():
            assert stub.Check(request, timeout=10).status == SERVING
            count += 1
        assert count >= 20


@pytest.mark.parametrize("attack", [attacks.hello_flood, attacks.slow_hellos], ids=lambda attack: attack.__name__)
def test_hellos_leave_fresh_probes_through(runtime, ca, good, attack):
    """The probe with its own time limits, while the dearest hellos come: before, not one of twelve got through."""
    server = runtime(*server_flags(good))
    poll(lambda: probe(server.port, *tls(ca)) == PROBED, "SERVING", 20)
    flood = threading.Thread(target=launch, args=(attack, server.port, 6))
    flood.start()
    time.sleep(1)
    results = []
    while flood.is_alive():
        results.append(probe(server.port, *tls(ca), timeout="1s", rpc_timeout="1s"))
    # A busy machine may have no second for one of them.
    assert results.count(PROBED) * 2 > len(results), results
    assert probe(server.port, *tls(ca)) == PROBED


def test_idle_clients_are_evicted_for_new_ones(server):
    """Three thousand connections are the limit here, and ten thousand clients come."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < 12_000:
        pytest.skip(f"needs 12,000 descriptors, this machine allows {hard}")
    thread = threading.Thread(target=launch, args=(attacks.idle_connections, server.port, 4, 20))
    thread.start()
    while thread.is_alive():
        channel = server.connect()
        with channel:
            call = channel.unary_unary("/grpc.health.v1.Health/Check")
            # The kernel tries a connection again after 1, 3 and 7 s when they have filled the backlog.
            assert call(b"", timeout=30, wait_for_ready=True) == b"\x08\x01"
    poll(lambda: "its place was wanted" in str(server.lines()), "the log says why they had to go")


def test_a_server_out_of_descriptors_serves_who_is_there_and_recovers(runtime):
    server = runtime()
    pid = server.process.pid
    watch = server.watch()
    assert next(watch).status == SERVING
    open_now = server.descriptors()
    # Of all that are open: those that `descriptors` leaves out, because they come and go, are kept open, too.
    limit = len(list(open_files(pid))) + 8
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, limit))
    thread = threading.Thread(target=launch, args=(attacks.idle_connections, server.port, 1))
    thread.start()
    while thread.is_alive():
        assert server.check() == SERVING
    poll(lambda: server.descriptors() <= open_now + 1, "the clients have gone", 10)
    with server.connect() as channel:
        call = channel.unary_unary("/grpc.health.v1.Health/Check")
        # Those who still wait to be accepted are turned away first.
        assert call(b"", timeout=20, wait_for_ready=True) == b"\x08\x01"
    assert watch.is_active()


def test_a_lost_reserve_of_descriptors_is_made_again(runtime):
    """Another thread may take the descriptor that the reserve was to give. Without one, no client can be turned away."""
    server = runtime("--loops", "1").wait_for(SERVING)
    pid = server.process.pid

    def reserves():
        return list(open_files(pid)).count("/dev/null")

    before = reserves()
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with http2.Peer(server.port):
        poll(lambda: reserves() < before, "the reserve is lost")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        poll(lambda: reserves() == before, "the reserve is back")
    assert server.check() == SERVING


def test_the_smallest_memory_that_suffices_is_enough_for_a_flood(runtime):
    """Under a limit on its address space (as `ulimit -v` sets it) the server refuses, and does not crash."""
    server = runtime()
    pid = server.process.pid
    with open(f"/proc/{pid}/statm") as pages:
        size = int(pages.read().split()[0]) * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (size + (24 << 20), size + (24 << 20)))
    for attack in (attacks.watch_storm, attacks.slow_body, attacks.unread_answers):
        launch(attack, server.port)
    assert server.process.poll() is None
    with server.connect() as channel:
        call = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert call(b"", timeout=30, wait_for_ready=True) == b"\x08\x01"
