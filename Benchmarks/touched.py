# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What runs of a stripped binary touch: names of functions and variables, for the scripts that write the linker's order of them."""

import bisect
import re
import subprocess
import tempfile

# Of a C library's function the best variant for the machine runs, and valgrind's machine is an older one.
VARIANT = re.compile(r"(__(?:mem|raw|str|stp|wcs)\w*?)_(?:avx2|avx|evex|sse2)\w*$")


class Map:
    """The linker's list of what lies where."""

    def __init__(self, path):
        row = re.compile(r" *([0-9a-f]+) +[0-9a-f]+ +[0-9a-f]+ +\d+ {17}(\S+)$")
        self.table = {}
        for match in map(row.match, path.read_text().splitlines()):
            if match:
                self.table.setdefault(int(match[1], 16), []).append(match[2])
        self.addresses = sorted(self.table)

    def at(self, addresses):
        """What lies at some addresses, each once; of functions that the linker has found to be equal, all names."""
        end = self.addresses[-1] + (1 << 16)
        starts = dict.fromkeys(
            self.addresses[bisect.bisect_right(self.addresses, address) - 1]
            for address in addresses
            if self.addresses[0] <= address < end
        )
        return dict.fromkeys(name for start in starts for name in self.table[start])

    def touched(self, binary, *arguments):
        """What a run touches, from its first instruction to its last, in the order of the first time."""
        with tempfile.NamedTemporaryFile("r") as trace:
            command = ["valgrind", "--tool=lackey", "--trace-mem=yes", f"--log-file={trace.name}", binary]
            subprocess.run([*command, *arguments], capture_output=True, check=False)
            accesses = (re.match(r"(?:I | S| L| M) +([0-9a-f]+),", line) for line in trace)
            return self.at(int(access[1], 16) for access in accesses if access)

    def variants(self, names):
        """The functions that newer processors run in place of some of these."""
        found, every = {}, {name for names in self.table.values() for name in names}
        for base in (VARIANT.match(name) for name in names):
            if base:
                newer = re.compile(re.escape(base[1]) + r"_(evex|avx512)\w*$")
                found.update(dict.fromkeys(sorted(filter(newer.match, every))))
        return found
