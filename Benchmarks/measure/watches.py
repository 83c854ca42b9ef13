# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Calls of Watch: what one holds, how long a change takes to reach the last, and how long a Check waits meanwhile."""

import contextlib
import time

from measure.figures import in_turns
from measure.load import Crowd
from measure.servers import BEST, CPP, PYTHON, VITALS, contenders


def watches(bench):
    """10,000 on 100 connections; 100,000 on 1,000 of those that can."""
    with contenders(bench, [BEST, VITALS, CPP, PYTHON]) as servers, contextlib.ExitStack() as stack:
        crowd(bench, servers, 100, 100, stack)
    if not bench.is_quick:
        with contenders(bench, [BEST, VITALS]) as servers, contextlib.ExitStack() as stack:
            crowd(bench, servers, 1000, 100, stack)


def crowd(bench, servers, connections, each, stack):
    count = connections * each
    about = f"{count:,} watches on {connections:,} connections"
    before = {name: server.memory() for name, server in servers.items()}
    crowds = {name: stack.enter_context(Crowd(bench, server, connections, each)) for name, server in servers.items()}
    time.sleep(0.5)
    held = {name: [(server.memory() - before[name]) / count / 1024] for name, server in servers.items()}
    bench.add("watches", f"{about}: memory of one, its share of a connection included", "KiB", held)

    def flip(name):
        start = servers[name].cpu()
        delay = crowds[name].ask("flip", servers[name].pid)[0] / 1000
        time.sleep(0.05)
        return delay, (servers[name].cpu() - start) / 1000 / count

    results = in_turns(bench.rounds, {name: lambda name=name: flip(name) for name in servers})
    delays = {name: [value[0] for value in values] for name, values in results.items()}
    bench.add("watches", f"{about}: the last is told of a change", "ms, by the clock", delays)
    costs = {name: [value[1] for value in values] for name, values in results.items()}
    bench.add("watches", f"{about}: telling one", "µs of CPU", costs)

    def slowest(name):
        # Long enough for the slowest of them.
        return crowds[name].ask("beside", servers[name].pid, 400 if count <= 10_000 else 1500)[0] / 1000

    waits = in_turns(bench.rounds, {name: lambda name=name: slowest(name) for name in servers}, warm_up=False)
    bench.add("watches", f"{about}: the slowest Check while they are told", "ms, by the clock", waits, has_ratios=False)
    calm = in_turns(bench.rounds, {
        name: lambda name=name: crowds[name].ask("beside", 0, 400)[0] / 1000 for name in servers}, warm_up=False)
    bench.add("watches", f"{about}: the slowest Check in 0.4 s without a change", "ms, by the clock", calm, has_ratios=False)
