# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Other people's software beside ours: grpcio's client-side health checking, nginx, curl, protoc."""

import json
import os
import re
import subprocess

import grpc
import pytest
from conftest import (
    NOT_SERVING,
    PROTOS,
    SERVING,
    code_of,
    poll,
)
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_tools import protoc
from proxy import nginx
from sarai.skills import skills_pb2, skills_pb2_grpc


def test_our_proto_file_is_the_well_known_one(tmp_path):
    output = tmp_path / "health.pb"
    arguments = ["protoc", f"-I{PROTOS}", f"-o{output}", "grpc/health/v1/health.proto"]
    assert protoc.main(arguments) == 0
    ours = descriptor_pb2.FileDescriptorSet.FromString(output.read_bytes()).file[0]
    theirs = descriptor_pb2.FileDescriptorProto.FromString(health_pb2.DESCRIPTOR.serialized_pb)

    def shape(file):
        """All that is on the wire, in any order (protoc adds names for JSON to ours)."""
        parts = [*file.message_type, *file.enum_type, *file.service[0].method]
        texts = [re.sub(r"\n *json_name: .*", "", str(part)) for part in parts]
        return file.package, file.service[0].name, sorted(texts)

    assert shape(ours) == shape(theirs)


def test_client_side_health_checking_leaves_a_backend_that_is_not_serving(runtime):
    backends = {skill: runtime(skill=skill) for skill in ("alpha", "beta")}
    policy = {"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}
    target = "ipv4:" + ",".join(backend.address for backend in backends.values())
    options = [("grpc.service_config", json.dumps(policy))]
    with grpc.insecure_channel(target, options=options) as channel:
        stub = skills_pb2_grpc.SkillServiceStub(channel)

        def answering():
            """The backends that answered eight calls in a row."""
            request = skills_pb2.InferRequest(prompt="who?", max_tokens=1)
            models = {stub.Infer(request, timeout=5, wait_for_ready=True).model for _ in range(8)}
            return {skill for skill in backends if any(skill in model for model in models)}

        poll(lambda: answering() == {"alpha", "beta"}, "both answer")
        backends["alpha"].toggle_maintenance()
        poll(lambda: answering() == {"beta"}, "only beta answers")
        backends["beta"].toggle_maintenance()
        backends["alpha"].toggle_maintenance()
        poll(lambda: answering() == {"alpha"}, "only alpha answers")
        backends["beta"].toggle_maintenance()
        poll(lambda: answering() == {"alpha", "beta"}, "both answer again")


@pytest.mark.parametrize(
    "method", ["/grpc.health.v1.Health/Nope", "/no.such.Service/Check", "/Check", "/"]
)
def test_an_unknown_method_is_unimplemented(serving, method):
    call = serving.channel.unary_unary(method)
    assert code_of(call, b"", timeout=5) == grpc.StatusCode.UNIMPLEMENTED


def curl(server, *arguments):
    """The HTTP status that curl gets over HTTP/2."""
    command = ["curl", "--silent", "--output", os.devnull, "--write-out", "%{http_code}"]
    command += ["--max-time", "5", "--http2-prior-knowledge", *arguments]
    command.append(f"http://{server.address}/grpc.health.v1.Health/Check")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/grpcx", ""])
def test_a_post_that_is_no_grpc_gets_415(serving, kind):
    assert curl(serving, "--data", "{}", "--header", f"content-type: {kind}".rstrip()) == "415"


@pytest.mark.parametrize("kind", ["application/grpc", "application/grpc+proto"])
def test_a_post_that_is_grpc_gets_200(serving, kind, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(bytes(5))
    arguments = ["--data-binary", f"@{body}", "--header", f"content-type: {kind}", "--header", "te: trailers"]
    assert curl(serving, *arguments) == "200"


def test_behind_nginx(serving, tmp_path):
    with nginx(tmp_path, serving.address) as address, grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=10)
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service="readiness")
        for _ in range(100):
            assert stub.Check(request, timeout=5).status == SERVING
        unknown = health_pb2.HealthCheckRequest(service="nobody")
        assert code_of(stub.Check, unknown, timeout=5) == grpc.StatusCode.NOT_FOUND
        watch = stub.Watch(request, timeout=20)
        assert next(watch).status == SERVING
        serving.toggle_maintenance()
        assert next(watch).status == NOT_SERVING
        watch.cancel()
