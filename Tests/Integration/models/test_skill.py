# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The model file, the memory gate and SkillService on the real binary."""

import pathlib
import resource
import subprocess
import time

import grpc
import gguf
import pytest
from conftest import NOT_SERVING, READINESS_NAMES, SERVICE_UNKNOWN, SERVING, memory_fits, poll
from inference import inference_pb2, inference_pb2_grpc
from sarai.skills import skills_pb2


def skill_check(server):
    return server.skill.Check(skills_pb2.HealthCheckRequest(), timeout=20)


def infer(server, prompt="Say something about health.", **fields):
    return server.skill.Infer(skills_pb2.InferRequest(prompt=prompt, **fields), timeout=20)


def assert_not_ready(server):
    """Everything that needs the model or the memory is NOT_SERVING; the process itself is well."""
    statuses = server.list()
    assert {statuses[name] for name in READINESS_NAMES} == {NOT_SERVING}
    assert statuses["liveness"] == SERVING


def test_without_a_model_the_server_runs_and_says_why(runtime):
    server = runtime(model=None)
    poll(lambda: any("demo.gguf" in line for line in server.complaints()), "a complaint in the log")
    assert_not_ready(server)
    assert server.check("startup") == NOT_SERVING
    with pytest.raises(grpc.RpcError) as failure:
        infer(server)
    assert failure.value.code() == grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("data", gguf.corruptions().values(), ids=gguf.corruptions().keys())
def test_a_corrupt_model_at_start_is_not_served(runtime, data):
    server = runtime(model=data or None)
    if not data:
        gguf.put(server.model, data)
        server.reload()
    poll(lambda: any("demo.gguf" in line for line in server.complaints()), "a complaint in the log")
    assert_not_ready(server)
    assert skill_check(server).message


def test_a_corrupt_file_at_reload_leaves_the_old_model_serving(serving):
    assert skill_check(serving).reload_count == 0
    watch = serving.watch()
    assert next(watch).status == SERVING
    known = len(serving.complaints())

    gguf.put(serving.model, gguf.corruptions()["cut in the tensor data"])
    serving.reload()
    poll(lambda: len(serving.complaints()) > known, "a complaint in the log")
    assert "demo.gguf" in serving.complaints()[-1]
    answer = poll(lambda: "reload" in skill_check(serving).message and skill_check(serving), "it says so")
    assert answer.status == skills_pb2.HealthCheckResponse.SERVING
    assert answer.reload_count == 0
    assert infer(serving).finish_reason in ("stop", "length")

    gguf.write(serving.model)
    serving.reload()
    poll(lambda: skill_check(serving).reload_count == 1, "the good file is loaded")
    # No flip was sent: the next change that the watcher sees is ours.
    serving.toggle_maintenance()
    assert next(watch).status == NOT_SERVING


def test_reloads_between_requests_lose_none(serving):
    for count in range(1, 21):
        gguf.write(serving.model)
        serving.reload()
        assert infer(serving).text
        poll(lambda: skill_check(serving).reload_count == count, f"reload {count}")
    descriptors = serving.descriptors()
    serving.reload()
    poll(lambda: skill_check(serving).reload_count == 21, "reload 21")
    poll(lambda: serving.descriptors() <= descriptors, "no descriptor is left open")


def test_too_little_memory_is_not_ready(runtime):
    with open("/proc/meminfo") as lines:
        total = int(next(lines).split()[1])
    server = runtime(f"--min-available-ram={total * 2}KiB")
    poll(lambda: server.check("startup") == SERVING, "the model is loaded")
    assert_not_ready(server)
    assert skill_check(server).status == skills_pb2.HealthCheckResponse.NOT_SERVING


def test_the_stub_is_deterministic_and_says_that_it_is_one(serving):
    first, second = infer(serving), infer(serving)
    assert first.text == second.text
    assert "stub" in first.text.lower()
    assert first.finish_reason in ("stop", "length")
    assert first.tokens_generated > 0
    assert 0 <= first.confidence <= 1
    assert first.latency_ms >= 0
    assert first.model


def test_infer_stops_at_max_tokens(serving):
    answer = infer(serving, max_tokens=1)
    assert (answer.tokens_generated, answer.finish_reason) == (1, "length")


def test_metrics_count_requests_and_tokens(runtime):
    started = time.monotonic()
    serving = runtime()
    start_took = (time.monotonic() - started) * 1000
    answers = [infer(serving, prompt=f"Request {number}") for number in range(3)]
    metrics = serving.skill.GetMetrics(skills_pb2.MetricsRequest(), timeout=20)
    assert metrics.total_requests == 3
    assert metrics.failed_requests == 0
    assert metrics.total_tokens == sum(answer.tokens_generated for answer in answers)
    assert memory_fits(metrics.ram_bytes, 50_000_000) and metrics.ram_bytes > 0
    assert 0 <= metrics.cold_start_ms <= start_took + 1
    assert metrics.p99_latency_ms >= 0


def test_ram_bytes_is_what_the_kernel_has_as_resident(serving):
    def figures():
        pages = int(pathlib.Path(f"/proc/{serving.process.pid}/statm").read_text().split()[1])
        return serving.skill.GetMetrics(skills_pb2.MetricsRequest(), timeout=20).ram_bytes, pages * resource.getpagesize()

    # It is measured every second.
    poll(lambda: abs(figures()[0] - figures()[1]) < 1 << 20, "within 1 MiB")


def test_get_metrics_makes_no_system_call_for_its_memory(serving):
    opened = ["strace", "-f", "-e", "trace=open,openat,pread64", "-p", str(serving.process.pid)]
    with subprocess.Popen(opened, stderr=subprocess.PIPE, text=True) as tracer:
        assert "attached" in tracer.stderr.readline()
        for _ in range(200):
            serving.skill.GetMetrics(skills_pb2.MetricsRequest(), timeout=20)
        tracer.terminate()
        calls = [line for line in tracer.stderr if "statm" in line or "status" in line or "pread64" in line]
    assert len(calls) < 100, calls[:5]


def test_check_says_of_each_name_what_is_true_of_it(serving):
    def said(name):
        answer = serving.skill.Check(skills_pb2.HealthCheckRequest(service=name), timeout=20)
        return answer.status, answer.message

    serving.toggle_maintenance()
    serving.wait_for(NOT_SERVING)
    assert said("readiness") == (NOT_SERVING, "in maintenance")
    assert said("liveness") == (SERVING, "alive")
    assert said("startup") == (SERVING, "started")
    unknown = "unknown name: grpc.health.v1.Health/List lists the names"
    assert said("nope") == (SERVICE_UNKNOWN, unknown)


def test_a_model_has_one_name_everywhere_and_a_request_can_choose_it(runtime, tmp_path):
    for name in ("a", "b"):
        gguf.write(tmp_path / f"{name}.gguf", name=f"the file's name of {name}")
    server = runtime("--model", f"b={tmp_path / 'b.gguf'}").wait_for(SERVING)
    other = runtime("--model", f"b={tmp_path / 'b.gguf'}", "--model", f"a={tmp_path / 'a.gguf'}", model=None)
    poll(lambda: other.check("model/a") == SERVING, "SERVING")
    ready = inference_pb2_grpc.GRPCInferenceServiceStub(server.channel).ModelReady
    for model, context in [("demo", {}), ("demo", {"model": "demo"}), ("b", {"model": "b"}), ("demo", {"other": "b"})]:
        assert infer(server, context=context).model == model
        assert ready(inference_pb2.ModelReadyRequest(name=model), timeout=20).ready
    with pytest.raises(grpc.RpcError) as failure:
        infer(server, context={"model": "c"})
    assert failure.value.code() == grpc.StatusCode.NOT_FOUND
    assert failure.value.details() == "unknown model: there are demo, b"
    # The first one, which has no file, is not what these need.
    assert infer(other, context={"model": "a"}).model == "a"
    with pytest.raises(grpc.RpcError) as failure:
        infer(other)
    assert failure.value.code() == grpc.StatusCode.UNAVAILABLE


def test_skill_check_tells_uptime(serving):
    answer = skill_check(serving)
    assert answer.status == skills_pb2.HealthCheckResponse.SERVING
    assert 0 <= answer.uptime_seconds < 60
    poll(lambda: skill_check(serving).uptime_seconds > answer.uptime_seconds, "time goes on")
