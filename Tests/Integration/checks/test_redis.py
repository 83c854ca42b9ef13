# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks of the kind redis, against Debian's Redis in its moods."""

import signal
import socket

import pytest
from certificates import Authority
from checked import QUICK, Misbehaving, accepts, checked, process, redis
from conftest import free_port, poll


@pytest.fixture
def server(tmp_path):
    with redis(tmp_path) as server:
        yield server


def check(server, *options):
    return ",".join([f"redis:redis://127.0.0.1:{server.port}", QUICK, *options])


def test_a_redis_is_healthy_keeps_one_connection_and_no_key(runtime, server):
    checks = checked(runtime, check(server, "critical"))
    checks.wait_for("redis", "healthy")
    before = int(server.cli("info", "clients").split("connected_clients:")[1].split()[0])
    commands = int(server.cli("info", "stats").split("total_commands_processed:")[1].split()[0])
    poll(lambda: int(server.cli("info", "stats").split("total_commands_processed:")[1].split()[0]) > commands + 50, "runs")
    assert int(server.cli("info", "clients").split("connected_clients:")[1].split()[0]) == before == 2
    poll(lambda: server.cli("dbsize") == "0", "no key is left")
    assert "name=vitals" in server.cli("client", "list")


def test_a_redis_that_stops_hangs_and_comes_back_is_told_each_time(runtime, tmp_path):
    with redis(tmp_path) as server:
        checks = checked(runtime, check(server, "critical"))
        checks.wait_for("redis", "healthy")
        server.process.send_signal(signal.SIGSTOP)
        checks.wait_for("redis", "unhealthy", "timed out after")
        server.process.send_signal(signal.SIGCONT)
        checks.wait_for("redis", "healthy")
    checks.wait_for("redis", "unhealthy", "refused")
    with redis(tmp_path, port=server.port):
        checks.wait_for("redis", "healthy")


def test_passwords_and_users_are_told_apart(runtime, server, tmp_path):
    server.cli("acl", "setuser", "probe", "on", ">secret", "+@all", "~*")
    server.cli("acl", "setuser", "reader", "on", ">secret", "+ping", "+hello", "+info", "+client|setname", "~*")
    server.cli("acl", "setuser", "nobody", "on", ">secret", "+hello", "+client|setname")
    server.cli("config", "set", "requirepass", "canary-password")
    password = tmp_path / "password"
    password.write_text("canary-password\n")
    url = f"127.0.0.1:{server.port}"
    checks = checked(
        runtime,
        f"redis:redis://{url},{QUICK},name=without",
        f"redis:redis://:canary-password@{url},{QUICK},name=default",
        f"redis:redis://{url},{QUICK},name=file,password-file={password}",
        f"redis:redis://probe:secret@{url},{QUICK},name=user",
        f"redis:redis://probe:wrong@{url},{QUICK},name=wrong",
        f"redis:redis://reader:secret@{url},{QUICK},name=reader",
        f"redis:redis://reader:secret@{url},{QUICK},name=reading,write=false",
        f"redis:redis://nobody:secret@{url},{QUICK},name=nobody",
    )
    for name in ("default", "file", "user", "reading"):
        checks.wait_for(name, "healthy")
    checks.wait_for("without", "unhealthy", "wants a password")
    checks.wait_for("wrong", "unhealthy", "refuses the user or the password")
    checks.wait_for("reader", "degraded", "may not write its key: allow it, or set write=false")
    checks.wait_for("nobody", "unhealthy", "may not do this")
    assert "canary-password" not in checks.server.log.read_text()


def test_a_full_memory_is_degraded(runtime, server):
    server.cli("config", "set", "maxmemory", "1mb")
    checks = checked(runtime, check(server))
    checks.wait_for("redis", "degraded", "of its memory (maxmemory) is used")
    server.cli("config", "set", "maxmemory", "0")
    checks.wait_for("redis", "healthy")


def test_a_replica_is_not_written_to_and_tells_when_it_lost_its_master(runtime, server, tmp_path):
    with redis(tmp_path / ".", "--replicaof", "127.0.0.1", server.port, "--replica-serve-stale-data", "no") as replica:
        checks = checked(runtime, check(replica))
        checks.wait_for("redis", "healthy")
        assert server.cli("info", "commandstats").count("cmdstat_set:") == 0
        server.cli("shutdown", "nosave")
        checks.wait_for("redis", "unhealthy", "has lost its master")


def test_a_server_without_a_connection_left_is_degraded(runtime, server):
    # Two are taken: one hangs at the server, and the other asks it.
    with socket.create_connection(("127.0.0.1", server.port)):
        server.cli("config", "set", "maxclients", "1")
        checks = checked(runtime, check(server))
        checks.wait_for("redis", "degraded", "pool exhausted: it has no connection left (maxclients)")
    checks.wait_for("redis", "healthy")


def test_a_busy_script_and_slow_answers_are_told(runtime, server):
    checks = checked(runtime, check(server, "slow=1ns"))
    checks.wait_for("redis", "degraded", "PING took")
    server.cli("config", "set", "busy-reply-threshold", "1")
    with process("redis-cli", "-p", server.port, "eval", "while true do end", "0"):
        checks.wait_for("redis", "unhealthy", "a script blocks it")
        poll(lambda: server.cli("script", "kill"), "the script is killed")
    checks.wait_for("redis", "degraded", "PING took")


def test_a_redis_over_tls_is_verified(runtime, tmp_path):
    authority = Authority(tmp_path, "ca")
    pair = authority.issue("server", "IP:127.0.0.1")
    flags = ["--port", "0", "--tls-auth-clients", "no", "--tls-ca-cert-file", authority.file]
    port = free_port()
    files = ["--tls-cert-file", pair.certificate, "--tls-key-file", pair.key]
    with process("redis-server", "--save", "", "--dir", tmp_path, "--tls-port", port, *flags, *files):
        poll(lambda: accepts(port), "Redis listens")
        url = f"rediss://127.0.0.1:{port}"
        checks = checked(
            runtime, f"redis:{url},{QUICK},name=trusted,ca={authority.file}", f"redis:{url},{QUICK},name=unknown",
            f"redis:redis://127.0.0.1:{port},{QUICK},name=plain")
        checks.wait_for("trusted", "healthy")
        checks.wait_for("unknown", "unhealthy", "TLS: ")
        checks.wait_for("plain", "unhealthy")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak Redis"),
        (b"-LOADING Redis is loading the dataset in memory\r\n", "loading its data"),
        (b"+PO", "closed the connection"),
        (None, "closed the connection"),
        (b"", "timed out after"),
        (b"$999999999\r\n", "too large"),
    ])
def test_what_is_no_redis_is_unhealthy_with_the_reason(runtime, answer, message):
    target = Misbehaving(answer)
    checks = checked(runtime, check(target))
    checks.wait_for("redis", "unhealthy", message)
    target.stop()
