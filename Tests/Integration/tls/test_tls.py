# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The probe with TLS against other people's servers: exit code, first line and cause."""

import re
import shutil

import health_servers
import pytest
from certificates import Pair, openssl
from tls_setup import ca, client, folder, good, stranger  # noqa: F401 (fixtures)
from tls_setup import REFUSED, SERVING, assert_cause, client_flags, probe, s_server, serve, tls

# The probe and a grpcio server.


def test_it_connects(ca, good):
    with serve(good) as port:
        assert probe(port, *tls(ca)) == SERVING
        assert probe(port, *tls(ca), "-tls-server-name", "a.example") == SERVING
        assert probe(port, "-tls", "-tls-no-verify") == SERVING
        assert probe(port, "-tls", environment={"SSL_CERT_FILE": str(ca.file)}) == SERVING


def test_verbose_tells_what_was_agreed(ca, good):
    with serve(good) as port:
        lines = probe(port, *tls(ca), "-v")[1]
    assert any(re.fullmatch(r"> version=TLSv1\.3 cipher=TLS_\w+ alpn=h2", line) for line in lines), lines


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
                assert_cause(port, UNKNOWN + USE_CA, "-tls", "-tls-ca-cert", bundle)
            environment = {"SSL_CERT_FILE": str(bundle)}
            if root is ca:
                assert probe(port, "-tls", environment=environment) == SERVING
            else:
                assert_cause(port, UNKNOWN + USE_CA, "-tls", environment=environment)


def test_what_the_server_sees(ca, good):
    recorder = health_servers.Recorder()
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
        assert_cause(port, cause, "-tls", environment={"SSL_CERT_FILE": str(tmp_path / "none"), "SSL_CERT_DIR": str(tmp_path)})


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


@pytest.mark.parametrize("kind", ["RSA", "ECDSA", "Ed25519"])
def test_client_keys_of_every_kind(ca, good, kind):
    pair = ca.issue(f"client-{kind}", key=kind)
    server = ca.issue(f"server-{kind}", "IP:127.0.0.1", key=kind)
    # BoringSSL, which grpcio is made with, takes no Ed25519: openssl's own server does.
    if kind == "Ed25519":
        verify = ["-Verify", "1", "-verify_return_error", "-CAfile", ca.file, "-alpn", "h2"]
        with s_server(server, *verify) as port:
            assert_cause(port, NO_SETTINGS, *tls(ca), *client_flags(pair))
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
    for form in ([], ["-traditional"]):
        openssl("pkey", "-in", client.key, "-aes256", *form, "-passout", "pass:secret", "-out", locked)
        text = f"tls: failed to parse private key: {locked} is encrypted with a passphrase, and there is no way to give one"
        error(f"{pair}{text}: decrypt it (openssl pkey -in FILE -out NEW)", *client_flags(Pair(client.certificate, locked)))


# The probe and what is no gRPC server with TLS.

CLOSED = (
    "TLS: the peer closed the connection during the handshake or right after it: "
    "is this a TLS port, does it want a client certificate (-tls-client-cert)?"
)
NO_SETTINGS = (
    "HTTP/2: connected with TLS, but the server sent no SETTINGS: it is stuck, or this is not a gRPC port"
)
NO_HTTP2 = "TLS: the peer does not agree to h2 (ALPN): it does not speak HTTP/2 here: is this a gRPC port?"


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
        assert_cause(port, NO_SETTINGS, *tls(ca))


def test_a_plaintext_server():
    plaintext = "TLS: the peer does not speak TLS: it speaks plaintext: leave -tls out"
    with health_servers.serve(health_servers.stock()) as port:
        assert_cause(port, plaintext, "-tls", "-tls-no-verify")
    with health_servers.talk(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert_cause(port, plaintext, "-tls", "-tls-no-verify")


def test_servers_that_say_nothing():
    silent = (
        "TLS: connected, but the server does not answer the handshake: "
        "it is stuck, or it does not speak TLS (leave -tls out)"
    )
    with health_servers.talk(b"") as port:
        assert_cause(port, silent, "-tls")
    with health_servers.talk(None) as port:
        assert_cause(port, CLOSED, "-tls")


def test_garbage_in_a_record():
    with health_servers.talk(bytes.fromhex("1603030020") + bytes(range(32))) as port:
        code, lines = probe(port, "-tls", timeout="1s")
        assert (code, lines[1].startswith("cause: TLS: the handshake failed: ")) == (2, True)
