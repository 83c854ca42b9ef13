# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The Open Inference Protocol's questions after the server and its models, asked with grpcio."""

import gguf
import grpc
import pytest
from conftest import NOT_SERVING, SERVING, code_of, poll
from inference import inference_pb2, inference_pb2_grpc


def stub_of(server):
    return inference_pb2_grpc.GRPCInferenceServiceStub(server.channel)


def answers(server, model="demo"):
    """(live, ready, model ready)"""
    stub = stub_of(server)
    return (
        stub.ServerLive(inference_pb2.ServerLiveRequest(), timeout=5).live,
        stub.ServerReady(inference_pb2.ServerReadyRequest(), timeout=5).ready,
        stub.ModelReady(inference_pb2.ModelReadyRequest(name=model), timeout=5).ready,
    )


def test_all_is_ready_while_the_model_is_loaded(serving):
    assert answers(serving) == (True, True, True)


def test_without_a_model_the_server_is_live_and_nothing_is_ready(runtime):
    assert answers(runtime(model=False)) == (True, False, False)


def test_ready_follows_health(serving):
    serving.toggle_maintenance()
    serving.wait_for(NOT_SERVING, "readiness")
    assert answers(serving) == (True, False, True)
    serving.toggle_maintenance()
    serving.wait_for(SERVING, "readiness")
    assert answers(serving) == (True, True, True)


def test_nothing_is_ready_while_draining(runtime):
    server = runtime("--drain-grace", "30s")
    server.wait_for(SERVING)
    server.terminate()
    server.wait_for(NOT_SERVING)
    assert answers(server) == (False, False, False)


def test_a_model_that_comes_later_becomes_ready(runtime):
    server = runtime(model=False)
    gguf.write(server.model, name="demo")
    server.reload()
    poll(lambda: answers(server) == (True, True, True), "the model is ready")


@pytest.mark.parametrize("request_type", ["ModelReady", "ModelMetadata"])
@pytest.mark.parametrize("name, version", [("nope", ""), ("", ""), ("demo\0", ""), ("demo", "1")])
def test_an_unknown_model_or_version_is_not_found(serving, request_type, name, version):
    call = getattr(stub_of(serving), request_type)
    request = getattr(inference_pb2, request_type + "Request")(name=name, version=version)
    assert code_of(call, request, timeout=5) == grpc.StatusCode.NOT_FOUND


def test_metadata_names_the_server_and_the_model(serving):
    stub = stub_of(serving)
    server = stub.ServerMetadata(inference_pb2.ServerMetadataRequest(), timeout=5)
    assert server.name == "skill-runtime"
    assert server.version
    model = stub.ModelMetadata(inference_pb2.ModelMetadataRequest(name="demo"), timeout=5)
    assert (model.name, model.platform, list(model.versions)) == ("demo", "gguf", [])
    assert not model.inputs and not model.outputs


def test_each_of_several_models_is_asked_for_by_its_name(runtime, tmp_path):
    gguf.write(tmp_path / "a.gguf", name="a")
    server = runtime("--model", f"a={tmp_path}/a.gguf", "--model", "b=/nonexistent/b.gguf,optional")
    poll(lambda: answers(server, "a")[2], "a is ready")
    assert not answers(server, "b")[2]
