# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The memory gate (S1 to S3) in a real control group, with a neighbour that takes the memory."""

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
