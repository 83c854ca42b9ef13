# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Health over HTTP, by http.client and curl, through the life of a server; gRPC health says the same each time."""

import concurrent.futures
import contextlib
import http.client
import json
import re
import socket
import subprocess
import tempfile

import gguf
import pytest
from conftest import NOT_SERVING, SERVING, poll
from operators import UnixConnection

KUBELET = {"User-Agent": "kube-probe/1.31", "Accept": "*/*", "Connection": "close"}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.fields = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode()

    @property
    def json(self):
        return json.loads(self.text)


def ask(server, path, method="GET", socket_path=None, **fields):
    """One request on a connection of its own, to the port or to a socket."""
    with contextlib.closing(
        UnixConnection(socket_path, 40) if socket_path else http.client.HTTPConnection(server.address, timeout=40)
    ) as connection:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in fields.items()})
        return Answer(connection.getresponse())


def statuses(server, *paths):
    return [ask(server, path).status for path in paths]


PATHS = ["/health", "/readyz", "/ready", "/livez", "/healthz", "/startupz"]


def agrees_with_grpc(server):
    """Each path is 200 when the name that it stands for is SERVING, and 503 when not."""
    names = {"/readyz": "readiness", "/ready": "readiness", "/livez": "liveness", "/healthz": "liveness"}
    for path, name in {**names, "/startupz": "startup", "/health": "readiness"}.items():
        assert ask(server, path).status == (200 if server.check(name) == SERVING else 503), path
    return True


def test_the_pages_tell_of_a_start_of_maintenance_and_of_a_drain(runtime):
    server = runtime("--drain-grace", "10s", "--drain-deadline", "15s", model=None)
    assert statuses(server, *PATHS) == [503, 503, 503, 200, 200, 503]
    poll(lambda: "no model" in server.log.read_text() or "model not loaded" in server.log.read_text(), "it is read")
    health = ask(server, "/health").json
    assert health["status"] == "unhealthy" and health["metadata"]["last_error"] == "dependency"
    assert ask(server, "/discover/demo").json["instances"][0]["status"] == "starting"

    gguf.write(server.model, name="demo")
    server.reload()
    server.wait_for(SERVING)
    assert statuses(server, *PATHS) == [200] * 6
    health = ask(server, "/health").json
    assert list(health) == ["status", "timestamp", "service", "version", "checks", "metadata"]
    assert health["status"] == "healthy" and health["service"] == "demo" and health["checks"]["model/demo"] == "healthy"
    assert health["metadata"]["last_error"] is None and health["metadata"]["uptime_seconds"] >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", health["timestamp"])
    instance = ask(server, "/discover/demo").json["instances"][0]
    assert instance["status"] == "available" and instance["base_url"] == f"http://{server.address}"
    assert ask(server, "/discover/other").json == {"service_name": "other", "instances": []}

    server.toggle_maintenance()
    server.wait_for(NOT_SERVING)
    assert agrees_with_grpc(server)
    assert statuses(server, *PATHS) == [503, 503, 503, 200, 200, 200]
    assert ask(server, "/health").json["metadata"]["last_error"] == "maintenance"
    assert ask(server, "/ready").json == {"ready": False, "message": "Service not ready"}
    assert ask(server, "/readyz/maintenance").text == "[-]maintenance failed: reason withheld\nreadyz check failed\n"
    server.toggle_maintenance()
    server.wait_for(SERVING)

    server.terminate()
    server.wait_for(NOT_SERVING)
    assert agrees_with_grpc(server)
    draining = ask(server, "/health")
    assert draining.status == 503
    assert draining.json == {"status": "shutting_down", "message": "Service is shutting down"}
    assert ask(server, "/discover/demo").json["instances"][0]["status"] == "draining"
    # Nobody waits for a change then: it would hold the server up.
    assert ask(server, f"/readyz?wait=30s&since={draining.fields['vitals-revision']}").status == 503


def test_too_little_memory_is_told_by_its_code_and_to_operators_by_its_figures(runtime):
    with tempfile.TemporaryDirectory(prefix="vitals-") as folder:
        path = f"{folder}/admin"
        server = runtime("--min-available-ram", "100TiB", "--admin", f"unix:{path}")
        poll(lambda: "low memory" in server.log.read_text(), "it is measured")
        assert agrees_with_grpc(server)
        public = ask(server, "/health?verbose")
        assert public.status == 503 and public.json["metadata"]["last_error"] == "low-memory"
        result = public.json["individual_results"]["memory"]
        assert result["message"] == "low-memory" and result["metadata"] == {"reason_code": "low-memory"}
        assert result["duration_ms"] > 0 and 0 <= result["age_seconds"] < 20
        assert "MiB" not in public.text
        admin = ask(server, "/health?verbose", socket_path=path).json
        assert "MiB available" in admin["individual_results"]["memory"]["message"]
        assert "low memory: " in ask(server, "/readyz", socket_path=path).text
        # The rest is as it should be: an operator can leave this one out, for himself.
        assert ask(server, "/readyz?exclude=memory").text == "ok"
        assert ask(server, "/health?exclude=memory").json["status"] == "healthy"
        assert ask(server, "/readyz").status == 503


def test_public_answers_have_no_path_and_no_reason(runtime):
    with tempfile.TemporaryDirectory(prefix="vitals-") as folder:
        path = f"{folder}/admin"
        server = runtime("--admin", f"unix:{path}", model=b"GGUF-canary-not-a-model")
        poll(lambda: "model not loaded" in server.log.read_text(), "it is refused")
        poll(lambda: "no model" in ask(server, "/readyz", socket_path=path).text, "operators are told")
        for page in [*PATHS, "/readyz/model/demo", "/discover/demo", "/discover/other", "/nowhere"]:
            for query in ["", "?verbose", "?verbose&exclude=memory"]:
                for accept in ["application/json", "application/health+json", "text/plain"]:
                    answer = ask(server, page + query, accept=accept)
                    whole = answer.text + str(answer.fields)
                    assert str(server.model.parent) not in whole and ".gguf" not in whole, page
                    assert "no model" not in whole and "GGUF" not in whole, page


def test_formats_freshness_and_methods(serving):
    server = serving
    first = ask(server, "/health")
    assert first.fields["content-type"] == "application/json" and first.fields["vary"] == "accept"
    assert first.fields["cache-control"] == "no-cache" and first.fields["x-content-type-options"] == "nosniff"
    assert 0 <= int(first.fields["age"]) < 20 and first.fields["last-modified"].endswith(" GMT")
    document = ask(server, "/health", accept="application/health+json")
    assert document.fields["content-type"] == "application/health+json" and document.json["status"] == "pass"
    assert document.json["checks"]["model:state"][0]["componentId"] == "demo"
    text = ask(server, "/health", accept="text/plain")
    assert text.text == "healthy\n" and text.fields["content-type"] == "text/plain; charset=utf-8"
    assert len({answer.fields["etag"] for answer in [first, document, text]}) == 3

    known = ask(server, "/health", if_none_match=first.fields["etag"])
    assert known.status == 304 and known.text == "" and known.fields["etag"] == first.fields["etag"]
    server.toggle_maintenance()
    server.wait_for(NOT_SERVING)
    changed = ask(server, "/health", if_none_match=first.fields["etag"])
    assert changed.status == 503 and changed.json["status"] == "unhealthy"
    assert ask(server, "/health", if_none_match=changed.fields["etag"]).status == 503
    server.toggle_maintenance()
    server.wait_for(SERVING)

    for path in ["/healthz", "/livez", "/ready", "/readyz", "/startupz", "/readyz/memory", "/readyz?verbose"]:
        get, head = ask(server, path), ask(server, path, "HEAD")
        assert head.status == get.status == 200 and head.text == ""
        assert head.fields["content-length"] == get.fields["content-length"] == str(len(get.text))
        refused = ask(server, path, "POST")
        assert refused.status == 405 and refused.fields["allow"] == "GET, HEAD"
    assert statuses(server, "/nowhere", "/readyz/nowhere", "/health/x", "/discover") == [404] * 4
    assert ask(server, "/healthz").json == {"status": "ok"}
    assert ask(server, "/ready").json == {"ready": True, "message": "Service is ready"}


def test_the_lines_are_those_of_kubernetes(serving):
    page = ask(serving, "/readyz?verbose&exclude=memory&exclude=nothing&exclude=no%22thing")
    assert page.status == 200 and page.fields["content-type"] == "text/plain; charset=utf-8"
    assert page.text.splitlines() == [
        "[+]draining ok",
        "[+]progress ok",
        "[+]drill/liveness ok",
        "[+]model/demo ok",
        "[+]memory excluded: ok",
        "[+]queue ok",
        "[+]maintenance ok",
        "[+]drill ok",
        'warn: some health checks cannot be excluded: no matches for "nothing","no\\"thing"',
        "readyz check passed",
    ]
    for path in ["/livez", "/readyz", "/startupz", "/readyz/memory", "/livez/progress", "/readyz/model%2Fdemo"]:
        answer = ask(serving, path, **KUBELET)
        assert answer.status == 200 and answer.text == "ok" and answer.fields["connection"] == "close"


def test_a_request_waits_for_a_change_and_no_longer(serving):
    server = serving
    revision = ask(server, "/readyz").fields["vitals-revision"]
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        # Whether a request comes before the change or after it, it is told of it.
        paths = ["/readyz", "/health", "/ready", "/livez", "/discover/demo"] * 4
        waits = [pool.submit(ask, server, f"{path}?wait=30s&since={revision}") for path in paths]
        server.toggle_maintenance()
        answers = [wait.result() for wait in waits]
    assert [answer.status for answer in answers] == [503, 503, 503, 200, 200] * 4
    assert all(int(answer.fields["vitals-revision"]) > int(revision) for answer in answers)
    newest = answers[0].fields["vitals-revision"]
    # Nothing changes: the wait ends.
    assert ask(server, f"/readyz?wait=20ms&since={newest}").fields["vitals-revision"] == newest
    wrong = ask(server, "/readyz?wait=30")
    assert wrong.status == 400 and wrong.text == "wait: no unit: use 30s, or ms, m, h\n"
    assert ask(server, "/readyz?wait=1s&since=x").status == 400


def test_clients_that_leave_while_they_wait_leave_nothing_behind(serving):
    server = serving
    before = server.descriptors()
    for _ in range(3):
        sockets = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(30)]
        for client in sockets:
            client.sendall(b"GET /readyz?wait=60s HTTP/1.1\r\nHost: a\r\n\r\n")
        for client in sockets:
            client.close()
    poll(lambda: server.descriptors() == before, "the connections are gone")
    # Their places are free again.
    server.toggle_maintenance()
    server.wait_for(NOT_SERVING)
    assert ask(server, "/readyz?wait=10ms").status == 503


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2-prior-knowledge"])
def test_curl_is_content(serving, version):
    url = f"http://{serving.address}"
    command = ["curl", "--silent", "--fail", "--max-time", "20", version]
    # One by one: curl 7.88 cannot use a connection of HTTP/2 in plaintext again.
    for path in ["livez", "readyz"]:
        assert subprocess.check_output([*command, f"{url}/{path}"]) == b"ok"
    etag = ask(serving, "/readyz").fields["etag"]
    not_modified = [*command, "--header", f"If-None-Match: {etag}", "--write-out", "%{http_code}", f"{url}/readyz"]
    assert subprocess.check_output(not_modified) == b"304"
    serving.toggle_maintenance()
    serving.wait_for(NOT_SERVING)
    assert subprocess.run([*command, f"{url}/readyz"]).returncode == 22
