# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""GET /metrics, read by promtool, by the Python client's parsers, and by a Prometheus that scrapes and answers queries."""

import concurrent.futures
import contextlib
import http.client
import json
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import gguf
import grpc
import pytest
from certificates import Authority
from conftest import NOT_SERVING, SERVING, Runtime, code_of, free_port, poll, stop_process
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from sarai.skills import skills_pb2

OPENMETRICS = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,*/*;q=0.1"
CANARY = "canary-prompt-7f3a"


def get(port, path="/metrics", method="GET", **fields):
    """Status, fields and body of an answer on a connection of its own."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as client:
        client.request(method, path, headers={name.replace("_", "-"): value for name, value in fields.items()})
        response = client.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read().decode()


class Samples(dict):
    """The samples of a page, by name and labels."""

    def __init__(self, page, parse=parse_text):
        for family in parse(page):
            for sample in family.samples:
                self[(sample.name, frozenset(sample.labels.items()))] = sample.value

    def value(self, name, /, **labels):
        """The sum of all samples that have these labels."""
        found = [value for (other, all_), value in self.items() if other == name and labels.items() <= dict(all_).items()]
        assert found, f"no {name} {labels}"
        return sum(found)


def samples(server):
    return Samples(get(server.port)[2])


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("metrics")
    gguf.write(folder / "demo.gguf", name="demo")
    runtime = Runtime(folder)
    runtime.wait_for(SERVING)
    yield runtime
    runtime.channel.close()
    stop_process(runtime.process)


def test_promtool_is_content_with_the_text_format(server):
    status, fields, page = get(server.port)
    assert status == 200
    assert fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    result = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
    assert not any("canary" in line or "/tmp" in line or "127.0.0.1" in line for line in page.splitlines())


def test_the_parser_of_openmetrics_is_content_and_finds_the_same_series(server):
    status, fields, page = get(server.port, accept=OPENMETRICS)
    assert status == 200
    assert fields["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert page.endswith("\n# EOF\n")
    openmetrics, text = Samples(page, parse_openmetrics), Samples(get(server.port)[2])
    # Alike in both, bounds too: a Prometheus that changes its format keeps its series.
    assert openmetrics.keys() == text.keys()
    assert len(text) > 250


def test_head_has_the_length_of_get(server):
    status, fields, body = get(server.port, method="HEAD")
    assert (status, body) == (200, "")
    assert int(fields["content-length"]) > 10_000
    assert get(server.port, method="POST")[0] == 405


def test_counts_agree_with_the_calls_that_were_made(server):
    get(server.port)
    before = samples(server)
    for _ in range(7):
        assert server.check() == SERVING
    assert code_of(server.check, "nobody") == grpc.StatusCode.NOT_FOUND
    server.skill.Infer(skills_pb2.InferRequest(prompt=CANARY, max_tokens=2), timeout=20)
    watch = server.health.Watch(health_pb2.HealthCheckRequest(service=""), timeout=20)
    assert next(watch).status == SERVING
    page = get(server.port)[2]
    after = Samples(page)

    def change(name, **labels):
        return after.value(name, **labels) - before.value(name, **labels)

    check = {"grpc_service": "grpc.health.v1.Health", "grpc_method": "Check"}
    assert change("grpc_server_started_total", **check) == 8
    assert change("grpc_server_handled_total", **check, grpc_code="OK") == 7
    assert after.value("grpc_server_handled_total", **check, grpc_code="NotFound") == 1
    assert change("grpc_server_msg_received_total", **check) == 8
    assert change("grpc_server_msg_sent_total", **check) == 7
    # Each call that has ended is in the histogram, whatever was measured.
    assert after.value("grpc_server_handling_seconds_count", **check) == after.value("grpc_server_handled_total", **check)
    assert after.value("grpc_server_handling_seconds_bucket", **check, le="+Inf") == after.value(
        "grpc_server_handling_seconds_count", **check
    )
    assert after.value("grpc_server_handling_seconds_sum", **check) > 0
    assert after.value("vitals_health_watches") == 1
    assert change("service_requests_total") >= 10
    assert change("vitals_inference_requests_total", result="ok") == 1
    assert change("vitals_inference_tokens_total") == 2
    assert change("vitals_inference_duration_seconds_count") == 1
    # The scrape before is counted, the present one is not yet.
    assert change("vitals_http_responses_total", code="200") == 1
    assert change("vitals_received_bytes_total") > 100
    assert CANARY not in page
    watch.cancel()


def test_callers_are_told_by_their_user_agents(server):
    before = samples(server)
    for _ in range(3):
        get(server.port, "/metrics", user_agent="kube-probe/1.31")
    channel = grpc.insecure_channel(
        server.address, options=[("grpc.primary_user_agent", "Envoy/HC"), ("grpc.use_local_subchannel_pool", 1)]
    )
    for _ in range(5):
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)
    channel.close()

    def counted():
        after = samples(server)
        clients = [("kube-probe", 3, 3), ("envoy", 1, 5)]
        return all(
            after.value(f"vitals_client_{what}_total", client=client) - before.value(f"vitals_client_{what}_total", client=client) == count
            for client, *counts in clients
            for what, count in zip(["connections", "requests"], counts)
        )

    poll(counted, "the callers are counted")


def test_ten_thousand_unknown_methods_and_callers_make_no_series(server):
    count = len(samples(server))
    channel = grpc.insecure_channel(server.address, options=[("grpc.use_local_subchannel_pool", 1)])
    before = samples(server).value("grpc_server_started_total", grpc_service="unknown")

    def call(number):
        method = channel.unary_unary(f"/evil.S{number}/M{number}", lambda request: request, lambda answer: answer)
        return method.future(b"", timeout=60)

    for start in range(0, 10_000, 100):
        calls = [call(number) for number in range(start, start + 100)]
        assert all(call.code() == grpc.StatusCode.UNIMPLEMENTED for call in calls)
    channel.close()
    for number in range(20):
        get(server.port, f"/nowhere/{number}", user_agent=f"evil/{number}")
    after = samples(server)
    assert after.value("grpc_server_started_total", grpc_service="unknown") - before == 10_000
    # One code, one latency histogram and one HTTP status may be new.
    assert len(after) - count < 40
    assert not any("evil" in str(key) for key in after)


def test_many_scrapes_at_once_are_all_answered(server):
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda number: get(server.port, accept=OPENMETRICS if number % 2 else "*/*"), range(64)))
    assert {status for status, _, _ in answers} == {200}
    assert all(page.endswith("# EOF\n") == bool(number % 2) for number, (_, _, page) in enumerate(answers))


def test_a_change_is_counted_and_timed(runtime):
    server = runtime()
    server.wait_for(SERVING)
    before = samples(server)
    assert before.value("service_up") == 1
    server.process.send_signal(signal.SIGUSR2)
    server.wait_for(NOT_SERVING, "readiness")
    after = samples(server)
    assert after.value("service_up") == 0
    assert after.value("vitals_health_serving", name="readiness") == 0
    assert after.value("vitals_health_serving", name="liveness") == 1
    assert after.value("vitals_health_status", name="readiness", vitals_health_status="NOT_SERVING") == 1
    assert after.value("vitals_check_state", check="maintenance", vitals_check_state="unhealthy") == 1
    transitions = [page.value("vitals_health_transitions_total", name="readiness") for page in (before, after)]
    assert transitions[1] == transitions[0] + 1
    assert abs(time.time() - after.value("vitals_health_last_change_timestamp_seconds", name="readiness")) < 60
    assert after.value("process_start_time_seconds") <= time.time()
    assert after.value("process_open_fds") > 5


def test_a_failed_reload_is_counted(runtime):
    server = runtime()
    server.wait_for(SERVING)
    bad = server.model.with_suffix(".new")
    bad.write_bytes(b"GGUF")
    bad.replace(server.model)
    server.process.send_signal(signal.SIGUSR1)
    poll(lambda: samples(server).value("vitals_model_reloads_total", model="demo", result="failed") == 1, "the failure")
    after = samples(server)
    assert after.value("vitals_model_reload_failing", model="demo") == 1
    assert after.value("vitals_model_loaded", model="demo") == 1


def test_a_drain_can_be_seen(runtime):
    server = runtime("--drain-grace", "20s", "--drain-deadline", "25s")
    server.wait_for(SERVING)
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    client.request("GET", "/metrics")
    client.getresponse().read()
    server.process.send_signal(signal.SIGTERM)
    server.wait_for(NOT_SERVING)
    client.request("GET", "/metrics")
    page = Samples(client.getresponse().read().decode())
    assert page.value("service_up") == 0
    assert page.value("vitals_check_state", check="draining", vitals_check_state="unhealthy") == 1
    client.close()


def test_with_tls_and_http_2_handshakes_and_the_certificate_are_told(runtime, tmp_path):
    pair = Authority(tmp_path, "CA").issue("server", "IP:127.0.0.1", dates=("20200101000000Z", "20991231235959Z"))
    server = runtime("--tls-cert", str(pair.certificate), "--tls-key", str(pair.key))
    with socket.create_connection(("127.0.0.1", server.port)) as plain:
        plain.sendall(b"\x16\x03\x01\x00\x05hello")
        plain.recv(100)
    command = ["curl", "-sk", "--http2", f"https://127.0.0.1:{server.port}/metrics", "-A", "Prometheus/2.42"]
    for _ in range(2):
        page = Samples(subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout)
    assert page.value("vitals_tls_handshakes_total", result="ok") == 2
    assert page.value("vitals_tls_handshakes_total", result="failed") == 1
    assert page.value("vitals_tls_certificate_expiry_timestamp_seconds") == 4102444799
    assert page.value("vitals_http_responses_total", code="200") == 1
    assert page.value("vitals_client_connections_total", client="prometheus") == 2


@contextlib.contextmanager
def prometheus(folder, target):
    """A real one that scrapes `target` five times a second; gives a function that queries it."""
    port = free_port()
    (folder / "prometheus.yml").write_text(
        json.dumps(
            {
                "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
                "scrape_configs": [{"job_name": "vitals", "static_configs": [{"targets": [target]}]}],
            }
        )
    )
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with open(folder / "prometheus.log", "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def query(text):
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": text})
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                result = json.load(answer)["data"]["result"]
        except OSError:
            assert process.poll() is None, (folder / "prometheus.log").read_text()
            return None
        return float(result[0]["value"][1]) if result else None

    try:
        yield query
    finally:
        stop_process(process)


def test_a_prometheus_scrapes_and_answers_queries(server, tmp_path):
    with prometheus(tmp_path, f"127.0.0.1:{server.port}") as query:
        poll(lambda: query("service_up") == 1, "service_up is 1", 40)

        def quantile():
            server.check()
            labels = '{grpc_method="Check",grpc_service="grpc.health.v1.Health"}'
            value = query(f"histogram_quantile(0.9, rate(grpc_server_handling_seconds_bucket{labels}[1m]))")
            return value if value is not None and value == value else None

        assert 0 < poll(quantile, "a quantile of the latency", 30) < 30
        assert query('up{job="vitals"}') == 1
        # It asks for OpenMetrics, and its own scrapes are counted as such.
        poll(lambda: (query('vitals_client_requests_total{client="prometheus"}') or 0) > 2, "its own scrapes", 20)
