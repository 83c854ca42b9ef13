# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What a start needs of the machine: not /proc for what comes before serving, no folder for the demo, threads."""

import os
import signal
import subprocess
import sys

import pytest
from conftest import DIST, clean_environment, poll, stop_process

SERVER = DIST / "skill-runtime"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace needs root")


def run(*command, **variables):
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=clean_environment(**variables))


def without_proc(*command):
    script = 'mount --make-rprivate / && umount -l /proc && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh", *command]


@needs_root
@pytest.mark.parametrize("flag, output", [
    ("--help", "Exit codes: 0"), ("--version", "skill-runtime "), ("--print-config", "drain-grace: 5s"),
    ("--check-config", "configuration OK")])
def test_what_comes_before_serving_needs_no_proc(flag, output):
    result = run(*without_proc(SERVER, "--demo", flag))
    assert (result.returncode, result.stderr) == (0, "") and output in result.stdout, result


@needs_root
def test_bad_flags_are_told_without_proc():
    result = run(*without_proc(SERVER, "--port", "many"))
    assert result.returncode == 1 and 'invalid value "many" for --port' in result.stderr


@needs_root
def test_the_demo_without_proc_says_what_it_needs():
    result = run(*without_proc(SERVER, "--demo", "--port", "0"))
    assert result.returncode == 1
    assert "is /proc mounted? --model PATH does without" in result.stderr


def test_the_demo_needs_no_folder(tmp_path):
    log = tmp_path / "log"
    with open(log, "wb") as stream:
        process = subprocess.Popen(
            [SERVER, "--demo", "--host", "127.0.0.1", "--port", "0"], stderr=stream, cwd="/",
            env=clean_environment(TMPDIR="/nonexistent"))
    try:
        poll(lambda: "model loaded" in log.read_text() or process.poll() is not None, "the model is loaded")
        assert process.poll() is None, log.read_text()
        process.send_signal(signal.SIGUSR1)
        poll(lambda: "model reloaded" in log.read_text(), "it is reloaded, too")
    finally:
        stop_process(process)


# A filter of system calls that answers one of them with an error.
FILTERED = """
import ctypes, os, struct, sys
number, code = int(sys.argv[1]), int(sys.argv[2])
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x50000 | code), (6, 0, 0, 0x7fff0000)]
code = b''.join(struct.pack('=HBBI', *step) for step in steps)
code = ctypes.create_string_buffer(code)
program = struct.pack('@HP', len(steps), ctypes.addressof(code))
prctl = ctypes.CDLL(None).prctl
assert prctl(38, *map(ctypes.c_ulong, (1, 0, 0, 0))) == 0
assert prctl(22, ctypes.c_ulong(2), program) == 0
os.execv(sys.argv[3], sys.argv[3:])
"""


@pytest.mark.parametrize("code, hint", [(1, "a seccomp profile may be older than clone3"), (11, "the limit of threads")])
def test_a_thread_that_is_refused_says_why(code, hint):
    """435 is clone3 on every machine: with EPERM, as Docker's profile before 20.10.10 has it, and with EAGAIN."""
    result = run(sys.executable, "-c", FILTERED, "435", f"{code}", SERVER, "--demo", "--port", "0")
    assert result.returncode == 1, result
    [line] = result.stderr.splitlines()
    assert line.startswith("skill-runtime: cannot start") and hint in line, line
