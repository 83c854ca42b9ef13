# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`--register etcd://` with a real etcd, which is asked by its JSON gateway."""

import base64
import contextlib
import json
import signal
import urllib.request

import pytest
from checked import process
from conftest import NOT_SERVING, SERVING, free_port, poll

TTL = 3


class Etcd:
    """A cluster of one member."""

    def __init__(self, port):
        self.port = port

    def records(self, service):
        """The values of the keys of a service, by key."""
        prefix = f"{service}/".encode()
        asked = {"key": base64.b64encode(prefix).decode(), "range_end": base64.b64encode(f"{service}0".encode()).decode()}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v3/kv/range", json.dumps(asked).encode())
        found = json.load(urllib.request.urlopen(request, timeout=10)).get("kvs", [])
        return {base64.b64decode(one["key"]).decode(): json.loads(base64.b64decode(one["value"])) for one in found}

    def status(self, service):
        """The status of the only instance; None without."""
        records = list(self.records(service).values())
        return records[0]["Metadata"]["status"] if records else None

    def wait_for(self, service, status):
        poll(lambda: self.status(service) == status, f"{service} is {status}; it is {self.status(service)}")


@pytest.fixture(scope="module")
def etcd(tmp_path_factory):
    folder = tmp_path_factory.mktemp("etcd")
    port, peer = free_port(), free_port()
    client = f"http://127.0.0.1:{port}"
    command = ["etcd", "--data-dir", folder / "data", "--log-level", "error"]
    command += ["--listen-client-urls", client, "--advertise-client-urls", client]
    command += ["--listen-peer-urls", f"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}"]
    command += ["--initial-cluster", f"default=http://127.0.0.1:{peer}"]
    with process(*command):
        server = Etcd(port)

        def answers():
            with contextlib.suppress(OSError):
                return server.records("none") == {}

        poll(answers, "etcd answers")
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
