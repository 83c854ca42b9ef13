# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The C server that `make bench` compares with is an honest one: it reads what it is asked, keeps to HTTP/2, and loses nothing."""

import concurrent.futures
import contextlib
import re
import signal
import socket
import struct
import subprocess

import grpc
import http2
import pytest
from certificates import Authority
from conftest import DIST, NOT_SERVING, REPORTS, ROOT, SERVICE_UNKNOWN, SERVING, code_of, free_port, poll
from grpc_health.v1 import health_pb2, health_pb2_grpc
from http2 import DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PREFACE, frame
from protocol.conformance import (
    COMPRESSION_ERROR, FRAME_SIZE_ERROR, INITIAL_WINDOW_SIZE, PROTOCOL_ERROR, STREAM_CLOSED, Client, Way, block, data, ping, reset,
    settings, window_update)

SOURCES = ROOT / "Benchmarks"
CHECK = "/grpc.health.v1.Health/Check"
pytestmark = pytest.mark.skipif(REPORTS is not None, reason="no program of ours that a sanitizer has been built into")


def compiled(folder, name, *libraries):
    binary = folder / f"{name}_binary"
    command = ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", *sorted((SOURCES / name).glob("*.c")), "-o", binary, *libraries]
    subprocess.run(command, check=True)
    return binary


class Yardstick:
    """A running server; `secure` with TLS."""

    def __init__(self, binary, secure, *flags):
        self.port, self.secure = free_port(), secure
        self.process = subprocess.Popen([binary, *flags, str(self.port)])
        poll(self._is_open, "a port that accepts")

    def _is_open(self):
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        assert self.process.poll() is None

    def probe(self, *flags):
        tls = ["-tls", "-tls-no-verify"] if self.secure else []
        command = [DIST / "grpc_health_probe", f"-addr=127.0.0.1:{self.port}", *tls, *flags]
        return subprocess.run(command, capture_output=True, text=True)

    def stub(self, stack):
        channel = stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{self.port}"))
        return channel, health_pb2_grpc.HealthStub(channel)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("yardstick")


@pytest.fixture(scope="module")
def servers(folder):
    """In plaintext, with two loops, and in TLS; alive at the end, whatever was sent."""
    binary = compiled(folder, "best", "-lnghttp2", "-lssl", "-lcrypto", "-lpthread")
    pair = Authority(folder, "Yardstick").issue("server", "IP:127.0.0.1")
    flags = {False: ["--loops", "2"], True: ["--tls-cert", pair.certificate, "--tls-key", pair.key]}
    running = {secure: Yardstick(binary, secure, *words) for secure, words in flags.items()}
    yield running
    for server in running.values():
        assert server.probe().returncode == 0
        server.process.terminate()
        server.process.wait(10)


@pytest.fixture(scope="module")
def plain(servers):
    return servers[False]


@pytest.fixture(scope="module")
def client_binary(folder):
    return compiled(folder, "client", "-lssl", "-lcrypto")


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def server(request, servers):
    return servers[request.param]


@pytest.fixture
def client(server):
    with Client(Way(True, server.secure), server.port) as client:
        yield client.greet()


def test_the_probe_finds_the_two_names_and_no_other(server):
    assert server.probe().returncode == 0
    assert server.probe("-service=best").returncode == 0
    for name in ("bes", "bestt", "worst", "b" * 127):
        result = server.probe(f"-service={name}")
        assert result.returncode == 3 and "NotFound" in result.stderr, result.stderr


def test_a_signal_switches_the_status(plain):
    with contextlib.ExitStack() as stack:
        _, stub = plain.stub(stack)
        for status in (NOT_SERVING, SERVING):
            plain.process.send_signal(signal.SIGUSR2)
            poll(lambda: stub.Check(health_pb2.HealthCheckRequest()).status == status, "the other status")


def test_watches_are_told_of_each_change_and_of_unknown_names(plain):
    with contextlib.ExitStack() as stack:
        _, stub = plain.stub(stack)
        watches = [stub.Watch(health_pb2.HealthCheckRequest(service=name), timeout=20) for name in ["", "best"] * 20]
        unknown = stub.Watch(health_pb2.HealthCheckRequest(service="no"), timeout=20)
        assert next(unknown).status == SERVICE_UNKNOWN
        assert all(next(watch).status == SERVING for watch in watches)
        # Those that end are told no more, the others still are.
        for watch in watches[::3]:
            watch.cancel()
        del watches[::3]
        for status in (NOT_SERVING, SERVING, NOT_SERVING, SERVING):
            plain.process.send_signal(signal.SIGUSR2)
            assert all(next(watch).status == status for watch in watches)
        unknown.cancel()


def test_a_thousand_calls_of_grpcio_get_their_own_answers(plain):
    with contextlib.ExitStack() as stack:
        _, stub = plain.stub(stack)
        calls = [(name, stub.Check.future(health_pb2.HealthCheckRequest(service=name), timeout=20)) for name in ["", "best", "no"] * 333]
        for name, call in calls:
            if name == "no":
                assert call.code() == grpc.StatusCode.NOT_FOUND
            else:
                assert call.result().status == SERVING


def test_what_it_does_not_serve_is_refused(plain):
    code = grpc.StatusCode
    with contextlib.ExitStack() as stack:
        channel, stub = plain.stub(stack)
        assert code_of(channel.unary_unary("/grpc.health.v1.Health/List"), b"") == code.UNIMPLEMENTED
        assert code_of(stub.Check, health_pb2.HealthCheckRequest(service="x" * 130)) == code.RESOURCE_EXHAUSTED
        raw = channel.unary_unary(CHECK)
        for message in (b"\x0a", b"\x0a\x05best", b"\x0a\x04best\x0a", b"what"):
            assert code_of(raw, message) == code.INTERNAL, message
        # Of a field that comes twice, the last counts.
        assert raw(b"\x0a\x02no\x0a\x04best") == b"\x08\x01"
        request = health_pb2.HealthCheckRequest(service="x" * 120)
        assert code_of(stub.Check, request, compression=grpc.Compression.Gzip) == code.UNIMPLEMENTED


def test_a_request_that_is_not_grpc_is_refused(client):
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(Way(False, client.way.secure).fields())))
    frames = client.read_until(lambda kind, flags, stream, _: kind == HEADERS and stream == 1)
    assert b"415" in frames[-1][3] and frames[-1][1] & END_STREAM


def test_a_request_in_single_bytes_and_many_in_one_write_are_answered(client):
    for byte in client.complete(1):
        client.send(bytes([byte]))
    client.answers(1)
    client.send(b"".join(client.complete(stream) for stream in range(3, 203, 2)))
    ended = set()
    while len(ended) < 100:
        kind, flags, stream, payload = client.read_frame()
        if kind == DATA:
            assert payload == b"\0\0\0\0\2\x08\1"
        if kind == HEADERS and flags & END_STREAM:
            ended.add(stream)
    client.lives()


ERRORS = {
    "data on an idle stream": (lambda client: data(1, b"x"), PROTOCOL_ERROR),
    "an even stream": (lambda client: client.headers(2), PROTOCOL_ERROR),
    "a frame that is too long": (lambda client: data(1, bytes(16385)), FRAME_SIZE_ERROR),
    "a window of nothing": (lambda client: window_update(0, 0), PROTOCOL_ERROR),
    "a reset of an idle stream": (lambda client: reset(1), PROTOCOL_ERROR),
    "a PING of seven bytes": (lambda client: ping(b"1234567"), FRAME_SIZE_ERROR),
    "fields that do not decode": (lambda client: frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x40"), COMPRESSION_ERROR),
    "data in a header block": (lambda client: client.headers(1, flags=0) + data(1, b"x"), PROTOCOL_ERROR),
}


@pytest.mark.parametrize("error", ERRORS)
def test_errors_of_the_protocol_end_the_connection(client, error):
    raw, code = ERRORS[error]
    client.send(raw(client))
    frames = client.read_until(lambda kind, *_: kind == GOAWAY)
    assert struct.unpack(">I", frames[-1][3][4:8])[0] in (code, STREAM_CLOSED)
    assert client.rest() == []


def test_what_is_unknown_is_passed_over_and_pings_come_back(client):
    client.send(frame(0xBE, 0xFF, 0, bytes(8)) + ping(b"vitals!!") + client.complete())
    seen = client.answers(1)
    assert seen
    client.lives()


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\n\r\n" + bytes(20), PREFACE[:-1] + b"x" + bytes(20)])
def test_another_protocol_ends_the_connection(plain, start):
    with Client(Way(True, False), plain.port) as client:
        client.send(start)
        assert client.closed_by_server()


def test_a_window_is_waited_for(client):
    """Four bytes, then three."""
    client.send(settings((INITIAL_WINDOW_SIZE, 0)) + client.complete())
    frames = client.read_until(lambda kind, flags, stream, _: (kind, stream) == (HEADERS, 1))
    frames += client.lives()
    assert all(kind != DATA for kind, *_ in frames)
    body = b""
    for count in (4, 3):
        client.send(window_update(1, count))
        payload = client.read_until(lambda kind, *_: kind == DATA)[-1][3]
        assert len(payload) == count
        body += payload
    assert body == b"\0\0\0\0\2\x08\1"


def test_a_client_that_does_not_read_loses_no_answer(plain):
    """More than the kernels hold (4 MB): the server stops reading until the client does."""
    count = 100_000
    fields = frame(HEADERS, END_HEADERS, 0, http2.call_headers(CHECK))
    with http2.Peer(plain.port, receive_buffer=4096) as peer, concurrent.futures.ThreadPoolExecutor(1) as pool:
        peer.open()
        peer.update_window(0, 1 << 20)
        streams = [struct.pack(">I", 2 * number + 1) for number in range(count)]
        raw = b"".join(fields[:5] + stream + fields[9:] + data(0, bytes(5), end=True)[:5] + stream + bytes(5) for stream in streams)
        sending = pool.submit(peer.send, raw)
        concurrent.futures.wait([sending], 0.5)
        ended = 0
        while ended < count:
            kind, flags, _, _ = peer.read_frame()
            ended += kind == HEADERS and flags & END_STREAM
        sending.result(20)
        peer.ping()


@pytest.mark.parametrize("shape", [(10, 100), (2, 1)])
def test_h2load_gets_every_answer(server, shape, tmp_path):
    """More bytes on a connection than its first window."""
    (tmp_path / "request").write_bytes(bytes(5))
    count = 15_000 * shape[0] if shape[1] > 1 else 28_000
    scheme = "https" if server.secure else "http"
    command = ["h2load", "-n", count, "-c", shape[0], "-m", shape[1], "-d", tmp_path / "request"]
    command += ["-H", "content-type: application/grpc", "-H", "te: trailers", f"{scheme}://127.0.0.1:{server.port}{CHECK}"]
    output = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout
    assert f"{count} succeeded" in output
    assert int(re.search(r"\((\d+)\) data$", output, re.MULTILINE).group(1)) == count * 7


def test_the_client_of_the_bench_reads_the_answers(servers, client_binary):
    """Full and resumed handshakes are told apart, and NOT_SERVING is not taken for SERVING."""

    def connect(server, kind):
        return subprocess.run([client_binary, "connect", str(server.port), "20", kind], capture_output=True, text=True)

    assert connect(servers[False], "plain").returncode == 0
    for kind in ("full", "resumed"):
        result = connect(servers[True], kind)
        assert result.returncode == 0 and len(result.stdout.split()) == 2, result.stderr
    servers[False].process.send_signal(signal.SIGUSR2)
    poll(lambda: servers[False].probe().returncode != 0, "NOT_SERVING")
    result = connect(servers[False], "plain")
    servers[False].process.send_signal(signal.SIGUSR2)
    assert result.returncode == 1 and "the answer is wrong" in result.stderr
    poll(lambda: servers[False].probe().returncode == 0, "SERVING")
