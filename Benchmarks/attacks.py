# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""attacks.py [NAME...]: how long a Check takes during each attack, against how long it takes in peace, and whether new
probes succeed: on the plaintext port, and with TLS.

ATTACK_SECONDS (3) each, from ATTACK_CONNECTIONS (150) connections at ATTACK_RATE (1,000,000) bytes a second in all. The
attacker gets what the server and the clients leave of this machine's cores, as if it were another machine: they come
before all other processes (SCHED_FIFO); where that is not allowed, it comes after them (SCHED_IDLE), and the figures hold
what other processes take. The exit code is 1 when the 99th percentile is more than three times that in peace, or a probe
with its defaults fails.
"""

import contextlib
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
sys.path[:0] = [str(INTEGRATION), str(INTEGRATION / "support")]
import attacker  # noqa: E402
import attacks  # noqa: E402
import certificates  # noqa: E402
import conftest  # noqa: E402
import control_groups  # noqa: E402
import costly  # noqa: E402
import gguf  # noqa: E402
import http2  # noqa: E402

SECONDS = float(os.environ.get("ATTACK_SECONDS", "3"))
CONNECTIONS = os.environ.get("ATTACK_CONNECTIONS", "150")
RATE = os.environ.get("ATTACK_RATE", "1000000")
# Times the 99th percentile in peace.
MOST = 3
GROUP = 64 << 20
SERVING = b"\x08\x01"
PROBE = conftest.DIST / "grpc_health_probe"


def go_first(pid=0, priority=20):
    """Gives a process the cores before all others; false where that is not allowed."""
    try:
        tasks = [int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()] if pid else [0]
        for task in tasks:
            # A thread that gives way to others of its process does so here.
            if os.getpriority(os.PRIO_PROCESS, task) <= os.getpriority(os.PRIO_PROCESS, 0):
                os.sched_setscheduler(task, os.SCHED_FIFO, os.sched_param(priority))
        return True
    except PermissionError:
        return False


def fall_behind():
    """For an attacker, which inherits what this process has."""
    policy = os.SCHED_OTHER if os.sched_getscheduler(0) == os.SCHED_FIFO else os.SCHED_IDLE
    os.sched_setscheduler(0, policy, os.sched_param(0))


class Neighbour(threading.Thread):
    """Checks one after the other on one connection, by hand, and probes that come new."""

    def __init__(self, port, ca=None):
        super().__init__()
        self.port, self.ca = port, ca
        self.times, self.codes, self.answers = [], [], set()
        self.over = threading.Event()

    def run(self):
        probes = threading.Thread(target=self.probe)
        probes.start()
        while not self.over.is_set():
            try:
                self.check()
            except (OSError, EOFError) as error:
                self.answers.add(repr(error))
        probes.join()

    def check(self):
        with http2.Peer(self.port) as peer:
            # A call is two writes here; Nagle's algorithm would hold the second back.
            peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.ca:
                peer.socket = attacker.careless_tls().wrap_socket(peer.socket)
            peer.open(initial_window=1 << 20)
            while not self.over.is_set():
                start = time.perf_counter()
                self.answers.add(peer.read_message(peer.request(attacker.CHECK, b"")))
                self.times.append((time.perf_counter() - start) * 1e6)
                peer.update_window(0, 7)
                time.sleep(0.0005)

    def probe(self):
        flags = ["-tls", "-tls-ca-cert", self.ca] if self.ca else []
        while not self.over.wait(0.3):
            command = [PROBE, "-addr", f"localhost:{self.port}", *flags]
            self.codes.append(subprocess.run(command, capture_output=True, preexec_fn=go_first, check=False).returncode)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()

    @property
    def p99(self):
        return statistics.quantiles(self.times, n=100)[98]


def run(attack, port, tls, rate=RATE):
    script = INTEGRATION / "support" / f"{attack.__module__}.py"
    command = [sys.executable, script, attack.__name__, port, SECONDS, 0, CONNECTIONS, rate, int(bool(tls))]
    subprocess.run(
        [str(word) for word in command], check=True, capture_output=True, preexec_fn=fall_behind, timeout=SECONDS + 60)


def chosen(wanted, tls):
    every = attacks.ALL + costly.ALL + (attacks.OF_TLS + costly.OF_TLS if tls else [])
    return [attack for attack in every if not wanted or attack.__name__ in wanted]


def faults(neighbour, calm):
    """What is wrong with what the neighbour saw."""
    if neighbour.p99 > MOST * calm:
        yield f"p99 {neighbour.p99 / calm:.1f} times calm"
    if any(neighbour.codes):
        yield f"{sum(map(bool, neighbour.codes))} of {len(neighbour.codes)} probes failed ({set(neighbour.codes)})"
    if neighbour.answers != {SERVING}:
        yield f"answers {neighbour.answers - {SERVING}}"


def beside(server, ca, wanted):
    """Every attack on one server; how many were too much."""
    with Neighbour(server.port, ca) as neighbour:
        time.sleep(SECONDS)
    calm, bad = neighbour.p99, 0
    print(f"\n{'TLS' if ca else 'plaintext'}: in peace p99 is {calm:.0f} us, of {len(neighbour.codes)} probes "
          f"{sum(map(bool, neighbour.codes))} failed")
    print(f"{'attack':38} {'p50 us':>8} {'p99 us':>8} {'max us':>8} {'p99/calm':>8} {'probes':>6}")
    for attack in chosen(wanted, ca):
        with Neighbour(server.port, ca) as neighbour:
            run(attack, server.port, ca)
        found = list(faults(neighbour, calm))
        bad += bool(found)
        print(
            f"{attack.__name__:38} {statistics.median(neighbour.times):8.0f} {neighbour.p99:8.0f} "
            f"{max(neighbour.times):8.0f} {neighbour.p99 / calm:8.1f} {len(neighbour.codes):6}"
            f"{'  TOO MUCH: ' * bool(found)}{'; '.join(found)}", flush=True)
        # What it has used up for a while, and its sockets, are not to count against the next.
        conftest.poll(lambda: conftest.open_sockets(server.process.pid) < 20, "the attacker has gone", 60)
        time.sleep(1)
    return bad


def start(stack, folder, pair, *flags, wrapper=()):
    """A server that is SERVING, in a folder of its own."""
    place = pathlib.Path(tempfile.mkdtemp(dir=folder))
    gguf.write(place / "demo.gguf", name="demo")
    tls = ["--tls-cert", pair.certificate, "--tls-key", pair.key] if pair else []
    server = conftest.Runtime(place, *flags, *tls, wrapper=wrapper)
    stack.callback(server.stop)
    conftest.poll(lambda: any(line["message"] == "serving" for line in server.lines()), "serving", 30)
    return server


def in_little_memory(folder, pair, wanted):
    """Every attack at full speed on a server in a control group, anew for each; how many killed it."""
    bad = 0
    for attack in chosen(wanted, pair):
        with contextlib.ExitStack() as stack:
            group = stack.enter_context(control_groups.memory_group(GROUP))
            server = start(stack, folder, pair, "--min-available-ram", "0", wrapper=group.wrapper)
            with contextlib.suppress(subprocess.CalledProcessError):
                run(attack, server.port, pair, rate=0)
            code = server.process.poll()
            end = "" if code is None else f"  KILLED: {code}"
            print(f"{attack.__name__:38} {group.peak() / (1 << 20):8.1f} MiB{end}", flush=True)
            bad += code is not None
    return bad


def main(*wanted):
    folder = pathlib.Path(tempfile.mkdtemp())
    authority = certificates.Authority(folder, "CA")
    pair = authority.issue("server", "DNS:localhost,IP:127.0.0.1")
    bad = 0
    attacker.allow_descriptors()
    for tls in (None, pair):
        with contextlib.ExitStack() as stack:
            server = start(stack, folder, tls, "--stub-token-delay", "2ms")
            if not (go_first(server.process.pid, 10) and go_first()):
                print("without SCHED_FIFO: the figures hold what other processes take of the cores")
            bad += beside(server, tls and authority.file, wanted)
    for tls in (None, pair):
        print(f"\nin a memory control group of {GROUP >> 20} MiB, {'TLS' if tls else 'plaintext'}: the most it had")
        bad += in_little_memory(folder, tls, wanted)
    print(f"\n{bad} were too much" if bad else "\nnone was too much")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
