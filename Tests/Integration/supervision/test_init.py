# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What an init promises, by ours, by tini and by dumb-init."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest
from conftest import clean_environment, poll
from inits import AS_PID_1, INITS, OURS, in_own_namespace, run, started, tree

every = pytest.mark.parametrize("init", INITS.values(), ids=INITS.keys())

# Those whose default is to end a process, and that a shell can send itself.
DEADLY = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 24 25 26 27 29 30 31 34 64"

# Says each signal that comes, and ends by SIGTERM.
LISTENER = """
import signal, sys
every = signal.valid_signals()
signal.pthread_sigmask(signal.SIG_BLOCK, every)
print("ready", flush=True)
while True:
    number = int(signal.sigwaitinfo(every).si_signo)
    print(number, flush=True)
    if number == signal.SIGTERM:
        break
"""


@every
def test_its_status_is_that_of_the_command(init):
    script = 'for code in $(seq 0 255); do "$@" sh -c "exit $code"; [ $? = $code ] || echo "not $code"; done'
    assert run("sh", "-c", script, "sh", *init).stdout == ""


@every
def test_its_status_is_128_and_the_signal_that_ended_the_command(init):
    script = (
        f"ulimit -c 0; for signal in {DEADLY}; do"
        ' "$@" sh -c "kill -$signal \\$\\$"; [ $? = $((128 + signal)) ] || echo "not $signal"; done'
    )
    assert run("bash", "-c", script, "bash", *init).stdout == ""


@pytest.mark.parametrize("init", [OURS, INITS["tini"]], ids=["ours", "tini"])
def test_a_command_that_cannot_be_run(init, tmp_path):
    script = tmp_path / "script"
    script.write_text("exit 7\n")
    assert run(*init, tmp_path / "none").returncode == 127
    assert run(*init, "no-command-of-this-name").returncode == 127
    assert run(*init, script).returncode == 126
    script.chmod(0o755)
    # Without #! it is one of /bin/sh, as execvp has it.
    assert run(*init, script).returncode == 7
    script.write_text("#!/no/such/interpreter\n")
    assert run(*init, script).returncode == 127


@pytest.mark.parametrize("init", [OURS, INITS["tini"]], ids=["ours", "tini"])
def test_the_exit_code_says_why_a_command_cannot_be_run(init, tmp_path):
    program, folder = tmp_path / "program", tmp_path / "folder"
    folder.mkdir()
    program.write_bytes(pathlib.Path("/bin/true").read_bytes())
    program.chmod(0o644)
    by_name = {"env": clean_environment(PATH=str(tmp_path))}
    found = [shutil.which(init[0]), *init[1:]]
    cases = [(program, 126), (folder, 126), (tmp_path / "none", 127)]
    if init is OURS:
        cases += [(program / "below", 127), ("", 127)]
    for command, code in cases:
        assert run(*init, command).returncode == code, command
    # By a name in PATH as by a path.
    for name, code in [("program", 126), ("folder", 126), ("none", 127)]:
        assert run(*found, name, **by_name).returncode == code, name
    program.chmod(0o755)
    assert run(*init, program).returncode == 0


def forwarded(init):
    if init is OURS:
        # The C library has two for itself. SIGTERM comes last: it begins a stop.
        return [n for n in range(1, 65) if n not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGTERM, 32, 33)]
    names = ["HUP", "INT", "QUIT", "USR1", "USR2", "PIPE", "ALRM", "CONT", "WINCH", "PWR", "XCPU", "IO"]
    return [int(getattr(signal, "SIG" + name)) for name in names]


@every
def test_every_signal_comes_once(init):
    with started(*init, sys.executable, "-c", LISTENER, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == "ready\n"
        for number in forwarded(init):
            os.kill(process.pid, number)
            assert process.stdout.readline() == f"{number}\n"
        process.terminate()
        assert process.stdout.read() == "15\n"
        assert process.wait(timeout=10) == 0


@every
def test_signals_for_the_group_reach_all_of_it(init):
    flags = {"healthcheck": ["--signal-group"], "tini": ["-g"], "dumb-init": []}[os.path.basename(init[0])]
    command = [*init[:1], *flags, *init[1:]]
    script = 'trap "echo USR1" USR1; sh -c "trap \\"echo USR1; exit\\" USR1; echo ready; while :; do sleep 0.01; done" & wait; wait'
    with started(*command, "sh", "-c", script, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGUSR1)
        assert process.stdout.read() == "USR1\nUSR1\n"


@every
@in_own_namespace
def test_as_pid_1_it_leaves_no_zombies(init):
    script = "for n in 1 2 3 4 5; do sh -c 'sleep 0.0$0 &' $n; done; echo started; exec sleep 60"
    with started(*AS_PID_1, *init, "sh", "-c", script, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == "started\n"
        first = tree(process.pid)[0]
        poll(lambda: len(tree(first)) == 1, "only the command is left")
        os.kill(first, signal.SIGTERM)
        assert process.wait(timeout=10) == 143


# 32 and 33 are hidden by the C library, but programs with another may ignore them: by a call of the kernel itself.
SET_ACTION = 13 if os.uname().machine == "x86_64" else 134
IGNORING = f"""
import ctypes, os, signal, sys
action = (ctypes.c_ulong * 8)(signal.SIG_IGN)
for number in (1, 32, 33):
    assert ctypes.CDLL(None).syscall({SET_ACTION}, number, action, None, 8) == 0
signal.pthread_sigmask(signal.SIG_BLOCK, [10])
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("init", [OURS, INITS["tini"]], ids=["ours", "tini"])
def test_a_command_has_signals_as_it_would_have_without_us(init):
    """Also those that our parent has ignored (as nohup does) or blocked."""
    show = ["grep", "-E", "SigBlk|SigIgn", "/proc/self/status"]
    command = [sys.executable, "-c", IGNORING]
    assert run(*command, *init, *show).stdout == run(*command, *show).stdout != ""


@every
def test_a_command_has_the_streams_and_descriptors_themselves(init):
    reading, writing = os.pipe()
    try:
        show = ["sh", "-c", f"readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/{writing}; set -- /proc/$$/fd/*; echo $#"]
        keywords = {"pass_fds": [writing], "stdin": reading}
        plain, wrapped = run(*show, **keywords).stdout.splitlines(), run(*init, *show, **keywords).stdout.splitlines()
        assert plain[0] == wrapped[0] and plain[2:] == wrapped[2:]
    finally:
        os.close(reading)
        os.close(writing)


@every
def test_a_command_has_the_environment_that_we_have(init):
    """But for where it says how it is, which is ours."""
    lines = run(*init, "env").stdout.splitlines()
    assert [line for line in lines if not line.startswith("NOTIFY_SOCKET=@vitals")] == run("env").stdout.splitlines()


@every
def test_it_is_ready_for_signals_before_its_command_is(init):
    assert run(*init, "sh", "-c", "kill -TERM $PPID; exec sleep 10", timeout=5).returncode == 143
