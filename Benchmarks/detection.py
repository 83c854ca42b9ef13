# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""detection.py: how long after each condition a watching client is told NOT_SERVING, and how fast a start is.

Prints the median and the worst of each, and fails when a detection takes 5 s or more. TIMES says how often.
"""

import concurrent.futures
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
INTEGRATION = ROOT / "Tests" / "Integration"
sys.path[:0] = [str(INTEGRATION), str(INTEGRATION / "support")]

import gguf  # noqa: E402
import pytest  # noqa: E402
import threads  # noqa: E402
from conftest import DIST, NOT_SERVING, SERVING, Runtime  # noqa: E402
from control_groups import memory_group  # noqa: E402
from sarai.skills import skills_pb2  # noqa: E402

TIMES = int(os.environ.get("TIMES", "20"))
LIMIT = 5.0
MIB = 1 << 20


@contextlib.contextmanager
def watched(*flags, size=None):
    """A server that is SERVING, and a Watch of it that has said so."""
    with tempfile.TemporaryDirectory(prefix="vitals-bench-") as name:
        folder = pathlib.Path(name)
        if size:
            gguf.write_large(folder / "demo.gguf", size)
        else:
            gguf.write(folder / "demo.gguf")
        server = Runtime(folder, "--memory-high-for", "1s", *flags)
        try:
            watch = server.watch(timeout=600)
            while next(watch).status != SERVING:
                pass
            yield server, watch
        finally:
            server.stop()


def told(watch, status, start):
    """Seconds from the start to this status, which has to be the next one."""
    answer = next(watch).status
    if answer != status:
        sys.exit(f"detection: the watch said {answer}, not {status}")
    return time.monotonic() - start


def low_memory():
    with memory_group(256 * MIB) as group, watched() as (server, watch):
        group.put(server.process.pid)
        with group.neighbour() as eat:
            for _ in range(TIMES):
                start = time.monotonic()
                eat(200 * MIB)
                yield told(watch, NOT_SERVING, start)
                eat(0)
                told(watch, SERVING, start)
        server.stop()


def stalled_request():
    """From the moment at which the request has been silent for as long as it may be."""
    with watched("--stub-token-delay", "600s", "--stall-after", "1s") as (server, watch):
        for _ in range(TIMES):
            stuck = server.skill.Infer.future(skills_pb2.InferRequest(prompt="hello"), timeout=600)
            yield told(watch, NOT_SERVING, time.monotonic() + 1)
            stuck.cancel()
            told(watch, SERVING, 0)


def hanging_control_loop():
    with watched() as (server, watch):
        for _ in range(TIMES):
            with threads.frozen(server.process.pid):
                yield told(watch, NOT_SERVING, time.monotonic())
            told(watch, SERVING, 0)


def truncated_model():
    with watched() as (server, watch):
        for _ in range(TIMES):
            start = time.monotonic()
            os.truncate(server.model, 100)
            yield told(watch, NOT_SERVING, start)
            gguf.write(server.model)
            server.reload()
            told(watch, SERVING, 0)


def maintenance():
    with watched() as (server, watch):
        for _ in range(TIMES):
            start = time.monotonic()
            server.toggle_maintenance()
            yield told(watch, NOT_SERVING, start)
            server.toggle_maintenance()
            told(watch, SERVING, 0)


def termination():
    for _ in range(TIMES):
        with watched() as (server, watch):
            start = time.monotonic()
            server.terminate()
            yield told(watch, NOT_SERVING, start)


CONDITIONS = [low_memory, stalled_request, hanging_control_loop, truncated_model, maintenance, termination]


def cold_starts():
    """Seconds from before exec to the log line of the first SERVING, with a model of 100 MB."""
    with tempfile.TemporaryDirectory(prefix="vitals-bench-") as name:
        model = pathlib.Path(name) / "demo.gguf"
        gguf.write_large(model, 100_000_000)
        command = [DIST / "skill-runtime", "--host", "127.0.0.1", "--port", "0", "--model", model]
        for _ in range(TIMES):
            start = time.monotonic()
            with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
                for line in process.stderr:
                    if b'"message":"serving"' in line:
                        yield time.monotonic() - start
                        break
                process.kill()


def show(name, seconds):
    median, worst = statistics.median(seconds), max(seconds)
    print(f"{name:40} {len(seconds):5} {median * 1000:10.1f} {worst * 1000:10.1f}")
    return worst


def measure(condition):
    try:
        return list(condition())
    except pytest.skip.Exception as reason:
        return str(reason)


def main():
    print(f"{'exec to SERVING, in milliseconds':40} {'times':>5} {'median':>10} {'worst':>10}")
    show("a model of 100 MB", list(cold_starts()))
    print(f"{'condition to NOT_SERVING':40} {'times':>5} {'median':>10} {'worst':>10}")
    with concurrent.futures.ThreadPoolExecutor(len(CONDITIONS)) as pool:
        results = list(pool.map(measure, CONDITIONS))
    worst = 0.0
    for condition, seconds in zip(CONDITIONS, results, strict=True):
        name = condition.__name__.replace("_", " ")
        if isinstance(seconds, str):
            print(f"{name:40} not measured: {seconds}")
        else:
            worst = max(worst, show(name, seconds))
    if worst >= LIMIT:
        sys.exit(f"detection: {worst:.2f} s is too late: under {LIMIT} s is wanted")


main()
