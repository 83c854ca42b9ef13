# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A supervised command at a terminal: started by a shell, and as the first process of the terminal."""

import contextlib
import fcntl
import os
import pty
import re
import shlex
import signal
import struct
import termios

import pytest
from conftest import clean_environment, poll
from inits import OURS, state, tree


class Screen:
    """A terminal with a command in it."""

    def __init__(self, *command):
        self.pid, self.leader = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(command[0], [os.fspath(word) for word in command], clean_environment(PS1="$ ", TERM="dumb"))
            finally:
                os._exit(127)
        os.set_blocking(self.leader, False)
        self.text = ""

    def read(self):
        with contextlib.suppress(BlockingIOError, OSError):
            self.text += os.read(self.leader, 65536).decode()
        return self.text

    def wait_for(self, pattern):
        """Waits for a text, and forgets what came until its end."""
        match = poll(lambda: re.search(pattern, self.read()), f"{pattern} on the screen")
        self.text = self.text[match.end() :]
        return match

    def type(self, text):
        os.write(self.leader, text.encode())

    def resize(self, rows, columns):
        fcntl.ioctl(self.leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def exit_code(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # What it started, too: each of them may have a group of its own.
        below = [self.pid]
        for pid in below:
            below += tree(pid)
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        os.close(self.leader)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


OURS_TEXT = shlex.join(map(os.fspath, OURS))


def test_a_shell_stops_and_continues_it():
    with Screen("bash", "--norc", "--noprofile", "-i") as screen:
        screen.wait_for(r"\$ ")
        screen.type(f"{OURS_TEXT} sh -c 'echo up; exec sed -u s/^/got-/'\n")
        screen.wait_for("\r\nup\r\n")
        screen.type("one\n")
        screen.wait_for("got-one\r\n")
        screen.type("\x1a")
        screen.wait_for("Stopped")
        screen.type("echo shell\n")
        screen.wait_for("shell\r\n")
        screen.type("fg\n")
        screen.wait_for("got-/'\r\n")
        screen.type("two\n")
        screen.wait_for("got-two\r\n")
        screen.type("\x03")
        screen.wait_for(r"\$ ")
        screen.type("echo status $?\n")
        screen.wait_for("status 130\r\n")
        screen.type(f"{OURS_TEXT} sh -c 'echo up; exec sed -u s/^/got-/' | cat\n")
        screen.wait_for("\r\nup\r\n")
        screen.type("\x1a")
        screen.wait_for("Stopped")
        screen.type("fg\n")
        screen.wait_for("cat\r\n")
        screen.type("three\n")
        screen.wait_for("got-three\r\n")
        screen.type("\x04")
        screen.wait_for(r"\$ ")
        screen.type("exit 5\n")
        assert screen.exit_code() == 5


def test_a_command_in_the_background_does_not_take_the_terminal():
    with Screen("bash", "--norc", "--noprofile", "-i") as screen:
        screen.wait_for(r"\$ ")
        screen.type(f"{OURS_TEXT} sed -u s/^/got-/ &\n")
        screen.wait_for(r"\$ ")
        # It reads when it may not, and is stopped.
        (ours,) = poll(lambda: tree(screen.pid), "a job")
        poll(lambda: state(ours) == "T", "stopped")
        screen.type("fg\n")
        screen.wait_for("got-/\r\n")
        screen.type("one\n")
        screen.wait_for("got-one\r\n")
        screen.type("\x04")
        screen.wait_for(r"\$ ")
        screen.type("exit 6\n")
        assert screen.exit_code() == 6


@pytest.mark.parametrize("first", [[], ["sh", "-c", '"$@"; exit $?', "sh"]], ids=["first", "script"])
def test_as_the_first_process_of_a_terminal(first):
    """As in a container with a terminal: nothing would continue what Ctrl-Z stops."""
    script = 'trap "echo size \\$(stty size)" WINCH; trap "echo interrupted; exit 9" INT; echo ready; while :; do sleep 0.05; done'
    with Screen(*first, *OURS, "bash", "-c", script) as screen:
        screen.wait_for("ready")
        screen.resize(33, 77)
        screen.wait_for("size 33 77")
        ours = tree(screen.pid)[0] if first else screen.pid
        (child,) = tree(ours)
        screen.type("\x1a")
        screen.resize(44, 88)
        screen.wait_for("size 44 88")
        assert state(ours) in "SR" and state(child) in "SR"
        screen.type("\x03")
        screen.wait_for("interrupted")
        # Once.
        assert "interrupted" not in screen.read()
        assert screen.exit_code() == 9
