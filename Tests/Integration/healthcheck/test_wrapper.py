# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`healthcheck -- COMMAND`: a service in it is watched, restarted, and brought to its end without a lost request."""

import contextlib
import http.client
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from checked import QUICK
from conftest import DIST, NOT_SERVING, SERVING, clean_environment, free_port, poll
from postgres import BINARIES, as_postgres, open_to_postgres
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from service_manager import ServiceManager
from wrapped import service, wrapped


def run(*arguments, **keywords):
    """Runs the wrapper to its end."""
    return subprocess.run(
        [DIST / "healthcheck", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
        env=clean_environment(), **keywords)


def health_check(port, *options):
    return ",".join([f"http:http://127.0.0.1:{port}/health", "critical", QUICK, *options])


@contextlib.contextmanager
def http_service(folder, *flags, metrics="/dev/null"):
    port = free_port()
    with wrapped(folder, *service(port, metrics), flags=["--check", health_check(port), *flags]) as wrapper:
        wrapper.service = port
        yield wrapper


def ask(port, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def test_a_service_is_seen_by_every_kind_of_client(tmp_path):
    with http_service(tmp_path, "--port", free_port(), "--name", "app") as wrapper:
        # Nothing listens at this --port.
        poll(lambda: wrapper.told("Critical checks failed: port"), "the port is missed")
        assert (wrapper.health(), wrapper.health("liveness"), wrapper.health("startup")) == (NOT_SERVING, SERVING, NOT_SERVING)
        assert wrapper.status("Liveness")["ok"] and not wrapper.status("Readiness")["ok"]
        report = wrapper.status()["report"]
        assert (report["state"], report["ready"]) == ("Unhealthy", False) and "port" in report["reason"]
        by_name = {check["name"]: check for check in report["checks"]}
        assert by_name["port"]["kind"] == "tcp" and "refused" in by_name["port"]["reason"]
        assert by_name["http"]["target"] == f"http://127.0.0.1:{wrapper.service}/health"

    with http_service(tmp_path, "--name", "app") as wrapper:
        wrapper.wait_until_ready()
        for path in ["/", "/health", "/healthz", "/livez", "/readyz", "/startupz", "/status.json", "/metrics"]:
            assert wrapper.get(path)[0] == 200, path
        assert [wrapper.health(name) for name in ["", "readiness", "liveness", "startup"]] == [SERVING] * 4
        assert json.loads(wrapper.get("/health")[1])["service"] == "app"
        assert wrapper.status()["report"]["state"] == "Healthy"
        assert wrapper.value("vitals_child_up") == 1 and wrapper.value("vitals_child_threads") == 1
        assert wrapper.value("vitals_child_resident_memory_bytes") > 1 << 20 and wrapper.value("vitals_child_open_fds") >= 4
        assert abs(wrapper.value("vitals_child_start_time_seconds") - time.time()) < 60


def test_not_one_request_is_lost_when_the_wrapper_is_told_to_end(tmp_path):
    with http_service(tmp_path) as wrapper:
        wrapper.wait_until_ready()
        answers, failures = [], []

        def client():
            # As a balancer: it sends to those that are ready.
            while wrapper.is_ready():
                try:
                    answers.append(ask(wrapper.service, "/slow"))
                except (OSError, http.client.HTTPException) as failure:
                    failures.append(failure)

        clients = [threading.Thread(target=client) for _ in range(8)]
        for thread in clients:
            thread.start()
        poll(lambda: len(answers) > 8, "requests are answered")
        child = wrapper.child()
        wrapper.process.terminate()
        poll(lambda: wrapper.get("/readyz")[0] == 503, "it is not ready")
        # The port answers while the service finishes what it has.
        assert os.path.exists(f"/proc/{child}") and json.loads(wrapper.get("/health")[1])["status"] == "shutting_down"
        assert wrapper.health() == NOT_SERVING
        for thread in clients:
            thread.join(20)
        assert wrapper.process.wait(20) == 0
        assert failures == [] and set(answers) == {b"ok"}


def test_a_killed_command_serves_again_soon_and_a_budget_ends_it(tmp_path):
    flags = ["--restart", "on-failure", "--restart-budget", "2/10m"]
    with http_service(tmp_path, *flags) as wrapper:
        wrapper.wait_until_ready()
        for count in (1, 2):
            child = wrapper.child()
            os.kill(child, signal.SIGKILL)
            poll(lambda child=child: wrapper.child() not in (None, child), "another one runs", seconds=1)
            poll(lambda count=count: wrapper.value('vitals_child_restarts_total{reason="killed"}') == count, "it is counted")
            assert wrapper.value("vitals_child_last_exit_signal") == 9
            assert wrapper.value("vitals_child_last_exit_code") is None
            wrapper.wait_until_ready()
            assert ask(wrapper.service) == b"ok"
            assert wrapper.value("vitals_child_restarts_left") == 2 - count
        # It serves, and says that it is the last time.
        report = wrapper.status()["report"]
        told = {check["name"]: check for check in report["checks"]}
        assert report["state"] == "Healthy" and told["restarts"]["state"] == "Degraded"
        assert "used up (2 in 10m0s): healthcheck ends when the command ends again" in told["restarts"]["reason"]
        tree = wrapper.explained()
        assert tree[0] == 0 and "restarts: 2; 0 of 2 in 10 min are left, one more in " in tree[1]
        assert "restarts: degraded" in tree[1]
        os.kill(wrapper.child(), signal.SIGKILL)
        assert wrapper.process.wait(20) == 128 + signal.SIGKILL
        assert wrapper.told("the budget of restarts is used up")


def test_a_hung_command_is_restarted_and_one_that_the_orchestrator_restarts_is_ended(tmp_path):
    flags = ["--restart", "on-unhealthy", "--stop-timeout", "500ms"]
    with http_service(tmp_path, *flags) as wrapper:
        wrapper.wait_until_ready()
        child = wrapper.child()
        with pytest.raises(TimeoutError), socket.create_connection(("127.0.0.1", wrapper.service), timeout=0.2) as client:
            client.sendall(b"GET /stall HTTP/1.1\r\nHost: x\r\n\r\n")
            client.recv(1)
        poll(lambda: wrapper.child() not in (None, child), "another one runs")
        wrapper.wait_until_ready()
        assert ask(wrapper.service) == b"ok"
        assert wrapper.value('vitals_child_restarts_total{reason="unhealthy"}') == 1
        assert wrapper.told("stopping the command: it is unhealthy")
    with http_service(tmp_path, "--exit-on-unhealthy", "--stop-timeout", "100ms") as wrapper:
        wrapper.wait_until_ready()
        os.kill(wrapper.child(), signal.SIGSTOP)
        assert wrapper.process.wait(20) != 0


def test_a_port_that_is_taken_starts_nothing(tmp_path):
    witness = tmp_path / "started"
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--export-prom", f":{port}", "--", "touch", witness)
    assert result.returncode == 125 and not witness.exists()
    assert f":{port}: Address already in use" in result.stderr and "The command was not started" in result.stderr


def test_exit_codes_and_problems_of_the_command_line(tmp_path):
    for command, code in [(["true"], 0), (["sh", "-c", "exit 3"], 3), (["sh", "-c", "kill -9 $$"], 137)]:
        assert run("--", *command).returncode == code
    missing = run("--", "/nowhere/program")
    assert missing.returncode == 127 and "/nowhere/program" in missing.stderr
    assert run("--", tmp_path).returncode == 126
    for arguments, text in [
        (["--export-pron=:1", "--", "true"], "did you mean --export-prom?"),
        (["--restart=sometimes", "--", "true"], "use no, on-failure, on-unhealthy or always"),
        (["--check=tcp:x", "--", "true"], "port"), (["--"], "no command"),
    ]:
        result = run(*arguments)
        assert result.returncode == 125 and text in result.stderr, result.stderr
    file = tmp_path / "healthcheck.yaml"
    file.write_text("port: 80\nrestart: always\nchecks:\n  - {kind: tcp, target: 127.0.0.1:1, name: db}\n")
    settings = run("--config", file, "--restart", "no", "--print-config", "--", "true")
    assert settings.returncode == 0 and "port: 80" in settings.stdout and "name: db" in settings.stdout
    assert "restart: no" in settings.stdout
    # The command's streams are its own.
    echo = subprocess.run([DIST / "healthcheck", "--", "cat"], input=b"a\0b", capture_output=True, timeout=20)
    assert echo.stdout == b"a\0b"


PAGE = """# HELP app_requests_total Requests.
# TYPE app_requests_total counter
app_requests_total{path="/"} 7
# TYPE app_requests_created gauge
app_requests_created{path="/"} 1.7e9
# TYPE app_seconds histogram
app_seconds_bucket{le="0.5"} 1
app_seconds_bucket{le="1"} 2
app_seconds_bucket{le="+Inf"} 2
app_seconds_sum 1.1
app_seconds_count 2
# TYPE service_up gauge
service_up 0
process_cpu_seconds_total 4.5
"""


def test_one_page_has_the_metrics_of_both(tmp_path):
    page = tmp_path / "page"
    page.write_text(PAGE)
    port = free_port()
    flags = ["--scrape", f"http://127.0.0.1:{port}/metrics", "--scrape-timeout", "400ms", "--port", port]
    with wrapped(tmp_path, *service(port, page), flags=flags) as wrapper:
        wrapper.wait_until_ready()
        for accept, parse in [("text/plain", parse_text), ("application/openmetrics-text", parse_openmetrics)]:
            families = {family.name: family for family in parse(wrapper.get("/metrics", accept=accept)[1])}
            assert families["app_requests"].samples[0].value == 7 and families["app_requests"].type == "counter"
            assert [sample.labels.get("le") for sample in families["app_seconds"].samples][:3] == ["0.5", "1.0", "+Inf"]
            # Ours wins, and that is told.
            assert families["service_up"].samples[0].value == 1
            assert families["vitals_scrape_families_dropped"].samples[0].value == 1
            assert families["vitals_scrape_up"].samples[0].value == 1
            assert any("process_cpu_seconds" in name for name in families)
        assert wrapper.told("left out, because their names are healthcheck's: service_up")

        page.write_text("<!doctype html>\n")
        # A page is served to all who ask within a second.
        poll(lambda: wrapper.value("vitals_scrape_up") == 0, "it cannot be read")
        assert wrapper.value("process_cpu_seconds_total") is None
        assert wrapper.told("its page is not in the text format: line 1: it has no name")
        assert wrapper.get("/readyz")[0] == 200
        page.write_text(PAGE)
        poll(lambda: wrapper.value('app_requests_total{path="/"}') == 7, "it can be read again")
        # A service that hangs costs its own metrics, and no others.
        os.kill(wrapper.child(), signal.SIGSTOP)
        poll(lambda: wrapper.value("vitals_scrape_up") == 0, "it hangs")
        assert wrapper.value("vitals_child_up") == 1
        os.kill(wrapper.child(), signal.SIGCONT)


SPEAKER = """
import os, socket, sys
place = os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1)
client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
client.connect(place)
print(os.environ.get("WATCHDOG_USEC"), flush=True)
for line in sys.stdin:
    client.send(line.strip().replace(" ", "\\n").encode())
"""


class Speaker:
    """A command that says what a test wants."""

    def __init__(self, pipe):
        self.pipe = pipe

    def say(self, text):
        self.pipe.write(text + "\n")
        self.pipe.flush()


@contextlib.contextmanager
def speaker(folder, *flags, environment=None):
    reading, writing = os.pipe()
    command = ["sh", "-c", f"exec {sys.executable} -c '{SPEAKER}' < /proc/self/fd/{reading}"]
    with (
        os.fdopen(writing, "w") as pipe,
        wrapped(folder, *command, flags=flags, environment=environment, pass_fds=[reading]) as wrapper,
    ):
        os.close(reading)
        yield wrapper, Speaker(pipe)


def test_a_command_that_notifies_decides_its_readiness_and_feeds_its_watchdog(tmp_path):
    with speaker(tmp_path, "--watchdog", "700ms", "--wait-for-ready") as (wrapper, command):
        poll(lambda: wrapper.told("700000"), "the command has the time of its watchdog")
        assert wrapper.health("readiness") == NOT_SERVING
        command.say("READY=1 STATUS=Up WATCHDOG=1")
        wrapper.wait_until_ready()
        command.say("RELOADING=1 WATCHDOG=1")
        poll(lambda: wrapper.checks().get("ready") == "degraded", "it reloads")
        command.say("READY=1 WATCHDOG=1")
        poll(lambda: wrapper.checks().get("ready") == "healthy", "it has reloaded")
        poll(lambda: wrapper.health("liveness") == NOT_SERVING, "the watchdog bites")
        command.say("WATCHDOG=1")
        poll(lambda: wrapper.health("liveness") == SERVING, "it is alive again")
        command.say("STOPPING=1")
        poll(lambda: wrapper.health() == NOT_SERVING, "it stops")


def test_our_own_service_manager_hears_the_command(tmp_path):
    manager = ServiceManager(f"@vitals-manager-{os.getpid()}")
    try:
        with speaker(tmp_path, environment=manager.variables(WATCHDOG_USEC="5000000", WATCHDOG_PID="1")) as (wrapper, command):
            poll(lambda: wrapper.told("5000000"), "the command has the manager's watchdog")
            command.say("STATUS=Loading")
            assert manager.next() == {"STATUS": "Loading"}
            poll(lambda: wrapper.health() == NOT_SERVING, "a command that says anything else is not ready yet")
            command.say("READY=1 MAINPID=7")
            assert manager.next() == {"READY": "1"}
            wrapper.wait_until_ready()
    finally:
        manager.close()


def test_operators_see_reasons_and_others_do_not(tmp_path):
    place, port = tmp_path / "admin.sock", free_port()
    flags = ["--admin", f"unix:{place}", "--check", f"tcp:127.0.0.1:{port},critical,{QUICK}"]
    with wrapped(tmp_path, "sleep", "60", flags=flags) as wrapper:
        poll(lambda: wrapper.told("Critical checks failed: tcp"), "the check fails")
        for path in ["/health?verbose", "/admin/explain?format=text"]:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(place))
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                answer = b"".join(iter(lambda: client.recv(65536), b"")).decode()
            assert "Connection refused" in answer
        assert "refused" not in wrapper.get("/health?verbose")[1] and "refused" not in wrapper.get("/")[1]
    assert not place.exists()


def assert_ends_well(wrapper, *texts):
    wrapper.wait_until_ready()
    assert wrapper.health() == SERVING and wrapper.value("vitals_child_resident_memory_bytes") > 0
    wrapper.process.terminate()
    assert wrapper.process.wait(20) == 0, wrapper.log.read_text()
    for text in texts:
        assert wrapper.told(text)


def test_postgres_in_it(tmp_path):
    folder = tmp_path / "postgres"
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        open_to_postgres(tmp_path)
    subprocess.run(
        [BINARIES / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "--no-sync"], check=True,
        capture_output=True, cwd=folder, **as_postgres())
    port = free_port()
    command = [BINARIES / "postgres", "-D", folder / "data", "-p", port, "-k", folder, "-c", "fsync=off"]
    # TERM waits for clients, and our own check is one: INT ends them.
    flags = ["--check", f"postgres:postgres://postgres@127.0.0.1:{port}/postgres,critical,{QUICK}", "--stop-signal", "INT"]
    with wrapped(tmp_path, *command, flags=flags, **as_postgres()) as wrapper:
        assert_ends_well(wrapper, "database system is shut down")


def test_redis_in_it(tmp_path):
    port = free_port()
    flags = ["--check", f"redis:redis://127.0.0.1:{port},critical,{QUICK}", "--restart", "on-failure"]
    command = ["redis-server", "--port", port, "--save", "", "--dir", tmp_path]
    with wrapped(tmp_path, *command, flags=flags) as wrapper:
        assert_ends_well(wrapper, "bye bye")


def test_nginx_in_it(tmp_path):
    port = free_port()
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {tmp_path}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {tmp_path}; proxy_temp_path {tmp_path}; fastcgi_temp_path {tmp_path};\n"
        f"uwsgi_temp_path {tmp_path}; scgi_temp_path {tmp_path}; server {{ listen 127.0.0.1:{port}; return 200; }} }}\n")
    flags = ["--check", health_check(port), "--stop-signal", "SIGQUIT"]
    with wrapped(tmp_path, "/usr/sbin/nginx", "-p", tmp_path, "-c", configuration, flags=flags) as wrapper:
        assert_ends_well(wrapper)


def test_our_own_runtime_in_it(tmp_path):
    port, health = free_port(), free_port()
    command = [DIST / "skill-runtime", "--demo", "--port", port, "--http-addr", f"127.0.0.1:{health}", "--drain-grace", "0s"]
    flags = [
        "--check", f"grpc:127.0.0.1:{port},critical,{QUICK}", "--scrape", f"http://127.0.0.1:{health}/metrics", "--wait-for-ready",
    ]
    with wrapped(tmp_path, *command, flags=flags) as wrapper:
        wrapper.wait_until_ready()
        assert wrapper.value("vitals_scrape_up") == 1 and wrapper.value('vitals_model_loaded{model="demo"}') == 1
        assert_ends_well(wrapper, "stopped")
