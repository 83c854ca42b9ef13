# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Clients that come again resume their session by a ticket: each kind of client, each rule that ends a session."""

import signal
import socket
import ssl
import subprocess

import gguf
import grpc
import hello
import pytest
from certificates import Pair
from conftest import Runtime, poll
from grpc.experimental import session_cache
from grpc_health.v1 import health_pb2, health_pb2_grpc
from test_tls_costs import answer
from test_tls_server import replace, said, start  # noqa: F401 (fixture)
from tls_setup import ca, client, folder, good, stranger  # noqa: F401 (fixtures)
from tls_setup import SERVING, probe, server_flags, tls

GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: %s\r\n\r\n"
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(ca, version="1.3", pair=None):
    made = ssl.create_default_context(cafile=ca.file)
    made.minimum_version = made.maximum_version = VERSIONS[version]
    if pair:
        made.load_cert_chain(pair.certificate, pair.key)
    return made


def call(server, context, session=None, user_agent=b"other"):
    """Asks for /healthz; whether the session was resumed, and the one for the next time."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        with context.wrap_socket(connection, server_hostname="127.0.0.1", session=session) as secure:
            secure.sendall(GET % user_agent)
            assert secure.recv(12) == b"HTTP/1.1 200"
            while secure.recv(4096):
                pass
            return secure.session_reused, secure.session


@pytest.fixture(scope="module")
def two_loops(tmp_path_factory, good):
    folder = tmp_path_factory.mktemp("tickets")
    gguf.write(folder / "demo.gguf", name="demo")
    server = Runtime(folder, *server_flags(good), "--loops", "2")
    poll(lambda: said(server, "serving"), "a line 'serving'")
    yield server
    server.stop()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_resumes_at_whichever_loop_it_comes_to(two_loops, ca, version):
    made = context(ca, version)
    assert call(two_loops, made)[0] is False
    session = call(two_loops, made)[1]
    for _ in range(16):  # all at one loop of two: once in 65,536 times
        was_resumed, session = call(two_loops, made, session)
        assert was_resumed


def s_client(server, ca, *flags):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", ca.file, "-alpn", "http/1.1"]
    out = subprocess.run([*command, "-ign_eof", *flags], input=GET % b"other", capture_output=True, timeout=60)
    assert b"HTTP/1.1 200" in out.stdout
    return out.stdout.decode(errors="replace")


@pytest.mark.parametrize("version", VERSIONS)
def test_openssl_resumes_from_a_file(two_loops, ca, version, tmp_path):
    flag = "-tls" + version.replace(".", "_")
    assert "\nNew, TLSv1.3" in (first := s_client(two_loops, ca, flag, "-sess_out", tmp_path / "s")) or version == "1.2"
    assert "Reused" not in first
    again = s_client(two_loops, ca, flag, "-sess_in", tmp_path / "s")
    assert "\nReused, TLSv" in again
    assert "Early data was not sent" in again or version == "1.2"


def test_openssl_reconnects_with_tls_1_2(two_loops, ca):
    assert s_client(two_loops, ca, "-tls1_2", "-reconnect").count("\nReused, TLSv1.2") == 5


def resumed(server, ca):
    """How many handshakes the server counts as resumed."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        with context(ca).wrap_socket(connection, server_hostname="127.0.0.1") as secure:
            secure.sendall((GET % b"other").replace(b"/healthz", b"/metrics"))
            page = b"".join(iter(lambda: secure.recv(1 << 16), b"")).decode()
    (line,) = [line for line in page.splitlines() if line.startswith('vitals_tls_handshakes_total{result="resumed"}')]
    return float(line.split()[-1])


def test_curl_and_grpc_resume(two_loops, ca):
    before = resumed(two_loops, ca)
    url = f"https://127.0.0.1:{two_loops.port}/healthz"
    command = ["curl", "-sf", "--cacert", ca.file, "-H", "Connection: close", "--http1.1"]
    subprocess.run([*command, *["-o", "/dev/null", url] * 3], check=True, timeout=60)
    assert resumed(two_loops, ca) == before + 2
    options = [
        ("grpc.use_local_subchannel_pool", 1), ("grpc.ssl_session_cache", session_cache.ssl_session_cache_lru(1)),
        ("grpc.ssl_target_name_override", "localhost"),
    ]
    for _ in range(3):
        credentials = grpc.ssl_channel_credentials(ca.file.read_bytes())
        with grpc.secure_channel(f"127.0.0.1:{two_loops.port}", credentials, options) as channel:
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)
    assert resumed(two_loops, ca) == before + 4


def test_a_probe_gets_no_ticket(two_loops, ca):
    assert call(two_loops, context(ca))[1].has_ticket
    session = call(two_loops, context(ca), user_agent=b"grpc_health_probe/0.4")[1]
    assert session is None or not session.has_ticket
    before = resumed(two_loops, ca)
    for _ in range(2):
        assert probe(two_loops.port, *tls(ca)) == SERVING
    assert resumed(two_loops, ca) == before


@pytest.mark.parametrize("count, is_refused", [(1, False), (4, False), (5, True), (300, True)])
def test_a_hello_with_many_tickets_is_refused(two_loops, count, is_refused):
    identities = hello.vector(2, (hello.vector(2, bytes(40)) + bytes(4)) * count)
    binders = hello.vector(2, hello.vector(1, bytes(32)) * count)
    modes = hello.extension(45, hello.vector(1, b"\x01"))
    sent = hello.client_hello([hello.X25519], modes, hello.extension(41, identities + binders))
    assert hello.alert(answer(two_loops.port, sent)) == (47 if is_refused else None)  # illegal_parameter


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_ends_with_the_certificates_that_it_was_made_with(start, ca, stranger, good, client, tmp_path, version):
    roots = tmp_path / "roots.pem"
    roots.write_bytes(ca.file.read_bytes())
    pair = Pair(tmp_path / "server.pem", tmp_path / "server.key")
    replace(pair, good)
    server = start(pair, "--tls-client-ca", roots)
    made = context(ca, version, client)
    session = call(server, made)[1]
    was_resumed, session = call(server, made, session)
    assert was_resumed
    # The server's certificate changes: a full handshake, and from then on short ones.
    replace(pair, ca.issue(f"next-{version}", "IP:127.0.0.1"))
    server.process.send_signal(signal.SIGHUP)
    poll(lambda: said(server, "certificates reloaded"), "certificates reloaded")
    was_resumed, session = call(server, made, session)
    assert not was_resumed
    assert call(server, made, session)[0]
    # The client's authority is not trusted any more: its ticket is worth nothing.
    roots.write_bytes(stranger.file.read_bytes())
    count = len(said(server, "certificates reloaded"))
    server.process.send_signal(signal.SIGHUP)
    poll(lambda: len(said(server, "certificates reloaded")) > count, "roots reloaded")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        call(server, made, session)


def test_a_session_lives_for_the_lifetime_and_no_longer(start, ca, good):
    server = start(good, "--tls-ticket-lifetime", "3s")
    made = context(ca)
    session = first = call(server, made)[1]
    was_resumed, session = call(server, made, session)
    assert was_resumed
    # Resuming it does not prolong it.
    poll(lambda: not call(server, made, session)[0], "the session ends", 20, interval=0.2)
    assert not call(server, made, first)[0]


def test_without_a_lifetime_there_are_no_tickets(start, ca, good):
    server = start(good, "--tls-ticket-lifetime", "0s")
    for version in VERSIONS:
        made = context(ca, version)
        session = call(server, made)[1]
        assert session is None or not session.has_ticket
        assert not call(server, made, session)[0]
