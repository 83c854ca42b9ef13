# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Inits that run a command, ours and others, and the processes below them."""

import contextlib
import os
import pathlib
import subprocess

import pytest
from conftest import DIST, clean_environment, stop_process



def ours(*flags):
    """The words before a command that has `healthcheck` run it; it answers at a socket without a name in a folder."""
    return [DIST / "healthcheck", "--socket", f"@vitals-test-{os.getpid()}", *flags, "--"]


OURS = ours()
THEIRS = {"tini": ["tini", "-s", "--"], "dumb-init": ["dumb-init", "--"]}
INITS = {"ours": OURS} | THEIRS

AS_PID_1 = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
in_own_namespace = pytest.mark.skipif(os.geteuid() != 0, reason="a PID namespace needs root")


def _words(command):
    return [os.fspath(word) for word in command]


def run(*command, timeout=60, **keywords):
    """Runs a command to its end."""
    settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "env": clean_environment(), "text": True}
    return subprocess.run(_words(command), timeout=timeout, check=False, **(settings | keywords))


@contextlib.contextmanager
def started(*command, **keywords):
    """A command that runs; it is stopped at the end."""
    settings = {"stdin": subprocess.DEVNULL, "env": clean_environment(), "text": True}
    process = subprocess.Popen(_words(command), **(settings | keywords))
    try:
        yield process
    finally:
        stop_process(process)
        if process.stdout:
            process.stdout.close()


def tree(pid):
    """The children of a process."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def state(pid):
    """The letter of a process's state: R, S, D, T, Z."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
