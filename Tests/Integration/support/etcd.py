# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Debian's etcd: a cluster of one member, which is asked by its JSON gateway."""

import base64
import contextlib
import json
import urllib.request

from checked import process
from conftest import free_port, poll


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


@contextlib.contextmanager
def etcd(folder):
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
