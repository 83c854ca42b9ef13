# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""-spiffe: the probe, an agent of ours that speaks the Workload API, and grpcio servers with X509-SVIDs."""

import concurrent.futures
import contextlib
import os
import subprocess
import threading

import grpc
import health_servers
import pytest
from certificates import Authority, openssl
from conftest import DIST, free_port, has_waited_in_vain
from grpc_health.v1 import health_pb2, health_pb2_grpc
from spiffe.workload import workload_pb2, workload_pb2_grpc

PROBE = DIST / "grpc_health_probe"
SERVING = (0, ["status: SERVING"])
FAILED = "failed to initialize tls credentials with spiffe. error="
SERVER_ID = "spiffe://example.org/server"


def der(pair, folder):
    """The certificate and the PKCS#8 key of a pair, both DER."""
    certificate, key = folder / "one.der", folder / "one.key.der"
    openssl("x509", "-in", pair.certificate, "-outform", "DER", "-out", certificate)
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", pair.key, "-outform", "DER", "-out", key)
    return certificate.read_bytes(), key.read_bytes()


def root_der(authority, folder):
    path = folder / "root.der"
    openssl("x509", "-in", authority.file, "-outform", "DER", "-out", path)
    return path.read_bytes()


class World:
    """A trust domain with a server and a workload, another domain, and what the agent says."""

    def __init__(self, folder):
        self.folder = folder
        self.home = Authority(folder, "example org")
        self.abroad = Authority(folder, "other org")
        self.server = self.home.issue("server", f"URI:{SERVER_ID}")
        self.workload = self.home.issue("workload", "URI:spiffe://example.org/probe")

    def response(self, pair=None, bundle=None, federated=None):
        certificate, key = der(pair or self.workload, self.folder)
        svid = workload_pb2.X509SVID(
            spiffe_id="spiffe://example.org/probe", x509_svid=certificate, x509_svid_key=key,
            bundle=root_der(bundle or self.home, self.folder),
        )
        return workload_pb2.X509SVIDResponse(svids=[svid], federated_bundles=federated or {})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("spiffe"))


class Agent(workload_pb2_grpc.SpiffeWorkloadAPIServicer):
    """Answers with what it was given last, and keeps the stream open, as agents do. Of a list, each call gets the next
    answer; None is silence."""

    def __init__(self, answer):
        self.answer = answer
        self.metadata = []

    def FetchX509SVID(self, request, context):
        self.metadata = [(key, value) for key, value in context.invocation_metadata()]
        answer = self.answer.pop(0) if isinstance(self.answer, list) else self.answer
        if isinstance(answer, grpc.StatusCode):
            context.abort(answer, "no identity issued")
        if answer is not None:
            yield answer
        ended = threading.Event()
        context.add_callback(ended.set)
        ended.wait(10)


@contextlib.contextmanager
def agent(answer, address):
    servicer = Agent(answer)
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
    workload_pb2_grpc.add_SpiffeWorkloadAPIServicer_to_server(servicer, server)
    server.add_insecure_port(address)
    server.start()
    try:
        yield servicer
    finally:
        server.stop(0).wait()


@contextlib.contextmanager
def agent_at_socket(answer, folder):
    path = folder / "agent.sock"
    with agent(answer, f"unix:{path}") as servicer:
        servicer.endpoint = f"unix://{path}"
        yield servicer


class Witness(health_pb2_grpc.HealthServicer):
    """SERVING, and remembers the certificate of the client."""

    def Check(self, request, context):
        self.certificate = context.auth_context()["x509_pem_cert"][0]
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


@contextlib.contextmanager
def workload_server(pair, client_ca, servicer=None):
    """A grpcio server that shows this SVID and wants one of this authority; gives its port."""
    credentials = grpc.ssl_server_credentials([pair.bytes()], client_ca.file.read_bytes(), True)
    with health_servers.serve(servicer or health_servers.stock(), credentials=credentials) as port:
        yield port


def probe(port, endpoint, *flags, timeout="20s"):
    environment = {name: value for name, value in os.environ.items() if name != "SPIFFE_ENDPOINT_SOCKET"}
    if endpoint is not None:
        environment["SPIFFE_ENDPOINT_SOCKET"] = endpoint
    command = [PROBE, "-addr", f"127.0.0.1:{port}", "-spiffe", "-connect-timeout", timeout, "-rpc-timeout=20s", *flags]
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env=environment
    )
    assert result.stdout == ""
    return result.returncode, result.stderr.splitlines()


def assert_cause(port, endpoint, cause, *flags):
    # On a busy machine it may take longer to find out.
    for timeout in ("400ms", "3s", "20s"):
        first = f'timeout: failed to connect service "127.0.0.1:{port}" within {timeout}'
        expected = 2, [first, f"cause: {cause}"]
        outcome = probe(port, endpoint, *flags, timeout=timeout)
        if outcome == expected or not has_waited_in_vain(outcome[1]):
            break
    assert outcome == expected


def test_any_workload_of_the_trust_domain_is_accepted(world, tmp_path):
    with agent_at_socket(world.response(), tmp_path) as spire, workload_server(world.server, world.home) as port:
        assert probe(port, spire.endpoint) == SERVING
        assert ("workload.spiffe.io", "true") in spire.metadata
        assert probe(port, spire.endpoint, f"-expected-spiffe-id={SERVER_ID}") == SERVING


def test_an_agent_on_tcp(world):
    port_of_agent = free_port()
    with agent(world.response(), f"127.0.0.1:{port_of_agent}"), workload_server(world.server, world.home) as port:
        assert probe(port, f"tcp://127.0.0.1:{port_of_agent}") == SERVING


def test_another_workload_than_the_expected_one(world, tmp_path):
    with agent_at_socket(world.response(), tmp_path) as spire, workload_server(world.server, world.home) as port:
        wanted = "spiffe://example.org/other"
        cause = f"TLS: the server is {SERVER_ID}, not {wanted}: is -addr right, is -expected-spiffe-id?"
        assert_cause(port, spire.endpoint, cause, f"-expected-spiffe-id={wanted}")


def test_trust_domains(world, tmp_path):
    foreign = world.abroad.issue("foreign", "URI:spiffe://other.org/server")
    with agent_at_socket(world.response(), tmp_path) as spire, workload_server(foreign, world.home) as port:
        cause = (
            "TLS: the trust domain of spiffe://other.org/server is not among those that the agent vouches for: "
            "federate with that trust domain"
        )
        assert_cause(port, spire.endpoint, cause)
        bundle = root_der(world.abroad, world.folder)
        spire.answer = world.response(federated={"spiffe://other.org": bundle})
        assert probe(port, spire.endpoint) == SERVING


def test_a_domain_vouches_for_its_own_workloads_only(world, tmp_path):
    # Signed by a federated authority, but it claims to be of the home domain.
    impostor = world.abroad.issue("impostor", f"URI:{SERVER_ID}")
    answer = world.response(federated={"spiffe://other.org": root_der(world.abroad, world.folder)})
    with agent_at_socket(answer, tmp_path) as spire, workload_server(impostor, world.home) as port:
        code, lines = probe(port, spire.endpoint, timeout="2s")
        assert code == 2
        assert lines[1].startswith("cause: TLS: the certificate was issued by an unknown authority (other org)")


@pytest.mark.parametrize(
    "names, shown",
    [
        ("DNS:a.example", "a.example"),
        ("URI:https://example.org/server", "https://example.org/server"),
        (f"URI:{SERVER_ID},URI:spiffe://example.org/b", f"{SERVER_ID}, spiffe://example.org/b"),
    ],
)
def test_a_server_that_is_no_workload(world, tmp_path, names, shown):
    pair = world.home.issue("plain", names)
    with agent_at_socket(world.response(), tmp_path) as spire, workload_server(pair, world.home) as port:
        cause = (
            f"TLS: the certificate has no SPIFFE ID (its names: {shown}): "
            "it is no SPIFFE workload: leave -spiffe out"
        )
        assert_cause(port, spire.endpoint, cause)


def test_an_expired_svid(world, tmp_path):
    pair = world.home.issue("old", f"URI:{SERVER_ID}", dates=("20200101000000Z", "20210101000000Z"))
    with agent_at_socket(world.response(), tmp_path) as spire, workload_server(pair, world.home) as port:
        code, lines = probe(port, spire.endpoint, timeout="2s")
        assert code == 2
        assert "of old expired on 2021-01-01 00:00:00 UTC" in lines[1], lines


def test_a_rotated_identity_is_used_at_once(world, tmp_path):
    witness = Witness()
    rotated = world.home.issue("rotated", "URI:spiffe://example.org/probe")
    with agent_at_socket(world.response(), tmp_path) as spire:
        with workload_server(world.server, world.home, witness) as port:
            assert probe(port, spire.endpoint) == SERVING
            first = witness.certificate
            spire.answer = world.response(rotated)
            assert probe(port, spire.endpoint) == SERVING
            assert witness.certificate != first
            assert witness.certificate == rotated.certificate.read_bytes()


def test_an_agent_that_comes_up_late(world, tmp_path):
    with workload_server(world.server, world.home) as port:
        path = tmp_path / "agent.sock"
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            result = pool.submit(probe, port, f"unix://{path}", "-rpc-timeout=5s")
            with agent_at_socket(world.response(), tmp_path):
                assert result.result() == SERVING


@pytest.mark.parametrize(
    "endpoint, reason",
    [
        (None, "workload endpoint socket address is not configured"),
        ("http://a", 'workload endpoint socket URI must have a "tcp" or "unix" scheme'),
        ("unix://", "workload endpoint unix socket URI must include a path"),
        ("tcp://name:80", "workload endpoint tcp socket URI host component must be an IP:port"),
    ],
)
def test_where_the_agent_is_must_be_known(endpoint, reason):
    assert probe(1, endpoint, "-rpc-timeout=100ms") == (20, [FAILED + reason])


def told(spire):
    """What is said of an agent; a busy machine may not hear of it in time."""
    for time in ("500ms", "3s", "20s"):
        outcome = probe(1, spire.endpoint, f"-rpc-timeout={time}")
        if not has_waited_in_vain(outcome[1]):
            break
    return outcome


def test_what_an_agent_said_is_told_though_time_ended_in_the_midst_of_the_next_attempt(tmp_path):
    with agent_at_socket(None, tmp_path) as spire:
        expected = 20, [f"{FAILED}rpc error: code = PermissionDenied desc = no identity issued"]
        # A busy machine may not hear of the first answer in time.
        for _ in range(10):
            spire.answer = [grpc.StatusCode.PERMISSION_DENIED] + [None] * 9
            outcome = probe(1, spire.endpoint, "-rpc-timeout=120ms")
            if outcome == expected:
                break
        assert outcome == expected


def test_agents_that_give_nothing(world, tmp_path):
    missing = tmp_path / "nobody.sock"
    code, lines = probe(1, f"unix://{missing}", "-rpc-timeout=100ms")
    assert code == 20 and len(lines) == 1
    assert lines[0].startswith(f"{FAILED}the SPIFFE agent at unix:{missing}: connect:")
    with agent_at_socket(grpc.StatusCode.PERMISSION_DENIED, tmp_path) as spire:
        reason = "rpc error: code = PermissionDenied desc = no identity issued"
        assert told(spire) == (20, [FAILED + reason])
        spire.answer = workload_pb2.X509SVIDResponse()
        assert told(spire) == (20, [FAILED + "no X.509 SVIDs in response"])
        broken = world.response()
        broken.svids[0].x509_svid = b"nonsense"
        spire.answer = broken
        assert probe(1, spire.endpoint) == (20, [FAILED + "tls: failed to parse certificate"])
        broken = world.response()
        broken.svids[0].x509_svid_key = der(world.server, world.folder)[1]
        spire.answer = broken
        assert probe(1, spire.endpoint) == (20, [FAILED + "tls: private key does not match public key"])
