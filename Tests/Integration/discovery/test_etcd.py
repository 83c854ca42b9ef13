# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`--register etcd://` with a real etcd."""

import signal

import pytest
from conftest import NOT_SERVING, SERVING, free_port, poll
from etcd import etcd as started

TTL = 3


@pytest.fixture(scope="module")
def etcd(tmp_path_factory):
    with started(tmp_path_factory.mktemp("etcd")) as server:
        yield server


def test_a_runtime_is_found_by_resolvers_of_grpc_and_knows_of_a_drain_first(runtime, etcd):
    member = f"etcd://127.0.0.1:{free_port()},member=127.0.0.1:{etcd.port},ttl={TTL}s"
    flags = ["--register", member, "--service-name", "chat", "--advertise", "10.1.2.3:443", "--drain-grace", "2s"]
    server = runtime(*flags)
    etcd.wait_for("chat", "available")
    [(key, value)] = etcd.records("chat").items()
    assert key.startswith("chat/") and (value["Op"], value["Addr"]) == (0, "10.1.2.3:443")
    watch = server.watch()
    assert next(watch).status == SERVING
    server.terminate()
    assert next(watch).status == NOT_SERVING
    assert etcd.status("chat") == "draining"
    poll(lambda: not etcd.records("chat"), "it is taken out at the end")


def test_a_killed_runtime_is_forgotten(runtime, etcd):
    server = runtime("--register", f"etcd://127.0.0.1:{etcd.port},ttl={TTL}s", "--service-name", "killed")
    etcd.wait_for("killed", "available")
    server.process.send_signal(signal.SIGKILL)
    poll(lambda: not etcd.records("killed"), "it is forgotten")
