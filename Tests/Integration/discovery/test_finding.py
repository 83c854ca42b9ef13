# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The example `caller`, a client with VitalsDiscovery, among real runtimes, with a real Redis, a real etcd and dnsmasq."""

import contextlib
import re
import signal
import subprocess
import time

import pytest
from checked import accepts, process, redis
from conftest import NOT_SERVING, ROOT, SERVING, free_port, poll, stop_process
from etcd import etcd

CALLER = ROOT / "Examples/.build/debug/caller"
TTL = 3
CALLS = 10_000


@pytest.fixture(scope="module", autouse=True)
def built():
    """Does nothing when all is built: `scripts/test` has done it before."""
    subprocess.run(["swift", "build", "--package-path", ROOT / "Examples"], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with redis(tmp_path_factory.mktemp("registry")) as server:
        yield f"redis://127.0.0.1:{server.port},ttl={TTL}s"


class Caller:
    """What the example has said so far."""

    def __init__(self, log, process):
        self.log = log
        self.process = process

    @property
    def lines(self):
        return self.log.read_text().rpartition("\n")[0].splitlines()

    @property
    def lists(self):
        """Each list that it was told: where it is from, how old it was, the ports, and why the source is away."""
        found = (re.fullmatch(r"(source|last good|fallback|nothing)(?:, (\d+) s old)?:((?: \S+:\d+)*) +(.*)", line) for line in self.lines)
        return [(one[1], one[2] and int(one[2]), {int(place.rsplit(":", 1)[1]) for place in one[3].split()}, one[4]) for one in found if one]

    @property
    def counts(self):
        """Calls, and how many of them failed, at the last full five hundred."""
        found = [one for line in self.lines if (one := re.fullmatch(r"(\d+) calls, (\d+) failed", line))]
        return (int(found[-1][1]), int(found[-1][2])) if found else (0, 0)

    @property
    def failures(self):
        return [line for line in self.lines if line.startswith("failed")]

    def knows(self, *ports, origin="source"):
        return bool(self.lists) and (self.lists[-1][0], self.lists[-1][2]) == (origin, set(ports))

    def wait_for(self, *ports, origin="source"):
        poll(lambda: self.knows(*ports, origin=origin), f"{origin} {ports}: {self.lines[-5:]}")

    def goes_on(self):
        """Waits for some more calls; how many have failed in all."""
        goal = self.counts[0] + 1000
        poll(lambda: self.counts[0] >= goal, "calls go on")
        return self.counts[1]


@pytest.fixture
def caller(tmp_path):
    with contextlib.ExitStack() as stack:

        def start(*arguments):
            log = tmp_path / f"caller-{time.monotonic_ns()}"
            output = stack.enter_context(open(log, "wb"))
            client = subprocess.Popen(
                [CALLER, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            stack.callback(stop_process, client)
            return Caller(log, client)

        yield start


def registered(runtime, registry, service, *flags):
    return runtime("--register", registry, "--service-name", service, "--host", "127.0.0.1", *flags).wait_for(SERVING)


def test_no_call_is_lost_while_every_runtime_is_drained_and_replaced(runtime, registry, caller):
    servers = [registered(runtime, registry, "rolling", "--drain-grace", "500ms") for _ in range(3)]
    client = caller(registry, "rolling")
    client.wait_for(*(server.port for server in servers))
    for number in range(3):
        old = servers[number]
        old.terminate()
        assert old.process.wait(20) == 0
        servers[number] = registered(runtime, registry, "rolling", "--drain-grace", "500ms")
        client.wait_for(*(server.port for server in servers))
    # Each of the new ones gets its share of the rest.
    poll(lambda: client.counts[0] >= CALLS, "all calls are made", 60)
    assert client.counts[1] == 0 and not client.failures
    print(f"{client.counts[0]} calls, none failed, {len(client.lists)} lists")


def test_an_instance_that_does_not_serve_is_left_out_at_once(runtime, registry, caller, tmp_path):
    """By the news of Redis and of etcd."""
    with etcd(tmp_path / "etcd") as cluster:
        for source in (registry, f"etcd://127.0.0.1:{cluster.port},ttl={TTL}s"):
            servers = [registered(runtime, source, "leaving") for _ in range(3)]
            ports = {server.port for server in servers}
            client = caller(source, "leaving", 1)
            client.wait_for(*ports)
            servers[0].toggle_maintenance()
            began = time.monotonic()
            servers[0].wait_for(NOT_SERVING)
            client.wait_for(*(ports - {servers[0].port}))
            print(f"{source.partition(':')[0]}: out of the list after {time.monotonic() - began:.3f} s")
            servers[0].toggle_maintenance()
            client.wait_for(*ports)
            assert not client.failures
            for server in servers:
                server.stop()


def test_a_killed_instance_is_left_out_and_forgotten(runtime, registry, caller):
    servers = [registered(runtime, registry, "killed") for _ in range(3)]
    ports = {server.port for server in servers}
    client = caller(registry, "killed")
    client.wait_for(*ports)
    servers[0].process.send_signal(signal.SIGKILL)
    began = time.monotonic()
    client.wait_for(*(ports - {servers[0].port}))
    took = time.monotonic() - began
    assert took < TTL + 5
    # A call that failed had the client ask the instance, long before the registry forgets it.
    failed = client.goes_on()
    assert client.goes_on() == failed
    print(f"out of the list after {took:.3f} s, {failed} calls failed")


def test_a_registry_that_is_away_or_loses_its_data_takes_nothing_away(runtime, caller, tmp_path):
    with redis(tmp_path) as first:
        source = f"redis://127.0.0.1:{first.port},ttl={TTL}s"
        servers = [registered(runtime, source, "kept") for _ in range(3)]
        ports = {server.port for server in servers}
        client = caller(source, "kept")
        client.wait_for(*ports)
        assert client.goes_on() == 0
    poll(lambda: not accepts(first.port), "the registry is away")
    client.wait_for(*ports, origin="last good")
    origin, age, _, failure = client.lists[-1]
    assert age is not None and failure
    assert client.goes_on() == 0
    with redis(tmp_path, port=first.port):
        client.wait_for(*ports)
        assert client.goes_on() == 0


def test_the_fallback_serves_while_the_registry_was_never_there(runtime, caller):
    server = runtime().wait_for(SERVING)
    client = caller(f"redis://127.0.0.1:{free_port()}", "nowhere", 0, server.port)
    client.wait_for(server.port, origin="fallback")
    assert client.goes_on() == 0


def test_instances_of_dns_are_asked_for_when_their_time_is_over(runtime, caller, tmp_path):
    port, seconds = free_port(), 2
    servers = [runtime("--host", "127.0.0.1").wait_for(SERVING) for _ in range(3)]
    ports = [server.port for server in servers]
    log = tmp_path / "queries"

    def names(ports):
        flags = ["--no-hosts", "--no-resolv", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root", "--pid-file="]
        command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", f"--port={port}", "--local=/example.test/", *flags]
        places = [f"--srv-host=_grpc._tcp.chat.example.test,localhost,{place},0,1" for place in ports]
        return process(*command, f"--local-ttl={seconds}", *places, "--log-queries", f"--log-facility={log}")

    with names(ports[:2]):
        poll(lambda: accepts(port), "dnsmasq listens")
        began = time.monotonic()
        client = caller(f"srv:_grpc._tcp.*.example.test,server=127.0.0.1:{port}", "chat", 1)
        poll(lambda: len(client.lists) > 0 and client.lists[-1][2] == set(ports[:2]), f"both are found: {client.lines}")
        poll(lambda: log.read_text().count("query[SRV]") >= 2, "it was asked again")
        asked, took = log.read_text().count("query[SRV]"), time.monotonic() - began
        # Not before the time of the records is over.
        assert asked <= took / seconds + 1
    with names(ports[1:]):
        poll(lambda: client.lists[-1][2] == set(ports[1:]), f"the new records are used: {client.lines[-5:]}")
        assert client.lists[-1][0] == "source"
