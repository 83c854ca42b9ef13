# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What the suites about TLS share: certificates, servers and clients with them, the probe with its cause."""

import contextlib
import os
import socket
import subprocess

import grpc
import health_servers
import pytest
from certificates import Authority
from conftest import DIST, free_port, has_waited_in_vain, poll, stop_process
from grpc_health.v1 import health_pb2, health_pb2_grpc

PROBE = DIST / "grpc_health_probe"
SERVING = (0, ["status: SERVING"])
REFUSED = "TLS: the peer refused with the alert"
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


def probe(port, *flags, timeout="20s", rpc_timeout="20s", environment=None):
    """The exit code and the lines of standard error."""
    command = [PROBE, "-addr", f"127.0.0.1:{port}", "-connect-timeout", timeout, "-rpc-timeout", rpc_timeout, *flags]
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        env=MACHINE | (environment or {}),
    )
    assert result.stdout == ""
    assert len(result.stderr) < 4096
    return result.returncode, result.stderr.splitlines()


def assert_cause(port, cause, *flags, **keywords):
    """The probe does not connect, for this reason and no other."""
    # On a busy machine it may take longer to find out.
    for timeout in ("300ms", "3s", "20s"):
        first = f'timeout: failed to connect service "127.0.0.1:{port}" within {timeout}'
        expected = 2, [first, f"cause: {cause}"]
        outcome = probe(port, *flags, timeout=timeout, **keywords)
        if outcome == expected or not has_waited_in_vain(outcome[1]):
            break
    assert outcome == expected


@contextlib.contextmanager
def serve(pair, client_ca=None, servicer=None):
    """A grpcio server with this certificate; gives its port."""
    roots = client_ca and client_ca.file.read_bytes()
    credentials = grpc.ssl_server_credentials([pair.bytes()], roots, client_ca is not None)
    with health_servers.serve(servicer or health_servers.stock(), credentials=credentials) as port:
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
        return stub.Check(health_pb2.HealthCheckRequest(), timeout=20).status


def tls(ca):
    return ["-tls", "-tls-ca-cert", ca.file]


def client_flags(pair):
    return ["-tls-client-cert", pair.certificate, "-tls-client-key", pair.key]


def server_flags(pair):
    return ["--tls-cert", pair.certificate, "--tls-key", pair.key]
