# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Stops single threads of a process, as if they hung: nothing in the process has to help."""

import contextlib
import ctypes
import os
import pathlib

import pytest

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
ANY_CHILD = 0x40000000  # __WALL

_library = ctypes.CDLL(None, use_errno=True)
_library.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_library.ptrace.restype = ctypes.c_long


def _trace(request, thread):
    if _library.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def threads(pid):
    """The threads of a process by number, each with its name."""
    tasks = pathlib.Path(f"/proc/{pid}/task")
    return {int(task.name): (task / "comm").read_text().strip() for task in tasks.iterdir()}


@contextlib.contextmanager
def frozen(thread):
    """While this lasts, the thread does nothing. Skips the test, loudly, where tracing is not allowed."""
    try:
        _trace(SEIZE, thread)
    except OSError as error:
        pytest.skip(f"NO THREAD CAN BE STOPPED HERE: {error!r}")
    _trace(INTERRUPT, thread)
    os.waitpid(thread, ANY_CHILD)
    try:
        yield
    finally:
        _trace(DETACH, thread)
