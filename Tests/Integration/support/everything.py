# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""All that a runtime says at an address to a client without any rights: every path, format, error, header and trailer."""

import contextlib
import http.client
import itertools
import json
import re
import socket
import ssl

import grpc
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from inference import inference_pb2
from sarai.skills import skills_pb2

FORMATS = [
    "*/*", "application/json", "application/health+json", "text/plain", "text/html",
    "application/openmetrics-text; version=1.0.0",
]
QUERIES = ["", "?verbose", "?verbose&exclude=model", "?exclude=nothing-of-this-name", "?wait=nonsense"]
PATHS = [
    "/", "/status.json", "/health", "/healthz", "/ready", "/livez", "/readyz", "/startupz", "/livez/nothing", "/readyz/nothing",
    "/startupz/nothing", "/discover/nothing", "/metrics", "/admin/reload", "/admin/drain", "/events/", "/nothing", "/%00", "//",
]
METHODS = ["HEAD", "POST", "PUT", "OPTIONS", "DELETE"]
MALFORMED = [
    b"GET / HTTP/1.1\r\n\r\n", b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET /readyz HTTP/9.9\r\nHost: a\r\n\r\n", b"nonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    b"POST /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
]


def without_trust():
    """The certificate is not what is tested."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Place:
    """An address: `unix:PATH` or `HOST:PORT`, perhaps with TLS (the bytes of its CA)."""

    def __init__(self, address, ca=None):
        self.address = address
        self.ca = ca

    def connect(self):
        if self.address.startswith("unix:"):
            stream = socket.socket(socket.AF_UNIX)
            stream.settimeout(20)
            stream.connect(self.address.removeprefix("unix:"))
            return stream
        host, port = self.address.rsplit(":", 1)
        stream = socket.create_connection((host, int(port)), timeout=20)
        return without_trust().wrap_socket(stream) if self.ca else stream

    def channel(self):
        options = [("grpc.use_local_subchannel_pool", 1)]
        if self.ca:
            return grpc.secure_channel(self.address, grpc.ssl_channel_credentials(self.ca), options)
        return grpc.insecure_channel(self.address, options)


def http_answers(place, service, checks=(), methods=METHODS):
    """What was asked, and all of the answer, as text."""
    paths = [*PATHS, f"/discover/{service}", *(f"/readyz/{check}" for check in checks)]
    asked = [("GET", path + query, accept) for path, query, accept in itertools.product(paths, QUERIES, FORMATS)]
    asked += [(method, path, "*/*") for method, path in itertools.product(methods, paths)]
    connection = http.client.HTTPConnection("localhost", timeout=20)
    with contextlib.closing(connection):
        for method, path, accept in asked:
            if connection.sock is None:
                connection.sock = place.connect()
            connection.request(method, path, headers={"Accept": accept})
            response = connection.getresponse()
            yield f"{method} {path} as {accept}", f"{response.status} {response.headers} {response.read().decode('latin-1')}"
            if response.will_close:
                connection.close()
    for request in MALFORMED:
        with place.connect() as stream:
            yield f"{request[:60]}", until_end(stream, request)
    with place.connect() as stream:
        stream.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        yield "GET /events", until(stream, rb"\n\r?\n.*\n\n")
    with place.connect() as stream:
        stream.sendall(b"GET /events?page HTTP/1.1\r\nHost: a\r\n\r\n")
        yield "GET /events?page", until(stream, rb"\n\r?\n.*\n\n")


def until_end(stream, request):
    received = b""
    with contextlib.suppress(OSError):
        stream.sendall(request)
        stream.settimeout(1)
        while part := stream.recv(65536):
            received += part
    return received.decode("latin-1")


def until(stream, pattern):
    received = b""
    while not re.search(pattern, received, re.DOTALL):
        part = stream.recv(65536)
        assert part, received
        received += part
    return received.decode("latin-1")


def metadata_text(call):
    return f"{call.initial_metadata()} {call.trailing_metadata()} {call.code()} {call.details()}"


def grpc_requests(names):
    """Method and message of calls with one answer."""
    for name in [*names, "nothing"]:
        yield "/grpc.health.v1.Health/Check", health_pb2.HealthCheckRequest(service=name)
        yield "/sarai.skills.SkillService/Check", skills_pb2.HealthCheckRequest(service=name)
        yield "/inference.GRPCInferenceService/ModelReady", inference_pb2.ModelReadyRequest(name=name.removeprefix("model/"))
        yield "/inference.GRPCInferenceService/ModelMetadata", inference_pb2.ModelMetadataRequest(name=name.removeprefix("model/"))
    yield "/grpc.health.v1.Health/List", health_pb2.HealthListRequest()
    yield "/sarai.skills.SkillService/GetMetrics", skills_pb2.MetricsRequest()
    yield "/inference.GRPCInferenceService/ServerLive", inference_pb2.ServerLiveRequest()
    yield "/inference.GRPCInferenceService/ServerReady", inference_pb2.ServerReadyRequest()
    yield "/inference.GRPCInferenceService/ServerMetadata", inference_pb2.ServerMetadataRequest()
    yield "/inference.GRPCInferenceService/RepositoryIndex", inference_pb2.RepositoryIndexRequest()
    yield "/inference.GRPCInferenceService/RepositoryModelLoad", inference_pb2.RepositoryModelLoadRequest(model_name="demo")
    yield "/grpc.channelz.v1.Channelz/GetServers", health_pb2.HealthListRequest()
    yield "/no.such.Service/Method", health_pb2.HealthListRequest()


def grpc_answers(place, names):
    with place.channel() as channel:
        for path, message in grpc_requests(names):
            call = channel.unary_unary(path).future(message.SerializeToString(), timeout=20)
            answer = b"" if call.exception() else call.result()
            yield f"{path} {message}", answer.decode("latin-1") + metadata_text(call)
        for name in names:
            watch = channel.unary_stream("/grpc.health.v1.Health/Watch")(
                health_pb2.HealthCheckRequest(service=name).SerializeToString(), timeout=20)
            first = next(watch).decode("latin-1")
            watch.cancel()
            yield f"Watch {name}", first + f"{watch.initial_metadata()} {watch.trailing_metadata()}"
        for version in ["v1", "v1alpha"]:
            yield from reflection_answers(channel, version)


def reflection_answers(channel, version):
    path = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
    request = reflection_pb2.ServerReflectionRequest
    asked = [
        request(list_services=""), request(file_by_filename="nothing.proto"), request(file_containing_symbol="no.Such"),
        request(all_extension_numbers_of_type="no.Such"),
        *(request(file_containing_symbol=symbol) for symbol in [
            "grpc.health.v1.Health", "sarai.skills.SkillService", "inference.GRPCInferenceService"]),
    ]
    for each in [asked, [request()]]:
        call = channel.stream_stream(path)(iter([one.SerializeToString() for one in each]), timeout=20)
        text = ""
        with contextlib.suppress(grpc.RpcError):
            for answer in call:
                text += answer.decode("latin-1")
        yield f"reflection {version}", text + metadata_text(call)


def json_answers(path):
    """What the socket for JSON says."""
    questions = [{"type": "health_check", "check_type": kind} for kind in ["Liveness", "Readiness", "Full", "None"]]
    for question in [*map(json.dumps, questions), "{}", "nonsense", "[" * 100, '{"type":"x"}']:
        with socket.socket(socket.AF_UNIX) as stream:
            stream.settimeout(20)
            stream.connect(path)
            stream.sendall(question.encode() + b"\n")
            stream.shutdown(socket.SHUT_WR)
            yield f"JSON {question[:60]}", until_end(stream, b"")
