# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A command that `healthcheck` runs, as its clients see it; and a service to run."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import textwrap

import grpc
from conftest import DIST, clean_environment, free_port, poll, stop_process
from grpc_health.v1 import health_pb2, health_pb2_grpc

# A service of HTTP that drains properly: it serves for a moment after it was told to end, so that balancers see that it is
# not ready, and then finishes what it has. `/stall` has it answer nothing any more.
SERVICE = textwrap.dedent("""
    import http.server, signal, sys, threading, time

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.path == "/stall":
                server.stalled = True
            while server.stalled:
                time.sleep(1)
            if self.path == "/slow":
                time.sleep(0.2)
            body = open(sys.argv[2], "rb").read() if self.path == "/metrics" else b"ok"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = False
        request_queue_size = 128
        stalled = False

    server = Server(("127.0.0.1", int(sys.argv[1])), Handler)

    def drain():
        time.sleep(0.4)
        server.shutdown()

    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=drain).start())
    server.serve_forever()
    server.server_close()
""")


class Wrapped:
    """A wrapper that runs, with its port."""

    def __init__(self, process, port, socket, log):
        self.process = process
        self.port = port
        self.socket = socket
        self.log = log

    def get(self, path, **headers):
        """Status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def value(self, name):
        """The value of a series; None when there is none."""
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return None

    def checks(self):
        return json.loads(self.get("/health")[1]).get("checks", {})

    def is_ready(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/readyz")[0] == 200
        return False

    def wait_until_ready(self):
        try:
            poll(self.is_ready, "the command is ready")
        except AssertionError as failure:
            raise AssertionError(f"{failure}\n{self.log.read_text()[-3000:]}") from None
        return self

    def health(self, name=""):
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            request = health_pb2.HealthCheckRequest(service=name)
            return health_pb2_grpc.HealthStub(channel).Check(request, timeout=10).status

    def child(self):
        """The process ID of the command; None while it does not run."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def status(self, question="Full"):
        """What `healthcheck status` is told."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(self.socket.replace("@", "\0", 1))
            client.sendall(json.dumps({"type": "health_check", "check_type": question}).encode() + b"\n")
            return json.loads(client.makefile().readline())

    def explained(self, *arguments):
        """Exit code and output of `healthcheck explain`."""
        end = subprocess.run(
            [DIST / "healthcheck", "explain", "--socket", self.socket, *arguments], capture_output=True, text=True, timeout=20,
            stdin=subprocess.DEVNULL)
        return end.returncode, end.stdout

    def stop(self):
        """Ends both: a command would outlive a wrapper that is killed."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        if self.process.poll() is None and (child := self.child()):
            os.kill(child, signal.SIGKILL)
        stop_process(self.process)

    def told(self, text):
        return text in self.log.read_text()


@contextlib.contextmanager
def wrapped(folder, *command, flags=(), environment=None, **keywords):
    """Runs a command in the wrapper."""
    port, log = free_port(), folder / "wrapper.log"
    place = f"@vitals-test-{port}"
    arguments = ["--export-prom", f":{port}", "--socket", place, *flags, "--", *command]
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [DIST / "healthcheck", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env=clean_environment(**(environment or {})), **keywords)
    wrapper = Wrapped(process, port, place, log)
    try:
        yield wrapper
    finally:
        wrapper.stop()


def service(port, metrics="/dev/null"):
    """The words that run the service of HTTP."""
    return [sys.executable, "-c", SERVICE, str(port), str(metrics)]
