# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What the probe trusts, and what it says of certificates that are wrong in ways that people meet."""

import os
import pathlib

import pytest
from certificates import Authority, Pair
from conftest import poll
from tls_setup import ca, client, folder, good, stranger  # noqa: F401 (fixtures)
from tls_setup import REFUSED, SERVING, assert_cause, client_flags, probe, serve, tls
from test_tls_server import start  # noqa: F401 (a fixture)

UNKNOWN = (
    "TLS: the certificate was issued by an unknown authority (Test CA): "
    "use -tls-ca-cert with the certificate of its issuer"
)


# Folders, whose files may have any name, as for Go's crypto/x509.


@pytest.mark.parametrize("name", ["root.pem", "our-ca", "x.crt.2026"])
def test_a_file_of_any_name_in_a_folder_is_trusted(ca, good, tmp_path, name):
    (tmp_path / name).write_bytes(ca.file.read_bytes())
    environment = {"SSL_CERT_DIR": f"/nonexistent:{tmp_path}"}
    with serve(good) as port:
        # The system's own file is there as well.
        assert probe(port, "-tls", environment=environment) == SERVING
        assert probe(port, "-tls", environment=environment | {"SSL_CERT_FILE": "/nonexistent"}) == SERVING


def test_a_folder_of_other_things(ca, good, stranger, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "root.pem").write_bytes(ca.file.read_bytes())
    (tmp_path / "stranger").write_bytes(stranger.file.read_bytes())
    (tmp_path / "link").symlink_to("stranger")
    (tmp_path / "dangling").symlink_to("/nonexistent")
    (tmp_path / "noise").write_bytes(os.urandom(5000))
    os.mkfifo(tmp_path / "fifo")
    with serve(good) as port:
        assert_cause(port, UNKNOWN, "-tls", environment={"SSL_CERT_DIR": str(tmp_path)})
        (tmp_path / "elsewhere").symlink_to(tmp_path / "sub" / "root.pem")
        assert probe(port, "-tls", environment={"SSL_CERT_DIR": str(tmp_path)}) == SERVING


def test_an_intermediate_in_a_folder_is_enough(ca, tmp_path):
    middle = Authority(tmp_path, "Middle CA", issuer=ca)
    leaf = middle.issue("below", "IP:127.0.0.1")
    chain = Pair(tmp_path / "chain.pem", leaf.key)
    roots = tmp_path / "roots"
    roots.mkdir()
    environment = {"SSL_CERT_DIR": str(roots)}
    for shown in (leaf.certificate.read_bytes(), leaf.certificate.read_bytes() + middle.file.read_bytes()):
        chain.certificate.write_bytes(shown)
        with serve(chain) as port:
            assert probe(port, "-tls", "-connect-timeout=1s", environment=environment)[0] == 2
            (roots / "middle").write_bytes(middle.file.read_bytes())
            assert probe(port, "-tls", environment=environment) == SERVING
            (roots / "middle").unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="writes into /etc/ssl/certs")
def test_a_file_in_the_systems_own_folder_is_trusted(ca, good):
    path = pathlib.Path("/etc/ssl/certs/vitals-test-any-name")
    with serve(good) as port:
        assert_cause(port, UNKNOWN, "-tls")
        try:
            path.write_bytes(ca.file.read_bytes())
            assert probe(port, "-tls") == SERVING
        finally:
            path.unlink()


# Names and purposes.


def test_a_certificate_for_any_purpose_is_good(start, ca):
    pair = ca.issue("any", "IP:127.0.0.1", usage="anyExtendedKeyUsage")
    with serve(pair) as port:
        assert probe(port, *tls(ca)) == SERVING
    server = start(pair, "--tls-client-ca", ca.file)
    assert probe(server.port, *tls(ca), *client_flags(pair)) == SERVING


def test_a_server_certificate_for_clients_only(ca):
    pair = ca.issue("only-client", "IP:127.0.0.1", usage="clientAuth")
    cause = "TLS: the certificate of only-client is not accepted: its extended key usage has no serverAuth"
    with serve(pair) as port:
        assert_cause(port, cause, *tls(ca))


def test_a_client_certificate_that_is_not_for_clients(start, ca, good):
    pair = ca.issue("only-server", usage="serverAuth")
    server = start(good, "--tls-client-ca", ca.file)
    text = f"{REFUSED} unsupported_certificate: our certificate (only-server) is not for clients"
    cause = f"{text}: -tls-client-cert needs clientAuth in its extended key usage"
    assert_cause(server.port, cause, *tls(ca), *client_flags(pair))
    poll(lambda: "its extended key usage has no clientAuth" in str(server.lines()), "a line says why")


@pytest.mark.parametrize("name", ["a.example:443", "a.example", "127.0.0.1:443", "::ffff:127.0.0.1", "[::ffff:7f00:1]:1"])
def test_a_server_name_with_a_port_or_in_another_form(ca, good, name):
    with serve(good) as port:
        assert probe(port, *tls(ca), "-tls-server-name", name) == SERVING


def test_an_address_as_a_dns_name(ca):
    pair = ca.issue("address", "DNS:127.0.0.1,DNS:c.example")
    cause = (
        "TLS: the certificate has 127.0.0.1 as a DNS name, not as an IP address: "
        "it needs the SAN IP:127.0.0.1, or use -tls-server-name with another name of it"
    )
    with serve(pair) as port:
        assert_cause(port, cause, *tls(ca))


def test_an_authority_that_has_expired(tmp_path):
    old = Authority(tmp_path, "Old CA", dates=("20200101000000Z", "20210102030405Z"))
    leaf = old.issue("young", "IP:127.0.0.1")
    cause = (
        "TLS: the certificate of the CA Old CA expired on 2021-01-02 03:04:05 UTC: "
        "renew it in -tls-ca-cert or in the server's chain"
    )
    with serve(leaf) as port:
        assert_cause(port, cause, *tls(old))
