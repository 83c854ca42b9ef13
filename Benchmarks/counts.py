# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Counts what the shipped binaries do: instructions, allocations, system calls, page faults, bytes. Counts, unlike times, are
the same on a busy machine.

    counts.py check    compare them with counts.json; exit code 1 when one is higher than it may be
    counts.py update   write them into counts.json

TEST_DIST names another folder of binaries, with the linker's skill-runtime.map. Each count is a difference between two runs, so
that start and end do not count.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DIST = pathlib.Path(os.environ.get("TEST_DIST", ROOT / "dist"))
# Where the functions of the stripped binary are: the linker's list, which scripts/release has it write.
MAP = DIST / "skill-runtime.map" if "TEST_DIST" in os.environ else ROOT / ".build" / "slim" / "skill-runtime.map"
ALLOCATORS = "malloc|calloc|realloc|posix_memalign|aligned_alloc"
FILE = pathlib.Path(__file__).with_name("counts.json")
CHECK = "/grpc.health.v1.Health/Check"
MESSAGE = b"\0\0\0\0\0"
# What differs from run to run, beside the tolerance. How much of a program the kernel maps beside the page that is touched depends on
# what of its file is cached, and in what pieces: up to 4 MB are what is promised.
SLACK = {"page faults": 6, "system calls": 0.05, "allocations": 0.1, "KiB resident": 900}


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def field(name, value):
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def call(path):
    """A new connection's bytes, with one call: preface, SETTINGS, HEADERS, DATA."""
    fields = b"\x83\x86" + field(":path", path) + field(":authority", "localhost")
    fields += field("content-type", "application/grpc") + field("te", "trailers")
    fields += field("user-agent", "grpc-c/1.0")
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"")
    return preface + frame(1, 4, 1, fields) + frame(0, 1, 1, MESSAGE)


class Server:
    """The runtime with one loop, under a tool that counts."""

    def __init__(self, folder, *tool, options=()):
        with socket.socket() as finder:
            finder.bind(("127.0.0.1", 0))
            self.port = finder.getsockname()[1]
        command = [*tool, DIST / "skill-runtime", "--demo", "--port", str(self.port), "--loops", "1", *options]
        self.log = folder / "server.log"
        with open(self.log, "w") as log:
            # Else each start has another seed, and so other collisions.
            environment = {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}
            self.process = subprocess.Popen(
                [*command, "--min-available-ram", "1"], stdout=log, stderr=log, env=environment
            )
        deadline = time.monotonic() + 120
        while '"serving"' not in self.log.read_text():
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit(f"counts: the server does not serve:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 60)

    def checks(self, count, connections, streams):
        """`count` Checks by h2load."""
        body = self.log.with_name("body")
        body.write_bytes(MESSAGE)
        out = subprocess.run(
            ["h2load", "-n", str(count), "-c", str(connections), "-m", str(streams), "-d", body]
            + ["-H", "content-type: application/grpc", "-H", "te: trailers"]
            + [f"http://127.0.0.1:{self.port}{CHECK}"],
            capture_output=True, text=True, check=True,
        ).stdout
        if f"{count} succeeded" not in out:
            sys.exit(f"counts: not every Check went well:\n{out}")

    def one_check(self):
        """A Check on a connection of its own."""
        with contextlib.closing(self.connect()) as client:
            client.sendall(call(CHECK))
            wait_for(client, ends_stream)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(60) not in (0, 1):
            sys.exit(f"counts: the server ended with {self.process.returncode}")


def ends_stream(answer):
    """The bytes have a HEADERS frame with END_STREAM."""
    place = 0
    while place + 9 <= len(answer):
        length, kind, flags = int.from_bytes(answer[place : place + 3], "big"), answer[place + 3], answer[place + 4]
        if kind == 1 and flags & 1:
            return True
        place += 9 + length
    return False


def data_frames(answer):
    """How many DATA frames the bytes have."""
    place = count = 0
    while place + 9 <= len(answer):
        length = int.from_bytes(answer[place : place + 3], "big")
        if place + 9 + length > len(answer):
            break
        count += answer[place + 3] == 0
        place += 9 + length
    return count


def wait_for(client, is_there):
    answer = b""
    while not is_there(answer):
        more = client.recv(1 << 16)
        if not more:
            sys.exit("counts: the server closed a connection")
        answer += more


def allocators():
    """The addresses of the functions that allocate."""
    if not MAP.exists():
        sys.exit(f"counts: {MAP} is not there: run `make release`")
    line = re.compile(rf"\s*([0-9a-f]+)\s+[0-9a-f]+\s+[0-9a-f]+\s+\d+\s+(?:{ALLOCATORS})$")
    with open(MAP) as lines:
        return {int(found.group(1), 16) for found in map(line.match, lines) if found}


class Callgrind:
    """A process of valgrind's, whose instructions and allocations are counted from one moment to another."""

    def __init__(self, folder):
        self.folder = folder
        # How often the first instruction of an allocator was executed.
        first = "|".join(f"{address:x}" for address in allocators())
        self.allocations = re.compile(rf"^0x(?:{first}) \d+ (\d+)$", re.M)
        flags = ["--dump-instr=yes", "--compress-pos=no", f"--callgrind-out-file={folder}/instructions"]
        self.server = Server(folder, "valgrind", "--tool=callgrind", *flags)
        self.idle_rate = 0, 0
        self.measure_idle()

    def measure_idle(self):
        """What the server does by itself goes by the clock, such as looks at the memory and at connections: the machine's speed
        decides how much of it a count has. So it is taken off."""
        begin = time.monotonic()
        idle = self.totals(lambda: time.sleep(4))
        self.idle_rate = [total / (time.monotonic() - begin) for total in idle]

    def count(self, what, items, body):
        """Instructions and allocations for each of `items` things that `body` does."""
        begin = time.monotonic()
        totals = self.totals(body)
        seconds = time.monotonic() - begin
        kinds = zip(("instructions", "allocations"), totals, self.idle_rate)
        return {f"{kind}: {what}": max(0, total - rate * seconds) / items for kind, total, rate in kinds}

    def totals(self, body):
        self.control("--zero")
        body()
        self.control("--dump")
        latest = max(self.folder.glob("instructions.*"), key=lambda path: int(path.name.split(".")[-1]))
        text = latest.read_text()
        latest.unlink()
        total = int(re.search(r"^(?:totals|summary): (\d+)", text, re.M).group(1))
        return total, sum(map(int, self.allocations.findall(text)))

    def control(self, command):
        subprocess.run(
            ["callgrind_control", command, str(self.server.process.pid)], check=True, stdout=subprocess.DEVNULL
        )


def instructions(folder):
    tool = Callgrind(folder)
    server, counts = tool.server, {}
    server.checks(2000, 10, 100)
    for name, count, connections, streams in [("10x100", 10000, 10, 100), ("10x1", 4000, 10, 1), ("1x1", 2000, 1, 1)]:
        counts |= tool.count(f"a Check, {name}", count, lambda: server.checks(count, connections, streams))
    counts |= tool.count("a connection with a Check", 200, lambda: [server.one_check() for _ in range(200)])
    counts |= deliveries(tool, 100, 20)
    server.stop()
    return counts


def deliveries(tool, watchers, changes):
    """SIGUSR2 switches maintenance: each watcher gets a new status of `""`."""
    clients = [tool.server.connect() for _ in range(watchers)]
    for client in clients:
        client.sendall(call("/grpc.health.v1.Health/Watch"))
        wait_for(client, lambda answer: data_frames(answer) == 1)
    tool.measure_idle()

    def change():
        for _ in range(changes):
            tool.server.process.send_signal(signal.SIGUSR2)
            for client in clients:
                wait_for(client, lambda answer: data_frames(answer) == 1)

    counts = tool.count("a change to one of 100 watchers", watchers * changes, change)
    for client in clients:
        client.close()
    return counts


def run_counts(folder):
    """Runs that end well, from their first instruction to their last: of the probe, and of a plain check."""
    server = Server(folder)
    address = f"127.0.0.1:{server.port}"
    commands = {
        "the probe": [DIST / "grpc_health_probe", f"-addr={address}"],
        "healthcheck --tcp": [DIST / "healthcheck", "--tcp", address],
        "healthcheck --http": [DIST / "healthcheck", "--http", f"http://{address}/healthz"],
    }
    counts = {}
    out = folder / "run"
    for name, command in commands.items():
        # Without an environment: a variable costs some instructions, and each machine has others.
        subprocess.run(
            ["/usr/bin/env", "-i", "/usr/bin/valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command],
            check=True, capture_output=True,
        )
        counts[f"instructions: a run of {name}"] = int(re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.M).group(1))
        # A copy: how the kernel maps a file depends on how it was written.
        copy = folder / "program"
        shutil.copy(command[0], copy)
        faults = []
        for _ in range(5):
            process = subprocess.Popen([copy, *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={})
            faults.append(os.wait4(process.pid, 0)[2].ru_minflt)
        counts[f"page faults: a run of {name}"] = sorted(faults)[2]
    command = ["strace", "-qq", "-c", "-U", "calls,name", "-o", out, *commands["healthcheck --tcp"]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    lines = [line.split() for line in out.read_text().splitlines()]
    counts["system calls: a run of healthcheck --tcp"] = sum(int(calls) for calls, name in lines if calls.isdigit() and name != "total")
    server.stop()
    counts["KiB resident: healthcheck with a check, at rest"] = at_rest(folder)
    return counts


def at_rest(folder):
    """The memory of a wrapper with a check and a port for its health, when it has given back what its start took."""
    with socket.create_server(("127.0.0.1", 0)) as target:
        options = ["--export-prom", "127.0.0.1:0", "--socket", folder / "socket", "--check", f"tcp:127.0.0.1:{target.getsockname()[1]}"]
        copy = folder / "wrapper"
        shutil.copy(DIST / "healthcheck", copy)
        wrapper = subprocess.Popen([copy, *options, "--", "sleep", "60"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(8)
        status = pathlib.Path(f"/proc/{wrapper.pid}/status").read_text()
        wrapper.terminate()
        wrapper.wait(60)
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def traced(folder, names, body):
    """How many system calls with such names the server makes in its life, with what `body` has it do."""
    out = folder / "strace"
    server = Server(folder, "strace", "-f", "-qq", "-c", "-U", "calls,name", "-o", out)
    body(server)
    # strace hands signals on to nobody.
    children = subprocess.run(
        ["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    os.kill(int(children[0]), signal.SIGTERM)
    server.process.wait(60)
    return sum(int(line.split()[0]) for line in out.read_text().splitlines() if re.match(rf"\s*\d+ ({names})", line))


def system_calls(folder):
    """Of the loop: for a Check, with one call at a time and with a hundred, and for a connection with one."""
    counts = {}
    for name, connections, streams in [("10x100", 10, 100), ("1x1", 1, 1)]:
        fewer, more = (
            traced(folder, "read|recv|send|write|epoll", lambda server: server.checks(count, connections, streams))
            for count in (1000, 3000)
        )
        counts[f"system calls: a Check, {name}"] = (more - fewer) / 2000
    # Not its waits, which depend on when the client's bytes come.
    names = "accept|setsockopt|epoll_ctl|recv|getrandom|send|shutdown|close"
    fewer, more = (
        traced(folder, names, lambda server: [server.one_check() for _ in range(count)]) for count in (100, 300)
    )
    counts["system calls: a connection with a Check"] = (more - fewer) / 200
    return counts


def sizes():
    names = ["grpc_health_probe", "healthcheck", "nvml-helper", "skill-runtime"]
    return {f"bytes: {name}": (DIST / name).stat().st_size for name in names}


def measure():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        counts = {**instructions(folder), **run_counts(folder), **system_calls(folder), **sizes()}
    return {name: round(count, 2) if count < 100 else round(count) for name, count in counts.items()}


def compare(counts, committed):
    """Prints all counts, and says which may not be as they are."""
    allowed = committed["tolerance in per cent"] / 100
    failures = 0
    for name, count in counts.items():
        before = committed["counts"].get(name)
        slack = SLACK.get(name.split(":")[0], 0)
        if before is None:
            verdict, failures = "NEW: run `make counts-update`", failures + 1
        elif count > before * (1 + allowed) + slack:
            verdict, failures = f"TOO HIGH: {count / before - 1:+.1%}", failures + 1
        elif count < before * (1 - allowed) - slack:
            verdict = f"lower: {count / before - 1:+.1%}; `make counts-update` keeps what was won"
        else:
            verdict = f"{count / before - 1:+.1%}"
        print(f"{name:48} {count:>12,}  was {before if before is None else format(before, ',')}  {verdict}")
    if failures:
        print(f"counts: {failures} moved by more than {allowed:.0%}. If that is right, run `make counts-update` and say why.")
    return failures


def main(arguments):
    if arguments not in (["check"], ["update"]):
        sys.exit("usage: counts.py check|update")
    counts = measure()
    committed = json.loads(FILE.read_text()) if FILE.exists() else {"tolerance in per cent": 5, "counts": {}}
    if arguments == ["update"]:
        FILE.write_text(json.dumps({**committed, "counts": counts}, indent=4) + "\n")
        print(f"counts: written into {FILE.name}")
        return 0
    return 1 if compare(counts, committed) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
