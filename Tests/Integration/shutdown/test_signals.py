# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What each signal does, as an ordinary process and as PID 1 of a container (docs/runtime.md has the table)."""

import os
import pathlib
import pty
import signal
import subprocess
import sys

import pytest
from conftest import DIST, NOT_SERVING, ROOT, SERVING, clean_environment, free_port, poll, stop_process

AS_PID_1 = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
WRAPPERS = {"process": [], "pid 1": AS_PID_1}

ENDS = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGPWR"]
# What a person or a kernel may send, and what is no reason to end.
IGNORED = ["SIGPIPE", "SIGXFSZ", "SIGCHLD", "SIGWINCH", "SIGURG", "SIGCONT"]


@pytest.fixture(params=WRAPPERS.values(), ids=WRAPPERS.keys())
def wrapped(request, runtime):
    """Starts servers as a process or as PID 1; the result is the server and the pid that it has outside."""
    if request.param and os.geteuid() != 0:
        pytest.skip("a PID namespace needs root")

    def start(*flags):
        server = runtime(*flags, wrapper=request.param).wait_for(SERVING)
        if not request.param:
            return server, server.process.pid
        children = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        return server, int(children.read_text())

    return start


def messages(server):
    return [line["message"] for line in server.lines()]


@pytest.mark.parametrize("name", ENDS)
def test_a_drain_and_the_second_signal_at_once(wrapped, name):
    server, pid = wrapped("--drain-grace", "10m")
    os.kill(pid, getattr(signal, name))
    server.wait_for(NOT_SERVING)
    assert server.process.poll() is None
    os.kill(pid, getattr(signal, name))
    assert server.process.wait(timeout=30) == 0
    assert messages(server)[-1] == "stopped at once, on the second signal"


@pytest.mark.parametrize("name", IGNORED)
def test_a_signal_that_is_borne_changes_nothing(wrapped, name):
    server, pid = wrapped("--drain-grace", "10m")
    os.kill(pid, getattr(signal, name))
    # Signals are read in their order: maintenance on and off comes after it.
    os.kill(pid, signal.SIGUSR2)
    server.wait_for(NOT_SERVING)
    os.kill(pid, signal.SIGUSR2)
    server.wait_for(SERVING)
    assert server.process.poll() is None


def test_a_hangup_without_certificates_reads_nothing_and_says_so(wrapped):
    server, pid = wrapped()
    os.kill(pid, signal.SIGHUP)
    line = poll(lambda: next((one for one in server.lines() if one["message"] == "nothing to read again"), None), "told")
    assert "SIGUSR1" in line["hint"]
    assert server.check() == SERVING


def test_a_hangup_reads_the_key_of_the_model_server_again(tmp_path):
    key = tmp_path / "key"
    key.write_text("first")
    port = free_port()
    flags = ["--backend", "openai", "--openai-url", f"http://127.0.0.1:{port}", "--openai-key-file", key]
    command = [DIST / "skill-runtime", "--demo", "--port", "0", *flags]
    log = tmp_path / "log"
    with open(log, "wb") as stream:
        process = subprocess.Popen(command, stderr=stream, env=clean_environment())
    try:
        poll(lambda: "listening" in log.read_text(), "listening")
        process.send_signal(signal.SIGHUP)
        poll(lambda: "key and CAs were read again" in log.read_text(), "the key is read again")
        key.unlink()
        process.send_signal(signal.SIGHUP)
        poll(lambda: "key and CAs were not read again" in log.read_text(), "the key cannot be read")
    finally:
        stop_process(process)


def test_the_end_of_its_terminal_is_a_drain():
    """As for a person who closes the window; SIGHUP that comes while the terminal is there reads files again."""
    leader, follower = pty.openpty()
    command = [DIST / "skill-runtime", "--demo", "--host", "127.0.0.1", "--port", "0"]
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, start_new_session=True, env=clean_environment())
    os.close(follower)
    try:
        text = b""
        while b"listening" not in text:
            text += os.read(leader, 1000)
        process.send_signal(signal.SIGHUP)
        while b"nothing to read again" not in text:
            text += os.read(leader, 1000)
        os.close(leader)
        process.send_signal(signal.SIGHUP)
        assert process.wait(timeout=30) == 0
    finally:
        stop_process(process)


def zombies(parent):
    """The zombies among the children of a process."""
    found = 0
    children = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
    for child in children.read_text().split():
        state = pathlib.Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0]
        found += state == "Z"
    return found


# A check by a program wants the statuses of its own children: those of others are waited for all the same.
CHECK_BY_PROGRAM = ["--check", "exec:/bin/true,detect-within=1s"]


@pytest.mark.parametrize("flags", [[], CHECK_BY_PROGRAM], ids=["plain", "checks"])
@pytest.mark.skipif(os.geteuid() != 0, reason="a PID namespace needs root")
def test_as_pid_1_it_leaves_no_zombies(runtime, flags):
    """A health check in a shell that is killed leaves its child to PID 1; so does a start script before its exec."""
    # The first orphan ends before the server is there, the others while it serves.
    script = 'sh -c "sleep 0.01 &" ; for i in 1 2 3; do sh -c "sleep 0.$i; sleep 1 &" & done; sleep 0.1; exec "$@"'
    server = runtime(*flags, wrapper=[*AS_PID_1, "sh", "-c", script, "sh"]).wait_for(SERVING)
    pid = int(pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text())
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    poll(lambda: children.read_text() == "", "every orphan has ended, and none is left as a zombie")
    assert zombies(pid) == 0 and server.check() == SERVING


def test_a_log_at_the_limit_for_files_ends_nothing(runtime, tmp_path):
    """SIGXFSZ ends a process that does not ignore it."""
    limit = 4096
    script = f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); os.execv(sys.argv[1], sys.argv[1:])"
    server = runtime("--log-level", "trace", wrapper=[sys.executable, "-c", script]).wait_for(SERVING)
    for _ in range(100):
        server.process.send_signal(signal.SIGHUP)
        server.check()
        if server.log.stat().st_size == limit:
            break
    assert server.log.stat().st_size == limit
    server.process.send_signal(signal.SIGHUP)
    assert server.check() == SERVING and server.process.poll() is None


def test_the_table_of_signals_in_the_documentation_has_every_one():
    text = (ROOT / "docs" / "runtime.md").read_text().split("## Signals")[1].split("\n## ")[0]
    for name in [*ENDS, *IGNORED, "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGTSTP", "SIGABRT", "SIGKILL"]:
        assert name in text, name
