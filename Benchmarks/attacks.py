# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""attacks.py: how long a Check takes while somebody attacks the server, against how long it takes in peace.

ATTACK_SECONDS (3) each. The attacker gets what the server and the client leave of this machine's cores, as if it were
another machine: it runs when nobody else does (SCHED_IDLE), they before everybody else (SCHED_FIFO, where that is
allowed; elsewhere the figures hold what other processes take).
"""

import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

INTEGRATION = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "Integration"
sys.path.insert(0, str(INTEGRATION))
import attacks  # noqa: E402
import conftest  # noqa: E402
import gguf  # noqa: E402
import http2  # noqa: E402

SECONDS = float(os.environ.get("ATTACK_SECONDS", "3"))


def measure(port, stop):
    """Checks one after the other on one connection, by hand: microseconds of each."""
    times = []
    with http2.Peer(port) as peer:
        # A call is two writes here; Nagle's algorithm would hold the second back.
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.open(initial_window=1 << 20)
        while not stop.is_set():
            start = time.perf_counter()
            peer.read_message(peer.request(attacks.CHECK, b""))
            times.append((time.perf_counter() - start) * 1e6)
            peer.update_window(0, 7)
            time.sleep(0.0005)
    return times


def go_first(pid):
    """Gives the server and this process the cores before all others; false where that is not allowed."""
    try:
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            os.sched_setscheduler(int(thread.name), os.SCHED_FIFO, os.sched_param(10))
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
        return True
    except PermissionError:
        return False


def go_last():
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def during(port, seconds, command=None):
    stop = threading.Event()
    times = []
    thread = threading.Thread(target=lambda: times.extend(measure(port, stop)))
    thread.start()
    if command:
        subprocess.run(command, check=True, capture_output=True, preexec_fn=go_last)
    else:
        time.sleep(seconds)
    stop.set()
    thread.join()
    return statistics.median(times), statistics.quantiles(times, n=100)[98], max(times)


def main():
    folder = pathlib.Path(tempfile.mkdtemp())
    gguf.write(folder / "demo.gguf", name="demo")
    server = conftest.Runtime(folder).wait_for(conftest.SERVING)
    try:
        if not go_first(server.process.pid):
            print("without SCHED_FIFO: the figures hold what other processes take of the cores")
        _, calm, _ = during(server.port, SECONDS)
        print(f"{'attack':24} {'p50 us':>8} {'p99 us':>8} {'max us':>8}  p99 / calm p99 ({calm:.0f} us)")
        for attack in attacks.ALL:
            script = [sys.executable, INTEGRATION / "attacks.py", attack.__name__, str(server.port), str(SECONDS)]
            median, p99, worst = during(server.port, SECONDS, script)
            print(f"{attack.__name__:24} {median:8.0f} {p99:8.0f} {worst:8.0f}  {p99 / calm:.1f}", flush=True)
    finally:
        server.stop()


main()
