# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""TLS and mutual TLS: the probe against other people's servers, other people's clients against ours, and both."""

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess

import grpc
import peers
import pytest
from certificates import Authority, Pair, openssl
from conftest import DIST, free_port, poll, stop_process
from grpc_health.v1 import health_pb2, health_pb2_grpc

PROBE = DIST / "grpc_health_probe"
SERVING = (0, ["status: SERVING"])
# Whatever this machine's user trusts is none of our business.
MACHINE = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT_")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def ca(folder):
    return Authority(folder, "Test CA")


@pytest.fixture(scope="module")
def stranger(folder):
    return Authority(folder, "Stranger")


@pytest.fixture(scope="module")
def good(ca):
    return ca.issue("good", "DNS:a.example,DNS:localhost,IP:127.0.0.1")


@pytest.fixture(scope="module")
def client(ca):
    return ca.issue("client")


def probe(port, *flags, timeout="300ms", environment=None):
    """The exit code and the lines of standard error."""
    command = [PROBE, "-addr", f"127.0.0.1:{port}", "-connect-timeout", timeout, *flags]
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
        env=MACHINE | (environment or {}),
    )
    assert result.stdout == ""
    assert len(result.stderr) < 4096
    return result.returncode, result.stderr.splitlines()


def assert_cause(port, cause, *flags, **keywords):
    """The probe does not connect, for this reason and no other."""
    first = f'timeout: failed to connect service "127.0.0.1:{port}" within 300ms'
    assert probe(port, *flags, **keywords) == (2, [first, f"cause: {cause}"])


@contextlib.contextmanager
def serve(pair, client_ca=None, servicer=None):
    """A grpcio server with this certificate; gives its port."""
    roots = client_ca and client_ca.file.read_bytes()
    credentials = grpc.ssl_server_credentials([pair.bytes()], roots, client_ca is not None)
    with peers.serve(servicer or peers.stock(), credentials=credentials) as port:
        yield port


@contextlib.contextmanager
def s_server(pair, *flags):
    """`openssl s_server`; gives its port."""
    port = free_port()
    command = ["openssl", "s_server", "-accept", str(port), "-cert", pair.certificate, "-key", pair.key]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([*command, "-quiet", *flags], **streams)

    def listens():
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=1).close() or True

    try:
        poll(listens, "openssl s_server listens")
        yield port
    finally:
        stop_process(process)


def secure_stub(port, ca, pair=None):
    """A grpcio client; calls fail as long as there is no connection."""
    key, certificate = pair.bytes() if pair else (None, None)
    credentials = grpc.ssl_channel_credentials(ca.file.read_bytes(), key, certificate)
    options = [("grpc.use_local_subchannel_pool", 1)]
    channel = grpc.secure_channel(f"127.0.0.1:{port}", credentials, options)
    return channel, health_pb2_grpc.HealthStub(channel)


def status(port, ca, pair=None):
    channel, stub = secure_stub(port, ca, pair)
    with channel:
        return stub.Check(health_pb2.HealthCheckRequest(), timeout=5).status


def tls(ca):
    return ["-tls", "-tls-ca-cert", ca.file]


# The probe and a grpcio server.


def test_it_connects(ca, good):
    with serve(good) as port:
        assert probe(port, *tls(ca), timeout="5s") == SERVING
        assert probe(port, *tls(ca), "-tls-server-name", "a.example") == SERVING
        assert probe(port, "-tls", "-tls-no-verify") == SERVING
        assert probe(port, "-tls", environment={"SSL_CERT_FILE": str(ca.file)}) == SERVING


def test_a_directory_of_roots(ca, good, tmp_path):
    shutil.copy(ca.file, tmp_path / "root.pem")
    openssl("rehash", tmp_path)
    environment = {"SSL_CERT_DIR": f"/nonexistent:{tmp_path}", "SSL_CERT_FILE": "/nonexistent"}
    with serve(good) as port:
        assert probe(port, "-tls", environment=environment) == SERVING


def test_a_big_bundle_of_roots(ca, stranger, good, tmp_path):
    """The system's own bundle, with and without ours in its midst."""
    system = open("/etc/ssl/certs/ca-certificates.crt").read()
    half = system.index("-----BEGIN", len(system) // 2)
    with serve(good) as port:
        for root in [ca, stranger]:
            bundle = tmp_path / "bundle.pem"
            bundle.write_text(system[:half] + root.file.read_text() + system[half:])
            if root is ca:
                assert probe(port, "-tls", "-tls-ca-cert", bundle) == SERVING
            else:
                assert probe(port, "-tls", "-tls-ca-cert", bundle)[0] == 2
            environment = {"SSL_CERT_FILE": str(bundle)}
            assert probe(port, "-tls", environment=environment)[0] == (0 if root is ca else 2)


def test_what_the_server_sees(ca, good):
    recorder = peers.Recorder()
    with serve(good, servicer=recorder) as port:
        assert probe(port, *tls(ca), "-rpc-header=x-one: 1")[0] == 0
    assert recorder.metadata["x-one"] == "1"


UNKNOWN = "TLS: the certificate was issued by an unknown authority (Test CA)"
USE_CA = ": use -tls-ca-cert with the certificate of its issuer"


def test_an_unknown_authority(stranger, good):
    with serve(good) as port:
        assert_cause(port, UNKNOWN + USE_CA, *tls(stranger))
        assert_cause(port, UNKNOWN + USE_CA, "-tls", environment={"SSL_CERT_FILE": str(stranger.file)})


def test_no_roots_at_all(good, tmp_path):
    cause = "TLS: there are no trusted root certificates on this machine: use -tls-ca-cert, or set SSL_CERT_FILE"
    with serve(good) as port:
        assert_cause(port, cause, "-tls", environment={"SSL_CERT_FILE": str(tmp_path / "none")})


def test_a_self_signed_certificate(ca, tmp_path):
    pair = Pair(tmp_path / "own.pem", tmp_path / "own.key")
    flags = ["-newkey", "rsa:2048", "-nodes", "-keyout", pair.key, "-out", pair.certificate]
    openssl("req", "-x509", *flags, "-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1")
    with serve(pair) as port:
        assert_cause(port, "TLS: the certificate is self-signed and not trusted (own)" + USE_CA, *tls(ca))
        assert probe(port, "-tls", "-tls-ca-cert", pair.certificate) == SERVING


def test_another_name(ca, good):
    text = "TLS: the certificate is for a.example, localhost, 127.0.0.1, not for b.example"
    with serve(good) as port:
        assert_cause(port, f"{text}: use -tls-server-name a.example", *tls(ca), "-tls-server-name", "b.example")
    elsewhere = ca.issue("elsewhere", "DNS:*.c.example")
    with serve(elsewhere) as port:
        text = "TLS: the certificate is for *.c.example, not for 127.0.0.1"
        assert_cause(port, f"{text}: use -tls-server-name with a name that it is for", *tls(ca))


@pytest.mark.parametrize(
    "dates, text",
    [
        (
            ("20200101000000Z", "20210102030405Z"),
            "expired on 2021-01-02 03:04:05 UTC: the server needs a new certificate",
        ),
        (
            ("20980101000000Z", "20991231235959Z"),
            "is not valid before 2098-01-01 00:00:00 UTC: check the clocks of both machines",
        ),
    ],
)
def test_dates(ca, dates, text):
    pair = ca.issue(f"dated-{dates[0]}", "IP:127.0.0.1", dates=dates)
    with serve(pair) as port:
        assert_cause(port, f"TLS: the certificate of dated-{dates[0]} {text}", *tls(ca))


# Keys and certificates of the client.


def client_flags(pair):
    return ["-tls-client-cert", pair.certificate, "-tls-client-key", pair.key]


@pytest.mark.parametrize("kind", ["RSA", "ECDSA", "Ed25519"])
def test_client_keys_of_every_kind(ca, good, kind):
    pair = ca.issue(f"client-{kind}", key=kind)
    server = ca.issue(f"server-{kind}", "IP:127.0.0.1", key=kind)
    # BoringSSL, which grpcio is made with, takes no Ed25519: openssl's own server does.
    if kind == "Ed25519":
        verify = ["-Verify", "1", "-verify_return_error", "-CAfile", ca.file, "-alpn", "h2"]
        with s_server(server, *verify) as port:
            cause = "HTTP/2: connected, but the server sent no SETTINGS: it is stuck, or it waits for TLS (try -tls)"
            assert_cause(port, cause, *tls(ca), *client_flags(pair))
        return
    with serve(server, client_ca=ca) as port:
        assert probe(port, *tls(ca), *client_flags(pair)) == SERVING


@pytest.mark.parametrize("kind, form", [("RSA", ["rsa", "-traditional"]), ("ECDSA", ["ec"])])
def test_client_keys_in_their_old_forms(ca, good, tmp_path, kind, form):
    pair = ca.issue(f"old-{kind}", key=kind)
    old = Pair(pair.certificate, tmp_path / "old.key")
    openssl(*form, "-in", pair.key, "-out", old.key)
    assert f"BEGIN {form[0].upper()} PRIVATE KEY" in old.key.read_text()
    with serve(good, client_ca=ca) as port:
        assert probe(port, *tls(ca), *client_flags(old)) == SERVING


def test_bad_files(ca, good, client, tmp_path):
    def error(text, *flags):
        line = f"failed to initialize tls credentials. error={text}"
        assert probe(1, "-tls", *flags) == (1, [line])

    missing, junk = tmp_path / "missing", tmp_path / "junk"
    junk.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    not_found = f"open {missing}: no such file or directory"
    pair = "failed to load tls client cert/key pair. error="
    roots = "failed to load root CA certificates from file"
    error(f"{roots} ({missing}) error={not_found}", "-tls-ca-cert", missing)
    error(f"{roots} ({tmp_path}) error=read {tmp_path}: is a directory", "-tls-ca-cert", tmp_path)
    error(f"no root CA certs parsed from file {junk}", "-tls-ca-cert", junk)
    error(f"no root CA certs parsed from file {good.key}", "-tls-ca-cert", good.key)
    error(pair + not_found, *client_flags(Pair(missing, client.key)))
    error(pair + not_found, *client_flags(Pair(client.certificate, missing)))
    mismatch = "tls: private key does not match public key"
    error(pair + mismatch, *client_flags(Pair(client.certificate, good.key)))
    rsa = ca.issue("rsa", key="RSA")
    mismatch = "tls: private key type does not match public key type"
    error(pair + mismatch, *client_flags(Pair(client.certificate, rsa.key)))
    text = "tls: failed to find any PEM data in certificate input"
    error(pair + text, *client_flags(Pair(client.key, client.key)))
    text = "tls: failed to find any PEM data in key input"
    error(pair + text, *client_flags(Pair(client.certificate, client.certificate)))
    error(pair + "tls: failed to parse certificate", *client_flags(Pair(junk, client.key)))
    locked = tmp_path / "locked.key"
    openssl("pkey", "-in", client.key, "-aes256", "-passout", "pass:secret", "-out", locked)
    error(pair + "tls: failed to parse private key", *client_flags(Pair(client.certificate, locked)))


# The probe and what is no gRPC server with TLS.

CLOSED = (
    "TLS: the peer closed the connection during the handshake or right after it: "
    "is this a TLS port, does it want a client certificate (-tls-client-cert)?"
)
NO_HTTP2 = "TLS: the peer does not agree to h2 (ALPN): it does not speak HTTP/2 here: is this a gRPC port?"
REFUSED = "TLS: the peer refused with the alert"


def test_a_grpcio_server_that_wants_a_certificate(ca, good):
    with serve(good, client_ca=ca) as port:
        assert_cause(port, CLOSED, *tls(ca))  # grpcio gives no reason


def test_a_server_without_alpn(ca, good):
    with s_server(good) as port:
        assert_cause(port, NO_HTTP2, *tls(ca))


def test_a_server_of_another_protocol(ca, good):
    hint = "it does not speak HTTP/2 here: is this a gRPC port?"
    with s_server(good, "-alpn", "http/1.1") as port:
        assert_cause(port, f"{REFUSED} no_application_protocol: {hint}", *tls(ca))


def test_a_server_of_old_versions_only(ca, good):
    with s_server(good, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0") as port:
        assert_cause(port, f"{REFUSED} protocol_version: it has to allow TLS 1.2 or 1.3", *tls(ca))


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_silent_server_of_each_version(ca, good, version):
    with s_server(good, version, "-alpn", "h2") as port:
        code, lines = probe(port, *tls(ca))
        assert (code, lines[1].startswith("cause: HTTP/2: connected, but")) == (2, True)


def test_a_plaintext_server():
    plaintext = "TLS: the peer does not speak TLS: it speaks plaintext: leave -tls out"
    with peers.serve(peers.stock()) as port:
        assert_cause(port, plaintext, "-tls", "-tls-no-verify")
    with peers.talk(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert_cause(port, plaintext, "-tls", "-tls-no-verify")


def test_servers_that_say_nothing():
    silent = (
        "TLS: connected, but the server does not answer the handshake: "
        "it is stuck, or it does not speak TLS (leave -tls out)"
    )
    with peers.talk(b"") as port:
        assert_cause(port, silent, "-tls")
    with peers.talk(None) as port:
        assert_cause(port, CLOSED, "-tls")


def test_garbage_in_a_record():
    with peers.talk(bytes.fromhex("1603030020") + bytes(range(32))) as port:
        code, lines = probe(port, "-tls")
        assert (code, lines[1].startswith("cause: TLS: the handshake failed: ")) == (2, True)


# Our server.


def server_flags(pair):
    return ["--tls-cert", pair.certificate, "--tls-key", pair.key]


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
    # And it is still not there for whoever speaks plaintext.
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
    assert probe(server.port, *tls(ca), *client_flags(stranger.issue("uninvited")))[0] == 2


def test_our_server_wants_http2_and_a_new_version(start, ca, good):
    server = start(good)
    context = ssl.create_default_context(cafile=ca.file)

    def connect():
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            with context.wrap_socket(connection, server_hostname="127.0.0.1") as secure:
                return secure.version(), secure.recv(1)

    assert connect()[1] == b""  # no ALPN: closed after the handshake
    context.set_alpn_protocols(["http/1.1"])
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        connect()
    context.set_alpn_protocols(["http/1.1", "h2"])
    assert connect() == ("TLSv1.3", b"\0")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert connect() == ("TLSv1.2", b"\0")


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


def serial(port, ca):
    """Which certificate the server shows."""
    context = ssl.create_default_context(cafile=ca.file)
    context.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
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
        stub.Check(request, timeout=5)
        replace(pair, second)
        if how == "SIGHUP":
            server.process.send_signal(signal.SIGHUP)
        poll(lambda: serial(server.port, ca) != old, "the new certificate")
        stub.Check(request, timeout=5)  # on the connection that was there
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


def test_a_server_with_bad_files_does_not_start(good, client, tmp_path):
    def refusal(*flags):
        command = [DIST / "skill-runtime", "--demo", "--port", "0", *flags]
        result = subprocess.run(command, capture_output=True, text=True, timeout=10)
        assert (result.returncode, result.stdout) == (1, "")
        (line,) = result.stderr.splitlines()
        return line

    start = "skill-runtime: cannot use the certificates of --tls-cert, --tls-key or --tls-client-ca: "
    missing = tmp_path / "missing"
    not_found = f"open {missing}: no such file or directory"
    assert refusal(*server_flags(Pair(missing, good.key))) == start + not_found
    line = refusal(*server_flags(Pair(good.certificate, client.key)))
    assert line == start + "tls: private key does not match public key"
    line = refusal(*server_flags(good), "--tls-client-ca", good.key)
    assert line == f"{start}no root CA certs parsed from file {good.key}"
    assert refusal("--tls-cert", "x") == "skill-runtime: --tls-cert and --tls-key need each other"
    line = refusal(*server_flags(good), "--tls-client-auth", "require")
    assert line == "skill-runtime: --tls-client-auth require needs --tls-client-ca"


def test_a_client_that_never_ends_its_handshake(start, good):
    server = start(good)
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as connection:
        connection.sendall(bytes.fromhex("160301"))
        assert connection.recv(1) == b""
    assert "handshake took too long" in str(server.lines())
