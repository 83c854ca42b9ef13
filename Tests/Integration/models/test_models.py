# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The models' files: loads that hold up no call, files that change under their mapping, many reloads."""

import concurrent.futures
import os
import pathlib
import struct

import gguf
import pytest
import threads
from conftest import NOT_SERVING, REPORTS, SERVING, SERVICE_UNKNOWN, assert_memory, memory_fits, poll
from sarai.skills import skills_pb2, skills_pb2_grpc

MIB = 1 << 20


def skill_check(server):
    return server.skill.Check(skills_pb2.HealthCheckRequest(), timeout=10)


def infer(server):
    return server.skill.Infer(skills_pb2.InferRequest(prompt="hello"), timeout=10)


def resident(server):
    """Bytes of the process that are in memory, its program's own pages too, but no page of a model."""
    total = 0
    mapping = ""
    for line in pathlib.Path(f"/proc/{server.process.pid}/smaps").read_text().splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            mapping = words[-1]
        elif words[0] == "Rss:" and not mapping.endswith(".gguf"):
            total += int(words[1]) * 1024
    return total


def peak(server):
    """The most bytes of the process that were in memory at once, its mappings too."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def files_thread(server):
    return next(number for number, name in threads.threads(server.process.pid).items() if name == "files")


def test_a_load_that_hangs_blocks_nobody_and_the_old_model_serves(serving):
    watch = serving.watch()
    assert next(watch).status == SERVING
    with threads.frozen(files_thread(serving)):
        serving.reload()
        for _ in range(20):
            assert serving.check() == SERVING
            assert infer(serving).text
        assert skill_check(serving).reload_count == 0
    poll(lambda: skill_check(serving).reload_count == 1, "the reload is done")
    serving.toggle_maintenance()
    assert next(watch).status == NOT_SERVING


def test_files_that_do_not_answer_are_told_and_change_nothing(serving):
    with threads.frozen(files_thread(serving)):
        poll(lambda: "do not answer" in skill_check(serving).message, "it is told", 30)
        assert serving.check() == SERVING and serving.check("liveness") == SERVING
    poll(lambda: skill_check(serving).message == "ready", "its end is told", 30)
    told = ["files do not answer", "files answer again"]
    poll(lambda: [line["message"] for line in serving.lines()][-2:] == told, "the log has both", 30)


def test_a_file_truncated_under_its_mapping_harms_nobody_and_is_told(runtime):
    server = runtime(model=None)
    gguf.write_large(server.model, 20 * MIB)
    server.reload()
    server.wait_for(SERVING)
    watch = server.watch()
    assert next(watch).status == SERVING
    os.truncate(server.model, 1000)
    assert next(watch).status == NOT_SERVING
    assert "truncated" in skill_check(server).message
    assert server.check("liveness") == SERVING
    gguf.write(server.model)
    server.reload()
    assert next(watch).status == SERVING
    assert server.process.poll() is None


def test_a_file_renamed_over_and_removed_leaves_the_model_serving(serving):
    gguf.write(serving.model, name="other")
    assert infer(serving).model == "demo"
    serving.model.unlink()
    serving.reload()
    poll(lambda: "no model file" in skill_check(serving).message, "the reload failed")
    assert serving.check() == SERVING
    assert infer(serving).model == "demo"


def test_a_replaced_file_is_loaded_when_that_is_wanted(runtime):
    server = runtime("--reload-on-change").wait_for(SERVING)
    for count, name in enumerate(["first", "second"], 1):
        gguf.write(server.model, name=name)
        poll(lambda: skill_check(server).reload_count == count, "it is loaded", 20)
        poll(lambda: server.lines()[-1].get("name") == name, "the log says which")
    gguf.put(server.model, b"no model")
    poll(lambda: "the last reload failed" in skill_check(server).message, "it is refused", 20)
    assert server.check() == SERVING


def test_several_models_have_health_names_of_their_own(runtime, tmp_path):
    good, late, bad = (tmp_path / f"{name}.gguf" for name in ("good", "late", "bad"))
    gguf.write(good)
    bad.write_bytes(b"no model")
    server = runtime("--model", f"good={good}", "--model", f"late={late}", "--model", f"bad={bad},optional")
    poll(lambda: server.check("model/good") == SERVING, "the good one is loaded")
    assert [server.check(f"model/{name}") for name in ("late", "bad")] == [NOT_SERVING, NOT_SERVING]
    assert server.check() == NOT_SERVING
    watch = server.watch("model/late")
    assert next(watch).status == NOT_SERVING
    gguf.write(late)
    server.reload()
    assert next(watch).status == SERVING
    server.wait_for(SERVING)
    assert server.check("model/bad") == NOT_SERVING
    assert next(server.watch("model/none")).status == SERVICE_UNKNOWN


def test_a_split_model_is_served_when_all_its_parts_are_there(runtime, tmp_path):
    names = [tmp_path / f"big-0000{number}-of-00002.gguf" for number in (1, 2)]
    names[0].write_bytes(gguf.part(1, 2))
    server = runtime("--model", f"big={names[0]}", "--reload-on-change")
    poll(lambda: any("big-00002-of-00002.gguf: part 2 of 2 is missing" in text for text in server.complaints()), "why")
    assert server.check("model/big") == NOT_SERVING
    names[1].write_bytes(gguf.part(2, 2))
    poll(lambda: server.check("model/big") == SERVING, "it comes")
    os.truncate(names[1], 100)
    poll(lambda: server.check("model/big") == NOT_SERVING, "it is lost")


@pytest.mark.parametrize("data, hint", [
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n", "git lfs pull"),
    (b"<!DOCTYPE html><html></html>", "HTML page"), (b"Not Found\n", 'the text \\"Not Found\\"'),
    (b"\x1f\x8b\x08\x00" + bytes(100), "gunzip"), (struct.pack("<Q", 80) + b'{"__metadata__":{}}', "safetensors"),
    (gguf.of_kind("mmproj"), 'general.type is \\"mmproj\\"')])
def test_what_a_file_is_that_is_no_model_is_said(runtime, data, hint):
    server = runtime(model=data)
    poll(lambda: any(hint in text for text in server.complaints()), "the hint")
    assert server.check() == NOT_SERVING


def test_readiness_can_do_without_a_model(runtime):
    server = runtime("--require-model=false", model=None).wait_for(SERVING)
    assert server.check("startup") == SERVING


# A sanitizer makes each some ten times as dear.
RELOADS = int(os.environ.get("TEST_RELOADS", "100" if REPORTS else "1000"))
HEADERS_READ = 1 if REPORTS else 3


def test_many_reloads_under_load_fail_no_request_and_leave_nothing_behind(serving):
    stop = []

    def ask(_):
        answered = 0
        with serving.connect() as channel:
            stub = skills_pb2_grpc.SkillServiceStub(channel)
            while not stop:
                assert stub.Infer(skills_pb2.InferRequest(prompt="hello"), timeout=30).text
                answered += 1
        return answered

    def reload(total):
        gguf.write(serving.model)
        serving.reload()
        poll(lambda: skill_check(serving).reload_count == total, f"reload {total}", 30)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask, number) for number in range(4)]
        try:
            for total in range(1, 21):
                reload(total)
            before = (serving.descriptors(), serving.anonymous_memory())
            for total in range(21, RELOADS + 1):
                reload(total)
            after = (serving.descriptors(), serving.anonymous_memory())
        finally:
            stop.append(True)
        assert all(client.result() > 0 for client in clients)
    # One more or less may be open for the reload itself.
    assert after[0] <= before[0] + 1
    assert_memory(after[1], before[1] + MIB)
    assert serving.complaints() == []


def test_a_large_model_costs_its_mapping_and_nothing_else(runtime, capsys):
    server = runtime(model=None)
    gguf.write_large(server.model, 100 * MIB)
    server.reload()
    server.wait_for(SERVING)

    def ask(_):
        with server.connect() as channel:
            stub = skills_pb2_grpc.SkillServiceStub(channel)
            for _ in range(200):
                stub.Infer(skills_pb2.InferRequest(prompt="hello"), timeout=30)

    # Memory is given back after the answer that the model is loaded.
    poll(lambda: memory_fits(resident(server), 9_500_000), "9.5 MB")
    idle = resident(server)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    busy = resident(server)
    with capsys.disabled():
        print(f" [RSS without the mapping: {idle / 1e6:.1f} MB idle, {busy / 1e6:.1f} MB under load]", end="")
    assert_memory(busy, 10_000_000)


@pytest.mark.parametrize(
    "header, reason",
    [
        (lambda: gguf.vocabulary(3_200_000), None),
        (lambda: gguf.vocabulary(5_000_000), "header is longer than"),
        (lambda: gguf.many_tensors(1 << 17), None),
        (lambda: gguf.many_tensors((1 << 17) + 1), "tensors at byte"),
    ],
    ids=["54 MB", "85 MB", "the most tensors", "too many tensors"])
def test_a_large_header_is_bounded_and_costs_nothing_once_it_was_read(runtime, header, reason):
    server = runtime(model=None)
    server.reload()
    poll(lambda: "no model" in skill_check(server).message, "the reload failed")
    before = resident(server)
    gguf.put(server.model, header())
    for count in range(1, HEADERS_READ + 1):
        server.reload()
        if reason:
            # A sanitizer is so slow that the log also says that the files do not answer.
            poll(lambda: sum(reason in text for text in server.complaints()) == count, "it is refused", 60)
            assert reason in skill_check(server).message
        else:
            poll(lambda: skill_check(server).reload_count == count, "it is loaded", 60)
    poll(lambda: memory_fits(resident(server), before + 2 * MIB), "the memory is free again")
    assert_memory(peak(server), before + 80 * MIB)
