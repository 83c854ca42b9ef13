# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Vitals and its peers as servers on ports of this machine, and what the kernel says that each has used."""

import contextlib
import pathlib
import re
import socket
import subprocess
import sys
import time

from measure.figures import fail

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECK = "/grpc.health.v1.Health/Check"
# A message of seven bytes: what a Check answers, and the file that nghttpd serves.
ANSWER = 7
VITALS, BEST, NGHTTPD, CPP, PYTHON, NGINX = "Vitals", "C best", "nghttpd", "gRPC C++", "grpcio", "nginx"
# A machine that is full is no reason for the runtime to be NOT_SERVING; one client is all clients here.
FLAGS = ["--min-available-ram", "1", "--max-peer-share", "100", "--max-streams", "200000", "--max-connections", "12000"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that serves on a port of this machine."""

    def __init__(self, process, port, path=CHECK, is_tls=False):
        self.process, self.pid, self.port = process, process.pid, port
        self.path, self.is_tls = path, is_tls

    def url(self):
        return f"{'https' if self.is_tls else 'http'}://127.0.0.1:{self.port}{self.path}"

    def cpu(self):
        """Nanoseconds of all its threads, user and kernel, those that have ended too: its CPU clock."""
        return time.clock_gettime_ns((~self.pid << 3) | 2)

    def switches(self):
        """Context switches of all its threads."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                total += sum(map(int, re.findall(r"ctxt_switches:\t(\d+)", (task / "status").read_text())))
        return total

    def memory(self):
        """Resident bytes that no file stands behind."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+)", status).group(1)) << 10

    def resident(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) << 10


@contextlib.contextmanager
def started(bench, command, port, **more):
    """Runs a server until the block ends."""
    log_file = bench.work / f"server-{port}.log"
    with open(log_file, "wb") as log:
        process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                fail(f"{command[0]} does not run:\n{log_file.read_text()}")
            time.sleep(0.01)
        yield Server(process, port, **more)
    finally:
        process.kill()
        process.wait()


def command_of(bench, name, port, loops=1, is_tls=False, model=("--demo",), flags=()):
    """The command line of a contender."""
    pair = [bench.work / "server.pem", bench.work / "server.key"] if is_tls else []
    if name == VITALS:
        tls = ["--tls-cert", pair[0], "--tls-key", pair[1]] if is_tls else []
        base = [bench.dist / "skill-runtime", *model, "--host", "127.0.0.1", "--port", port, "--loops", loops]
        return [*base, *FLAGS, *tls, *flags]
    if name == BEST:
        tls = ["--tls-cert", pair[0], "--tls-key", pair[1]] if is_tls else []
        return [bench.work / "best_server", "--loops", loops, *tls, port]
    if name == NGHTTPD:
        base = ["nghttpd", f"-n{loops}", "-a", "127.0.0.1", "-d", bench.work / "htdocs"]
        return [*base, port, pair[1], pair[0]] if is_tls else [*base, "--no-tls", port]
    if name == CPP:
        return [bench.work / "grpc_health", port, *pair]
    return [sys.executable, ROOT / "Benchmarks" / "peers" / "grpcio_health.py", port, *pair]


@contextlib.contextmanager
def contender(bench, name, is_tls=False, **more):
    """A server that is SERVING."""
    port = free_port()
    path = "/file" if name == NGHTTPD else CHECK
    with started(bench, command_of(bench, name, port, is_tls=is_tls, **more), port, path=path, is_tls=is_tls) as server:
        if name != NGHTTPD:
            wait_for_serving(bench, server)
        yield server


def wait_for_serving(bench, server):
    """The probe says so."""
    deadline = time.monotonic() + 30
    probe = [bench.dist / "grpc_health_probe", "-addr", f"127.0.0.1:{server.port}"]
    tls = ["-tls", "-tls-no-verify"] if server.is_tls else []
    while (result := subprocess.run([*probe, *tls], capture_output=True, text=True)).returncode != 0:
        if time.monotonic() > deadline:
            fail(f"the server is not SERVING: {result.stderr}")
        time.sleep(0.05)


def present(bench, names):
    """Those of them that are here: gRPC C++ is built only where its library is installed."""
    return [name for name in names if name != CPP or (bench.work / "grpc_health").exists()]


@contextlib.contextmanager
def contenders(bench, names, **more):
    """All of them at once; those that are not measured wait."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(contender(bench, name, **more)) for name in present(bench, names)}
