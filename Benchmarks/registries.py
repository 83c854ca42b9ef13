# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""registries.py: what many registered instances cost us, a real Redis and a real etcd; measured on small numbers, then calculated
for many. Nothing is judged: docs/scaling.md has the figures of one machine.

    registries.py              measure both, and calculate
    INSTANCES=1000 WATCHERS=100 RATE=500 SECONDS=10

Each instance has a connection of its own, as if it were a process. Times of the processor are those of the kernel's accounting.
LOAD names another registry-load than that of the optimized build.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
INTEGRATION = ROOT / "Tests" / "Integration"
sys.path[:0] = [str(INTEGRATION), str(INTEGRATION / "support")]

from checked import accepts, process  # noqa: E402
from conftest import free_port, poll  # noqa: E402

LOAD = pathlib.Path(os.environ.get("LOAD", ROOT / ".build" / "release" / "registry-load"))
INSTANCES, WATCHERS, RATE, SECONDS = (
    int(os.environ.get(name, value)) for name, value in [("INSTANCES", 1000), ("WATCHERS", 100), ("RATE", 500), ("SECONDS", 10)])
TICK = os.sysconf("SC_CLK_TCK")
MANY = 100_000
TIME_TO_LIVE = 300


class Store:
    """A store as a process: what it has used of the processor and holds in memory."""

    def __init__(self, name, url, server):
        self.name, self.url, self.server = name, url, server

    def cpu(self):
        words = pathlib.Path(f"/proc/{self.server.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICK

    def resident(self):
        words = pathlib.Path(f"/proc/{self.server.pid}/statm").read_text().split()
        return int(words[1]) * os.sysconf("SC_PAGE_SIZE")

    def used(self):
        """Bytes of what is stored, as it says itself."""
        raise NotImplementedError


class Redis(Store):
    def ask(self, *words):
        command = ["redis-cli", "-p", self.url.rpartition(":")[2], *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def used(self):
        """Of one instance, for all that there are, and of the set of them."""
        ids = "service_instances:load"
        one = self.ask("SRANDMEMBER", ids)
        if not one:
            return 0
        count, size = int(self.ask("SCARD", ids)), int(self.ask("MEMORY", "USAGE", f"services:load:{one}"))
        return count * size + int(self.ask("MEMORY", "USAGE", ids, "SAMPLES", "0"))


class Etcd(Store):
    def used(self):
        place = self.url.partition("//")[2]
        request = urllib.request.Request(f"http://{place}/v3/maintenance/status", b"{}")
        return int(json.load(urllib.request.urlopen(request, timeout=10))["dbSizeInUse"])


@contextlib.contextmanager
def redis(folder):
    port = free_port()
    with process("redis-server", "--port", port, "--save", "", "--dir", folder, "--maxclients", 20000) as server:
        poll(lambda: accepts(port), "Redis listens")
        yield Redis("Redis", f"redis://127.0.0.1:{port}", server)


@contextlib.contextmanager
def etcd(folder):
    port, peer = free_port(), f"http://127.0.0.1:{free_port()}"
    client = f"http://127.0.0.1:{port}"
    command = ["etcd", "--data-dir", folder, "--log-level", "error", "--listen-client-urls", client, "--advertise-client-urls", client]
    command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"]
    with process(*command) as server:
        poll(lambda: accepts(port), "etcd listens")
        time.sleep(2)  # for its first election
        yield Etcd("etcd", f"etcd://127.0.0.1:{port}", server)


def measure(store):
    """What each step says, with what the store used meanwhile."""
    steps = {}
    words = [LOAD, store.url, INSTANCES, WATCHERS, RATE, SECONDS]
    load = subprocess.Popen(list(map(str, words)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with load:
        for _ in range(5):
            cpu, used, resident = store.cpu(), store.used(), store.resident()
            load.stdin.write("\n")
            load.stdin.flush()
            line = load.stdout.readline()
            if not line:
                raise SystemExit(f"{LOAD} has ended")
            step = json.loads(line)
            step |= {"store cpu": store.cpu() - cpu, "used": store.used() - used, "resident": store.resident() - resident}
            steps[step["step"]] = step
        load.stdin.close()
    return steps


def show(name, value, unit):
    print(f"  {name:60} {value:12,.3f} {unit}")


def report(store, steps):
    register, renew, watch, idle, change = (steps[name] for name in ("register", "renew", "watch", "idle", "change"))
    failures = sum(step["failures"] for step in steps.values())
    print(f"{store.name}: {INSTANCES} instances, {RATE} writes a second for {SECONDS} s, {WATCHERS} watchers; {failures} failures")
    renewal = renew["store cpu"] / renew["count"]
    show("first writes of all at once", register["wall"] * 1000, "ms")
    show("store, for a first write", register["store cpu"] / INSTANCES * 1e6, "us of a core")
    show("store, for a renewal", renewal * 1e6, "us of a core")
    show("ours, for a renewal", renew["cpu"] / renew["count"] * 1e6, "us of a core")
    show("a renewal, median", renew["median"], "ms")
    show("a renewal, 99 of 100", renew["p99"], "ms")
    show("store, for an instance, as it says", register["used"] / INSTANCES, "bytes")
    show("store, for an instance with its connection, resident", register["resident"] / INSTANCES, "bytes")
    show("store, growth for a renewal, as it says", renew["used"] / renew["count"], "bytes")
    show("all watchers have the first list after", watch["wall"] * 1000, "ms")
    show("store, for a first list", watch["store cpu"] / WATCHERS * 1000, "ms of a core")
    watching = idle["store cpu"] / SECONDS / WATCHERS
    show("store, for a watcher while nothing changes", watching * 1000, "ms of a core a second")
    show("ours, the same", idle["cpu"] / SECONDS / WATCHERS * 1000, "ms of a core a second")
    show("a change until the last watcher is told, median", change["median"], "ms")
    show("the same, worst", change["p99"], "ms")
    # While it changed, what is done for watchers that see no change was done as well.
    telling = max(0, change["store cpu"] - watching * WATCHERS * change["wall"]) / change["count"] / WATCHERS
    show("store, for telling a watcher of a change", telling * 1e6, "us of a core")
    print(f"  calculated for {MANY:,} instances with a time to live of {TIME_TO_LIVE} s, written every {TIME_TO_LIVE // 3} s:")
    show("writes", MANY / (TIME_TO_LIVE / 3), "a second")
    show("store, for the writes", MANY / (TIME_TO_LIVE / 3) * renewal, "cores")
    show("store, memory", MANY * register["resident"] / INSTANCES / 1e6, "MB")


def main():
    if not LOAD.exists():
        raise SystemExit(f"{LOAD} is missing: swift build -c release --product registry-load")
    for server in (redis, etcd):
        with tempfile.TemporaryDirectory() as folder, server(folder) as store:
            report(store, measure(store))


if __name__ == "__main__":
    main()
