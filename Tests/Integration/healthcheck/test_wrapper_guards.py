# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`healthcheck -- COMMAND` where others could mislead it: signals before it is ready, another container's wrapper, numbers of
processes that are used again, large pages of metrics."""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading

import pytest
from checked import QUICK
from conftest import DIST, NOT_SERVING, SERVING, clean_environment, free_port, poll
from inits import AS_PID_1, in_own_namespace, started, tree
from wrapped import wrapped

WRAPPER = DIST / "healthcheck"


@in_own_namespace
def test_a_signal_that_comes_before_the_settings_are_read_is_not_lost(tmp_path):
    """The kernel drops what a first process neither blocks nor handles."""
    pipe = tmp_path / "settings.yaml"
    os.mkfifo(pipe)

    def opened():
        with contextlib.suppress(OSError):
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)

    with started(*AS_PID_1, WRAPPER, "--socket", f"@vitals-test-{os.getpid()}", "--config", pipe, "--", "sleep", "60") as process:
        writer = poll(opened, "the settings are being read")
        os.kill(tree(process.pid)[0], signal.SIGTERM)
        os.write(writer, b"restart: no\n")
        os.close(writer)
        assert process.wait(timeout=10) == 143


STRANGERS = {"another PID namespace": AS_PID_1, "other file systems": ["unshare", "--mount"]}


@in_own_namespace
@pytest.mark.parametrize("flags", STRANGERS.values(), ids=STRANGERS.keys())
def test_status_does_not_ask_the_wrapper_of_another_container(flags):
    """Both have the same /run and /tmp."""
    script = """
        mount -t tmpfs none /run && mount -t tmpfs none /tmp
        mkfifo /run/end
        "$@" "$0" -- cat /run/end > /dev/null 2>&1 &
        while [ ! -S /run/healthcheck.sock ]; do sleep 0.02; done
        "$0" status; echo "alone: $?"
        "$0" status --socket /run/healthcheck.sock; echo "by name: $?"
        "$0" --name ours -- "$0" status; echo "beside it: $?"
        : > /run/end
        wait
    """
    result = subprocess.run(
        ["unshare", "--mount", "bash", "-c", script, WRAPPER, *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=30, env=clean_environment(), check=False)
    lines = result.stdout.splitlines()
    assert lines[:2] == ["unknown", "alone: 1"], result
    assert "a wrapper of another container answers" in result.stderr and "--socket /run/healthcheck.sock" in result.stderr
    assert "by name: 0" in lines and lines[-1] == "beside it: 0", result


# The command leaves one in a session of its own, which then has a child with the number that the command had.
REUSED = """
import ctypes, os, signal, sys
waited = [signal.SIGTERM, signal.SIGUSR1]
signal.pthread_sigmask(signal.SIG_BLOCK, waited)
command = os.getpid()
reading, writing = os.pipe()
if os.fork() > 0:
    os.read(reading, 1)
    sys.exit(0)
os.setsid()
os.write(writing, b"x")
signal.sigwait([signal.SIGUSR1])
numbers = (ctypes.c_int * 1)(command)
arguments = (ctypes.c_uint64 * 11)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(numbers), 1, 0)
process = ctypes.CDLL(None, use_errno=True).syscall(435, arguments, ctypes.sizeof(arguments))
if process == 0:
    os.setpgid(0, 0)
    os.write(1, b"ready\\n")
    signal.sigwait([signal.SIGTERM])
    os.write(1, b"a stranger was told\\n")
    os._exit(0)
assert process == command, ctypes.get_errno()
signal.sigwait([signal.SIGTERM])
os.write(1, b"told\\n")
os.kill(process, signal.SIGKILL)
os.waitpid(process, 0)
"""


@in_own_namespace
def test_the_number_of_a_command_that_has_ended_is_not_taken_for_its_group(tmp_path):
    log = tmp_path / "log"
    flags = ["--socket", f"@vitals-test-{os.getpid()}", "--wait-for", "all", "--stop-timeout", "2s"]
    command = [*AS_PID_1, WRAPPER, *flags, "--", sys.executable, "-c", REUSED]
    with open(log, "wb") as output, started(*command, stdout=subprocess.PIPE, stderr=output) as process:
        poll(lambda: "are waited for" in log.read_text(), "the command has ended")
        first = tree(process.pid)[0]
        os.kill(first, signal.SIGUSR1)
        assert process.stdout.readline() == "ready\n"
        os.kill(first, signal.SIGTERM)
        assert process.stdout.read() == "told\n"
        assert process.wait(timeout=10) == 0


# Another process of a command that has changed its user speaks for it.
CHANGED = """
import os, signal, socket
os.setuid(65534)
if os.fork() == 0:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    client.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
signal.pause()
"""


@in_own_namespace
def test_a_command_that_has_given_up_root_is_heard(tmp_path):
    with wrapped(tmp_path, sys.executable, "-c", CHANGED, flags=["--wait-for-ready", "--signal-group"]) as wrapper:
        wrapper.wait_until_ready()


def post(port, name, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", f"/heartbeat/{name}", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def report(place, name):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(place))
        client.sendall(json.dumps({"type": "heartbeat", "name": name}).encode() + b"\n")
        return json.loads(client.makefile().readline())


def test_a_wrong_status_is_a_failure_and_heartbeats_can_be_reported(tmp_path):
    port, place = free_port(), tmp_path / "status.sock"
    token = tmp_path / "token"
    token.write_text("0123456789abcdef")
    flags = [
        "--socket", place, "--check", f"http:http://127.0.0.1:{port}/none,critical,name=page,groups=page,{QUICK}",
        "--check", f"http:http://127.0.0.1:{port}/none,critical,name=lenient,wrong-status=degraded,groups=lenient,{QUICK}",
        "--check", "exec:/bin/false,critical,name=tool,groups=tool", "--check", "heartbeat,name=worker,critical,groups=worker",
        "--check", f"heartbeat,name=remote,critical,groups=remote,token-file={token}",
    ]
    command = [sys.executable, "-m", "http.server", port, "--bind", "127.0.0.1", "--directory", tmp_path]
    with wrapped(tmp_path, *command, flags=flags) as wrapper:
        poll(lambda: wrapper.told("listening"), "it can be asked")
        poll(lambda: wrapper.health("lenient") == SERVING, "what is degraded serves")
        poll(lambda: wrapper.health("page") == NOT_SERVING, "a 404 does not")
        assert wrapper.health("tool") == NOT_SERVING
        assert post(wrapper.port, "worker") == post(wrapper.port, "remote") == 401
        assert post(wrapper.port, "remote", Authorization=f"Bearer {token.read_text()}") == 200
        assert report(place, "worker")["ok"] and report(place, "none")["type"] == "error"
        poll(lambda: wrapper.health("worker") == wrapper.health("remote") == SERVING, "both are alive")


class Page(http.server.BaseHTTPRequestHandler):
    """A page of metrics with more series than are taken."""

    page = "".join(f"a{number} 1\n" for number in range(400_000)).encode()[: 4 << 20].rsplit(b"\n", 1)[0] + b"\n"
    served = threading.Event()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.page)))
        self.end_headers()
        self.wfile.write(self.page)
        self.served.set()

    def log_message(self, *arguments):
        pass


def test_a_huge_page_of_metrics_is_cut_and_holds_up_nothing(tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        flags = ["--scrape", f"http://127.0.0.1:{server.server_port}/metrics", "--scrape-timeout", "20s"]
        with wrapped(tmp_path, "sleep", "60", flags=flags) as wrapper:
            wrapper.wait_until_ready()
            pages = []
            scrape = threading.Thread(target=lambda: pages.append(wrapper.get("/metrics")))
            scrape.start()
            assert Page.served.wait(20)
            answers = 0
            while scrape.is_alive():
                assert wrapper.get("/livez")[0] == 200
                answers += 1
            scrape.join()
            status, page = pages[0]
            assert status == 200 and answers > 1
            values = dict(line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
            assert values["vitals_scrape_cut"] == "1" and values["vitals_scrape_series"] == "20000" and "a0" in values
            poll(lambda: wrapper.told("more than 20000 series"), "the log says so")
        server.shutdown()


def test_a_heartbeat_that_nothing_can_report_is_told(tmp_path):
    flags = [DIST / "healthcheck", "--check", "heartbeat,name=worker,within=30s"]
    for place, is_told in (("@nowhere", True), (tmp_path / "status.sock", False)):
        ended = subprocess.run(
            [*flags, "--socket", place, "--", "sleep", "0.5"], capture_output=True, text=True, timeout=20, env=clean_environment(), check=False)
        assert ("the heartbeat worker cannot be reported: give --socket a path" in ended.stderr) == is_told, ended.stderr


def test_restarts_leave_no_thread_and_no_descriptor_behind(tmp_path):
    # A name is asked for on a thread of its own.
    flags = ["--restart", "always", "--restart-budget", "1000/1h", "--check", f"tcp:localhost:1,{QUICK}"]
    with wrapped(tmp_path, "sleep", "0.3", flags=flags) as wrapper:
        place = pathlib.Path(f"/proc/{wrapper.process.pid}")
        poll(lambda: wrapper.log.read_text().count("the command runs again") >= 4, "it was restarted four times")
        poll(lambda: len(list((place / "task").iterdir())) <= 2, "there is one resolver at most")
        names = [(place / "task" / task.name / "comm").read_text().strip() for task in (place / "task").iterdir()]
        assert set(names) <= {"healthcheck", "resolver"}
        assert sum("eventpoll" in os.readlink(file) for file in (place / "fd").iterdir()) <= 2
