# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Clients of every kind come and go; then the server must be back where it was: memory, descriptors, connections and
names, with no word that it was not ready. Exit code 1 when it is not. `--leave N` and `--ready-depth 5` show that the
check can fail: N clients that stay, and a queue that readiness does not bear."""

import argparse
import contextlib
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))  # where conftest.py is
import certificates  # noqa: E402
import gguf  # noqa: E402
import grpc  # noqa: E402
from conftest import DIST, NAMES, SERVING, Runtime, poll  # noqa: E402
from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: E402
from sarai.skills import skills_pb2, skills_pb2_grpc  # noqa: E402

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
WORKERS, QUEUE = 4, 40
# What the allocator may keep: it grows with the load at once, and not with time.
MEMORY_SLACK = 3 << 20
FLAGS = ["--workers", f"{WORKERS}", "--queue-depth", f"{QUEUE}", "--max-queue-share", "100", "--stub-token-delay", "1ms"]
LIMITS = ["--handshake-timeout", "3s", "--header-timeout", "2s", "--min-available-ram", "0"]


class Soak:
    """A server, and what its clients do. Every kind of client is a method that does one round."""

    def __init__(self, folder, arguments):
        self.random = random.Random(arguments.seed)
        self.ending = threading.Event()
        self.rounds, self.surprises, self.given_up, self.largest = {}, [], 0, 0
        self.left, self.timeout = [], arguments.timeout
        self.kinds = [kind for kind in self.KINDS if kind.__name__ in arguments.kinds.split(",")]
        self.tls, flags = None, self.flags(arguments)
        if arguments.tls:
            self.tls = certificates.Authority(folder, "soak")
            pair = self.tls.issue("server", "DNS:localhost,IP:127.0.0.1")
            flags += ["--tls-cert", f"{pair.certificate}", "--tls-key", f"{pair.key}"]
        gguf.write(folder / "demo.gguf", name="demo")
        self.server = Runtime(folder, *flags)
        self.proc = pathlib.Path(f"/proc/{self.server.process.pid}")

    def flags(self, arguments):
        return [*FLAGS, *LIMITS, "--max-queue-depth", f"{arguments.ready_depth}"]

    # What the server holds.

    def memory(self):
        status = (self.proc / "status").read_text()
        return int(status.split("RssAnon:")[1].split()[0]) << 10

    def descriptors(self):
        return self.server.descriptors()

    def connections(self):
        """Established, on the server's port."""
        lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
        fields = [line.split() for line in lines]
        return sum(line[1].endswith(f":{self.server.port:04X}") and line[3] == "01" for line in fields)

    # The clients.

    @contextlib.contextmanager
    def channel(self):
        options = [("grpc.use_local_subchannel_pool", 1)]
        if self.tls:
            credentials = grpc.ssl_channel_credentials(self.tls.file.read_bytes())
            channel = grpc.secure_channel(self.server.address, credentials, options)
        else:
            channel = grpc.insecure_channel(self.server.address, options)
        with channel:
            yield channel

    def unary(self):
        with self.channel() as channel:
            health = health_pb2_grpc.HealthStub(channel)
            for _ in range(20):
                for name in NAMES:
                    health.Check(health_pb2.HealthCheckRequest(service=name), timeout=30)
            names = health.List(health_pb2.HealthListRequest(), timeout=30).statuses
            assert sorted(names) == sorted(NAMES), names

    def watches(self):
        with self.channel() as channel:
            health = health_pb2_grpc.HealthStub(channel)
            names = [*NAMES, "unknown", "unknown too"] * 5
            calls = [health.Watch(health_pb2.HealthCheckRequest(service=name), timeout=60) for name in names]
            for call in calls:
                next(call)
            for call in calls[::2]:
                call.cancel()

    def bursts(self):
        """Up to one less than what makes readiness go, and some of them given up."""
        # Whether those given up last are gone yet is not known.
        room = WORKERS + QUEUE - 1 - self.given_up
        with self.channel() as channel:
            skill = skills_pb2_grpc.SkillServiceStub(channel)
            request = skills_pb2.InferRequest(prompt="a b c d", max_tokens=4)
            # The first has all there is room for, however few follow on a slow machine.
            size = self.random.choice([room, self.random.randint(1, room)]) if self.largest else room
            calls = [skill.Infer.future(request, timeout=60) for _ in range(size)]
            given_up = calls[:: self.random.randint(5, 20)]
            for call in given_up:
                call.cancel()
            for call in calls:
                if not call.cancelled():
                    call.result()
            self.given_up = len(given_up)
            self.largest = max(self.largest, size)

    def probes(self):
        flags = ["-tls", "-tls-no-verify"] if self.tls else []
        for service in ["", "liveness", "nope"]:
            command = [DIST / "grpc_health_probe", "-addr", self.server.address, "-connect-timeout", "20s"]
            command += ["-rpc-timeout", "20s", "-service", service, *flags]
            code = subprocess.run(command, capture_output=True, timeout=60).returncode
            assert code == (3 if service == "nope" else 0), f"probe of {service!r}: exit code {code}"

    def load(self):
        with tempfile.NamedTemporaryFile() as body:
            body.write(bytes(5))
            body.flush()
            url = f"http{'s' if self.tls else ''}://{self.server.address}/grpc.health.v1.Health/Check"
            fields = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
            command = ["h2load", "-n", "3000", "-c", "20", "-m", "20", "-d", body.name, *fields, url]
            output = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
            assert " 3000 succeeded" in output, output.splitlines()[-10:]

    def garbage(self):
        for _ in range(20):
            data = self.random.randbytes(self.random.randint(0, 3000))
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as peer:
                # The server may have hung up before we do.
                with contextlib.suppress(OSError):
                    peer.sendall(self.random.choice([b"", PREFACE, b"GET / HTTP/1.1\r\n"]) + data)
                    with contextlib.suppress(OSError):  # ENOTCONN: the server was done with us sooner
                        peer.shutdown(socket.SHUT_WR)
                    # Waiting keeps those that are there at once few, and the server's memory comparable.
                    while peer.recv(4096):
                        pass

    def half_open(self):
        """Clients that begin, and wait to be hung up on."""
        with contextlib.ExitStack() as stack:
            peers = [stack.enter_context(socket.socket()) for _ in range(10)]
            for peer in peers:
                peer.settimeout(60)
                peer.connect(("127.0.0.1", self.server.port))
                peer.sendall(PREFACE[: self.random.randint(0, len(PREFACE) - 1)])
            for peer in peers:
                with contextlib.suppress(ConnectionError):
                    while peer.recv(4096):
                        pass

    def reloads(self):
        self.server.reload()
        self.ending.wait(0.3)

    KINDS = [unary, watches, bursts, probes, load, garbage, half_open, reloads]

    # The run.

    def _repeat(self, kind):
        name = kind.__name__
        while not self.ending.is_set():
            try:
                kind(self)
            except grpc.RpcError as error:
                self.surprises.append(f"{name}: {error.code()}: {error.details()}")
            except Exception as error:
                self.surprises.append(f"{name}: {type(error).__name__}: {error}")
            self.rounds[name] = self.rounds.get(name, 0) + 1

    def churn(self, seconds):
        self.ending.clear()
        threads = [threading.Thread(target=self._repeat, args=[kind]) for kind in self.kinds]
        for thread in threads:
            thread.start()
        self.ending.wait(seconds)
        self.ending.set()
        for thread in threads:
            thread.join()

    def listen(self):
        """Notes every word that readiness is not SERVING."""
        with self.channel() as channel:
            watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="readiness"))
            self.listener = watch
            with contextlib.suppress(grpc.RpcError):
                for answer in watch:
                    if answer.status != SERVING:
                        self.surprises.append("readiness was NOT_SERVING")

    def settle(self, descriptors):
        """Connections of clients that have gone may take a moment to go."""
        with contextlib.suppress(AssertionError):
            poll(lambda: self.descriptors() <= descriptors and self.connections() == 0, "all gone", self.timeout)

    def leave(self, count):
        for _ in range(count):
            self.left.append(socket.create_connection(("127.0.0.1", self.server.port)))
            self.left[-1].sendall(PREFACE + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))


def wait_until_serving(soak):
    # Each loop makes its thread for TLS handshakes when the first client comes to it: of sixteen some come to each.
    for _ in range(16 if soak.tls else 1):
        with soak.channel() as channel:
            health = health_pb2_grpc.HealthStub(channel)
            request = health_pb2.HealthCheckRequest(service="readiness")
            poll(lambda: health.Check(request, timeout=30, wait_for_ready=True).status == SERVING, "SERVING", 30)


def run(soak, arguments):
    wait_until_serving(soak)
    poll(lambda: soak.connections() == 0, "no connection is left", 30)
    idle = soak.descriptors()
    # Once unmeasured, so that the allocator has what such a load needs.
    soak.churn(max(2, min(20, arguments.seconds / 4)))
    soak.settle(idle)
    before = soak.memory()
    soak.rounds.clear()
    listener = threading.Thread(target=soak.listen)
    listener.start()
    start = time.monotonic()
    soak.churn(arguments.seconds)
    soak.leave(arguments.leave)
    soak.listener.cancel()
    listener.join()
    soak.settle(idle)
    after, descriptors, connections = soak.memory(), soak.descriptors(), soak.connections()
    print(f"{time.monotonic() - start:.0f} s, rounds: {soak.rounds}; {soak.largest} inferences at once at most")
    print(f"memory: {before >> 10} KiB before, {after >> 10} KiB after")
    print(f"descriptors: {idle} before, {descriptors} after; {connections} connections")
    failures = sorted(set(soak.surprises))[:10]
    if after > before + MEMORY_SLACK:
        failures.append(f"the memory grew by {(after - before) >> 10} KiB")
    if descriptors > idle:
        failures.append(f"{descriptors - idle} descriptors more than before")
    if connections:
        failures.append(f"{connections} connections are left")
    if soak.server.process.poll() is not None:
        failures.append(f"the server ended with code {soak.server.process.returncode}")
    reasons = {line.get("reason") for line in soak.server.lines() if line["message"] == "not serving"}
    failures += [f"not serving: {reason}" for reason in sorted(map(str, reasons))]
    if Soak.bursts in soak.kinds and soak.largest < WORKERS + QUEUE - 10:
        failures.append("the queue was never nearly full: the load proves nothing")
    return failures


def flags(description, ready_depth):
    """A parser of what every such load can be told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seconds", type=lambda text: min(float(text), 1800), default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tls", action="store_true", help="over TLS")
    parser.add_argument(
        "--ready-depth", type=int, default=ready_depth, help="waiting requests that readiness bears")
    return parser


def conclude(name, success, load, run, arguments):
    """Runs a load on a server of its own, tells what failed or of the success, and exits with 1 or 0."""
    with tempfile.TemporaryDirectory(prefix="vitals-soak-") as folder:
        soak = load(pathlib.Path(folder), arguments)
        try:
            failures = run(soak, arguments)
        finally:
            soak.ending.set()
            soak.server.stop()
    for failure in failures:
        print(f"{name}: {failure}", file=sys.stderr)
    print(f"{name}: " + ("failed" if failures else success))
    sys.exit(1 if failures else 0)


def main():
    parser = flags(__doc__, QUEUE)
    names = ",".join(kind.__name__ for kind in Soak.KINDS)
    parser.add_argument("--kinds", default=names, help=f"of clients: some of {names}")
    parser.add_argument("--leave", type=int, default=0, metavar="N", help="N clients stay: the check must fail")
    parser.add_argument("--timeout", type=float, default=15, help="seconds for all to be gone in the end")
    conclude("soak", "all is as it was", Soak, run, parser.parse_args())


if __name__ == "__main__":
    main()
