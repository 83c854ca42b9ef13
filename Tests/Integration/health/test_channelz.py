# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""gRPC channelz at the address for operators, by the stubs of grpcio-channelz."""

import contextlib
import ipaddress
import socket
import ssl
import time

import grpc
import http2
import pytest
from conftest import SERVING, code_of, poll
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from openai_backend import infer
from openai_upstream import Upstream, completion, failure
from sarai.skills import skills_pb2
from tls_setup import ca, client, folder, good, server_flags  # noqa: F401 (fixtures)

NOT_FOUND = grpc.StatusCode.NOT_FOUND


class Operator:
    """Asks for everything, page by page."""

    def __init__(self, channel):
        self.stub = channelz_pb2_grpc.ChannelzStub(channel)

    def servers(self):
        answer = self.stub.GetServers(channelz_pb2.GetServersRequest(), timeout=20)
        assert answer.end
        return {server.ref.name: server for server in answer.server}

    def server(self, name):
        number = self.servers()[name].ref.server_id
        return self.stub.GetServer(channelz_pb2.GetServerRequest(server_id=number), timeout=20).server

    def references(self, name, results=0):
        """All sockets of a server; `results` a page."""
        number, start = self.servers()[name].ref.server_id, 0
        while True:
            request = channelz_pb2.GetServerSocketsRequest(
                server_id=number, start_socket_id=start, max_results=results)
            page = self.stub.GetServerSockets(request, timeout=20)
            assert len(page.socket_ref) <= (min(results, 100) or 100)
            assert page.socket_ref or page.end
            yield from page.socket_ref
            if page.end:
                return
            start = page.socket_ref[-1].socket_id + 1

    def socket(self, number):
        return self.stub.GetSocket(channelz_pb2.GetSocketRequest(socket_id=number), timeout=20).socket

    def sockets(self, name):
        return [self.socket(reference.socket_id) for reference in self.references(name)]

    def channels(self):
        answer = self.stub.GetTopChannels(channelz_pb2.GetTopChannelsRequest(), timeout=20)
        assert answer.end
        return answer.channel


@pytest.fixture
def operated(runtime, tmp_path):
    """Starts a server with an address for operators, and gives it with its operator."""
    with contextlib.ExitStack() as stack:

        def start(*flags):
            address = f"unix:{tmp_path}/admin"
            server = runtime("--admin", address, *flags)
            poll(lambda: any(line["message"] == "serving" for line in server.lines()), "a line 'serving'")
            return server, Operator(stack.enter_context(grpc.insecure_channel(address)))

        yield start


def is_recent(timestamp):
    return abs(timestamp.ToNanoseconds() / 1e9 - time.time()) < 60


def test_the_counters_are_those_of_the_calls_that_were_made(operated):
    server, operator = operated("--loops", "2")
    before = operator.server("port").data
    with server.connect() as channel:
        health, skill = health_pb2_grpc.HealthStub(channel), server.skill.__class__(channel)
        for _ in range(20):
            health.Check(health_pb2.HealthCheckRequest(), timeout=20)
        for _ in range(3):
            assert code_of(health.Check, health_pb2.HealthCheckRequest(service="absent"), timeout=20) == NOT_FOUND
        skill.Infer(skills_pb2.InferRequest(prompt="Hello", max_tokens=2), timeout=20)
        watch = health.Watch(health_pb2.HealthCheckRequest(), timeout=60)
        assert next(watch).status == SERVING
        after = operator.server("port").data
        assert after.calls_started - before.calls_started == 25
        assert after.calls_succeeded - before.calls_succeeded == 21
        assert after.calls_failed - before.calls_failed == 3
        assert is_recent(after.last_call_started_timestamp)
        (busy,) = [socket for socket in operator.sockets("port") if socket.data.streams_started == 25]
        data = busy.data
        assert (data.streams_succeeded, data.streams_failed) == (24, 0)
        assert (data.messages_received, data.messages_sent) == (25, 22)
        for timestamp in (
            data.last_remote_stream_created_timestamp, data.last_message_sent_timestamp,
            data.last_message_received_timestamp,
        ):
            assert is_recent(timestamp)
        assert data.local_flow_control_window.value > 0 and data.remote_flow_control_window.value > 0
        assert not busy.HasField("security")
        local, remote = busy.local.tcpip_address, busy.remote.tcpip_address
        assert local.port == server.port and ipaddress.ip_address(local.ip_address).is_loopback
        assert busy.ref.name == f"127.0.0.1:{remote.port}"
        watch.cancel()
        poll(lambda: operator.socket(busy.ref.socket_id).data.streams_failed == 1, "the Watch that was cancelled")
    poll(lambda: code_of_socket(operator, busy.ref.socket_id) == NOT_FOUND, "the connection has gone")


def code_of_socket(operator, number):
    try:
        operator.socket(number)
    except grpc.RpcError as error:
        return error.code()


def test_every_server_is_listed_with_where_it_listens(operated, tmp_path):
    server, operator = operated("--health-addr", f"unix:{tmp_path}/health", "--loops", "2")
    servers = operator.servers()
    assert set(servers) == {"admin", "health", "port"}
    numbers = [entry.ref.server_id for entry in servers.values()]
    assert numbers == sorted(set(numbers)) and numbers[0] > 0
    listening = {
        name: [operator.socket(reference.socket_id) for reference in entry.listen_socket]
        for name, entry in servers.items()
    }
    assert [each.local.tcpip_address.port for each in listening["port"]] == [server.port] * 2
    for name, path in (("admin", "admin"), ("health", "health")):
        assert [each.local.uds_address.filename for each in listening[name]] == [f"{tmp_path}/{path}"]
    # A client of a Unix socket has no address; the operator is one.
    (own,) = operator.sockets("admin")
    assert own.local.uds_address.filename == f"{tmp_path}/admin" and not own.HasField("remote")
    assert list(operator.sockets("health")) == []


@pytest.mark.parametrize("results", [0, 1, 7, 1000])
def test_sockets_come_in_pages(operated, results):
    server, operator = operated("--loops", "2")
    with contextlib.ExitStack() as stack:
        for _ in range(120):
            peer = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            peer.sendall(http2.PREFACE + http2.frame(4, 0, 0))
        poll(lambda: len(list(operator.references("port"))) >= 120, "all connections")
        numbers = [reference.socket_id for reference in operator.references("port", results)]
        assert numbers == sorted(set(numbers)) and len(numbers) >= 120
        first = operator.servers()["port"].ref.server_id
        page = operator.stub.GetServerSockets(
            channelz_pb2.GetServerSocketsRequest(server_id=first, max_results=results), timeout=20)
        assert len(page.socket_ref) == (min(results, 100) or 100) and not page.end


def test_what_is_not_there_is_not_found(operated):
    _, operator = operated()
    stub, pb2 = operator.stub, channelz_pb2
    for number in (0, -1, 7, 99, 1 << 40, 1 << 62, (1 << 63) - 1):
        assert code_of(stub.GetServer, pb2.GetServerRequest(server_id=number), timeout=20) == NOT_FOUND
        request = pb2.GetServerSocketsRequest(server_id=number)
        assert code_of(stub.GetServerSockets, request, timeout=20) == NOT_FOUND
        assert code_of(stub.GetSocket, pb2.GetSocketRequest(socket_id=number), timeout=20) == NOT_FOUND
        assert code_of(stub.GetChannel, pb2.GetChannelRequest(channel_id=number), timeout=20) == NOT_FOUND
        assert code_of(stub.GetSubchannel, pb2.GetSubchannelRequest(subchannel_id=number), timeout=20) == NOT_FOUND
    request = pb2.GetServersRequest(max_results=-1)
    assert code_of(stub.GetServers, request, timeout=20) == grpc.StatusCode.INVALID_ARGUMENT
    assert list(operator.channels()) == []


def test_it_is_only_at_the_address_for_operators(operated, tmp_path):
    server, _ = operated("--health-addr", f"unix:{tmp_path}/health")
    with grpc.insecure_channel(f"unix:{tmp_path}/health") as health:
        for channel in (server.channel, health):
            stub = channelz_pb2_grpc.ChannelzStub(channel)
            request = channelz_pb2.GetServersRequest()
            assert code_of(stub.GetServers, request, timeout=20) == grpc.StatusCode.UNIMPLEMENTED


def test_a_connection_with_tls_shows_its_cipher_and_certificates(operated, good, ca, client):  # noqa: F811
    server, operator = operated(*server_flags(good), "--tls-client-ca", ca.file)
    credentials = grpc.ssl_channel_credentials(
        ca.file.read_bytes(), client.key.read_bytes(), client.certificate.read_bytes())
    with grpc.secure_channel(server.address, credentials) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        assert stub.Check(health_pb2.HealthCheckRequest(), timeout=20).status == SERVING
        (secured,) = operator.sockets("port")
        shown = secured.security.tls
        assert shown.standard_name.startswith("TLS_")
        assert ssl.DER_cert_to_PEM_cert(shown.local_certificate) in good.certificate.read_text()
        assert ssl.DER_cert_to_PEM_cert(shown.remote_certificate) in client.certificate.read_text()
        assert secured.data.streams_started == 1


def test_the_model_server_is_a_channel(operated):
    with Upstream(completion("x")) as upstream:
        server, operator = operated("--backend", "openai", "--openai-url", upstream.url)
        poll(lambda: server.check() == SERVING, "SERVING", 10)
        (channel,) = operator.channels()
        assert channel.data.target == upstream.url and channel.data.state.state == channelz_pb2.ChannelConnectivityState.READY
        assert not channel.data.HasField("last_call_started_timestamp")
        infer(server)
        upstream.completions = failure(500)
        assert code_of(infer, server) is not None
        request = channelz_pb2.GetChannelRequest(channel_id=channel.ref.channel_id)
        data = operator.stub.GetChannel(request, timeout=20).channel.data
        assert (data.calls_started, data.calls_succeeded, data.calls_failed) == (2, 1, 1)
        assert is_recent(data.last_call_started_timestamp)
