# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Metrics that are pushed by OTLP, seen by a collector."""

import contextlib
import pathlib
import signal
import socket
import subprocess
import threading
import time
import urllib.request

import grpc
import pytest
from certificates import Authority
from collector import collecting, key, refusing, service
from conftest import DIST, NAMES, SERVING, clean_environment, free_port, poll
from prometheus_client.parser import text_string_to_metric_families

NOT_PUSHED = "metrics were not pushed"
OPTIONS = ("--drain-grace", "0s", "--drain-deadline", "8s")


def variables(endpoint, **others):
    """OpenTelemetry's variables, by names without `OTEL_`."""
    named = {f"OTEL_{name}": str(value) for name, value in others.items()}
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_METRIC_EXPORT_INTERVAL": "150"} | named


@pytest.fixture
def pushing(runtime):
    """Starts a server that pushes."""

    def start(endpoint, *flags, **others):
        if isinstance(endpoint, int):
            endpoint = f"http://127.0.0.1:{endpoint}"
        return runtime(*OPTIONS, *flags, variables=variables(endpoint, **others))

    return start


def threads(server):
    """The names of a server's threads."""
    tasks = pathlib.Path(f"/proc/{server.process.pid}/task")
    return {(task / "comm").read_text().strip() for task in tasks.iterdir()}


def logged(server, message):
    return [line for line in server.lines() if line["message"] == message]


def stop(server, within=20):
    """The exit code, and how long it took."""
    start = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    return server.process.wait(within), time.monotonic() - start


def test_values_and_resource(pushing):
    with collecting() as (collector, port):
        server = pushing(
            port, SERVICE_NAME="chat", RESOURCE_ATTRIBUTES="deployment.environment=a%2Cb,service.name=ignored"
        ).wait_for(SERVING)
        push = collector.next(condition=lambda push: all(push.gauge("vitals_health_serving", "name").values()))
        assert push.gauge("vitals_health_serving", "name").keys() == set(NAMES)
        resource = push.resource
        assert resource["service.name"] == "chat"
        assert resource["deployment.environment"] == "a,b"
        assert resource["host.name"] == socket.gethostname()
        assert len(resource["service.instance.id"]) == 36
        assert push.fields["user-agent"].startswith("Vitals-OTLP-Exporter-Swift/")
        assert "otlp" in threads(server)
        # A change is in the next push, and the last one, at the end, has the drain.
        server.process.send_signal(signal.SIGUSR2)
        collector.next(condition=lambda push: push.gauge("vitals_health_serving", "name")["readiness"] == 0)
        before = len(collector.pushes)
        code, _ = stop(server)
        assert code == 0
        last = collector.next(before)
        assert last.gauge("vitals_health_serving", "name")["readiness"] == 0
        assert last.resource == resource
        assert server.complaints() == []


def test_the_numbers_are_those_of_the_page(pushing):
    """A page that was read between two pushes has no other series, and its values are between theirs."""
    with collecting() as (collector, port):
        server = pushing(port).wait_for(SERVING)
        for _ in range(20):
            server.check()
        # The first push is counted when its answer has come: the next one tells of it.
        delivered = key("vitals_otlp_pushes_total", {"result": "delivered"})
        before = collector.next(condition=lambda push: push.series().get(delivered, 0) > 0).series()
        page = scrape(server)
        after = collector.next().series()
        assert before.keys() <= page.keys() <= after.keys()
        compared = set()
        for series in before:
            # What goes up and down has moved by the scrape itself.
            if series[0].endswith(("_total", "_bucket", "_count", "_sum")):
                assert before[series] <= page[series] <= after[series], series
                compared.add(series[0])
        assert len(compared) > 20
        assert page[key("vitals_health_serving", {"name": "readiness"})] == 1
        assert page[delivered] > 0


def scrape(server):
    """The series of `/metrics`."""
    with urllib.request.urlopen(f"http://{server.address}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    families = text_string_to_metric_families(text)
    return {key(sample.name, sample.labels): sample.value for family in families for sample in family.samples}


def test_the_last_push_comes_before_the_first_interval_is_over(pushing):
    with collecting() as (collector, port):
        server = pushing(port, METRIC_EXPORT_INTERVAL=60_000).wait_for(SERVING)
        collector.next(0)
        code, _ = stop(server)
        assert code == 0
        assert len(collector.pushes) == 2


def test_headers_and_gzip(pushing):
    with collecting() as (collector, port):
        with counting(port) as (counted, sizes):
            server = pushing(counted, EXPORTER_OTLP_HEADERS="Authorization=Basic%20YTpi,x-tenant=a%2Cb")
            push = collector.next(0)
            assert push.fields["authorization"] == "Basic YTpi"
            assert push.fields["x-tenant"] == "a,b"
            plain = poll(lambda: max(sizes), "the first push is over")
            stop(server)
        start = len(collector.pushes)
        with counting(port) as (counted, sizes):
            server = pushing(counted, EXPORTER_OTLP_METRICS_COMPRESSION="gzip")
            assert collector.next(start).metrics.keys() == push.metrics.keys()
            assert poll(lambda: max(sizes), "the first push is over") < plain
            stop(server)
        assert "YTpi" not in server.log.read_text()


@contextlib.contextmanager
def counting(port):
    """A proxy to a port that counts the bytes of each connection on their way there."""
    sizes = [0]
    listener = socket.create_server(("127.0.0.1", 0))

    def copy(source, target, count):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if count:
                    sizes[-1] += len(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                sizes.append(0)
                threading.Thread(target=copy, args=(client, server, True), daemon=True).start()
                threading.Thread(target=copy, args=(server, client, False), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1], sizes
    finally:
        listener.close()


def test_tls(pushing, tmp_path):
    authority, stranger = Authority(tmp_path, "CA"), Authority(tmp_path, "Stranger")
    good = authority.issue("good", "DNS:localhost,IP:127.0.0.1")
    client = authority.issue("client")
    root = authority.root.certificate
    credentials = grpc.ssl_server_credentials([good.bytes()], root.read_bytes(), require_client_auth=True)
    with collecting(credentials=credentials) as (collector, port):
        files = {
            "EXPORTER_OTLP_CERTIFICATE": root,
            "EXPORTER_OTLP_CLIENT_CERTIFICATE": client.certificate,
            "EXPORTER_OTLP_CLIENT_KEY": client.key,
        }
        trusting = pushing(f"https://localhost:{port}", **files)
        assert collector.next(0).metrics
        assert trusting.complaints() == []
        stop(trusting)
        # Another CA; then a file that is not there.
        for path, reason in [(stranger.root.certificate, "TLS: "), (tmp_path / "none", f"open {tmp_path}/none")]:
            wary = pushing(f"https://localhost:{port}", **files | {"EXPORTER_OTLP_METRICS_CERTIFICATE": path})
            [line] = poll(lambda: logged(wary, NOT_PUSHED), "the failure is logged")
            assert line["reason"].startswith(reason)
            stop(wary)


def test_a_collector_that_is_away_comes_back(pushing):
    port = free_port()
    server = pushing(port).wait_for(SERVING)
    [line] = poll(lambda: logged(server, NOT_PUSHED), "the failure is logged")
    assert "refused the connection" in line["reason"]
    assert line["endpoint"] == f"http://127.0.0.1:{port}"
    time.sleep(0.5)  # Several pushes more, which are not told.
    with collecting(port) as (collector, _):
        collector.next(0)
        poll(lambda: logged(server, "metrics are pushed again"), "the recovery is logged")
        assert len(logged(server, NOT_PUSHED)) == 1
        assert stop(server)[0] == 0


def test_refusals(pushing):
    """What may pass is repeated when the collector says so, and anything else at the next interval."""
    with collecting() as (collector, port):
        collector.answer = refusing(grpc.StatusCode.RESOURCE_EXHAUSTED, "later", delay=1.6)
        server = pushing(port, METRIC_EXPORT_INTERVAL=60_000)
        collector.next(0)
        start = time.monotonic()
        collector.answer = refusing(grpc.StatusCode.UNAVAILABLE, "soon")
        collector.next(1)
        # Not sooner than it was asked to, nor at the next interval only.
        assert 1.4 < time.monotonic() - start < 30
        collector.answer = refusing(grpc.StatusCode.RESOURCE_EXHAUSTED, "quota")
        collector.next(2)
        lines = poll(lambda: logged(server, NOT_PUSHED)[1:], "both causes are logged")
        assert lines[0]["reason"] == "UNAVAILABLE: soon"
        time.sleep(1.5)  # For good: no repetition.
        assert len(collector.pushes) == 3
        assert stop(server)[0] == 0
        assert len(collector.pushes) == 4


def test_partial_success(pushing):
    partial = service.ExportMetricsPartialSuccess(rejected_data_points=2, error_message="too\nold")
    with collecting() as (collector, port):
        collector.answer = lambda context: service.ExportMetricsServiceResponse(partial_success=partial)
        server = pushing(port)
        [line] = poll(lambda: logged(server, "the collector did not take all metrics"), "it is logged")
        assert line["rejected points"] == 2
        assert line["reason"] == r"too\nold"
        collector.next()
        collector.next()
        assert len(logged(server, "the collector did not take all metrics")) == 1


def test_a_collector_that_hangs_delays_nothing(pushing):
    with collecting() as (collector, port):
        collector.answer = collector.hang
        server = pushing(port, EXPORTER_OTLP_TIMEOUT=60_000).wait_for(SERVING)
        collector.next(0)
        assert server.check("readiness") == SERVING
        # The end waits for it a moment, and not until the drain's deadline.
        code, seconds = stop(server)
        assert code == 0
        assert seconds < 7
        assert logged(server, "stopped")


def test_a_collector_that_hangs_is_given_up_at_the_timeout(pushing):
    with collecting() as (collector, port):
        collector.answer = collector.hang
        server = pushing(port, EXPORTER_OTLP_TIMEOUT=200)
        [line] = poll(lambda: logged(server, NOT_PUSHED), "the failure is logged")
        assert line["reason"] == "DEADLINE_EXCEEDED: the collector has not answered in time"
        collector.answer = lambda context: service.ExportMetricsServiceResponse()
        poll(lambda: logged(server, "metrics are pushed again"), "the recovery is logged")


def test_a_port_that_says_nothing(pushing):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = pushing(silent.getsockname()[1], EXPORTER_OTLP_TIMEOUT=300)
        [line] = poll(lambda: logged(server, NOT_PUSHED), "the failure is logged")
        assert line["reason"] == "HTTP/2: connected, but the server sent no SETTINGS"
        assert stop(server)[0] == 0
    # The thread is stuck in its attempt at the end.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(20)
        server = pushing(silent.getsockname()[1], EXPORTER_OTLP_TIMEOUT=60_000).wait_for(SERVING)
        silent.accept()
        code, seconds = stop(server)
        assert code == 0
        assert seconds < 7


def test_a_port_of_another_protocol(pushing):
    with socket.create_server(("127.0.0.1", 0)) as web:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = web.accept()
                    with client:
                        client.recv(1000)
                        client.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        server = pushing(web.getsockname()[1])
        [line] = poll(lambda: logged(server, NOT_PUSHED), "the failure is logged")
        assert "HTTP/1.1" in line["reason"]
        assert "4318" in line["hint"]


@pytest.mark.parametrize(
    "others, warning",
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, "OTEL_EXPORTER_OTLP_PROTOCOL: http/protobuf is not spoken"),
        ({"OTEL_SDK_DISABLED": "true"}, None),
        ({"OTEL_METRICS_EXPORTER": "none"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:canary@b"}, "OTEL_EXPORTER_OTLP_ENDPOINT: it has a user"),
    ],
)
def test_off(runtime, others, warning):
    """Nothing is sent, and there is no thread."""
    with collecting() as (collector, port):
        server = runtime(variables=variables(f"http://127.0.0.1:{port}") | others).wait_for(SERVING)
        # It is started after the thread of pushes would be.
        poll(lambda: "watchdog" in threads(server), "the start is over")
        assert "otlp" not in threads(server)
        reasons = [line.get("reason", "") for line in server.lines() if line["level"] == "warning"]
        assert [reason for reason in reasons if reason.startswith("OTEL_")] == [
            reason for reason in reasons if warning and reason.startswith(warning)
        ]
        assert any(warning in reason for reason in reasons) or warning is None
        assert "canary" not in server.log.read_text()
        assert collector.pushes == []


def test_check_config_tells_what_is_wrong(tmp_path):
    bad = {"EXPORTER_OTLP_TIMEOUT": "10s", "METRIC_EXPORT_INTERVAL": "1", "EXPORTER_OTLP_CERTIFICATE": tmp_path / "none"}
    environment = clean_environment(**variables("https://c", **bad))
    command = [DIST / "skill-runtime", "--demo", "--check-config"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0
    for name in ["OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_METRIC_EXPORT_INTERVAL"]:
        assert f"warning: {name}: use a whole number of milliseconds" in result.stderr
    assert f"warning: metrics would not be pushed: open {tmp_path}/none: no such file or directory: see OTEL" in result.stderr
