# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`--register`: a runtime and a wrapped command in a real Redis, from the first verdict to their end, or to their crash."""

import json
import os
import signal
import subprocess
import time
import urllib.request

import pytest
from checked import QUICK, Redis, accepts, process, redis
from conftest import DIST, NOT_SERVING, SERVING, clean_environment, free_port, poll
from wrapped import wrapped

TTL = 3


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with redis(tmp_path_factory.mktemp("registry"), "--requirepass", "secret") as server:
        yield server


class Record:
    """What the registry has of a service with one instance."""

    def __init__(self, server, service, secret="secret"):
        self.server = server
        self.service = service
        self.secret = secret

    def ask(self, *words):
        return self.server.cli(*words, secret=self.secret)

    @property
    def key(self):
        return self.ask("KEYS", f"services:{self.service}:*") or None

    def field(self, name):
        key = self.key
        return self.ask("HGET", key, name) if key else None

    def wait_for(self, status):
        return poll(lambda: self.field("status") == status, f"{self.service} is {status}; it is {self.field('status')}")

    def wait_until_gone(self):
        poll(lambda: not self.key, f"{self.service} is gone")


@pytest.fixture
def record(registry, request):
    return Record(registry, "svc-" + str(abs(hash(request.node.name)) % 10**6))


@pytest.fixture
def flags(registry, record, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    url = f"redis://127.0.0.1:{registry.port},ttl={TTL}s,password-file={secret}"
    return ["--register", url, "--service-name", record.service]


def page(port, path):
    return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10).read().decode()


def registrations(port):
    """What the status page for operators says of them."""
    return json.loads(page(port, "/status.json"))["registrations"]


def test_a_runtime_is_found_by_what_it_says_of_itself(runtime, record, flags):
    admin = free_port()
    server = runtime(*flags, "--advertise", "10.1.2.3:443", "--tags", "gpu,eu", "--metadata", "zone=b", "--admin", f"127.0.0.1:{admin}")
    record.wait_for("available")
    fields = record.ask("HGETALL", record.key).splitlines()
    fields = dict(zip(fields[::2], fields[1::2], strict=True))
    assert (fields["host"], fields["port"], fields["service_name"]) == ("10.1.2.3", "443", record.service)
    assert fields["health_check_url"] == "http://10.1.2.3:443/health"
    assert (json.loads(fields["tags"]), json.loads(fields["metadata"])) == (["gpu", "eu"], {"zone": "b"})
    assert record.key.endswith(fields["instance_id"])
    # The process itself has the same names.
    assert json.loads(page(server.port, "/health"))["service"] == record.service
    [itself] = json.loads(page(server.port, f"/discover/{record.service}"))["instances"]
    assert itself["instance_id"] == fields["instance_id"]
    # It lives on for longer than its time, and the log has said so once.
    first = fields["registration_time"]
    end = time.monotonic() + TTL + 1
    while time.monotonic() < end:
        assert 0 < int(record.ask("PTTL", record.key)) <= TTL * 1000
        time.sleep(0.2)
    assert record.field("registration_time") == first
    assert [line["message"] for line in server.lines()].count("registered") == 1
    metrics = page(server.port, "/metrics")
    assert 'vitals_registration_events_total{registry="redis://127.0.0.1' in metrics
    assert 'vitals_registration_info{registry=' in metrics and 'address="10.1.2.3:443"' in metrics
    [place] = registrations(admin)
    assert (place["service"], place["id"], place["address"]) == (record.service, fields["instance_id"], "10.1.2.3:443")
    assert (place["status"], place["failure"]) == ("available", None)
    assert place["since"] < place["lease_end"] and place["registry"].startswith("redis://127.0.0.1:")
    assert "Registries" in page(admin, "/") and "10.1.2.3" not in page(server.port, "/")


def test_a_killed_runtime_is_forgotten(runtime, record, flags):
    server = runtime(*flags)
    record.wait_for("available")
    server.process.send_signal(signal.SIGKILL)
    began = time.monotonic()
    record.wait_until_gone()
    assert time.monotonic() - began < TTL + 5


def test_a_model_that_fails_is_unavailable_and_comes_back(runtime, record, flags):
    server = runtime(*flags)
    record.wait_for("available")
    content = server.model.read_bytes()
    os.truncate(server.model, 0)
    record.wait_for("unavailable")
    server.model.write_bytes(content)
    server.reload()
    record.wait_for("available")


def test_the_registry_knows_of_a_drain_before_callers_do(runtime, record, flags):
    server = runtime(*flags, "--drain-grace", "2s")
    record.wait_for("available")
    # A client that stays keeps the grace period going.
    watch = server.watch()
    assert next(watch).status == SERVING
    server.terminate()
    assert next(watch).status == NOT_SERVING
    assert record.field("status") == "draining"
    record.wait_until_gone()
    assert server.process.wait(20) == 0


def test_a_registry_that_restarts_without_its_data_is_filled_again(runtime, tmp_path):
    with redis(tmp_path) as first:
        port = first.port
        record = Record(first, "demo", secret=None)
        runtime("--register", f"redis://127.0.0.1:{port},ttl={TTL}s")
        record.wait_for("available")
    poll(lambda: not accepts(port), "the registry is away")
    with redis(tmp_path, port=port) as second:
        record = Record(second, "demo", secret=None)
        record.wait_for("available")


def test_a_wrapped_command_is_registered_with_its_port(registry, record, flags, tmp_path):
    port = free_port()
    command = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"]
    admin = free_port()
    with wrapped(tmp_path, *command, flags=["--port", port, "--admin", f"127.0.0.1:{admin}", *flags]) as wrapper:
        record.wait_for("starting")
        poll(lambda: registrations(admin)[0]["status"] == "starting", "the page has it as well")
        assert record.field("port") == str(port)
        assert record.field("health_check_url").endswith(f":{wrapper.port}/health")
        wrapper.process.send_signal(signal.SIGTERM)
        record.wait_until_gone()
        assert wrapper.process.wait(20) == 0


def test_a_command_is_told_to_end_when_its_health_says_so_already(tmp_path):
    """Also by a registry that is silent: the command asks for its own health when it gets the signal."""
    seen, port = tmp_path / "seen", tmp_path / "port"
    ask = f'curl -s -o /dev/null -w "%{{http_code}}" "http://127.0.0.1:$(cat {port})/readyz" > {seen}'
    # The name of the program is none that a registry takes.
    program = tmp_path / "my app"
    program.write_text(f"#!/bin/sh\ntrap '{ask}; exit 0' TERM\nwhile :; do sleep 0.05; done\n")
    program.chmod(0o755)
    with redis(tmp_path) as server:
        record = Record(server, "my-app", secret=None)
        flags = ["--register", f"redis://127.0.0.1:{server.port},ttl={TTL}s", "--advertise", "10.1.2.3:443"]
        with wrapped(tmp_path, program, flags=flags) as wrapper:
            port.write_text(str(wrapper.port))
            record.wait_for("available")
            server.process.send_signal(signal.SIGSTOP)
            wrapper.process.send_signal(signal.SIGTERM)
            assert wrapper.process.wait(20) == 0
            server.process.send_signal(signal.SIGCONT)
    assert seen.read_text() == "503"


def test_a_signal_during_a_stop_for_bad_health_is_a_drain(record, flags, tmp_path):
    """The command does not come back then: who finds it has to know, and not only when it has ended."""
    alive = tmp_path / "alive"
    alive.touch()
    command = ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]
    check = f"file:{alive},groups=liveness,groups=readiness,{QUICK}"
    flags = ["--restart", "on-unhealthy", "--stop-timeout", "2s", "--check", check, *flags]
    with wrapped(tmp_path, *command, flags=[*flags, "--advertise", "10.1.2.3:443"]) as wrapper:
        record.wait_for("available")
        alive.unlink()
        poll(lambda: wrapper.told("stopping the command: it is unhealthy"), "its health ends the command")
        record.wait_for("unavailable")
        wrapper.process.send_signal(signal.SIGTERM)
        record.wait_for("draining")
        assert wrapper.child() is not None and wrapper.get("/readyz")[0] == 503
        record.wait_until_gone()
        assert wrapper.process.wait(20) == 128 + signal.SIGKILL


def test_a_runtime_follows_a_failover_that_sentinels_decide(runtime, tmp_path):
    """The master is killed: what was registered there is found at the new one."""
    folders = [tmp_path / name for name in ("master", "replica", "sentinel")]
    for folder in folders:
        folder.mkdir()
    with redis(folders[0]) as master, redis(folders[1], "--replicaof", f"127.0.0.1 {master.port}") as replica:
        port = free_port()
        lines = [f"port {port}", f"dir {folders[2]}", f"sentinel monitor main 127.0.0.1 {master.port} 1"]
        lines += ["sentinel down-after-milliseconds main 500", "sentinel failover-timeout main 2000"]
        configuration = folders[2] / "sentinel.conf"
        configuration.write_text("\n".join(lines))
        with process("redis-sentinel", configuration):
            sentinel = Redis(port, None)
            poll(lambda: str(replica.port) in sentinel.cli("SENTINEL", "REPLICAS", "main", check=False), "the replica is known")
            url = f"redis+sentinel://127.0.0.1:{port}/main,member=127.0.0.1:{free_port()},ttl={TTL}s"
            server = runtime("--register", url, "--drain-grace", "2s")
            Record(master, "demo", secret=None).wait_for("available")
            master.process.kill()
            poll(lambda: replica.cli("ROLE").startswith("master"), "the replica is the master")
            record = Record(replica, "demo", secret=None)
            # It is written to, and not only replicated.
            model = server.model.read_bytes()
            os.truncate(server.model, 0)
            record.wait_for("unavailable")
            server.model.write_bytes(model)
            server.reload()
            record.wait_for("available")
            server.terminate()
            record.wait_until_gone()


def test_a_host_that_is_a_name_is_registered_as_the_address_that_listens(runtime, record, flags):
    server = runtime(*flags, "--host", "localhost")
    record.wait_for("available")
    assert record.field("host") in ("127.0.0.1", "::1")
    assert accepts(int(record.field("port")))
    assert any("only this machine" in line["message"] for line in server.lines())


def test_settings_that_cannot_work_are_refused(registry):
    def refusal(program, *words):
        result = subprocess.run(
            [DIST / program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
            env=clean_environment())
        assert result.returncode == (1 if program == "skill-runtime" else 125)
        return result.stderr

    # What the registry would never take, before anything is asked.
    many = [f"--metadata=name{number}=value" for number in range(61)]
    for program, *words in [("skill-runtime", "--demo"), ("healthcheck", "--advertise", "h:1", "--", "true")]:
        text = refusal(program, "--register", "consul://127.0.0.1:1", *many, *words)
        assert "cannot be registered in consul://127.0.0.1:1: Consul takes at most 60 entries of metadata" in text
    assert "set --advertise" in refusal("healthcheck", "--register", "redis://h", "--", "true")
    assert "only this machine" not in refusal("skill-runtime", "--demo", "--register", "redis://h", "--service-name", "a b")
    assert "246 bytes" in refusal("skill-runtime", "--demo", "--register", "redis://h", "--service-name", "a" * 250)
    text = refusal("skill-runtime", "--demo", "--register", "redis://u:hidden@h:x")
    assert "port" in text and "hidden" not in text
