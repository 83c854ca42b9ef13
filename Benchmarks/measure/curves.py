# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Cost against work: the CPU of a Check from 1 to 1,000 connections, and from 1 to 256 calls at a time, with one loop and two."""

from measure.figures import in_turns, spread
from measure.load import h2load
from measure.servers import BEST, NGHTTPD, VITALS, contenders

CONNECTIONS = [1, 3, 10, 30, 100, 300, 1000]
STREAMS = [1, 4, 16, 64, 256]


def curves(bench):
    for loops in (1, 2):
        with contenders(bench, [BEST, VITALS, NGHTTPD], loops=loops) as servers:
            title = "a Check, one call at a time on each connection"
            points = [(count, count, 1) for count in bench.pick(CONNECTIONS[::2], CONNECTIONS)]
            curve(bench, servers, loops, title, "connections", points)
            title = "a Check on 10 connections"
            points = [(count, 10, count) for count in bench.pick(STREAMS[::2], STREAMS)]
            curve(bench, servers, loops, title, "calls at a time on each connection", points)


def curve(bench, servers, loops, title, axis, points):
    lines = {name: [] for name in servers}
    for place, connections, streams in points:
        # Fifty for each connection, so that its beginning hardly counts.
        count = max(10_000 if streams == 1 else 20_000, 50 * connections)
        results = in_turns(bench.rounds, {
            name: lambda server=server: h2load(bench, server, count, connections, streams) for name, server in servers.items()})
        for name, values in results.items():
            lines[name].append({"at": place, **spread(values)})
    bench.curves.append({"title": title, "loops": loops, "axis": axis, "unit": "µs of CPU", "lines": lines})
    print(f"curve: {title}, {loops} loop{'s' * (loops > 1)}: " + "; ".join(
        f"{name} " + " ".join(f"{point['median']:g}" for point in line) for name, line in lines.items()), flush=True)
