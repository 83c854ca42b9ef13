# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""checks.py: what the check engine costs, how soon it finds a failure, and that it raises no false alarm.

Fails when a figure is beyond its bar. TIMES: detections of each kind (20). SECONDS: of false alarms under load (60).
"""

import concurrent.futures
import contextlib
import os
import pathlib
import random
import selectors
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
INTEGRATION = ROOT / "Tests" / "Integration"
sys.path[:0] = [str(INTEGRATION), str(INTEGRATION / "support")]

from conftest import NOT_SERVING, SERVING, Runtime, free_port  # noqa: E402

TIMES = int(os.environ.get("TIMES", "20"))
SECONDS = int(os.environ.get("SECONDS", "60"))
INTERVAL = 1.25  # of a check with defaults
failures = []


def judge(name, value, bar, unit):
    print(f"{name:58} {value:10.3f} {unit:12} bar {bar:g}")
    if value > bar:
        failures.append(f"{name}: {value:.3f} {unit}, and {bar:g} is the bar")


class Target:
    """A server of HTTP that behaves as it is told: healthy, wrong, hanging, reset, refused. Records its connections."""

    ANSWERS = {"healthy": b"200 OK", "wrong": b"500 Internal Server Error"}

    def __init__(self):
        self.port = free_port()
        self.times = []
        self.kept = []
        self.selector = selectors.DefaultSelector()
        self.listener = None
        self.behaviour = "refused"
        self.behave("healthy")
        threading.Thread(target=self._serve, daemon=True).start()

    def behave(self, behaviour):
        if behaviour == "refused":
            self.behaviour = behaviour
            self.selector.unregister(self.listener)
            self.listener.close()
        elif self.behaviour == "refused":
            self.listener = socket.create_server(("127.0.0.1", self.port), backlog=4096)
            self.listener.setblocking(False)
            self.behaviour = behaviour
            self.selector.register(self.listener, selectors.EVENT_READ)
        self.behaviour = behaviour
        for connection in self.kept:
            connection.close()
        self.kept = []

    def _serve(self):
        while True:
            for key, _ in self.selector.select(0.05):
                with contextlib.suppress(OSError):
                    if key.fileobj is self.listener:
                        self._accept()
                    else:
                        self._answer(key.fileobj)

    def _accept(self):
        while True:
            connection, _ = self.listener.accept()
            self.times.append(time.monotonic())
            if self.behaviour == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
            elif self.behaviour == "hanging":
                self.kept.append(connection)
            else:
                self.selector.register(connection, selectors.EVENT_READ)

    def _answer(self, connection):
        if connection.recv(4096):
            status = self.ANSWERS.get(self.behaviour, b"200 OK")
            connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self.selector.unregister(connection)
        connection.close()


@contextlib.contextmanager
def runtime(*checks, folder=None):
    with tempfile.TemporaryDirectory(prefix="vitals-bench-") as name:
        words = []
        if len(checks) > 50:
            file = pathlib.Path(name) / "settings.yaml"
            file.write_text("checks:\n" + "".join(f"  - {check}\n" for check in checks))
            words = ["--config", str(file)]
        else:
            words = [word for check in checks for word in ("--check", check)]
        server = Runtime(pathlib.Path(name), "--demo", *words, search=True)
        try:
            yield server.wait_for(SERVING)
        finally:
            server.stop()


def detections(behaviour):
    """Seconds from a failure of a critical check with defaults to NOT_SERVING at a Watch client, and back again."""
    target = Target()
    down, up = [], []
    with runtime(f"http:http://127.0.0.1:{target.port}/,critical,wrong-status=unhealthy") as server:
        watch = server.watch(timeout=3600)
        while next(watch).status != SERVING:
            pass
        for _ in range(TIMES):
            time.sleep(random.uniform(0, 2 * INTERVAL))
            for wanted, seconds, state in ((NOT_SERVING, down, behaviour), (SERVING, up, "healthy")):
                start = time.monotonic()
                target.behave(state)
                if next(watch).status != wanted:
                    sys.exit(f"checks: {behaviour}: the watch flapped")
                seconds.append(time.monotonic() - start)
    return down, up


def detect():
    kinds = ["refused", "reset", "hanging", "wrong"]
    with concurrent.futures.ThreadPoolExecutor(len(kinds)) as pool:
        results = list(pool.map(detections, kinds))
    for kind, (down, up) in zip(kinds, results, strict=True):
        judge(f"found: {kind}, worst of {TIMES} (median {statistics.median(down):.2f})", max(down), 5, "s")
        judge(f"recovered: {kind}, worst (median {statistics.median(up):.2f})", max(up), 2 * INTERVAL + 0.3, "s")


def cpu(server):
    """Seconds of CPU of a process."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def latencies(server, count=3000):
    values = []
    for _ in range(count):
        start = time.perf_counter()
        server.check()
        values.append(time.perf_counter() - start)
    return statistics.quantiles(values, n=100)[98]


def cost():
    """1,000 checks a second on one loop: CPU, memory, and a Check meanwhile."""
    target = Target()
    checks = [f"tcp:127.0.0.1:{target.port},name=c{number},dry,interval=1s,timeout=900ms" for number in range(1000)]
    with runtime() as idle, runtime(*checks) as busy:
        time.sleep(5)
        before, start, idle_before = cpu(busy), time.monotonic(), cpu(idle)
        count = len(target.times)
        time.sleep(20)
        took = time.monotonic() - start
        rate = (len(target.times) - count) / took
        print(f"{rate:.0f} checks a second")
        share = (cpu(busy) - before - (cpu(idle) - idle_before)) / took
        judge("1,000 checks a second, of a core", share / rate * 1000 * 100, 5, "percent")
        judge("a check, memory", (busy.anonymous_memory() - idle.anonymous_memory()) / 1000 / 1024, 3, "KiB")
        ratios = [latencies(busy) / latencies(idle) for _ in range(5)]
        judge("p99 of a Check meanwhile, of one without checks", statistics.median(ratios), 1.2, "times")


def slow_one():
    """One that hangs among 100 delays none of the others."""
    target, hanging = Target(), Target()
    hanging.behave("hanging")
    checks = [f"tcp:127.0.0.1:{target.port},name=c{number},dry,interval=1s,timeout=900ms" for number in range(99)]
    slow = f"http:http://127.0.0.1:{hanging.port}/,name=slow,dry,interval=1s,timeout=950ms"
    own = Target()
    one = f"tcp:127.0.0.1:{own.port},name=one,dry,interval=1s,timeout=900ms"
    with runtime(*checks, one, slow):
        time.sleep(20)
        gaps = [later - earlier for earlier, later in zip(own.times[1:], own.times[2:])]
        # A period is up to a tenth longer by its jitter.
        judge("a run beside one that hangs, beyond its period", max(0, max(gaps) - 1.1) * 1000, 10, "ms")


def alarms(watch, ending):
    """Statuses that a watch tells until the end."""
    seen = []

    def read():
        with contextlib.suppress(Exception):
            for answer in watch:
                seen.append(answer.status)

    threading.Thread(target=read, daemon=True).start()
    ending()
    return [status for status in seen if status != SERVING]


def frozen():
    """A process that is stopped for 30 s comes back without a false alarm."""
    target = Target()
    with runtime(f"http:http://127.0.0.1:{target.port}/,critical") as server:
        def stop():
            for seconds in (30, 1, 2, 4, 6):
                time.sleep(random.uniform(2, 4))
                server.process.send_signal(signal.SIGSTOP)
                time.sleep(seconds)
                server.process.send_signal(signal.SIGCONT)
            time.sleep(8)

        judge("false alarms after being stopped, five times", len(alarms(server.watch(timeout=600), stop)), 0, "alarms")


def under_load():
    """100 checks of healthy targets while four hogs keep two cores busy: no verdict changes, and hardly a run fails. The
    failed runs are counted by a second server, whose checks change at the first of them."""
    target = Target()
    checks = [f"http:http://127.0.0.1:{target.port}/,name=c{number},critical" for number in range(100)]
    hasty = [f"{check},fall=1,rise=1" for check in checks]
    with runtime(*checks) as server, runtime(*hasty) as counter, contextlib.ExitStack() as stack:
        for _ in range(4):
            hog = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(hog.kill)
        count, failed = len(target.times), []
        watch = counter.watch(timeout=SECONDS + 600)
        wrong = alarms(
            server.watch(timeout=SECONDS + 600), lambda: failed.extend(alarms(watch, lambda: time.sleep(SECONDS)))
        )
        runs = (len(target.times) - count) / 2
        print(f"{runs:.0f} runs in {SECONDS} s")
        judge("false alarms under load", len(wrong), 0, "alarms")
        judge("runs that failed under load", 100 * len(failed) / max(runs, 1), 1, "percent")


def main():
    for part in (cost, slow_one, detect, frozen, under_load):
        part()
    for failure in failures:
        print(f"checks: {failure}", file=sys.stderr)
    sys.exit(bool(failures))


main()
