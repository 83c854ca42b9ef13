# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Servers that have nothing to do: CPU and switches, memory of connections, and what stays after a crowd."""

import contextlib
import time

from measure.load import Crowd
from measure.servers import BEST, CPP, PYTHON, VITALS, contender, contenders, present


def idle(bench):
    """All at once, since they do nothing: windows of some seconds each."""
    with contenders(bench, [BEST, VITALS, CPP, PYTHON]) as servers:
        window(bench, servers, "no connection")
        before = {name: server.resident() for name, server in servers.items()}
        count = bench.pick(1000, 10_000)
        able = {name: server for name, server in servers.items() if name != PYTHON}
        with contextlib.ExitStack() as stack:
            for server in able.values():
                stack.enter_context(Crowd(bench, server, count, 0))
            held = {name: [(server.resident() - before[name]) / count / 1024] for name, server in able.items()}
            bench.add("at rest", f"{count:,} idle connections: memory of one", "KiB", held)
            window(bench, able, f"{count:,} idle connections")
    count = bench.pick(100, 1000)
    with contenders(bench, [BEST, VITALS]) as servers, contextlib.ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(Crowd(bench, server, count, 100))
        window(bench, servers, f"{count * 100:,} watches")


def window(bench, servers, title):
    seconds = bench.pick(1, 2)
    time.sleep(1.5)
    cpu, switches = {name: [] for name in servers}, {name: [] for name in servers}
    for _ in range(bench.rounds):
        before = {name: (server.cpu(), server.switches()) for name, server in servers.items()}
        time.sleep(seconds)
        for name, server in servers.items():
            cpu[name].append((server.cpu() - before[name][0]) / 1e6 / seconds)
            switches[name].append((server.switches() - before[name][1]) / seconds)
    # A server that never wakes up is no yardstick.
    bench.add("at rest", f"{title}: CPU in a second", "ms of CPU", cpu, VITALS)
    bench.add("at rest", f"{title}: wake-ups in a second", "context switches", switches, VITALS)


def after_crowds(bench):
    """Resident memory that stays three seconds after everyone has left."""
    crowds = [("1,000 connections with a Check each", 1000, 0), ("3,000 watches on 30 connections", 30, 100)]
    if not bench.is_quick:
        crowds.append(("20,000 watches on 200 connections", 200, 100))
    for title, connections, watches in crowds:
        kept = {}
        for name, loops in [(VITALS, 1), (VITALS, 2), (BEST, 1), (CPP, 1)]:
            if name not in present(bench, [name]):
                continue
            label = f"{name}, {loops} loop{'s' * (loops > 1)}" if name == VITALS else name
            kept[label] = [stays(bench, name, loops, connections, watches)]
        bench.add("at rest", f"{title}: memory that stays when they have gone", "MB", kept)


def stays(bench, name, loops, connections, watches):
    with contender(bench, name, loops=loops) as server:
        time.sleep(0.5)
        before = server.resident()
        with Crowd(bench, server, connections, watches):
            pass
        time.sleep(3)
        return (server.resident() - before) / 1e6
