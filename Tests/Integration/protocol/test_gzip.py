# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""gzip both ways: grpcio against our server, our probe's request byte by byte, and bombs."""

import contextlib
import gzip
import os
import random
import socket
import struct
import subprocess

import grpc
import http2
import pytest
from conftest import DIST, NAMES, SERVING, assert_memory, code_of
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sarai.skills import skills_pb2

GZIP = grpc.Compression.Gzip
ASK_GZIP = ((b"grpc-encoding", b"gzip"), (b"grpc-accept-encoding", b"identity,deflate, gzip"))


def request(name):
    return health_pb2.HealthCheckRequest(service=name)


def test_grpcio_compresses_every_method(serving):
    for name in NAMES:
        assert serving.health.Check(request(name), timeout=20, compression=GZIP).status == SERVING
    statuses = serving.health.List(health_pb2.HealthListRequest(), timeout=20, compression=GZIP).statuses
    assert set(statuses) == set(NAMES)
    watch = serving.health.Watch(request(""), timeout=20, compression=GZIP)
    assert next(watch).status == SERVING
    watch.cancel()
    assert code_of(serving.health.Check, request("x" * 500), timeout=20, compression=GZIP) == (
        grpc.StatusCode.NOT_FOUND
    )


def test_a_large_message_is_taken_and_a_larger_one_refused(serving):
    prompt = skills_pb2.InferRequest(prompt="".join(random.Random(1).choices("abcdefgh ", k=1 << 20)))
    assert serving.skill.Infer(prompt, timeout=20, compression=GZIP).text
    for call, too_large in (
        (serving.skill.Infer, skills_pb2.InferRequest(prompt="a" * (3 << 20))),
        (serving.health.Check, request("a" * 4096)),
    ):
        assert code_of(call, too_large, timeout=20, compression=GZIP) == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert serving.check() == SERVING


def test_a_bomb_is_refused_before_it_is_held(serving):
    bomb = gzip.compress(bytes(256 << 20))
    call = serving.channel.unary_unary("/grpc.health.v1.Health/Check")
    before = resident(serving.process.pid)
    status = post(serving, struct.pack(">BI", 1, len(bomb)) + bomb, "gzip", "sarai.skills.SkillService/Infer")
    assert status["grpc-status"] == "8"
    assert_memory(resident(serving.process.pid) - before, 32 << 20)
    assert call(b"", timeout=20)


def test_bombs_of_all_clients_together_have_a_limit(runtime):
    """Each alone is taken; what they may have the server decompress in a second is the same for however many clients."""
    server = runtime("--loops", "1").wait_for(SERVING)
    # One token is asked for, with a field of half a million zeros that the server does not know.
    request_of_one = skills_pb2.InferRequest(max_tokens=1).SerializeToString()
    bomb = gzip.compress(request_of_one + b"\x7a\xa0\xc2\x1e" + bytes(500_000))

    def throw(peer):
        stream = peer.start_call("/sarai.skills.SkillService/Infer", (b"grpc-encoding", b"gzip"))
        peer.send_message(stream, bomb, compressed=True, end=True)
        return stream

    with http2.Peer(server.port) as peer:
        peer.open()
        assert is_answered(peer, throw(peer))
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(http2.Peer(server.port)) for _ in range(8)]
        for peer in peers:
            peer.open()
            for _ in range(8):
                throw(peer)
        for peer in peers:
            with contextlib.suppress(EOFError, ConnectionError):
                peer.ping()
        with http2.Peer(server.port) as late:
            late.open()
            assert not is_answered(late, throw(late))
    assert server.check() == SERVING


def test_fields_that_no_message_has_are_not_kept(serving):
    """2 KiB of gzip with a quarter of a million of them; two million were 200 MB once."""
    fields = gzip.compress(b"\x7a\x00" * 250_000)
    before = resident(serving.process.pid)
    for method in ("sarai.skills.SkillService/Infer", "grpc.health.v1.Health/Check"):
        status = post(serving, struct.pack(">BI", 1, len(fields)) + fields, "gzip", method)
        assert status["grpc-status"] == "8"
    assert_memory(resident(serving.process.pid) - before, 2 << 20)


def is_answered(peer, stream):
    """There is a message on this stream, and not only a status, nor the end of the connection."""
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            kind, flags, identifier, payload = peer.read_frame()
            if identifier == stream and kind in (http2.DATA, http2.HEADERS, http2.RST_STREAM):
                if kind == http2.DATA and payload:
                    return True
                if kind == http2.RST_STREAM or flags & http2.END_STREAM:
                    return False
    return False


def resident(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def post(server, body, encoding, method="grpc.health.v1.Health/Check"):
    """The header fields of the answer to a call with this body."""
    command = ["curl", "--silent", "--output", os.devnull, "--dump-header", "-", "--max-time", "20"]
    command += ["--http2-prior-knowledge", "--data-binary", "@-", "--header", "content-type: application/grpc"]
    command += ["--header", "te: trailers", "--header", f"grpc-encoding: {encoding}"]
    command.append(f"http://{server.address}/{method}")
    result = subprocess.run(command, input=body, capture_output=True, timeout=30)
    assert result.returncode == 0, result
    lines = result.stdout.decode().splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)


BROKEN = {
    "no gzip": b"hello",
    "nothing": b"",
    "half": gzip.compress(b"\x0a\x01a")[:-4],
    "a wrong checksum": gzip.compress(b"\x0a\x01a")[:-8] + bytes(8),
    "more behind it": gzip.compress(b"\x0a\x01a") + b"more",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_gzip_is_internal(serving, data):
    assert post(serving, struct.pack(">BI", 1, len(data)) + data, "gzip")["grpc-status"] == "13"
    assert serving.check() == SERVING


def test_several_members_are_one_message(serving):
    data = gzip.compress(b"\x0a\x08") + gzip.compress(b"liveness")
    assert post(serving, struct.pack(">BI", 1, len(data)) + data, "gzip")["grpc-status"] == "0"


def test_an_unknown_encoding_is_unimplemented_and_says_what_is_known(serving):
    fields = post(serving, b"", "deflate")
    assert (fields["grpc-status"], fields["grpc-accept-encoding"]) == ("12", "identity,gzip")
    call = serving.health.Check
    assert code_of(call, request(""), timeout=20, compression=grpc.Compression.Deflate) == (
        grpc.StatusCode.UNIMPLEMENTED
    )


def test_an_uncompressed_message_is_taken_in_a_call_that_announces_gzip(serving):
    assert post(serving, bytes(5), "gzip")["grpc-status"] == "0"


def test_a_compressed_message_needs_its_announcement(serving):
    data = gzip.compress(b"")
    assert post(serving, struct.pack(">BI", 1, len(data)) + data, "identity")["grpc-status"] == "13"


def answer_flag(server, *metadata):
    """The flag byte of an answer that is large enough to gain by gzip."""
    prompt = skills_pb2.InferRequest(prompt="word " * 200, max_tokens=500).SerializeToString()
    with http2.Peer(server.port) as peer:
        peer.open()
        stream = peer.request("/sarai.skills.SkillService/Infer", prompt, *metadata)
        while True:
            kind, _, identifier, payload = peer.read_frame()
            if (kind, identifier) == (http2.DATA, stream):
                message = gzip.decompress(payload[5:]) if payload[0] == 1 else payload[5:]
                assert "word word" in skills_pb2.InferResponse.FromString(message).text
                return payload[0]


def test_the_answer_is_in_gzip_only_if_the_request_was_and_the_client_takes_it(serving):
    assert answer_flag(serving, *ASK_GZIP) == 1
    assert answer_flag(serving) == 0
    assert answer_flag(serving, ASK_GZIP[1]) == 0
    assert answer_flag(serving, ASK_GZIP[0]) == 0


def test_a_health_answer_is_too_small_for_gzip(serving):
    with http2.Peer(serving.port) as peer:
        peer.open()
        stream = peer.request("/grpc.health.v1.Health/Check", b"", *ASK_GZIP)
        assert peer.read_message(stream) == b"\x08\x01"


@pytest.mark.parametrize("name", ["", "some.service"])
def test_the_probe_sends_a_compressed_message(name):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        flags = [f"-addr=127.0.0.1:{listener.getsockname()[1]}", "-gzip", f"-service={name}", "-connect-timeout=20s"]
        process = subprocess.Popen([DIST / "grpc_health_probe", *flags], stderr=subprocess.DEVNULL)
        try:
            connection = listener.accept()[0]
            with connection:
                connection.settimeout(20)
                data = b""
                while (body := body_of(data)) is None:
                    data += connection.recv(4096)
        finally:
            process.kill()
            process.wait()
    assert body[0] == 1 and int.from_bytes(body[1:5], "big") == len(body) - 5
    assert gzip.decompress(body[5:]) == request(name).SerializeToString()


def body_of(data):
    """The request's DATA; None while it is not complete."""
    data = data[len(http2.PREFACE) :]
    while len(data) >= 9:
        length = int.from_bytes(data[:3], "big")
        if data[3] == http2.DATA and len(data) >= 9 + length:
            return data[9 : 9 + length]
        data = data[9 + length :]
    return None
