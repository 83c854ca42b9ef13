# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""In a memory control group of 64 MiB nothing that a client sends kills the server. `make attacks` has every attack in
such a group, from 150 connections."""

import attacks
import costly
import pytest
from conftest import poll
from control_groups import memory_group
from tls_setup import ca, folder, good, server_flags  # noqa: F401 (fixtures)
from test_attacks import launch

MIB = 1 << 20
CONNECTIONS = 20
# Those that are after memory.
PLAIN = [
    *(attacks.zero_window, attacks.unread_answers, attacks.slow_body, attacks.hpack_bomb, attacks.gzip_bomb),
    *(attacks.idle_connections, attacks.watch_storm, costly.unknown_fields_for_inference, costly.known_fields),
    *(costly.unknown_fields_in_gzip_for_inference, costly.staged_fields, costly.staged_gzip, costly.inference_flood),
    *(costly.unfinished_requests, costly.many_watches, costly.watching_clients),
]
SECURE = [costly.half_handshakes, attacks.idle_connections, costly.unfinished_requests]


def survives(runtime, attack, *flags):
    seconds = 5 if attack.__name__ in costly.MANY_CLIENTS else 1.2
    with memory_group(64 * MIB) as group:
        server = runtime("--min-available-ram", "0", *flags, wrapper=group.wrapper)
        poll(lambda: any(line["message"] == "serving" for line in server.lines()), "serving")
        launch(attack, server.port, seconds, connections=CONNECTIONS, tls=bool(flags))
        assert server.process.poll() is None, f"{group.peak()} bytes"
        server.stop()


@pytest.mark.parametrize("attack", PLAIN, ids=lambda attack: attack.__name__)
def test_an_attack_does_not_kill_a_server_that_has_little_memory(runtime, attack):
    survives(runtime, attack)


@pytest.mark.parametrize("attack", SECURE, ids=lambda attack: attack.__name__)
def test_an_attack_over_tls_does_not_kill_a_server_that_has_little_memory(runtime, attack, good):
    survives(runtime, attack, *server_flags(good))
