# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What a client of TLS may cost our server: groups, certificates, records without data."""

import re
import socket
import ssl
import subprocess

import hello
import pytest
from certificates import openssl
from conftest import poll
from tls_setup import ca, client, folder, good  # noqa: F401 (fixtures)
from tls_setup import SERVING, assert_cause, client_flags, probe, s_server, tls
from test_tls_server import start  # noqa: F401 (a fixture)

HANDSHAKE_FAILURE = 40


def answer(port, data):
    """All that the server says to these bytes; up to its first pause when it goes on."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(data)
        return connection.recv(1 << 16)


@pytest.mark.parametrize("group", [hello.FFDHE2048, hello.FFDHE8192])
def test_a_hello_with_finite_fields_only_is_refused(start, good, group):
    server = start(good)
    assert hello.alert(answer(server.port, hello.client_hello([group]))) == HANDSHAKE_FAILURE
    poll(lambda: any("no suitable key share" in str(line) for line in server.lines()), "a line says why")


def test_a_hello_with_groups_without_end_is_refused(start, good):
    server = start(good)
    groups = [0x4000 + number for number in range(3500)]
    assert hello.alert(answer(server.port, hello.client_hello(groups, key_shares=b"\0\0"))) == 47  # illegal_parameter


@pytest.mark.parametrize("group", [hello.X25519, hello.P256, hello.P384])
def test_a_hello_with_a_good_group_is_answered(start, good, group):
    reply = answer(start(good).port, hello.client_hello([hello.FFDHE8192, group], key_shares=hello.shares([group])))
    assert (reply[0], reply[5]) == (0x16, 2)  # a record of the handshake: ServerHello
    assert group.to_bytes(2, "big") in reply[5:200]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("curve, is_fine", [("prime256v1", True), ("secp384r1", True), ("secp521r1", False)])
def test_clients_of_one_curve(start, ca, version, curve, is_fine):
    # With TLS 1.2 the group of an ECDSA certificate has to be one of the client's as well.
    server = start(ca.issue("rsa-server", "IP:127.0.0.1", key="RSA"))
    context = ssl.create_default_context(cafile=ca.file)
    context.set_alpn_protocols(["h2"])
    context.set_ecdh_curve(curve)
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        if not is_fine:
            with pytest.raises(ssl.SSLError, match="(?i)handshake.failure"):
                context.wrap_socket(connection, server_hostname="127.0.0.1")
            return
        with context.wrap_socket(connection, server_hostname="127.0.0.1") as secure:
            assert secure.selected_alpn_protocol() == "h2"


@pytest.mark.parametrize("groups", ["P-256", "P-384", "X25519"])
def test_the_probe_meets_servers_of_one_group(ca, good, groups):
    silent = "HTTP/2: connected with TLS, but the server sent no SETTINGS: it is stuck, or this is not a gRPC port"
    with s_server(good, "-groups", groups, "-alpn", "h2") as port:
        assert_cause(port, silent, *tls(ca))


def test_the_probe_offers_no_finite_fields(ca, good):
    with s_server(good, "-groups", "ffdhe2048", "-alpn", "h2") as port:
        code, lines = probe(port, *tls(ca), "-connect-timeout=1s")
    assert code == 2 and "handshake_failure" in lines[1]


def test_a_server_with_a_certificate_of_another_curve(start, ca):
    """The groups are for the exchange of keys: a certificate may have another curve."""
    pair = ca.issue("p521", "IP:127.0.0.1", key="P-521")
    server = start(pair)
    assert probe(server.port, *tls(ca)) == SERVING


def s_client(port, letter, sign, *flags):
    """Has `openssl s_client` do what this letter stands for until the server ends the connection, at most 200 times;
    how often it said `sign`, and the rest of what it said."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-alpn", "h2", *flags]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, text=True, **pipes)
    said, count = [], 0
    try:
        for line in process.stdout:
            said.append(line)
            # Commands are lines read by themselves.
            if sign in line or "Verify return code" in line:
                count += sign in line
                if count == 200:
                    break
                process.stdin.write(letter + "\n")
                process.stdin.flush()
    except BrokenPipeError:
        pass
    finally:
        process.kill()
        process.wait()
    return count, "".join(said)


def test_a_flood_of_key_updates_ends_the_connection(start, good):
    server = start(good)
    count, said = s_client(server.port, "K", "KEYUPDATE", "-tls1_3")
    assert 60 <= count < 200, said
    poll(lambda: any("too many records without data" in str(line) for line in server.lines()), "a line says why")
    assert probe(server.port, "-tls", "-tls-no-verify") == SERVING


def test_no_client_gets_a_new_handshake(start, good):
    """Renegotiation of TLS 1.2."""
    server = start(good)
    count, said = s_client(server.port, "R", "RENEGOTIATING", "-tls1_2")
    assert count == 1
    # Or our SETTINGS come before it, which a client that wants a new handshake cannot take.
    assert re.search("(?i)no.renegotiation|unexpected record", said), said
    assert probe(server.port, "-tls", "-tls-no-verify") == SERVING


def test_a_client_key_that_is_dear_to_verify_is_refused(start, ca, good, client, tmp_path):
    server = start(good, "--tls-client-ca", ca.file)
    assert probe(server.port, *tls(ca), *client_flags(client)) == SERVING
    key = tmp_path / "long.key"
    # 2^40 + 15 as public exponent; a key of 16,384 bits takes minutes to make.
    size = ["-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:1099511627791"]
    openssl("genpkey", "-algorithm", "RSA", *size, "-out", key)
    pair = ca.issue("long", key=key)
    hint = "it does not accept the client certificate: check -tls-client-cert, its issuer and its dates"
    cause = f"TLS: the peer refused with the alert bad_certificate: {hint}"
    assert_cause(server.port, cause, *tls(ca), *client_flags(pair))
    assert any("its RSA key has a long public exponent" in str(line) for line in server.lines())
