# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Crowds of clients come and go, and take their memory with them."""

import contextlib
import pathlib
import re
import socket
import ssl

import http2
import pytest
from grpc_health.v1 import health_pb2
from conftest import REPORTS, SERVING, assert_memory, poll
from secure import ca, folder, good, secure_stub, server_flags  # noqa: F401 (fixtures)

# A sanitizer makes each many times as dear, and judges no memory.
CROWD, PATIENCE = (150, 3) if REPORTS else (800, 15)
# What a crowd may leave behind: without giving it back it would be 15 to 35 MB.
LEFT = 6 << 20
CLIENT_HELLO = bytes.fromhex("1603010200010001fc0303")


def anonymous_memory(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) << 10


def serving(runtime, *flags):
    """A server that has opened all that it keeps open."""
    server = runtime(*flags)
    poll(lambda: any(line["message"] == "serving" for line in server.lines()), "serving", 20)
    return server


def says_hello_by_halves(peer, stack):
    peer.sendall(CLIENT_HELLO)


def shakes_hands(peer, stack):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    stack.enter_context(context.wrap_socket(peer)).sendall(http2.PREFACE + http2.settings())


def speaks_plainly(peer, stack):
    peer.sendall(http2.PREFACE + http2.settings())


@pytest.mark.parametrize("begin", [says_hello_by_halves, shakes_hands, speaks_plainly])
def test_a_crowd_that_has_gone_leaves_no_memory_behind(runtime, good, begin):
    server = serving(runtime, *(server_flags(good) if begin != speaks_plainly else []), "--handshake-timeout", "60s")
    descriptors, memory = server.descriptors(), anonymous_memory(server)
    for _ in range(2):
        with contextlib.ExitStack() as stack:
            for _ in range(CROWD):
                peer = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
                begin(peer, stack)
            poll(lambda: server.descriptors() >= descriptors + CROWD, "all are there", 30)
        poll(lambda: server.descriptors() <= descriptors, "all have gone", 30)
    with contextlib.suppress(AssertionError):
        poll(lambda: anonymous_memory(server) < memory + LEFT, "their memory as well", PATIENCE)
    assert_memory(anonymous_memory(server), memory + LEFT)


def test_silent_clients_of_tls_cost_no_session(runtime, good):
    server = serving(runtime, *server_flags(good))
    descriptors, memory = server.descriptors(), anonymous_memory(server)
    with contextlib.ExitStack() as stack:
        for _ in range(CROWD):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
        poll(lambda: server.descriptors() >= descriptors + CROWD, "all are there", 30)
        # OpenSSL's objects would be 8 KiB each.
        assert_memory(anonymous_memory(server), memory + CROWD * 2048)


def test_handshakes_under_way_are_bounded_and_an_honest_one_finds_room(runtime, good, ca):
    server = runtime(*server_flags(good), "--loops", "1", "--max-handshakes", "5", "--handshake-timeout", "60s")
    descriptors = server.descriptors()
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            peer = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            peer.sendall(CLIENT_HELLO)
        poll(lambda: server.descriptors() == descriptors + 5, "five are left", 10)
        channel, stub = secure_stub(server.port, ca)
        with channel:
            assert stub.Check(health_pb2.HealthCheckRequest(), timeout=10).status == SERVING
            # Its place is free again; one of theirs is gone.
            poll(lambda: server.descriptors() == descriptors + 5, "four and the honest one", 10)
    poll(lambda: server.descriptors() == descriptors, "all have gone", 10)


@pytest.mark.parametrize("hard, is_told", [(20_000, False), (2_000, True)])
def test_as_many_descriptors_may_be_open_as_the_machine_allows(runtime, hard, is_told):
    server = runtime(wrapper=["prlimit", f"--nofile=256:{hard}"])
    limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
    assert re.search(rf"^Max open files +{hard} +{hard} ", limits, re.MULTILINE), limits
    told = [line for line in server.complaints() if "--max-connections is 10000" in line]
    assert bool(told) == is_told and len(told) <= 1
    with contextlib.ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
        assert server.check() == SERVING
