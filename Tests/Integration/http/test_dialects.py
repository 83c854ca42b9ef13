# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""One runtime, asked in every way there is, all through its life: no two answers disagree for longer than a tick.

A tick is one round of an event loop. A status that changes is posted to every loop before anyone can see it; a loop has it
when its present tick ends. So when one answer has the new status, a later one from another loop may still have the old
one, but the next question to that loop, asked after the answer, is read in a later tick. This is how the test measures:
it asks in turn, in an order that changes, and what is behind another answer must be right when it is asked again at once."""

import contextlib
import json
import pathlib
import random
import tempfile

import gguf
import pytest
from conftest import poll
from control_groups import memory_group
from dialects import (
    HTTP, MODEL, Dialect, EventReader, JSONSocket, SystemdReader, WatchReader, grpc_dialects, http2_dialect, http_dialects, inference_dialects)
from sarai.skills import skills_pb2
from service_manager import ServiceManager

MIB = 1 << 20
START = {"ready": False, "live": True, "started": False, "model": False, "draining": False}


class Observer:
    """Asks all dialects, again and again, while something changes."""

    def __init__(self, dialects, facts, followers=(), seed=1):
        """`followers` tell the same, at a pace of their own."""
        self.dialects = dialects
        self.followers = followers
        self.facts = facts
        self.random = random.Random(seed)
        self.answers = 0
        # Answers that were behind another one, and right a tick later.
        self.late = 0

    def expect(self, act=lambda: None, **changes):
        """Acts while it asks, until every dialect tells these changes of the facts, and no others."""
        new = self.facts | changes
        # Of each fact that changes: the first dialect that has told its new value.
        first = {}
        act()
        poll(lambda: self._all_agree(new, first), f"all dialects tell {new}", 30, 0)
        for follower in self.followers:
            poll(lambda: follower.read() and follower.facts.items() <= new.items(), f"{follower} tells {new}")
        self.facts = new

    def _all_agree(self, new, first):
        order = self.random.sample(self.dialects, len(self.dialects))
        return all([self._agrees(dialect, new, first) for dialect in order])

    def _agrees(self, dialect, new, first):
        """Whether it tells the new facts. It must, once another dialect has told them."""
        is_new = True
        for fact, value in self._ask(dialect).items():
            if value != new[fact]:
                assert value == self.facts[fact], f"{dialect.name} says {fact}={value}, which it never was"
                if fact in first:
                    self.late += 1
                    again = self._ask(dialect)[fact]
                    assert again == new[fact], f"{dialect.name} says {fact}={again}, after {first[fact]} has said otherwise"
                else:
                    is_new = False
            elif value != self.facts[fact]:
                first.setdefault(fact, dialect.name)
        return is_new

    def _ask(self, dialect):
        self.answers += 1
        return dialect.read()


def http_address(server):
    """Where there is an address for HTTP, the port has none."""
    lines = server.lines()
    return next((line["address"] for line in lines if line["message"] == "listening for http"), server.address)


def skill_message(server):
    return server.skill.Check(skills_pb2.HealthCheckRequest(), timeout=20).message


def tells_of_bad_reload(address):
    with contextlib.closing(HTTP(address)) as http:
        [model] = json.loads(http.ask("/status.json")[1])["models"]
        metrics = http.ask("/metrics")[1]
    is_failing = 'vitals_model_reload_failing{model="demo"} 1\n' in metrics
    is_counted = 'vitals_model_reloads_total{model="demo",result="failed"} 1\n' in metrics
    return model["last_reload_failed"] and is_failing and is_counted


@contextlib.contextmanager
def observed(runtime, *flags):
    """A runtime without its model's file, asked in every way; all of them are closed at the end."""
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vitals-")))
        manager = ServiceManager(f"{folder}/notify")
        stack.callback(manager.close)
        server = runtime(
            "--model", f"{MODEL}={folder}/{MODEL}.gguf", "--admin", f"unix:{folder}/admin", "--health-addr",
            f"unix:{folder}/health", "--json-socket", f"unix:{folder}/json", "--drain-grace", "20s",
            "--memory-low-for", "100ms", "--memory-high-for", "100ms", *flags, model=None, search=True, variables=manager.variables())
        http = http_address(server)
        admin = HTTP(f"unix:{folder}/admin")
        stack.callback(admin.close)

        service = SystemdReader(manager, admin)
        dialects = [
            *grpc_dialects("the port", server.address), *grpc_dialects("--admin", f"unix:{folder}/admin"),
            *grpc_dialects("--health-addr", f"unix:{folder}/health"), *inference_dialects(server.address),
            *http_dialects("the port", http), http2_dialect(http),
            *http_dialects("--admin", f"unix:{folder}/admin"),
        ]
        for name, reader in {
            "Watch": WatchReader(server.port), "JSON": JSONSocket(f"{folder}/json"),
            "systemd": service,
        }.items():
            dialects.append(Dialect(name, reader.read, getattr(reader, "close", lambda: None)))
        for dialect in dialects:
            stack.callback(dialect.close)
        events = EventReader(*http.split(":"))
        stack.callback(events.close)
        yield server, admin, service, folder / f"{MODEL}.gguf", Observer(dialects, START, [events])


@pytest.mark.parametrize("flags", [[], ["--http-addr", "127.0.0.1:0"]], ids=["at the port", "at an address for HTTP"])
def test_no_two_dialects_disagree_for_longer_than_a_tick(runtime, capsys, flags):
    with memory_group(256 * MIB) as group, observed(runtime, *flags) as (server, admin, service, model, observer):

        def command(path):
            status, text = admin.ask(path, "POST")
            assert status == 200, text

        observer.expect()
        gguf.write(model, name=MODEL)
        observer.expect(server.reload, ready=True, started=True, model=True)
        group.put(server.process.pid)
        with group.neighbour() as eat:
            observer.expect(lambda: eat(180 * MIB), ready=False)
            observer.expect(lambda: eat(0), ready=True)

        gguf.put(model, gguf.corruptions()["cut in the tensor data"])
        observer.expect(server.reload)
        # No status changes, but it is told; the numbers of pages are a second old at most.
        poll(lambda: "the last reload failed" in skill_message(server), "SkillService tells of the reload")
        for address in {http_address(server), f"unix:{model.parent}/admin"}:
            poll(lambda: tells_of_bad_reload(address), f"{address} tells of the reload")
        observer.expect()

        observer.expect(server.toggle_maintenance, ready=False)
        observer.expect(server.toggle_maintenance, ready=True)
        observer.expect(lambda: command("/admin/fail?for=1h"), ready=False)
        observer.expect(lambda: command("/admin/fail?for=0"), ready=True)
        service.idle_drill = "readiness"
        observer.expect(lambda: command("/admin/fail?for=1h&name=liveness"), ready=False, live=False, model=False)
        observer.expect(lambda: command("/admin/fail?for=0"), ready=True, live=True, model=True)
        down = {"ready": False, "live": False, "started": False, "model": False, "draining": True}
        up = {name: not value for name, value in down.items()}
        observer.expect(lambda: command("/admin/drain"), **down)
        observer.expect(lambda: command("/admin/resume"), **up)
        assert not service.is_stopping
        observer.expect(server.terminate, **down)
        assert service.is_stopping
        server.terminate()
        assert server.process.wait(20) == 0
    with capsys.disabled():
        print(f" [{observer.answers} answers of {len(observer.dialects)} dialects, {observer.late} a tick late]", end="")


def test_a_dialect_that_is_behind_for_longer_is_found():
    answers = {"quick": [True] * 9, "late": [False, True, True], "slow": [False, False, True]}

    def dialect(name):
        left = list(answers[name])
        return Dialect(name, lambda: {"ready": left.pop(0)})

    observer = Observer([dialect("quick"), dialect("late")], {"ready": False})
    first = {}
    assert observer._agrees(observer.dialects[0], {"ready": True}, first)
    assert observer._agrees(observer.dialects[1], {"ready": True}, first)
    assert observer.late == 1
    with pytest.raises(AssertionError, match="slow says ready=False, after quick has said otherwise"):
        observer._agrees(dialect("slow"), {"ready": True}, first)
    observer.facts = {"ready": True}
    with pytest.raises(AssertionError, match="wild says ready=False, which it never was"):
        observer._agrees(Dialect("wild", lambda: {"ready": False}), {"ready": True}, {})
