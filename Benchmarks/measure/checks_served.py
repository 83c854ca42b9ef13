# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The server's CPU for a Check: in each shape of load, and for each new connection."""

from measure.figures import columns, in_turns
from measure.load import connect, h2load
from measure.servers import BEST, CPP, NGHTTPD, PYTHON, VITALS, contenders

# Connections, streams, and how many Checks a round has (the last: grpcio, which takes forty times as long).
SHAPES = [(10, 100, 120_000, 1000), (10, 1, 20_000, 1000), (1, 1, 10_000, 500), (1000, 1, 50_000, 3000)]
PLAIN = [BEST, VITALS, NGHTTPD, CPP, PYTHON]


def shapes(bench):
    """Many Checks on connections that stay."""
    with contenders(bench, PLAIN) as servers:
        for connections, streams, count, few in SHAPES:
            measure(bench, "a Check", servers, connections, streams, count, few)
    with contenders(bench, PLAIN, is_tls=True) as servers:
        for connections, streams, count, few in SHAPES[:2]:
            measure(bench, "a Check over TLS", servers, connections, streams, count // 2, few)


def measure(bench, subject, servers, connections, streams, count, few):
    def contender(name, server):
        requests = few if name == PYTHON else count
        return lambda: h2load(bench, server, requests, connections, streams)

    results = in_turns(bench.rounds, {name: contender(name, server) for name, server in servers.items()})
    title = f"{connections:,} connection{'s' * (connections > 1)}, {streams} call{'s' * (streams > 1)} at a time on each"
    bench.add(subject, title, "µs of CPU", results)


def connections(bench):
    """A Check on a connection of its own: plain, and over TLS with a full handshake and with one that is resumed."""
    with contenders(bench, PLAIN) as servers:
        add_connections(bench, "a new connection with a Check", servers, bench.pick(300, 500))
    with contenders(bench, PLAIN, is_tls=True) as servers:
        for kind in ("full", "resumed"):
            title = "the same over TLS, " + ("a full handshake" if kind == "full" else "resumed by a ticket")
            add_connections(bench, title, servers, bench.pick(60, 100), kind)


def add_connections(bench, title, servers, count, kind="plain"):
    able = {name: server for name, server in servers.items() if connect(bench, server, 3, kind) is not None}
    note = "".join(f"{name} does not resume. " for name in servers if name not in able).strip() or None
    contender = {name: (lambda server: lambda: connect(bench, server, count, kind))(server) for name, server in able.items()}
    cpu, time = columns(in_turns(bench.rounds, contender))
    bench.add("a connection", title, "µs of CPU", cpu, note=note)
    bench.add("a connection", f"{title}: from connecting to the answer", "µs, by the clock", time, note=note)
