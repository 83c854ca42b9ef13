# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Memory control groups of a test's own, and a neighbour that eats what they allow."""

import contextlib
import pathlib
import subprocess
import sys
import uuid

import pytest

EATER = """
import mmap, sys
held = []
for line in sys.stdin:
    size = int(line)
    if size:
        block = mmap.mmap(-1, size)
        for place in range(0, size, 4096):
            block[place] = 1
        held.append(block)
    while not size and held:
        held.pop().close()
    print("done", flush=True)
"""


class MemoryGroup:
    """A group with a memory limit, below the one that the tests run in."""

    def __init__(self, folder, version):
        self.folder = folder
        self.version = version

    @property
    def limit_file(self):
        return self.folder / ("memory.max" if self.version == 2 else "memory.limit_in_bytes")

    def usage(self):
        name = "memory.current" if self.version == 2 else "memory.usage_in_bytes"
        return int((self.folder / name).read_text())

    def peak(self):
        name = "memory.peak" if self.version == 2 else "memory.max_usage_in_bytes"
        return int((self.folder / name).read_text())

    @property
    def wrapper(self):
        """Words before a command that have it start in the group: all of its memory counts."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', self.folder / "cgroup.procs"]

    def statistic(self, name):
        """A line of memory.stat, of the group and those below it."""
        name = name if self.version == 2 else f"total_{name}"
        lines = (self.folder / "memory.stat").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.split()[0] == name)

    def put(self, pid):
        (self.folder / "cgroup.procs").write_text(str(pid))

    @contextlib.contextmanager
    def neighbour(self):
        """A process in the group; gives a function that has it take so many bytes more, or let go of all (0)."""
        command = [sys.executable, "-c", EATER]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, **streams) as process:
            self.put(process.pid)

            def eat(size):
                process.stdin.write(f"{size}\n")
                process.stdin.flush()
                assert process.stdout.readline() == "done\n"

            try:
                yield eat
            finally:
                process.kill()


def _own_folder():
    """Where this process's group with a memory controller is, and its version."""
    mounts = {}
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split(" ", 2)
        root, place = fields.split(" ")[3:5]
        if kind == "cgroup" and "memory" in options.split(","):
            mounts[1] = (root, place)
        if kind == "cgroup2":
            mounts[2] = (root, place)
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        version = 1 if "memory" in controllers.split(",") else 2 if not controllers else 0
        if version in mounts:
            root, place = mounts[version]
            folder = pathlib.Path(place) / path.removeprefix(root).lstrip("/")
            names = "cgroup.subtree_control" if version == 2 else "memory.limit_in_bytes"
            if version == 1 or "memory" in (folder / "cgroup.controllers").read_text().split():
                if (folder / names).exists():
                    yield folder, version


@contextlib.contextmanager
def memory_group(limit):
    """A group of this limit; skips the test, loudly, where this machine does not let us make one."""
    try:
        own, version = next(_own_folder())
        if version == 2:
            (own / "cgroup.subtree_control").write_text("+memory")
        folder = own / f"vitals-{uuid.uuid4().hex}"
        folder.mkdir()
    except (OSError, StopIteration) as error:
        pytest.skip(f"NO MEMORY CONTROL GROUP CAN BE MADE HERE: {error!r}")
    group = MemoryGroup(folder, version)
    try:
        try:
            group.limit_file.write_text(str(limit))
        except OSError as error:
            pytest.skip(f"NO MEMORY LIMIT CAN BE SET HERE: {error!r}")
        yield group
    finally:
        for pid in (folder / "cgroup.procs").read_text().split():
            (own / "cgroup.procs").write_text(pid)
        folder.rmdir()
