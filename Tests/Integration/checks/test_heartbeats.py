# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks of the kind heartbeat: reports by HTTP, with and without a token, and at the JSON socket."""

import http.client
import json
import signal
import socket
import time
import urllib.request

from checked import QUICK, checked
from conftest import poll

TOKEN = "canary-token-0123456789"


def post(port, name, body="", token=None, **fields):
    """Status and document of a report."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = fields | ({"authorization": f"Bearer {token}"} if token else {})
    try:
        connection.request("POST", f"/heartbeat/{name}", body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_a_reporter_says_how_it_is_and_is_missed_when_it_is_silent(runtime, tmp_path):
    path = tmp_path / "json"
    checks = checked(
        runtime, f"heartbeat,name=batch,within=2s,{QUICK}", f"heartbeat,name=backup,within=1h,{QUICK}",
        flags=["--json-socket", f"unix:{path}"])
    assert checks.result("backup") == ("unknown", "no result yet")
    checks.wait_for("batch", "unhealthy", "no heartbeat for 2s")
    assert post(checks.port, "batch") == (200, {"message": "taken"})
    checks.wait_for("batch", "healthy")
    assert post(checks.port, "backup", "state=degraded&reason=disk+slow")[0] == 200
    checks.wait_for("backup", "degraded", "it reports: disk slow")
    assert post(checks.port, "backup", '{"state":"unhealthy","reason":"disk\\u001b[31m full"}')[0] == 200
    checks.wait_for("backup", "unhealthy", "it reports: disk\\x1b[31m full")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        lines = client.makefile("rw")
        for line, answer in [
            ('{"type":"heartbeat","name":"backup"}', {"type": "heartbeat_response", "name": "backup", "ok": True}),
            ('{"type":"heartbeat","name":"x"}', {"type": "error", "message": 'no heartbeat is named "x": there are batch, backup'}),
            ('{"type":"heartbeat","name":"backup","state":7}',
             {"type": "error", "message": "a heartbeat has a name, and may have state and reason: texts all"}),
        ]:
            lines.write(line + "\n")
            lines.flush()
            assert json.loads(lines.readline()) == answer
    checks.wait_for("backup", "healthy")
    assert post(checks.port, "x") == (404, {"error": 'no heartbeat is named "x": there are batch, backup'})
    assert post(checks.port, "batch", "state=fine")[0] == 400
    assert post(checks.port, "batch", "reason=" + "x" * 5000)[0] == 413
    # A page of another site, in a browser on this machine.
    assert post(checks.port, "batch", Origin="http://example.org")[0] == 403
    # Nobody has a token: the port does not know the path.
    connection = http.client.HTTPConnection("127.0.0.1", checks.server.port, timeout=10)
    connection.request("POST", "/heartbeat/batch")
    assert connection.getresponse().status == 404


def test_at_the_port_only_the_token_of_a_heartbeat_opens_it(runtime, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    checks = checked(
        runtime, f"heartbeat,name=batch,{QUICK},token-file={file},groups=capacity", f"heartbeat,name=other,{QUICK},groups=capacity")
    port = checks.server.port
    refused = post(port, "batch")
    assert refused[0] == 401
    for name, token in [("batch", TOKEN[:-1] + "0"), ("other", TOKEN), ("unknown", TOKEN), ("unknown", None)]:
        assert post(port, name, token=token) == refused
    assert post(port, "batch", "state=degraded", token=TOKEN)[0] == 200
    checks.wait_for("batch", "degraded", "it reports that it is degraded")
    assert post(checks.port, "batch")[0] == 200
    checks.wait_for("batch", "healthy")
    assert TOKEN not in checks.server.log.read_text()


def changes(checks):
    """When each check found another state last."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{checks.port}/metrics", timeout=10).read().decode()
    name = "vitals_check_last_change_timestamp_seconds"
    return [line for line in text.splitlines() if line.startswith(name) and 'check="batch"' in line]


def test_a_stop_of_the_runtime_is_no_silence_of_the_reporter(runtime):
    checks = checked(runtime, f"heartbeat,name=batch,within=2s,{QUICK}")
    post(checks.port, "batch")
    checks.wait_for("batch", "healthy")
    before = changes(checks)
    post(checks.port, "batch")
    process = checks.server.process
    process.send_signal(signal.SIGSTOP)
    time.sleep(2.5)
    process.send_signal(signal.SIGCONT)
    age = poll(lambda: checks.results()["batch"]["age_seconds"] < 0.5, "it has run since")
    assert age
    post(checks.port, "batch")
    checks.wait_for("batch", "healthy")
    assert changes(checks) == before
    checks.wait_for("batch", "unhealthy", "no heartbeat for 2s")
