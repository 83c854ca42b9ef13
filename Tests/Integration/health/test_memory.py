# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The memory gate in a real control group, with a neighbour that takes the memory."""

import os
import resource
import subprocess
import sys
import time

import gguf
from conftest import NOT_SERVING, SERVING, poll
from control_groups import memory_group

MIB = 1 << 20


def test_a_neighbour_that_takes_the_memory_is_seen_and_so_is_its_going(runtime, capsys):
    with memory_group(256 * MIB) as group:
        server = runtime("--memory-high-for", "2s")
        group.put(server.process.pid)
        watch = server.watch()
        with group.neighbour() as eat:
            assert next(watch).status == SERVING
            eat(180 * MIB)
            start = time.monotonic()
            assert next(watch).status == NOT_SERVING
            took = time.monotonic() - start
            assert server.check("liveness") == SERVING
            # The log is told after the watchers.
            poll(lambda: "low memory" in server.lines()[-1].get("reason", ""), "the log says why")
            eat(0)
            assert next(watch).status == SERVING
        server.stop()
    with capsys.disabled():
        print(f" [low memory to NOT_SERVING: {took:.2f} s]", end="")


def test_page_cache_and_the_models_own_pages_are_not_used_up_memory(runtime, tmp_path):
    with memory_group(256 * MIB) as group:
        server = runtime(model=None)
        group.put(server.process.pid)
        gguf.write_large(server.model, 200 * MIB)
        server.reload()
        server.wait_for(SERVING)
        watch = server.watch()
        assert next(watch).status == SERVING
        # All of it is read, by a process of the group: 200 of 256 MiB are page cache of it then.
        warm = runtime("--warm-up", "startup", model=None)
        group.put(warm.process.pid)
        gguf.write_large(warm.model, 200 * MIB)
        warm.reload()
        poll(lambda: warm.check("startup") == SERVING, "it is read", 30)
        assert group.usage() > 190 * MIB
        warm.wait_for(SERVING)
        warm.stop()
        # The next news is ours.
        server.toggle_maintenance()
        assert next(watch).status == NOT_SERVING

        def told():
            return [line["reason"] for line in server.lines() if line["message"] == "not serving"]

        # The log is told after the watchers.
        poll(lambda: told()[-1] == "in maintenance", "the log's last word")
        assert not [reason for reason in told() if "memory" in reason]
        server.stop()


READER = """
import sys
for _ in range(4):
    with open(sys.argv[1], "rb") as file:
        while file.read(1 << 20):
            pass
print("read", flush=True)
sys.stdin.read()
"""


def test_page_cache_that_is_used_often_is_not_used_up_memory_and_can_be_had(runtime, tmp_path):
    file = tmp_path / "data"
    with open(file, "wb") as writer:
        for _ in range(340):
            writer.write(b"x" * MIB)
        os.fsync(writer.fileno())
        os.posix_fadvise(writer.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with memory_group(400 * MIB) as group:
        server = runtime("--min-available-ram", "200MiB", "--min-available-ram-high", "200MiB")
        group.put(server.process.pid)
        server.wait_for(SERVING)
        command = [*group.wrapper, sys.executable, "-c", READER, file]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout.readline() == "read\n"
            assert group.usage() > 340 * MIB and group.statistic("active_file") > 300 * MIB
            # As many observations as it takes to lose readiness, and some more.
            time.sleep(4)
            assert server.check() == SERVING, server.lines()[-1]
            with group.neighbour() as eat:
                # The promised memory exists: a process that takes it is not killed.
                eat(200 * MIB)
            assert server.process.poll() is None
            reader.stdin.close()
        server.stop()


def test_a_limit_that_makes_readiness_impossible_is_said_at_the_start(runtime):
    with memory_group(64 * MIB) as group:
        server = runtime("--drain-grace", "0s", wrapper=group.wrapper)
        (said,) = poll(server.complaints, "a warning")
        assert "--min-available-ram is 100.0 MiB, but control group" in said and "has 64.0 MiB in all" in said
        assert "can never be ready" in said
        assert server.check() == NOT_SERVING
        server.stop()


def test_a_process_without_descriptors_still_knows_its_memory(runtime):
    server = runtime("--min-available-ram", "1MiB").wait_for(SERVING)
    watch = server.watch()
    assert next(watch).status == SERVING
    # Not one more, as after many clients.
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (3, 3))
    # As many observations as it takes to lose readiness, and some more.
    time.sleep(4)
    server.toggle_maintenance()
    assert next(watch).status == NOT_SERVING
    poll(lambda: any(line["message"] == "not serving" for line in server.lines()), "the log says so")
    assert [line["reason"] for line in server.lines() if "not serving" in line["message"]] == ["in maintenance"]


def test_a_model_that_does_not_fit_is_refused_with_the_numbers(runtime):
    with memory_group(64 * MIB) as group:
        server = runtime("--min-available-ram", "1MiB", model=None)
        patient = runtime("--min-available-ram", "1MiB", "--skip-memory-check", model=None)
        for each in (server, patient):
            group.put(each.process.pid)
            gguf.write_large(each.model, 100 * MIB)
            each.reload()
        poll(lambda: any("needs 100.1 MiB, 6" in text for text in server.complaints()), "the numbers")
        assert server.check() == NOT_SERVING
        patient.wait_for(SERVING)
        server.stop()
        patient.stop()
