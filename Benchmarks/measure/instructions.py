# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Instructions by callgrind, beside the times: what a busy machine does not change."""

import contextlib
import re

from measure.load import Crowd, connect, h2load, run
from measure.servers import BEST, NGHTTPD, VITALS, command_of, contender, free_port, started, wait_for_serving

SHAPES = [("10 connections, 100 calls at a time on each", 10_000, 10, 100), ("10 connections, 1 call at a time on each", 4000, 10, 1),
          ("1 connection, 1 call at a time on each", 2000, 1, 1)]
HANDSHAKES = {"full": "a connection over TLS, a full handshake", "resumed": "a connection over TLS, resumed by a ticket"}


def instructions(bench):
    counts = {name: server_counts(bench, name) for name in (BEST, VITALS, NGHTTPD)}
    for title in counts[BEST]:
        values = {name: [found[title]] for name, found in counts.items() if title in found}
        subject = "a connection" if title.startswith("a ") else "watches" if "telling" in title else "a Check"
        bench.add(subject, title, "instructions", values)
    for is_tls, title, file in ((False, "plain", "probe_baseline"), (True, "TLS, verified by 1 root", "probe_baseline_tls")):
        with contender(bench, BEST, is_tls=is_tls) as server:
            flags = ["-addr", f"127.0.0.1:{server.port}"] + (["-tls", "-tls-ca-cert", bench.work / "ca.pem"] if is_tls else [])
            # Under callgrind a handshake takes longer than the probe waits.
            ours = program_count(bench, "grpc_health_probe", *flags, *(["-connect-timeout", "30s"] if is_tls else []))
            values = {"C probe": [program_count(bench, file, *flags)], VITALS: [ours]}
            bench.add("the probe", title, "instructions", values)


def server_counts(bench, name):
    counts = {}
    with counted_server(bench, name) as (server, count):
        h2load(bench, server, 1000, 10, 100)
        for title, calls, connections, streams in SHAPES:
            counts[title] = count(calls, lambda: h2load(bench, server, calls, connections, streams))  # noqa: B023
        if name != NGHTTPD:
            for connections, watches in ((100, 1), (1, 100)):
                title = f"{connections} connection{'s' * (connections > 1)} with {watches} watch{'es' * (watches > 1)} each: telling one"
                with Crowd(bench, server, connections, watches) as crowd:
                    counts[title] = count(10 * 100, lambda: [crowd.ask("flip", server.pid) for _ in range(10)])  # noqa: B023
        counts["a new connection with a Check"] = count(200, lambda: connect(bench, server, 200))
    with counted_server(bench, name, is_tls=True) as (server, count):
        for kind in ("full", "resumed"):
            if connect(bench, server, 3, kind):
                counts[HANDSHAKES[kind]] = count(50, lambda: connect(bench, server, 50, kind))  # noqa: B023
    return counts


@contextlib.contextmanager
def counted_server(bench, name, is_tls=False):
    """A server under callgrind, and what gives its instructions for each of so many things that are done."""
    port, out = free_port(), bench.work / f"callgrind-{name.replace(' ', '-')}-{is_tls}"
    tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
    path = {"path": "/file"} if name == NGHTTPD else {}

    def count(things, body):
        run("callgrind_control", "--zero", server.pid)
        body()
        run("callgrind_control", "--dump", server.pid)
        latest = max(out.parent.glob(f"{out.name}.*"), key=lambda file: int(file.name.split(".")[-1]))
        return total(latest) / things

    with started(bench, tool + command_of(bench, name, port, is_tls=is_tls), port, is_tls=is_tls, **path) as server:
        if name != NGHTTPD:
            wait_for_serving(bench, server)
        yield server, count


def program_count(bench, file, *arguments):
    out = bench.work / f"callgrind-of-{file}"
    run("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", bench.work / file, *arguments)
    return total(out)


def total(file):
    return int(re.search(r"^(?:totals|summary): (\d+)", file.read_text(), re.MULTILINE).group(1))
