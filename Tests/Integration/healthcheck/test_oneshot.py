# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks that `healthcheck` runs once, against real servers and against targets that misbehave."""

import contextlib
import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time

import grpc
import health_servers
import pytest
from certificates import Authority
from checked import Misbehaving, accepts, process
from conftest import DIST, ROOT, free_port, poll
from postgres import Postgres, made_once

PROGRAM = DIST / "healthcheck"


def run(*arguments, command=(PROGRAM,), **variables):
    """Exit code, lines of standard output, text of standard error."""
    result = subprocess.run(
        [*map(str, command), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
        env=os.environ | variables)
    return result.returncode, result.stdout.splitlines(), result.stderr


def assert_healthy(*arguments, **keywords):
    code, lines, reasons = run(*arguments, **keywords)
    assert (code, reasons) == (0, ""), (lines, reasons)
    assert lines and all(line.startswith("healthy ") for line in lines)
    return lines


def assert_unhealthy(reason, *arguments, **keywords):
    code, lines, reasons = run(*arguments, **keywords)
    assert code == 1 and lines[0].startswith("unhealthy "), (lines, reasons)
    assert reason in reasons
    return reasons


class Pages(http.server.BaseHTTPRequestHandler):
    """`/health` works, `/moved` is somewhere else, any other path is a status code."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        code = {"/health": 200, "/moved": 302}.get(path) or int(path[1:])
        body = self.headers.get("authorization", "").encode()
        self.send_response(code)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def pages(context=None, family=socket.AF_INET):
    class Server(http.server.ThreadingHTTPServer):
        address_family = family

    with Server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), Pages) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def site():
    with pages() as port:
        yield port


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"), "oneshot")


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue("localhost", "DNS:localhost,IP:127.0.0.1")


@pytest.fixture(scope="module")
def redis(tmp_path_factory, certificate, authority):
    """A Redis with a password, without and with TLS."""
    port, tls = free_port(), free_port()
    files = ["--tls-cert-file", certificate.certificate, "--tls-key-file", certificate.key, "--tls-ca-cert-file", authority.file]
    command = ["redis-server", "--port", port, "--tls-port", tls, *files, "--tls-auth-clients", "no"]
    with process(*command, "--save", "", "--requirepass", "hunter2", "--dir", tmp_path_factory.mktemp("redis")):
        poll(lambda: accepts(port) and accepts(tls), "Redis listens")
        yield port, tls


@pytest.fixture(scope="module")
def postgres():
    with made_once() as database, database.serving("listen_addresses=127.0.0.1", "fsync=off"):
        database.ready()
        database.sql("CREATE ROLE probe LOGIN PASSWORD 'hunter2'")
        yield database


def test_the_command_of_the_guides_works_letter_by_letter(site):
    line, = assert_healthy("--http", f"http://localhost:{site}/health")
    assert line.startswith(f"healthy http http://localhost:{site}/health ") and line.endswith(" ms")
    assert_healthy("--tcp", f"localhost:{site}")
    # Flags as other programs write them.
    assert_healthy(f"-http=http://127.0.0.1:{site}/health", "--timeout=2s", "--exit-profile", "docker")


@pytest.mark.parametrize("path, is_healthy", [("204", True), ("moved", True), ("404", False), ("500", False), ("503", False)])
def test_a_response_counts_as_curl_counts_it(site, path, is_healthy):
    url = f"http://127.0.0.1:{site}/{path}"
    if is_healthy:
        assert_healthy("--http", url)
    else:
        assert_unhealthy(f"it answers with {path}", "--http", url)
        assert_unhealthy(f"it answers with {path}", "--check", f"http:{url}")
        # What a service that is less well than it should be says is for the options of the kind.
        assert run("--check", f"http:{url},wrong-status=degraded")[0] == 0
        assert run("--check", f"http:{url},wrong-status=degraded", "--degraded-is-unhealthy")[0] == 1


def test_addresses_of_both_families(site):
    with pages(family=socket.AF_INET6) as port:
        assert_healthy("--http", f"http://[::1]:{port}/health", "--tcp", f"[::]:{port}")
    assert_healthy("--tcp", f"0.0.0.0:{site}")


def test_tls_is_verified(certificate, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    with pages(context) as port:
        url = f"https://localhost:{port}/health"
        assert_unhealthy("TLS: ", "--http", url)
        assert_healthy("--check", f"http:{url},ca={authority.file}")
        assert_healthy("--check", f"http:{url},ca={authority.file}", "--check", f"http:{url},insecure,name=again")
        # Plaintext to a port of TLS, and TLS to one of plaintext.
        assert_unhealthy("", "--http", f"http://localhost:{port}/health")
    target = Misbehaving(b"220 hello\r\n")
    assert_unhealthy("TLS: ", "--http", f"https://127.0.0.1:{target.port}/")
    target.stop()


def test_redis(redis, authority):
    port, tls = redis
    assert_healthy("--redis", f"redis://:hunter2@127.0.0.1:{port}/2")
    assert_unhealthy("wants a password", "--redis", f"redis://127.0.0.1:{port}")
    assert "hunter3" not in assert_unhealthy("refuses", "--redis", f"redis://:hunter3@127.0.0.1:{port}")
    assert_healthy("--check", f"redis:rediss://:hunter2@localhost:{tls},ca={authority.file}")


def test_postgres(postgres):
    url = f"postgres://probe:hunter2@127.0.0.1:{postgres.port}/postgres"
    assert_healthy("--postgres", url)
    assert_healthy("--postgres", url + "?sslmode=disable")
    reasons = assert_unhealthy("", "--postgres", url.replace("hunter2", "hunter3"))
    assert "hunter3" not in reasons and "password" in reasons
    # A farewell is sent: the server's log has no connection that was lost.
    assert_healthy("--check", f"postgres:{url},query=SELECT 41+1,expect=42")
    assert postgres.log_lines("unexpected EOF") == 0


def test_grpc(certificate, authority):
    with health_servers.serve(health_servers.stock()) as port:
        assert_healthy("--grpc", f"127.0.0.1:{port}", "--grpc", f"localhost:{port}/up")
        assert_unhealthy('"down" is NOT_SERVING', "--grpc", f"127.0.0.1:{port}/down")
        assert_unhealthy('does not know the health name "none"', "--grpc", f"127.0.0.1:{port}/none")
    credentials = grpc.ssl_server_credentials([certificate.bytes()])
    with health_servers.serve(health_servers.stock(), "127.0.0.1:0", credentials=credentials) as port:
        assert_healthy("--check", f"grpc:grpcs://127.0.0.1:{port},ca={authority.file}")


def test_a_file_and_a_command(tmp_path):
    (tmp_path / "alive").touch()
    assert_healthy("--check", f"file:{tmp_path}/alive", "--check", "exec:/bin/true")
    assert_unhealthy("it exited with status 1", "--check", "exec:/bin/false")
    assert run("--check", "exec:/bin/false,degraded-on-1")[0] == 0
    # What takes too long is killed with its children.
    started = time.monotonic()
    assert_unhealthy("timed out after 0.2 s", "--check", "exec:/bin/sleep,arg=30", "--timeout", "200ms")
    assert time.monotonic() - started < 10


MOODS = {
    "closing": (None, "it closed the connection"),
    "garbage": (b"\x00\xff garbage \r\n\r\n" * 10, ""),
}
KINDS = ["--http=http://{}/", "--redis=redis://{}", "--postgres=postgres://u:hunter2@{}/d", "--grpc={}"]


@pytest.mark.parametrize("answer, reason", MOODS.values(), ids=MOODS.keys())
@pytest.mark.parametrize("kind", KINDS)
def test_a_target_that_misbehaves(kind, answer, reason):
    target = Misbehaving(answer)
    try:
        reasons = assert_unhealthy(reason, kind.format(f"127.0.0.1:{target.port}"))
        assert len(reasons.splitlines()) == 1 and "hunter2" not in reasons
    finally:
        target.stop()


def test_a_target_that_hangs_or_refuses_ends_in_time():
    target = Misbehaving()
    try:
        for kind in KINDS:
            reasons = assert_unhealthy("timed out after 0.15 s", kind.format(f"127.0.0.1:{target.port}"), "--timeout=150ms")
            assert "no answer" in reasons
        for kind in [*KINDS, "--tcp={}"]:
            assert_unhealthy("Connection refused", kind.format("127.0.0.1:1"))
        assert_unhealthy("no such host: nowhere.invalid", "--tcp=nowhere.invalid:1", "--timeout=3s")
    finally:
        target.stop()


def test_several_run_at_the_same_time_and_the_worst_comes_first(site):
    targets = [Misbehaving() for _ in range(8)]
    try:
        flags = [f"--http=http://127.0.0.1:{target.port}/" for target in targets]
        started = time.monotonic()
        code, lines, reasons = run(f"--tcp=127.0.0.1:{site}", *flags, "--timeout=300ms")
        # One after the other would be 2.4 s.
        assert code == 1 and time.monotonic() - started < 2
        assert [line.split()[0] for line in lines] == ["unhealthy"] * 8 + ["healthy"]
        assert reasons.count("timed out after 0.3 s") == 8
    finally:
        for target in targets:
            target.stop()


def test_json_has_it_all_in_one_document(site):
    command = ["--json", "--http", f"http://u:hunter2@127.0.0.1:{site}/health?token=hunter2", "--tcp", "127.0.0.1:1"]
    code, lines, reasons = run(*command)
    assert code == 1 and "hunter2" not in "".join(lines) + reasons
    report = json.loads("".join(lines))
    assert (report["state"], report["exit"]) == ("unhealthy", 1)
    worst, good = report["checks"]
    assert (worst["kind"], worst["target"], worst["state"]) == ("tcp", "127.0.0.1:1", "unhealthy")
    assert good["target"] == f"http://u:***@127.0.0.1:{site}/health?***" and good["reason"] == ""
    assert good["duration_ms"] > 0 and good["details"]["status"] == "200"


def test_a_file_of_checks(site, tmp_path):
    file = tmp_path / "checks.yaml"
    file.write_text(f"""
restart: on-unhealthy
checks:
  - kind: http
    target: http://127.0.0.1:{site}/health
    interval: 1h
    fall: 7
  - kind: tcp
    name: gone
    target: 127.0.0.1:1
    dry: true
""")
    code, lines, reasons = run("--config", file)
    assert code == 0 and [line.split()[0] for line in lines] == ["unhealthy", "healthy"]
    assert "gone: tcp 127.0.0.1:1: connect: Connection refused (dry: it decides nothing)" in reasons
    file.write_text(file.read_text().replace("dry: true", "dry: false"))
    assert run("--config", file)[0] == 1
    file.write_text("checks:\n  - kind: tpc\n    target: a:1\n")
    assert_refused('kind "tpc" is unknown', "--config", file)


def assert_refused(reason, *arguments, code=1):
    found, lines, reasons = run(*arguments)
    assert (found, lines) == (code, []) and reason in reasons, reasons
    assert "hunter2" not in reasons
    return reasons


def test_what_cannot_be_read_is_told_with_what_to_do():
    assert_refused("unknown flag --htpp: did you mean --http?", "--htpp", "http://a")
    assert_refused("target has no port: use HOST:PORT", "--tcp", "localhost")
    assert_refused("must begin with redis:// or rediss://, as in redis://HOST", "--redis", "http://:hunter2@a")
    assert_refused("is unknown: use one of", "--check", "ftp:a")
    assert_refused("no unit: use 5s", "--tcp", "a:1", "--timeout", "5")
    assert_refused("interval says nothing here", "--check", "tcp:a:1,interval=5s")
    assert_refused("unexpected argument (not shown)", "--tcp", "a:1", "redis://:hunter2@a")
    assert_refused("put -- before it", "uvicorn", "app:app")
    assert_refused("--tcp needs a value", "--tcp", code=1)
    assert_refused("--export-prom is for a command that is run", "--export-prom", ":9091", "uvicorn")
    assert_refused("nothing to check", "--json")
    assert_refused("nothing to check", "--json", "--exit-profile=standard", code=2)


def test_the_page_has_every_flag():
    code, lines, _ = run("--help")
    flags = [line.split()[0] for line in lines if line.startswith("  --")]
    page = (ROOT / "docs" / "healthcheck.md").read_text()
    assert code == 0 and "--http" in flags and "--socket" in flags
    assert [flag for flag in flags if f"`{flag}" not in page] == []


def test_without_a_wrapper_status_says_so(tmp_path):
    for arguments in [(), ("status",), ("status", "--json")]:
        code, lines, reasons = run(*arguments, HEALTHCHECK_SOCKET=str(tmp_path / "none"))
        assert (code, lines) == (1, ["unknown"])
        assert f"no wrapper runs here ({tmp_path}/none: connect: No such file or directory)" in reasons


ANSWER = {
    "type": "health_response", "check_type": "Full", "ok": True,
    "report": {"state": "Degraded", "ready": True, "reason": "", "checks": [
        {"name": "http", "kind": "http", "target": "http://localhost/", "state": "Healthy", "reason": ""},
        {"name": "db", "kind": "tcp", "target": "db:1", "state": "Degraded", "reason": "slow"}], "uptime_secs": 7}}


@contextlib.contextmanager
def wrapper(path, answer):
    """Answers one question at a Unix socket; gives what was asked."""
    asked = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        asked.append(connection.recv(1000))
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_status_tells_what_the_wrapper_says(tmp_path):
    path = tmp_path / "socket"
    line = json.dumps(ANSWER).encode() + b"\n"
    with wrapper(path, line) as asked:
        code, lines, reasons = run(HEALTHCHECK_SOCKET=str(path))
        assert (code, reasons) == (0, "healthcheck: db: tcp db:1: slow\n")
        assert lines == ["degraded (1 of 2 checks are healthy)", "degraded db: tcp db:1", "healthy http http://localhost/"]
        assert json.loads(asked[0]) == {"type": "health_check", "check_type": "Full"}
        assert run("status", "--socket", path, "--degraded-is-unhealthy")[0] == 1
        code, lines, _ = run("status", "--json", "--socket", path)
        assert (code, json.loads(lines[0])) == (0, ANSWER)
    for answer, reason in [(b"nonsense\n", "no wrapper"), (b"", "closed the connection"), (b"x" * 300_000, "too long")]:
        path.unlink()
        with wrapper(path, answer):
            code, lines, reasons = run("status", "--socket", path)
            assert (code, lines) == (1, ["unknown"]) and reason in reasons


def test_a_name_of_the_hosts_file_takes_no_thread(site):
    traced = ["strace", "-f", "-e", "trace=clone,clone3", "-o", "/dev/stdout", PROGRAM]
    code, lines, _ = run("--tcp", f"localhost:{site}", "--http", f"http://localhost:{site}/health", command=traced)
    assert code == 0 and not any("clone" in line for line in lines), lines


# In an empty root.


@pytest.fixture
def scratch(tmp_path):
    """A root with nothing but the program in it, which nothing can write to; the command that runs it there as another user."""
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: THE PROGRAM IN AN EMPTY ROOT IS NOT TESTED")
    if "not a dynamic" not in subprocess.run(["ldd", PROGRAM], capture_output=True, text=True).stderr:
        pytest.skip("a debug build is not static")
    shutil.copy(PROGRAM, tmp_path / "healthcheck")
    tmp_path.chmod(0o555)
    chroot = shutil.which("chroot", path="/usr/sbin:/sbin:/usr/bin")
    return ["env", "-i", chroot, "--userspec=12345:12345", tmp_path, "/healthcheck"]


def test_an_empty_root_is_enough(scratch, site):
    assert_healthy("--http", f"http://localhost:{site}/health", command=scratch)
    assert_healthy("--tcp", f"127.0.0.1:{site}", "--tcp", f"localhost:{site}", command=scratch)
    (scratch[-2] / "etc").mkdir()
    os.mkfifo(scratch[-2] / "etc" / "hosts")
    # A file that never opens stands for what blocks where no deadline reaches.
    code, lines, reasons = run("--tcp", "name.example:1", "--timeout", "100ms", command=scratch)
    assert (code, lines) == (1, ["unknown"]) and "ended by its own timer" in reasons
    # Without /proc the name of the host stands for the container.
    code, lines, reasons = run(command=scratch)
    assert (code, lines) == (1, ["unknown"]) and f"@healthcheck-{socket.gethostname()[:64]}" in reasons
