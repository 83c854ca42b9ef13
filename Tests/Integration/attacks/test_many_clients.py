# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Many clients come and go, and their memory goes with them."""

import contextlib
import functools
import pathlib
import re
import resource
import socket
import ssl
import struct

import http2
import pytest
from conftest import FEW_DESCRIPTORS, REPORTS, SERVING, assert_memory, open_sockets, poll
from tls_setup import ca, folder, good, server_flags  # noqa: F401 (fixtures)

# A sanitizer makes each many times as dear, and judges no memory.
CLIENTS, SECONDS = (150, 3) if REPORTS else (800, 15)
# What many clients may leave behind: if it is not returned to the kernel it is 15 to 35 MB.
LEFT = 6 << 20
# So many watches, which take so much at least.
WATCHES, WATCHED = (500, 0) if REPORTS else (8000, 16 << 20)
CLIENT_HELLO = bytes.fromhex("1603010200010001fc0303")


def serving(runtime, *flags):
    """A server that has opened all that it keeps open."""
    server = runtime(*flags)
    poll(lambda: any(line["message"] == "serving" for line in server.lines()), "serving", 20)
    if "--tls-cert" in flags:
        # Each loop makes its thread for handshakes when the first client comes to it: of sixteen some come to each.
        sockets = open_sockets(server.process.pid)
        with contextlib.ExitStack() as stack:
            for _ in range(16):
                peer = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
                shakes_hands(peer, stack)
        poll(lambda: open_sockets(server.process.pid) <= sockets, "it has gone")
    return server


def says_hello_by_halves(peer, stack):
    peer.sendall(CLIENT_HELLO)


@functools.cache
def trusting():
    """One for all: reading the machine's roots takes longer than a handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


def shakes_hands(peer, stack):
    secure = stack.enter_context(trusting().wrap_socket(peer))
    secure.sendall(http2.PREFACE + http2.settings())
    # The server's SETTINGS: its side of the handshake is over, too.
    assert secure.recv(1)


def speaks_plainly(peer, stack):
    peer.sendall(http2.PREFACE + http2.settings())


@pytest.mark.parametrize("begin", [says_hello_by_halves, shakes_hands, speaks_plainly])
def test_many_clients_that_have_gone_leave_no_memory_behind(runtime, good, begin):
    server = serving(runtime, *(server_flags(good) if begin != speaks_plainly else []), "--handshake-timeout", "60s")
    descriptors, memory = server.descriptors(), server.anonymous_memory()
    for _ in range(2):
        with contextlib.ExitStack() as stack:
            for _ in range(CLIENTS):
                peer = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
                begin(peer, stack)
            poll(lambda: server.descriptors() >= descriptors + CLIENTS, "all are there", 30)
        poll(lambda: server.descriptors() <= descriptors, "all have gone", 30)
    with contextlib.suppress(AssertionError):
        poll(lambda: server.anonymous_memory() < memory + LEFT, "their memory as well", SECONDS)
    assert_memory(server.anonymous_memory(), memory + LEFT)


def test_watches_that_have_ended_leave_no_memory_behind_though_their_connections_stay(runtime):
    # Resets in such a number, as fast as a quick machine sends them, would end the connection.
    limits = {"--max-concurrent-streams": 10_000, "--max-streams-per-connection": 10_000, "--frame-budget": 100_000}
    server = serving(runtime, *(str(word) for limit in limits.items() for word in limit))
    with http2.Peer(server.port) as peer:
        peer.open()
        peer.ping()
        memory = server.anonymous_memory()
        streams = [peer.request("/grpc.health.v1.Health/Watch", name(index)) for index in range(WATCHES)]
        poll(lambda: server.anonymous_memory() > memory + WATCHED, "they take memory") if not REPORTS else peer.ping()
        for stream in streams:
            peer.send(http2.frame(http2.RST_STREAM, 0, stream, struct.pack(">I", 8)))
        with contextlib.suppress(AssertionError):
            poll(lambda: server.anonymous_memory() < memory + WATCHED // 2, "their memory has gone", SECONDS)
        assert_memory(server.anonymous_memory(), memory + WATCHED // 2)


def name(index):
    """A request for a name of its own, of 2,000 bytes."""
    text = b"%2000d" % index
    return b"\x0a" + bytes([len(text) & 0x7F | 0x80, len(text) >> 7]) + text


def test_silent_clients_of_tls_cost_no_session(runtime, good):
    server = serving(runtime, *server_flags(good))
    descriptors, memory = server.descriptors(), server.anonymous_memory()
    with contextlib.ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
        poll(lambda: server.descriptors() >= descriptors + CLIENTS, "all are there", 30)
        # OpenSSL's objects would be 8 KiB each.
        assert_memory(server.anonymous_memory(), memory + CLIENTS * 2048)


def test_handshakes_under_way_are_bounded_and_honest_ones_find_room(runtime, good, ca):
    server = serving(runtime, *server_flags(good), "--loops", "1", "--max-handshakes", "5", "--handshake-timeout", "60s")
    with contextlib.ExitStack() as stack:
        # The handshakes that may go have to be found among many that are over.
        for _ in range(100):
            shakes_hands(stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30)), stack)
        descriptors = server.descriptors()
        for _ in range(20):
            peer = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            peer.sendall(CLIENT_HELLO)
        poll(lambda: server.descriptors() == descriptors + 5, "five are left", 10)
        for _ in range(3):
            peer = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            shakes_hands(peer, stack)
        # Silent clients evict no other client.
        for _ in range(5):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
        poll(lambda: server.descriptors() >= descriptors + 3 + 2 + 5, "all but the evicted", 10)
        reasons = [line.get("reason") for line in server.lines() if line["message"] == "connection dropped"]
        assert set(reasons) == {"too many TLS handshakes at once"}


@pytest.mark.parametrize("hard", [20_000, 2_000])
def test_as_many_descriptors_may_be_open_as_the_machine_allows(runtime, hard):
    # Not every root may raise the limit.
    hard = min(hard, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    server = runtime(wrapper=["prlimit", f"--nofile=256:{hard}"])
    limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
    assert re.search(rf"^Max open files +{hard} +{hard} ", limits, re.MULTILINE), limits

    def told():
        return [line for line in server.lines() if FEW_DESCRIPTORS in str(line)]

    if hard <= 10_000:
        poll(told, "it is told")
    assert len(told()) == (hard <= 10_000)
    with contextlib.ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
        assert server.check() == SERVING
