# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Real processes, real clients: what every file of this suite uses."""

import contextlib
import itertools
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What is tested, and the folder where a sanitizer reports, if it is built with one: scripts/test-sanitized.
DIST = pathlib.Path(os.environ.get("TEST_DIST", ROOT / "dist"))
REPORTS = pathlib.Path(os.environ["TEST_REPORTS"]) if "TEST_REPORTS" in os.environ else None
PROTOS = ROOT / "Protos"

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN

SKILL_SERVICE = "sarai.skills.SkillService"
READINESS_NAMES = ["", "readiness", SKILL_SERVICE]
NAMES = READINESS_NAMES + ["liveness", "startup"]
IN_VAIN = "did not complete|does not answer|did not answer|sent no SETTINGS|no answer|was stuck|took too long"
FEW_DESCRIPTORS = "--max-connections is 10000, but only"

# The stubs of our own files are generated at every run, so that they cannot be stale. The health protocol's
# are those of grpcio-health-checking: what users have.
GENERATED = tempfile.TemporaryDirectory(prefix="vitals-stubs-")


def generate_stubs():
    from grpc_tools import protoc

    arguments = [f"-I{PROTOS}", f"--python_out={GENERATED.name}", f"--grpc_python_out={GENERATED.name}"]
    files = ["inference/inference.proto", "sarai/skills/skills.proto", "spiffe/workload/workload.proto"]
    if protoc.main(["protoc", *arguments, *files]) != 0:
        raise RuntimeError(f"protoc could not read {files}")
    sys.path.insert(0, GENERATED.name)


generate_stubs()
from sarai.skills import skills_pb2_grpc  # noqa: E402


def clean_environment(**variables):
    """This process's environment without settings of the runtime or of telemetry, and with `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VITALS_", "OTEL_"))}
    return kept | variables


def poll(condition, what, seconds=20.0, interval=0.01):
    """Waits until the condition is true, and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(interval)


def fixed_ports():
    """Ports outside the kernel's ephemeral range: no client takes one between two checks, and a client of a closed port
    never connects to itself. Each process begins at another port."""
    first_given = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = range(min(10_000, first_given // 2), first_given)
    start = os.getpid() * 100 % len(ports)
    return itertools.cycle([*ports[start:], *ports[:start]])


PORTS = fixed_ports()


def free_port():
    """A port that was free a moment ago, at every address."""
    for port in PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            return port


def has_waited_in_vain(lines):
    """The probe ran out of time before it got an answer: on a busy machine, from any server."""
    return any(re.search(IN_VAIN, line) for line in lines)


def code_of(call, *arguments, **keywords):
    """The status code with which the call fails."""
    with pytest.raises(grpc.RpcError) as failure:
        call(*arguments, **keywords)
    return failure.value.code()


def open_files(pid):
    """What the descriptors of a process stand for."""
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield os.readlink(descriptor)


def open_sockets(pid):
    """How many sockets a process has: its listeners, and its clients."""
    return sum(target.startswith("socket:") for target in open_files(pid))


def listeners(server):
    """How many sockets of a server's listen."""
    listing = pathlib.Path(f"/proc/{server.process.pid}/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in listing]
    return sum(field[1].endswith(f":{server.port:04X}") and field[3] == "0A" for field in fields)


def memory_fits(size, bound):
    """Bounds on memory are for what is shipped: a sanitizer keeps what is freed, and doubles the rest."""
    return REPORTS is not None or size < bound


def assert_memory(size, bound):
    assert memory_fits(size, bound), f"{size} bytes"


class Runtime:
    """A running `skill-runtime`: its process, its folder, its log, and stubs on one connection to it."""

    def __init__(self, folder, *flags, skill="demo", search=False, wrapper=(), build=DIST, variables=None):
        """With `search`, the server gets no path: it has to find the model by the name of the skill. `wrapper` is a
        command that ends as the server's own process."""
        self.model = folder / f"{skill}.gguf"
        self.log = folder / "log"
        environment = clean_environment(SKILL_NAME=skill, **(variables or {}))
        command = [*wrapper, build / "skill-runtime", "--host", "127.0.0.1", "--port", "0", *flags]
        if not search:
            command += ["--skill", skill, "--model", self.model]
        with open(self.log, "wb") as log:
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            self.process = subprocess.Popen(command, cwd=folder, env=environment, **streams)
        try:
            self.address = poll(self._listening, f"a line 'listening' in the log of {command}", 30)
        except AssertionError:
            stop_process(self.process)
            raise
        self.channel = self.connect()
        self.health = health_pb2_grpc.HealthStub(self.channel)
        self.skill = skills_pb2_grpc.SkillServiceStub(self.channel)

    @property
    def port(self):
        return int(self.address.rsplit(":", 1)[1])

    def connect(self):
        """A channel with a connection of its own (channels share connections by default)."""
        return grpc.insecure_channel(self.address, options=[("grpc.use_local_subchannel_pool", 1)])

    def anonymous_memory(self):
        """Bytes of its own in memory: no page of a file, which the kernel maps and unmaps as it likes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("RssAnon:")[1].split()[0]) << 10

    def lines(self):
        """The log so far: one object a line."""
        complete = self.log.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in complete.splitlines()]

    def complaints(self):
        """The log's warnings and errors, each as text, but not the one of a machine that allows few descriptors."""
        texts = [json.dumps(line) for line in self.lines() if line["level"] in ("warning", "error")]
        return [text for text in texts if FEW_DESCRIPTORS not in text]

    def _listening(self):
        if self.process.poll() is not None:
            raise AssertionError(f"exit code {self.process.returncode}: {self.log.read_text()}")
        for line in self.lines():
            if line["message"] == "listening":
                return line.get("address") or line["metadata"]["address"]
        return None

    def check(self, name="", timeout=20):
        request = health_pb2.HealthCheckRequest(service=name)
        return self.health.Check(request, timeout=timeout).status

    def wait_for(self, status, name=""):
        """Waits until a name has the status; the empty one at every loop, each of which has statuses of its own."""
        poll(lambda: self.check(name) == status, f"{name!r} is {status}")
        if name == "":
            # The log is told when all loops are.
            poll(lambda: self._latest_status() == status, f"the log says {status}")
        return self

    def _latest_status(self):
        """Of the whole server, as the log has it."""
        words = {"serving": SERVING, "not serving": NOT_SERVING, "draining": NOT_SERVING}
        return next((words[line["message"]] for line in reversed(self.lines()) if line["message"] in words), None)

    def watch(self, name="", timeout=60):
        return self.health.Watch(health_pb2.HealthCheckRequest(service=name), timeout=timeout)

    def list(self):
        statuses = self.health.List(health_pb2.HealthListRequest(), timeout=20).statuses
        return {name: answer.status for name, answer in statuses.items()}

    def descriptors(self):
        """How many file descriptors the process has open, but for what it reads of the system in passing, and for
        those that a start may open after it says that it is over: the signals', and each loop's reserve."""
        passing = ("/proc/", "/sys/", "/dev/null", "anon_inode:[signalfd]")
        return sum(not target.startswith(passing) for target in open_files(self.process.pid))

    def reload(self):
        self.process.send_signal(signal.SIGUSR1)

    def toggle_maintenance(self):
        self.process.send_signal(signal.SIGUSR2)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        self.channel.close()
        if REPORTS:
            self.exit()
        stop_process(self.process)

    def exit(self):
        """A second SIGTERM stops at once, by `exit`: where leaks are searched."""
        deadline = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < deadline:
            self.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.1)


def stop_process(process):
    """Ends a process that a test started, whatever state it is in."""
    if process.poll() is None:
        process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def reports():
    """What a sanitizer reports of a process is a failure of the test that started it."""
    yield
    for file in REPORTS.iterdir() if REPORTS else []:
        text = file.read_text(errors="replace")
        file.rename(REPORTS.with_name("seen") / file.name)
        pytest.fail(text, pytrace=False)


@pytest.fixture
def runtime(tmp_path):
    """Starts servers: `runtime("--drain-grace", "1s", model=True)`. All are stopped after the test."""
    import gguf

    with contextlib.ExitStack() as stack:

        def start(*flags, model=True, skill="demo", **keywords):
            folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{skill}-", dir=tmp_path))
            if model is True:
                gguf.write(folder / f"{skill}.gguf", name=skill)
            elif model:
                (folder / f"{skill}.gguf").write_bytes(model)
            server = Runtime(folder, *flags, skill=skill, **keywords)
            stack.callback(server.stop)
            return server.wait_for(SERVING) if model is True and not flags else server

        yield start


@pytest.fixture
def serving(runtime):
    """One server that is SERVING."""
    return runtime()
