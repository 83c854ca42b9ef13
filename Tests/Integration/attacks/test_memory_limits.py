# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The default limits fit into the memory that the control group allows; test_small_memory.py has the attacks."""

import contextlib
import struct
import subprocess

import http2
from conftest import DIST, SERVING
from control_groups import memory_group

MIB = 1 << 20
INFER = "/sarai.skills.SkillService/Infer"
# What a client notices of a server that wants no more: the end of the call, or of the connection.
REFUSED = (OSError, EOFError, AssertionError)


def test_the_default_of_held_bytes_is_a_quarter_of_the_group():
    with memory_group(64 * MIB) as group:
        command = [*group.wrapper, DIST / "skill-runtime", "--demo", "--print-config"]
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
        assert "max-held-bytes: 16MiB" in output


def test_unfinished_requests_fit_into_a_small_group(runtime):
    """Fifty of 2 MiB, each without its last byte."""
    with memory_group(64 * MIB) as group, contextlib.ExitStack() as stack:
        server = runtime("--min-available-ram", "0", wrapper=group.wrapper).wait_for(SERVING)
        body = struct.pack(">BI", 0, 2 * MIB) + bytes(2 * MIB - 1)
        for _ in range(10):
            peer = stack.enter_context(http2.Peer(server.port))
            peer.open()
            with contextlib.suppress(*REFUSED):
                for _ in range(5):
                    peer.upload(peer.start_call(INFER), body)
        assert server.process.poll() is None, f"{group.peak()} bytes"
        assert server.check() == SERVING
        server.stop()
