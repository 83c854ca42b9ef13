# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A runtime with checks, as operators see it; and targets that misbehave."""

import contextlib
import http.client
import json
import socket
import subprocess
import threading

from conftest import free_port, poll, stop_process

# What is found within a second, for tests that wait for it.
QUICK = "detect-within=1s"


class Checked:
    """The checks of a runtime that was started with `--admin`."""

    def __init__(self, server, port):
        self.server = server
        self.port = port

    def results(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/health?verbose")
            return json.loads(connection.getresponse().read())["individual_results"]
        finally:
            connection.close()

    def result(self, name):
        """Status and message of a check."""
        result = self.results()[name]
        return result["status"], result["message"]

    def wait_for(self, name, status, message=""):
        """Waits until the check has the status, and a message that contains the text."""

        def matches():
            result = self.result(name)
            return result if result[0] == status and message in result[1] else None

        try:
            return poll(matches, f"{name} is {status}: {message}")
        except AssertionError as failure:
            raise AssertionError(f"{failure}; it is {self.result(name)}") from None


def checked(runtime, *checks, flags=(), model=None, **keywords):
    """Starts a runtime with these checks."""
    port = free_port()
    arguments = [word for check in checks for word in ("--check", check)]
    server = runtime(
        "--admin", f"127.0.0.1:{port}", *arguments, *flags, model=model, skill="demo", search=model is None, **keywords)
    return Checked(server, port)


@contextlib.contextmanager
def process(*command, **keywords):
    """A server that is stopped at the end; its output is not shown."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(list(map(str, command)), **(quiet | keywords))
    try:
        yield server
    finally:
        stop_process(server)


class Redis:
    """Debian's Redis at a port."""

    def __init__(self, port, process):
        self.port = port
        self.process = process

    def cli(self, *words, secret=None, check=True):
        """What redis-cli prints."""
        login = ["-a", secret, "--no-auth-warning"] if secret else []
        command = ["redis-cli", "-p", str(self.port), *login, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=check).stdout.strip()


@contextlib.contextmanager
def redis(folder, *flags, port=None):
    port = port or free_port()
    with process("redis-server", "--port", port, "--save", "", "--dir", folder, *flags) as server:
        poll(lambda: accepts(port), "Redis listens")
        yield Redis(port, server)


def accepts(port):
    """Whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Misbehaving:
    """A server that answers what is set: nothing for hanging, None for closing at once, else these bytes."""

    def __init__(self, answer=b"", port=0):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            if self.answer is None:
                connection.close()
                continue
            if self.answer:
                with contextlib.suppress(OSError):
                    connection.sendall(self.answer)
                    connection.shutdown(socket.SHUT_WR)
            self.connections.append(connection)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            connection.close()
