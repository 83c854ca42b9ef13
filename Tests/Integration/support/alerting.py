# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus and a real Alertmanager with the files of deploy/, and where their messages go."""

import contextlib
import datetime
import http.server
import json
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from conftest import ROOT, free_port, poll
from support.checked import process

PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTMANAGER = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
RULES = sorted(PROMETHEUS.glob("rules/*.yml"))


class Webhook:
    """Receives what Alertmanager sends: the paths, each with the alerts of one message."""

    def __init__(self):
        self.messages = messages = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                messages.append((self.path, body["status"], body["alerts"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def firing(self):
        """The names of the alerts that fire, one for each message."""
        return [alerts[0]["labels"]["alertname"] for _, status, alerts in self.messages if status == "firing"]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def alertmanager(folder, group_wait="1s"):
    """A real one with our configuration, but for the addresses; gives its port and what it sends to."""
    webhook = Webhook()
    text = ALERTMANAGER.read_text()
    for name in ("pager", "tickets"):
        assert f"http://{name}:8080/" in text
        text = text.replace(f"http://{name}:8080/", f"http://127.0.0.1:{webhook.port}/{name}/")
    file = folder / "alertmanager.yml"
    assert "group_wait: 5s" in text and "group_interval: 1m" in text
    text = text.replace("group_wait: 5s", f"group_wait: {group_wait}")
    file.write_text(text.replace("group_interval: 1m", "group_interval: 1s"))
    port = free_port()
    command = [
        "prometheus-alertmanager",
        f"--config.file={file}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    try:
        with process(*command):
            poll(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), "Alertmanager is ready")
            yield port, webhook
    finally:
        webhook.stop()


class Calls:
    """A page with the counters of programs with VitalsDiscovery, as its own tests have them: a gateway calls chat and search, and
    chat calls search. They grow with time."""

    RATES = {("gateway", "chat", "succeeded"): 40, ("gateway", "search", "succeeded"): 10, ("gateway", "search", "failed"): 2,
             ("chat", "search", "succeeded"): 30, ("chat", "search", "abandoned"): 1, ("gateway", "chat", "failed"): 0}

    def __init__(self):
        start = time.monotonic()
        rates = self.RATES

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                age = time.monotonic() - start
                lines = ["# TYPE discovery_calls_total counter"] + [
                    f'discovery_calls_total{{from="{source}",result="{result}",to="{target}"}} {int(rate * age)}'
                    for (source, target, result), rate in rates.items()]
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write("\n".join([*lines, ""]).encode())

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def post(port, alerts):
    """Tells Alertmanager of alerts, as Prometheus does."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    body = json.dumps([{"labels": labels, "startsAt": now} for labels in alerts]).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v2/alerts", body, headers)
    urllib.request.urlopen(request, timeout=5).close()


@contextlib.contextmanager
def prometheus(folder, target, alertmanager_port, api="api:9091", history=""):
    """A real one with our configuration and rules, but for the addresses, the times between scrapes, and a job with the counters of
    calls; gives what queries it, now or at the times of `over`: the first, the last and the step, in seconds. `history` is what it has
    from before, in the format of OpenMetrics."""
    text = (PROMETHEUS / "prometheus.yml").read_text()
    for name, value in {
        "skill:50051": target,
        "api:9091": api,
        "alertmanager:9093": f"127.0.0.1:{alertmanager_port}",
        "scrape_interval: 15s": "scrape_interval: 1s",
        "evaluation_interval: 15s": "evaluation_interval: 1s",
        "scrape_timeout: 5s": "scrape_timeout: 1s",
    }.items():
        assert name in text
        text = text.replace(name, value)
    calls = Calls()
    file = folder / "prometheus.yml"
    file.write_text(text + f'  - job_name: callers\n    static_configs: [{{ targets: ["127.0.0.1:{calls.port}"] }}]\n')
    (folder / "rules").mkdir()
    for rules in RULES:
        quick = rules.read_text().replace("interval: 1m", "interval: 1s")
        (folder / "rules" / rules.name).write_text(quick)
    if history:
        (folder / "history").write_text(history)
        command = ["promtool", "tsdb", "create-blocks-from", "--max-block-duration=768h", "openmetrics", folder / "history", folder / "data"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=40d",
        "--log.level=error",
    ]
    with contextlib.ExitStack() as stack, process(*command):
        stack.callback(calls.stop)
        poll(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), "Prometheus is ready")

        def query(text, over=None):
            times = dict(zip(("start", "end", "step"), over or ()))
            path = "query_range" if over else "query"
            url = f"http://127.0.0.1:{port}/api/v1/{path}?" + urllib.parse.urlencode({"query": text} | times)
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]["result"]

        yield query
