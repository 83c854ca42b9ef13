# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Programs that run once, from exec to exit: the probe, a check of `healthcheck`, and `healthcheck` around a command."""

import pathlib
import shutil

from measure.figures import fail
from measure.load import run
from measure.servers import BEST, VITALS, contender

# What asks for a page in a container that has an interpreter.
PYTHON = "import sys, urllib.request; urllib.request.urlopen(sys.argv[2], timeout=5)"


def programs(bench):
    probes(bench)
    one_shots(bench)
    wrappers(bench)


def exec_to_exit(bench, runs, files, *arguments):
    """For each of the programs (a name, and its file in the work folder): its lines of each round, as columns."""
    results = {name: [] for name in files}
    paths = ",".join(str(bench.work / file) for file in files.values())
    for _ in range(bench.rounds):
        lines = run(bench.work / "exec_to_exit", runs, paths, *arguments).splitlines()
        for name, line in zip(files, lines, strict=True):
            results[name].append([float(word) for word in line.split()])
    return [{name: [value[place] for value in values] for name, values in results.items()} for place in (0, 2, 3)]


def add(bench, subject, title, runs, files, *arguments, counts=True):
    times, memory, faults = exec_to_exit(bench, runs, files, *arguments)
    bench.add(subject, title, "µs, by the clock", times)
    if counts:
        bench.add(subject, f"{title}: memory", "KiB, resident at most", memory)
        bench.add(subject, f"{title}: page faults", "faults", faults)


def probes(bench):
    """Against the C server, which answers soonest; with TLS verified against one root, and against the system's."""
    files = {"C probe": "probe_baseline", VITALS: "grpc_health_probe"}
    with contender(bench, BEST) as server:
        add(bench, "the probe", "plain", bench.pick(200, 400), files, "-addr", f"127.0.0.1:{server.port}")
    files["C probe"] = "probe_baseline_tls"
    with contender(bench, BEST, is_tls=True) as server:
        flags = ["-addr", f"127.0.0.1:{server.port}", "-tls", "-tls-ca-cert"]
        for roots in ("ca.pem", "roots.pem"):
            count = (bench.work / roots).read_text().count("-----BEGIN")
            title = "TLS, verified by 1 root" if count == 1 else f"TLS, verified by {count} roots"
            add(bench, "the probe", title, bench.pick(50, 100), files, *flags, bench.work / roots, counts=count == 1)


def one_shots(bench):
    """Beside static C; then, less often, beside what containers have."""
    files = {"C": "oneshot_baseline", VITALS: "healthcheck"}
    (bench.work / "curl").write_text('#!/bin/sh\nexec curl -sf -o /dev/null "$2"\n')
    (bench.work / "python").write_text(f"#!/usr/bin/python3\n{PYTHON}\n")
    for name in ("curl", "python"):
        (bench.work / name).chmod(0o755)
    with contender(bench, VITALS) as server:
        url = f"http://127.0.0.1:{server.port}/healthz"
        for flags in (["--tcp", f"127.0.0.1:{server.port}"], ["--http", url]):
            add(bench, "healthcheck", f"a check that runs once, `{flags[0]}`", bench.pick(150, 300), files, *flags)
        others = {VITALS: "healthcheck", "curl": "curl", "Python": "python"}
        add(bench, "healthcheck", "`--http` beside what else containers have", bench.pick(10, 20), others, "--http", url, counts=False)


def wrappers(bench):
    """Around a command that does nothing, from the wrapper's exec to its exit."""
    files = {"C wrapper": "wrapper_baseline", VITALS: "healthcheck"}
    for name in ("tini", "dumb-init"):
        if path := shutil.which(name):
            file = bench.work / name
            file.unlink(missing_ok=True)
            file.symlink_to(pathlib.Path(path))
            files[name] = name
    true = shutil.which("true") or fail("no `true`")
    add(bench, "healthcheck", "around a command that ends at once", bench.pick(50, 100), files, "--", true)
