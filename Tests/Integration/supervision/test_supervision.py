# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What a supervised command and its descendants may do, and what follows."""

import os
import select
import signal
import subprocess
import sys
import time
import urllib.request

import pytest
from checked import accepts
from conftest import free_port, poll
from control_groups import memory_group
from inits import AS_PID_1, OURS, in_own_namespace, ours, run, started, state, tree

# Words before us, and flags.
MODES = {"pid 1": (AS_PID_1, []), "subreaper": ([], ["--subreaper"]), "neither": ([], [])}

# Every child leaves its own child behind; both end at once.
STORM = """
import os, sys
for number in range(int(sys.argv[1])):
    if os.fork() == 0:
        if os.fork() == 0:
            os._exit(0)
        os._exit(0)
    if number % 100 == 99:
        for _ in range(100):
            os.wait()
print("over", flush=True)
sys.stdin.readline()
"""

HOG = "block = b'x' * (1 << 20)\nheld = []\nwhile True: held.append(bytearray(block))"


@pytest.fixture(params=MODES.values(), ids=MODES.keys())
def mode(request):
    wrapper, flags = request.param
    if wrapper and os.geteuid() != 0:
        pytest.skip("a PID namespace needs root")
    return lambda *more: [*wrapper, *ours(*flags, *more)]


def supervisor(process):
    """Its number, which in a namespace is another process's child."""
    return tree(process.pid)[0] if process.args[0] == "unshare" else process.pid


def is_alone(mode):
    """Orphans do not come to us."""
    return "--subreaper" not in mode() and "unshare" not in mode()


def test_a_storm_of_orphans_leaves_none_and_loses_no_status(mode):
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    # Beside a namespace of our own the orphans of one that adopts none are the machine's.
    count = {"unshare": "10000"}.get(mode()[0], "1000")
    port = free_port()
    served = mode("--export-prom", f"127.0.0.1:{port}")
    with started(*served, sys.executable, "-c", STORM, count, **streams) as process:
        poll(lambda: accepts(port), "it serves")
        answers = 0
        while not select.select([process.stdout], [], [], 0)[0]:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as response:
                answers += response.status == 200
        assert answers > 0 and process.stdout.readline() == "over\n"
        pid = supervisor(process)
        poll(lambda: len(tree(pid)) == 1, "only the command is left")
        process.stdin.write("\n")
        process.stdin.close()
        assert process.wait(timeout=10) == 0


def test_a_command_that_ignores_sigterm_is_killed_with_its_group(mode):
    script = "trap '' TERM; sleep 1000 & echo ready; while :; do sleep 0.01; done"
    command = [*mode("--stop-timeout", "200ms"), "sh", "-c", script]
    with started(*command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == "ready\n"
        os.kill(supervisor(process), signal.SIGTERM)
        assert process.wait(timeout=10) == 137
        # Nothing has its output any more.
        assert process.stdout.read() == ""


def test_a_command_that_forks_and_exits_ends_us_or_not(mode):
    script = "(sleep 0.3; echo late) & exit 3"
    begin = time.monotonic()
    assert run(*mode(), "sh", "-c", "(sleep 5) > /dev/null & exit 3").returncode == 3
    assert time.monotonic() - begin < 4
    end = run(*mode("--wait-for", "all"), "sh", "-c", script)
    assert (end.returncode, end.stdout) == (3, "late\n")


@in_own_namespace
def test_a_daemon_outside_its_group_is_waited_for_and_told(mode):
    if is_alone(mode):
        pytest.skip("what leaves its group is not ours to find")
    script = "setsid sh -c 'trap \"echo told; exit\" TERM; echo ready; while :; do sleep 0.01; done' & exit 4"
    with started(*mode("--wait-for", "all"), "sh", "-c", script, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == "ready\n"
        pid = supervisor(process)
        poll(lambda: len(tree(pid)) == 1, "the command has ended, and its daemon is ours")
        os.kill(pid, signal.SIGTERM)
        assert process.stdout.read() == "told\n"
        assert process.wait(timeout=10) == 4


def test_a_stopped_command_can_be_continued_and_be_told_to_end():
    with started(*OURS, "sleep", "1000") as process:
        (child,) = poll(lambda: tree(process.pid), "a child")
        os.kill(child, signal.SIGSTOP)
        poll(lambda: state(child) == "T", "stopped")
        assert state(process.pid) in "SR"
        process.send_signal(signal.SIGCONT)
        poll(lambda: state(child) == "S", "it goes on")
        os.kill(child, signal.SIGSTOP)
        poll(lambda: state(child) == "T", "stopped")
        # What is stopped would not hear it.
        process.terminate()
        assert process.wait(timeout=5) == 143


def test_a_killed_command_runs_again_at_once():
    with started(*ours("--restart", "on-failure"), "sleep", "1000") as process:
        (first,) = poll(lambda: tree(process.pid), "a child")
        begin = time.monotonic()
        os.kill(first, signal.SIGKILL)
        poll(lambda: [pid for pid in tree(process.pid) if pid != first], "another")
        assert time.monotonic() - begin < 1
        process.terminate()
        assert process.wait(timeout=5) == 143


def test_a_used_up_budget_ends_us_with_the_last_status(tmp_path):
    runs = tmp_path / "runs"
    script = f"echo run >> {runs}; sleep 1000 & exit 3"
    end = run(*ours("--restart", "always", "--restart-budget", "2/10m"), "sh", "-c", script, stderr=subprocess.PIPE)
    assert (end.returncode, runs.read_text()) == (3, "run\n" * 3)


def test_the_last_words_tell_of_a_lack_of_memory():
    with memory_group(128 << 20) as group:
        end = run(*group.wrapper, *OURS, sys.executable, "-c", HOG, stderr=subprocess.PIPE)
    assert end.returncode == 137
    assert "killed by signal 9, out of memory" in end.stderr


def test_inherited_sockets_are_for_the_command_and_no_other():
    """sd_listen_fds(3): LISTEN_PID is the process that they are for."""
    script = 'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
    show = ["sh", "-c", 'echo $((LISTEN_PID == $$)) $LISTEN_FDS']
    assert run("sh", "-c", script, "sh", *OURS, *show).stdout == "1 1\n"
    other = run("sh", "-c", 'export LISTEN_PID=1; exec "$@"', "sh", *OURS, "sh", "-c", "echo $LISTEN_PID")
    assert other.stdout == "1\n"


def test_arguments_that_are_not_utf_8_arrive_as_they_are():
    word = b"\xff\xfe caf\xe9"
    end = subprocess.run([*map(os.fsencode, OURS), b"printf", b"%s", word], stdout=subprocess.PIPE, check=True)
    assert end.stdout == word
