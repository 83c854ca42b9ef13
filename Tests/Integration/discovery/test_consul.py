# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`--register consul://…` at a stand-in for an agent (support/consul_agent.py): Consul itself is in no package of the system."""

import json
import pathlib
import subprocess
import sys
import urllib.request

import pytest
from conftest import NOT_SERVING, SERVING, poll, stop_process

SCRIPT = pathlib.Path(__file__).parent.parent / "support" / "consul_agent.py"


class Agent:
    def __init__(self, port):
        self.port = port

    def ask(self, path, method="GET"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method, headers={"X-Consul-Token": "secret"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def checks(self, service):
        """Status and output of the checks of the only instance, by id, while that is alive."""
        entries = self.ask(f"/v1/health/service/{service}")
        checks = entries[0]["Checks"] if len(entries) == 1 else []
        states = {check["CheckID"]: (check["Status"], check["Output"]) for check in checks}
        alive = [key for key in states if key.endswith(":alive")]
        return states if [states.pop(key) for key in alive] == [("passing", "alive")] else {}

    def wait_for(self, service, *states):
        poll(lambda: set(states) == set(self.checks(service).values()), f"{service} is {states}: {self.checks(service)}")


@pytest.fixture(scope="module")
def agent():
    process = subprocess.Popen(
        [sys.executable, SCRIPT, "--token", "secret"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        yield Agent(int(process.stdout.readline()))
    finally:
        stop_process(process)


def test_a_service_is_registered_follows_the_verdict_and_is_drained(runtime, agent, tmp_path):
    token = tmp_path / "token"
    token.write_text("secret\n")
    server = runtime("--register", f"consul://127.0.0.1:{agent.port},ttl=3s,token-file={token}", "--drain-grace", "2s")
    agent.wait_for("demo", ("passing", "available"))
    server.toggle_maintenance()
    agent.wait_for("demo", ("critical", "unavailable"))
    # It is not ready for ten minutes.
    agent.ask("/control/older/600", "PUT")
    agent.wait_for("demo", ("critical", "unavailable"))
    server.toggle_maintenance()
    agent.wait_for("demo", ("passing", "available"))
    # An agent that starts without its data, and one that has lost the check alone.
    for what in ("forget", "forget-checks"):
        agent.ask(f"/control/{what}", "PUT")
        agent.wait_for("demo", ("passing", "available"))
    watch = server.watch()
    assert next(watch).status == SERVING
    server.terminate()
    assert next(watch).status == NOT_SERVING
    # Out of service for all before callers know, and then not there.
    assert set(agent.checks("demo").values()) == {("critical", "draining")}
    assert len(agent.checks("demo")) == 2
    poll(lambda: not agent.ask("/v1/health/service/demo"), "the service is gone")
    assert server.process.wait(20) == 0


def test_a_token_that_is_refused_is_said(runtime, agent):
    server = runtime("--register", f"consul://127.0.0.1:{agent.port}", "--service-name", "other")
    poll(lambda: any("refuses the token" in line for line in server.complaints()), "the log says it")
    assert server.check() == SERVING
