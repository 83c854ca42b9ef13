# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Calls of the kernel that fail in the probe, one after the other: it says SERVING, or why not, and always ends."""

import socket
import subprocess
import time
from errno import EACCES, EADDRNOTAVAIL, EAGAIN, ECONNREFUSED, ECONNRESET, EINTR, ENETUNREACH, ENOBUFS, ENOMEM, EPIPE, ETIMEDOUT

import gguf
import pytest
from conftest import Runtime, poll, stop_process
from faults import CALLS, DEBUG, SHORT, Faults, library, name_of  # noqa: F401 (fixture)
from tls_setup import MACHINE, ca, folder, good, server_flags, stranger, tls  # noqa: F401 (fixtures)

PASSING = {"send": [SHORT, EINTR, EAGAIN], "recv": [SHORT, EINTR, EAGAIN], "poll": [EINTR], "connect": [EINTR]}
FATAL = {
    "send": [ECONNRESET, EPIPE, ENOBUFS],
    "recv": [ECONNRESET, ETIMEDOUT, ENOMEM],
    "poll": [ENOMEM],
    "connect": [ECONNREFUSED, ECONNRESET, ENETUNREACH, EADDRNOTAVAIL, EACCES, EAGAIN, ETIMEDOUT, ENOBUFS],
}
# More than the tests ever take when all is well, and what a probe that waits in vain may take.
LONG_TIMEOUTS = ["-connect-timeout", "20s", "-rpc-timeout", "20s"]
HASTE = ["-connect-timeout", "100ms", "-rpc-timeout", "100ms"]
GOOD = (0, ["status: SERVING"])


class Probe:
    """The probe with faults, for one server."""

    def __init__(self, faults, port, *flags):
        self.faults = faults
        self.command = [DEBUG / "grpc_health_probe", "-addr", f"127.0.0.1:{port}", *flags]

    def run(self, call, fault, number, length, *flags):
        """Its exit code, and the lines of standard error."""
        for other in CALLS:
            self.faults.disarm(other)
        self.faults.arm(call, fault, number, length)
        environment = MACHINE | self.faults.variables
        streams = {"stdin": subprocess.DEVNULL, "capture_output": True}
        result = subprocess.run(self.command + list(flags), env=environment, text=True, timeout=60, **streams)
        assert result.stdout == ""
        return result.returncode, result.stderr.splitlines()

    def count(self, call):
        assert self.run(call, 0, 0, 0, *LONG_TIMEOUTS) == GOOD
        return self.faults.calls(call)


@pytest.fixture(scope="module", params=["plaintext", "TLS"])
def probe(request, library, ca, good, tmp_path_factory):
    place = tmp_path_factory.mktemp("probed")
    gguf.write(place / "demo.gguf", name="demo")
    is_secure = request.param == "TLS"
    server = Runtime(place, *(server_flags(good) if is_secure else []), build=DEBUG)
    probe = Probe(Faults(library, place / "page"), server.port, *(tls(ca) if is_secure else []))
    try:
        poll(lambda: probe.run("poll", 0, 0, 0, *LONG_TIMEOUTS) == GOOD, "SERVING", 10)
        yield probe
    finally:
        server.stop()


def assert_told(outcome):
    """It was SERVING, or the first line and the cause say why it cannot be known."""
    code, lines = outcome
    if outcome == GOOD:
        return
    assert code in (2, 3), outcome
    assert len(lines) == 2 and lines[1].startswith("cause: ") and len(lines[1]) > 20, outcome


def test_a_fault_that_passes_is_not_noticed(probe):
    for call, faults in PASSING.items():
        for number in range(1, probe.count(call) + 1):
            for fault in faults:
                outcome = probe.run(call, fault, number, 1, *LONG_TIMEOUTS)
                assert outcome == GOOD, f"{call} {number} {name_of(fault)}: {outcome}"
        for fault in faults:
            outcome = probe.run(call, fault, 1, 50, *LONG_TIMEOUTS)
            assert outcome == GOOD, f"{call} {name_of(fault)}: {outcome}"


def test_a_fault_that_does_not_pass_is_mended_or_told(probe):
    for call, faults in FATAL.items():
        for number in range(1, probe.count(call) + 1):
            for fault in faults:
                start = time.monotonic()
                outcome = probe.run(call, fault, number, 1, *LONG_TIMEOUTS)
                # A client that has gone is not waited for.
                assert time.monotonic() - start < 8, f"{call} {number} {name_of(fault)}"
                assert_told(outcome)


@pytest.mark.parametrize("call, fault", [(c, f) for c, faults in FATAL.items() if c != "poll" for f in faults], ids=name_of)
def test_a_fault_that_stays_is_told(probe, call, fault):
    outcome = probe.run(call, fault, 1, 1 << 30, *HASTE)
    assert outcome[0] == 2
    assert_told(outcome)


@pytest.mark.parametrize("length", [1, 1 << 30], ids=["once", "until the end"])
def test_memory_that_is_short_is_told(probe, length):
    count = probe.count("malloc")
    for number in range(1, count + 1, max(1, count // 10)):
        code, lines = probe.run("malloc", ENOMEM, number, length, *HASTE)
        assert (code, lines) == GOOD or (code in (1, 2, 3) and lines), f"{number} of {count}: {code} {lines}"


def test_last_words_that_there_is_no_memory_for_are_left_out(library, tmp_path):
    faults = Faults(library, tmp_path / "page")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        probe = Probe(faults, listener.getsockname()[1], *LONG_TIMEOUTS)
        # A text for each of three signals; they are the first that is asked for.
        faults.arm("malloc", ENOMEM, 1, 3)
        process = subprocess.Popen(probe.command, env=MACHINE | faults.variables, stderr=subprocess.PIPE)
        try:
            listener.settimeout(20)
            listener.accept()[0].close()
            process.terminate()
            assert process.wait(20) == 2
            assert process.stderr.read() == b""
            assert faults.hits("malloc") == 3
        finally:
            stop_process(process)
            process.stderr.close()


def test_memory_that_is_short_makes_no_stranger_a_friend(library, ca, stranger, good, tmp_path):
    gguf.write(tmp_path / "demo.gguf", name="demo")
    server = Runtime(tmp_path, *server_flags(good), build=DEBUG)
    try:
        faults = Faults(library, tmp_path / "page")
        friend, other = (Probe(faults, server.port, *tls(each)) for each in (ca, stranger))
        count = friend.count("malloc")
        # Most of them are for its own certificates; the handshake comes at the end.
        for number in [*range(1, count, count // 10), *range(count - 2000, count, 80)]:
            code, lines = other.run("malloc", ENOMEM, number, 1, *HASTE)
            assert code in (1, 2) and lines, f"{number} of {count}: {code} {lines}"
    finally:
        server.stop()
