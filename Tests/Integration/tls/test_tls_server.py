# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Our server with TLS and mutual TLS: other people's clients, the probe, and certificates that change."""

import contextlib
import os
import select
import shutil
import signal
import socket
import ssl
import subprocess
import time

import grpc
import http2
import pytest
from certificates import Pair
from conftest import DIST, REPORTS, poll
from grpc_health.v1 import health_pb2
from tls_setup import ca, client, folder, good, stranger  # noqa: F401 (fixtures)
from tls_setup import (
    REFUSED,
    SERVING,
    assert_cause,
    client_flags,
    probe,
    secure_stub,
    server_flags,
    status,
    tls,
)

@pytest.fixture
def start(runtime):
    """Starts our server with TLS and gives it when it is SERVING."""

    def start(pair, *flags):
        server = runtime(*server_flags(pair), *flags)
        poll(lambda: any(line["message"] == "serving" for line in server.lines()), "a line 'serving'")
        return server

    return start


@pytest.mark.parametrize("kind", ["RSA", "ECDSA", "Ed25519"])
def test_our_server(start, ca, kind):
    server = start(ca.issue(f"ours-{kind}", "IP:127.0.0.1", key=kind))
    assert probe(server.port, *tls(ca)) == SERVING
    if kind != "Ed25519":
        assert status(server.port, ca) == health_pb2.HealthCheckResponse.SERVING
    # And plaintext is still refused.
    assert_cause(server.port, "HTTP/2: the server speaks TLS: use -tls")


def test_our_server_with_mutual_tls(start, ca, stranger, good, client):
    server = start(good, "--tls-client-ca", ca.file)
    assert probe(server.port, *tls(ca), *client_flags(client)) == SERVING
    assert status(server.port, ca, client) == health_pb2.HealthCheckResponse.SERVING
    text = f"{REFUSED} certificate_required: it wants a client certificate: use -tls-client-cert and -tls-client-key"
    assert_cause(server.port, text, *tls(ca))
    hint = "it does not accept the client certificate: check -tls-client-cert, its issuer and its dates"
    bad = stranger.issue("bad-client")
    assert_cause(server.port, f"{REFUSED} unknown_ca: {hint}", *tls(ca), *client_flags(bad))
    old = ca.issue("old-client", dates=("20200101000000Z", "20210101000000Z"))
    assert_cause(server.port, f"{REFUSED} certificate_expired: {hint}", *tls(ca), *client_flags(old))
    with pytest.raises(grpc.RpcError):
        status(server.port, ca)


def test_our_server_asking_for_certificates(start, ca, stranger, good, client):
    server = start(good, "--tls-client-ca", ca.file, "--tls-client-auth", "request")
    assert probe(server.port, *tls(ca)) == SERVING
    assert probe(server.port, *tls(ca), *client_flags(client)) == SERVING
    assert probe(server.port, *tls(ca), *client_flags(stranger.issue("uninvited")), timeout="300ms")[0] == 2


def test_our_server_speaks_http2_or_http1_as_agreed_and_a_new_version(start, ca, good):
    server = start(good)
    context = ssl.create_default_context(cafile=ca.file)

    def connect(request=b""):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            with context.wrap_socket(connection, server_hostname="127.0.0.1") as secure:
                secure.sendall(request)
                return secure.version(), secure.recv(1)

    get = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    assert connect(get)[1] == b"H"  # without ALPN the first bytes decide
    context.set_alpn_protocols(["http/1.1"])
    assert connect(get)[1] == b"H"
    context.set_alpn_protocols(["spdy/3"])
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        connect()
    context.set_alpn_protocols(["http/1.1", "h2"])
    assert connect() == ("TLSv1.3", b"\0")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert connect() == ("TLSv1.2", b"\0")


def test_a_client_without_a_certificate_reads_why_however_much_it_has_said(start, ca, good):
    server = start(good, "--tls-client-ca", ca.file)
    context = ssl.create_default_context(cafile=ca.file)
    context.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        with context.wrap_socket(connection, server_hostname="127.0.0.1") as secure:
            # With TLS 1.3 the client's side of the handshake is over before the server has checked for a certificate.
            secure.sendall(bytes(100_000))
            with pytest.raises(ssl.SSLError, match="(?i)certificate.required"):
                secure.recv(1)


def all_of(connection):
    """What a server says until it closes the connection."""
    return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.mark.parametrize("more", [0, 50_000])
def test_plaintext_on_our_port_of_tls_is_told_so(start, good, more):
    server = start(good)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n" + bytes(more))
        head, body = all_of(connection).split(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert body == b"this port speaks TLS: plaintext HTTP was sent to it\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(http2.PREFACE + bytes(more))
        assert all_of(connection) == bytes.fromhex("15030100020246")  # a fatal alert: protocol_version


@pytest.mark.parametrize("alpn", [["h2"], None], ids=str)
def test_tls_on_our_plaintext_port_is_told_so(serving, alpn):
    context = ssl.create_default_context()
    if alpn:
        context.set_alpn_protocols(alpn)
    with socket.create_connection(("127.0.0.1", serving.port), timeout=10) as connection:
        with pytest.raises(ssl.SSLError, match="(?i)wrong.version.number|record.layer.failure"):
            context.wrap_socket(connection, server_hostname="localhost")
    assert_cause(serving.port, "TLS: the peer does not speak TLS: it speaks plaintext: leave -tls out", "-tls")
    # The client may have its answer before the log has its line.
    poll(lambda: "the client speaks TLS" in str(serving.lines()), "the log says why")


def test_many_calls_and_a_watch_over_tls(start, ca, good):
    server = start(good)
    channel, stub = secure_stub(server.port, ca)
    with channel:
        request = health_pb2.HealthCheckRequest()
        for call in [stub.Check.future(request, timeout=20) for _ in range(1000)]:
            assert call.result().status == health_pb2.HealthCheckResponse.SERVING
        watch = stub.Watch(request, timeout=20)
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        server.toggle_maintenance()
        assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watch.cancel()


def test_a_client_that_does_not_read_for_a_while(start, ca, good):
    """The server's output stays in order, whatever the socket takes of it at a time."""
    server = start(good)
    context = ssl.create_default_context(cafile=ca.file)
    context.set_alpn_protocols(["h2"])
    # A sanitizer makes each some ten times as dear.
    calls = 10_000 if REPORTS else 60_000
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        connection.connect(("127.0.0.1", server.port))
        with context.wrap_socket(connection, server_hostname="127.0.0.1") as secure:
            # Requests so long that the server never has a hundred of them at once.
            padding = [(b"x-%d" % index, bytes([97 + index]) * 120) for index in range(3)]
            fields = http2.header_block(
                (b":method", b"POST"), (b":scheme", b"https"), (b":authority", b"localhost"),
                (b":path", b"/grpc.health.v1.Health/Check"), (b"te", b"trailers"),
                (b"content-type", b"application/grpc"), *padding,
            )
            window = http2.frame(http2.WINDOW_UPDATE, 0, 0, b"\x10\0\0\0")
            output = bytearray(http2.PREFACE + http2.settings() + window)
            for stream in range(1, 2 * calls, 2):
                output += http2.frame(http2.HEADERS, http2.END_HEADERS, stream, fields)
                output += http2.frame(http2.DATA, http2.END_STREAM, stream, bytes(5))
            secure.setblocking(False)
            answered = exchange(secure, output, calls)
    assert answered == [stream for stream in range(1, 2 * calls, 2)]


def exchange(secure, output, calls):
    """Sends as long as that goes, and only then reads; the streams whose answers ended, in order."""
    received, ended, sent, deadline = bytearray(), [], 0, time.monotonic() + 60
    while len(ended) < calls:
        assert time.monotonic() < deadline, f"{len(ended)} answers"
        with contextlib.suppress(ssl.SSLWantWriteError):
            while sent < len(output):
                sent += secure.send(output[sent : sent + 16_000])
        try:
            data = secure.recv(65_536)
            assert data, "closed"
            received += data
        except ssl.SSLWantReadError:
            select.select([secure], [secure] if sent < len(output) else [], [], 5)
        start = 0
        while len(received) - start >= 9:
            length = int.from_bytes(received[start : start + 3], "big")
            if len(received) - start < 9 + length:
                break
            kind, flags = received[start + 3], received[start + 4]
            stream = int.from_bytes(received[start + 5 : start + 9], "big")
            assert kind not in (http2.RST_STREAM, http2.GOAWAY)
            if kind == http2.HEADERS and flags & http2.END_STREAM:
                ended.append(stream)
            start += 9 + length
        del received[:start]
    return ended


def serial(port, ca):
    """Which certificate the server shows."""
    context = ssl.create_default_context(cafile=ca.file)
    context.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        with context.wrap_socket(connection, server_hostname="127.0.0.1") as secure:
            return secure.getpeercert()["serialNumber"]


def replace(pair, other):
    """Puts other files in the place of these, each at once."""
    for mine, new in [(pair.certificate, other.certificate), (pair.key, other.key)]:
        shutil.copy(new, f"{mine}.new")
        os.replace(f"{mine}.new", mine)


def said(server, message):
    return [line for line in server.lines() if line["message"] == message]


@pytest.mark.parametrize("how", ["SIGHUP", "file change"])
def test_certificates_are_read_again(start, ca, tmp_path, how):
    first, second = (ca.issue(f"{name}-{how[0]}", "IP:127.0.0.1") for name in ["first", "second"])
    pair = Pair(tmp_path / "server.pem", tmp_path / "server.key")
    replace(pair, first)
    server = start(pair)
    old = serial(server.port, ca)
    channel, stub = secure_stub(server.port, ca)
    with channel:
        request = health_pb2.HealthCheckRequest()
        stub.Check(request, timeout=20)
        replace(pair, second)
        if how == "SIGHUP":
            server.process.send_signal(signal.SIGHUP)
        poll(lambda: serial(server.port, ca) != old, "the new certificate")
        stub.Check(request, timeout=20)  # on the connection that was there
    new = serial(server.port, ca)
    if how == "SIGHUP":  # it reads them whether they have changed or not
        before = len(said(server, "certificates reloaded"))
        server.process.send_signal(signal.SIGHUP)
        poll(lambda: len(said(server, "certificates reloaded")) > before, "another reading")

    pair.key.write_text("no key")
    refusals = poll(lambda: said(server, "certificates not reloaded"), "a refusal in the log")
    assert "failed to find any PEM data in key input" in str(refusals[-1])
    assert serial(server.port, ca) == new
    assert probe(server.port, *tls(ca)) == SERVING
    replace(pair, first)
    poll(lambda: serial(server.port, ca) == old, "the first certificate again")


def test_a_certificate_that_hangs_holds_up_nobody(start, ca, tmp_path):
    pair = Pair(tmp_path / "server.pem", tmp_path / "server.key")
    replace(pair, ca.issue("hangs", "IP:127.0.0.1"))
    server = start(pair)
    pair.key.unlink()
    os.mkfifo(pair.key)

    def writer():
        with contextlib.suppress(OSError):  # no reader yet
            return os.open(pair.key, os.O_WRONLY | os.O_NONBLOCK)

    end = poll(writer, "the server reads", 20)
    for state in ("on", "off"):
        server.process.send_signal(signal.SIGUSR2)
        poll(lambda: said(server, f"maintenance was switched {state}"), state, 20)
    assert probe(server.port, *tls(ca)) == SERVING
    os.close(end)
    poll(lambda: said(server, "certificates not reloaded"), "what it read", 20)


def test_a_server_with_bad_files_does_not_start(good, client, tmp_path):
    def refusal(*flags):
        command = [DIST / "skill-runtime", "--demo", "--port", "0", *flags]
        result = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert (result.returncode, result.stdout) == (1, "")
        (line,) = result.stderr.splitlines()
        return line

    start = "skill-runtime: cannot use the certificates of "
    missing = tmp_path / "missing"
    not_found = f"open {missing}: no such file or directory"
    assert refusal(*server_flags(Pair(missing, good.key))) == f"{start}--tls-cert: {not_found}"
    line = refusal(*server_flags(Pair(good.certificate, client.key)))
    assert line == start + "--tls-cert and --tls-key: tls: private key does not match public key"
    line = refusal(*server_flags(good), "--tls-client-ca", good.key)
    assert line == f"{start}--tls-client-ca: no root CA certs parsed from file {good.key}"
    assert refusal("--tls-cert", "x") == "skill-runtime: --tls-cert and --tls-key need each other"
    line = refusal(*server_flags(good), "--tls-client-auth", "require")
    assert line == "skill-runtime: --tls-client-auth require needs --tls-client-ca"


def test_a_client_that_never_ends_its_handshake(start, good):
    server = start(good, "--handshake-timeout", "1s")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(bytes.fromhex("160301"))
        assert connection.recv(1) == b""
    poll(lambda: "did not finish its handshake in time" in str(server.lines()), "the log says why")


def test_a_client_that_was_let_in_is_heard_although_the_server_stops(start, good):
    # Serving, so that the next descriptor is the client's.
    server = start(good, "--drain-grace", "0s")
    descriptors = server.descriptors()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer:
        poll(lambda: server.descriptors() > descriptors, "it is let in")
        server.terminate()
        poll(lambda: any(line["message"] == "draining" for line in server.lines()), "the server stops")
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        with context.wrap_socket(peer) as spoken:
            assert spoken.selected_alpn_protocol() == "h2"
    assert server.process.wait(timeout=20) == 0
