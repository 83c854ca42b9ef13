# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Several runtimes behind a client that balances."""

import contextlib
import re
import subprocess

import gguf
from conftest import ROOT, SERVING, Runtime, free_port, poll, stop_process
from sarai.skills import skills_pb2

# What docs/clients.md has for the servers and for where clients come in.
SERVERS = [("10.0.0.11", 50051), ("10.0.0.12", 50051)]
ENTRANCE = 8080
# A drain is long enough to see that a server gets no requests any more, and requests are under way when it ends.
FLAGS = ["--drain-grace", "2s", "--stub-token-delay", "5ms"]


def recipe(client, number=0):
    """The block of this number below this heading of the document."""
    text = (ROOT / "docs" / "clients.md").read_text()
    section = re.search(rf"^## {client}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL).group(1)
    return re.findall(r"^```[a-z]*\n(.*?)^```", section, re.MULTILINE | re.DOTALL)[number]


def replaced(text, old, new):
    """The text of the document must have `old`: else the test would run something else."""
    assert old in text, (old, text)
    return text.replace(old, new)


def configured(text, ports, entrance=None):
    """A configuration of the document for servers here, with clients at the port `entrance`."""
    for (host, old), new in zip(SERVERS, ports):
        text, count = re.subn(rf"{re.escape(host)}(:|, port_value: ){old}", rf"127.0.0.1\g<1>{new}", text)
        assert count == 1, (host, text)
    return replaced(replaced(text, "0.0.0.0", "127.0.0.1"), str(ENTRANCE), str(entrance)) if entrance else text


class Fleet:
    """The servers of the document, here, each at a port that it keeps."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = [free_port() for _ in SERVERS]
        self.servers = []
        for number in range(len(SERVERS)):
            self.servers.append(self._start(number))
        for server in self.servers:
            server.wait_for(SERVING)

    def _start(self, number):
        place = self.folder / str(number)
        place.mkdir(exist_ok=True)
        gguf.write(place / "demo.gguf", name="demo")
        return Runtime(place, "--port", str(self.ports[number]), *FLAGS)

    def stop(self):
        for server in self.servers:
            server.stop()

    def served(self, number):
        """Inferences that a server has begun."""
        return self.servers[number].skill.GetMetrics(skills_pb2.MetricsRequest(), timeout=20).total_requests

    def wait_for_requests(self, number, count=5):
        before = self.served(number)
        poll(lambda: self.served(number) >= before + count, f"requests come to server {number}")

    def restart_each(self, is_told):
        """Drains each server and starts it again. With `is_told`, requests stop long before the server does."""
        for number, server in enumerate(self.servers):
            others = [other for other in range(len(self.servers)) if other != number]
            for each in range(len(self.servers)):
                self.wait_for_requests(each)
            server.terminate()
            if is_told:
                self._wait_until_left_out(number, others)
            assert server.process.wait(20) == 0, server.log.read_text()
            for other in others:
                self.wait_for_requests(other)
            server.stop()
            self.servers[number] = self._start(number).wait_for(SERVING)
            self.wait_for_requests(number)

    def _wait_until_left_out(self, number, others):
        """Others have served ten requests since this one, which still would serve, has got its last."""

        def is_left_out():
            before = self.served(number)
            for other in others:
                self.wait_for_requests(other, 10)
            return self.served(number) == before

        # A server that has ended fails the call.
        poll(is_left_out, f"server {number} gets no requests")


@contextlib.contextmanager
def running(command, log, **keywords):
    """A process that is stopped at the end; its output goes to the file `log`."""
    with open(log, "wb") as stream:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, **keywords)
    try:
        yield process
    finally:
        stop_process(process)
