# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Clients: h2load for many calls, a program of ours for connections and crowds. Every answer is counted or read."""

import contextlib
import re
import subprocess

from measure.figures import fail
from measure.servers import ANSWER, CHECK

# Seconds: a server that answers no more is not waited for.
PATIENCE = 180


def h2load(bench, server, requests, connections, streams):
    """Microseconds of the server's CPU a request."""
    flags = []
    if server.path == CHECK:
        flags = ["-d", bench.work / "request", "-H", "content-type: application/grpc", "-H", "te: trailers"]
    shape = ["-n", requests, "-c", connections, "-m", streams, "-t", 1]
    before = server.cpu()
    output = run("h2load", *shape, *flags, server.url())
    spent = server.cpu() - before
    succeeded = int(re.search(r"(\d+) succeeded", output).group(1))
    size = int(re.search(r"\((\d+)\) data$", output, re.MULTILINE).group(1))
    # A gRPC error is HTTP 200 too, but it carries no message.
    if succeeded != requests or size != requests * ANSWER:
        fail(f"wrong answers from {server.url()}:\n{output}")
    return spent / 1000 / requests


def pages(server, path, requests, connections, *flags):
    """The same for GET of HTTP/1.1."""
    before = server.cpu()
    url = f"http://127.0.0.1:{server.port}{path}"
    output = run("h2load", "--h1", "-n", requests, "-c", connections, "-t", 1, *flags, url)
    spent = server.cpu() - before
    if f" {requests} 2xx" not in output:
        fail(f"wrong answers from {url}:\n{output}")
    return spent / 1000 / requests


def connect(bench, server, count, kind="plain"):
    """Connections one after the other, a Check each: microseconds of the server's CPU, and of the client's time (the median), for
    one. None where the server does not resume."""
    before = server.cpu()
    path = [] if server.path == CHECK else [server.path]
    command = [bench.work / "bench_client", "connect", server.port, count, kind, *path]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=PATIENCE)
    if result.returncode == 3:
        return None
    if result.returncode != 0:
        fail(f"connections to {server.url()}: {result.stderr}")
    return (server.cpu() - before) / 1000 / count, float(result.stdout.split()[0])


class Crowd:
    """Connections of one client, with calls of Watch each, until the block ends."""

    def __init__(self, bench, server, connections, watches):
        command = [bench.work / "bench_client", "crowd", server.port, connections, watches]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        self.process = subprocess.Popen(list(map(str, command)), **pipes)

    def __enter__(self):
        self._line()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()

    def ask(self, *words):
        """The numbers that the client prints for a line."""
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        return [float(word) for word in self._line().split()]

    def _line(self):
        text = self.process.stdout.readline()
        if not text:
            fail(f"a crowd ended with {self.process.wait(60)}")
        return text


def run(*command):
    """What a program prints; it has to succeed."""
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=PATIENCE)
    if result.returncode != 0:
        fail(f"{command[0]}: {result.stderr or result.stdout}")
    return result.stdout
