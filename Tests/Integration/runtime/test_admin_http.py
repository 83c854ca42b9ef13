# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Commands of operators over HTTP, at the admin address."""

import http.client
import json
import subprocess

import gguf
import operators
from conftest import NOT_SERVING, READINESS_NAMES, SERVING, free_port, poll

PATHS = ["/admin/drain", "/admin/resume", "/admin/reload", "/admin/maintenance", "/admin/fail"]


def operated(runtime, *flags, **keywords):
    return operators.operated(runtime, *flags, **keywords)


def messages(server):
    return [line["message"] for line in server.lines()]


def drills(server):
    states = {"a drill has begun": "on", "a drill is over": "off"}
    return [(line["name"], states[line["message"]]) for line in server.lines() if line["message"] in states]


def test_maintenance_is_switched_and_says_so_twice(runtime):
    with operated(runtime) as (server, operator):
        for _ in range(2):
            assert operator.post("/admin/maintenance?on=true") == {"message": "Maintenance is on"}
            server.wait_for(NOT_SERVING, "readiness")
        assert server.check("liveness") == SERVING
        operator.post("/admin/maintenance?on=false")
        server.wait_for(SERVING)
        told = [message for message in messages(server) if "maintenance" in message]
        assert told == ["maintenance was switched on", "maintenance was switched off"]
        # The signal and the path are one switch.
        server.toggle_maintenance()
        server.wait_for(NOT_SERVING, "readiness")
        operator.post("/admin/maintenance?on=false")
        server.wait_for(SERVING)


def test_a_drill_ends_by_itself_and_is_told_to_watchers(runtime):
    with operated(runtime, "--reason-codes", "all") as (server, operator):
        watch = server.watch()
        assert next(watch).status == SERVING
        assert operator.post("/admin/fail?for=200ms") == {"message": "Drill: readiness fails for 200ms"}
        assert next(watch).status == NOT_SERVING
        assert next(watch).status == SERVING
        assert drills(server) == [("readiness", "on"), ("readiness", "off")]
        reasons = [line["reason"] for line in server.lines() if line["message"] == "not serving"]
        assert "a drill that an operator asked for: for 200ms" in reasons

        operator.post("/admin/fail?for=1h&name=liveness")
        assert next(watch).status == NOT_SERVING
        server.wait_for(NOT_SERVING, "liveness")
        assert server.check("startup") == SERVING
        _, call = server.health.Check.with_call(operators.health_request("liveness"), timeout=10)
        assert ("vitals-reason-code", "drill") in [tuple(item) for item in call.trailing_metadata()]
        # Without a name every drill ends; one that is not on ends all the same.
        assert operator.post("/admin/fail?for=0") == {"message": "Drills are over"}
        operator.post("/admin/fail?for=0s&name=liveness")
        assert next(watch).status == SERVING
        server.wait_for(SERVING, "liveness")
        watch.cancel()


def test_a_new_time_replaces_that_of_the_same_drill(runtime):
    with operated(runtime) as (server, operator):
        operator.post("/admin/fail?for=1h")
        operator.post("/admin/fail?for=100ms")
        server.wait_for(SERVING, "readiness")
        assert drills(server)[-1] == ("readiness", "off")


def test_a_drain_is_taken_back_and_each_name_has_its_own_status(runtime):
    with operated(runtime, "--drain-grace", "30s") as (server, operator):
        operator.post("/admin/maintenance?on=true")
        server.wait_for(NOT_SERVING, "readiness")
        watch = server.watch("liveness")
        assert next(watch).status == SERVING
        # Twice is once.
        for _ in range(2):
            assert operator.post("/admin/drain") == {"message": "Service draining initiated"}
        assert next(watch).status == NOT_SERVING
        assert set(server.list().values()) == {NOT_SERVING}
        for path in ["/admin/reload", "/admin/maintenance?on=false", "/admin/fail?for=1s"]:
            assert operator.post(path, 409) == {"error": "the server is draining"}
        assert operator.post("/admin/resume") == {"message": "Service resumed"}
        assert next(watch).status == SERVING
        assert server.check("readiness") == NOT_SERVING and server.check("startup") == SERVING
        assert operator.post("/admin/resume", 409) == {"error": "the server is not draining"}
        operator.post("/admin/maintenance?on=false")
        server.wait_for(SERVING)
        assert messages(server).count("draining") == 1 and "resumed" in messages(server)
        # The files are watched on.
        gguf.write(server.model, name="again")
        operator.post("/admin/reload")
        server.model.write_bytes(b"GGUF")
        poll(lambda: "model lost" in messages(server), "the file is looked at")
        watch.cancel()


def test_a_drain_of_an_operator_ends_with_exit_code_0(runtime):
    with operated(runtime) as (server, operator):
        watch = server.watch()
        assert next(watch).status == SERVING
        operator.post("/admin/drain")
        assert next(watch).status == NOT_SERVING
        assert server.check() == NOT_SERVING
        watch.cancel()
        operator.close()
        server.channel.close()
        # No client is left: the grace period of 5 s is over.
        assert server.process.wait(4) == 0


def test_sigterm_settles_a_drain_and_the_second_one_stops_at_once(runtime):
    with operated(runtime, "--drain-grace", "60s") as (server, operator):
        operator.post("/admin/drain")
        server.terminate()
        poll(lambda: "draining: a signal asks for the end" in messages(server), "the signal is taken")
        reason = "a signal has asked for the end: it cannot be taken back"
        assert operator.post("/admin/resume", 409) == {"error": reason}
        assert operator.post("/admin/drain") == {"message": "Service draining initiated"}
        assert server.check() == NOT_SERVING
        server.terminate()
        assert server.process.wait(10) == 0
        assert messages(server)[-1] == "stopped at once, on the second signal"


def test_a_reload_answers_with_what_came_of_it(runtime):
    with operated(runtime) as (server, operator):
        gguf.write(server.model, name="second")
        assert operator.post("/admin/reload") == {
            "message": "Reload done", "results": [{"name": "model/demo", "ok": True}]}
        loaded = [line["name"] for line in server.lines() if line["message"] == "model reloaded"]
        assert loaded == ["second"]
        gguf.put(server.model, b"no model")
        answer = operator.post("/admin/reload", 409)
        assert answer["error"] == "not reloaded: model/demo; what was in use before still is"
        result = answer["results"][0]
        assert (result["name"], result["ok"]) == ("model/demo", False) and str(server.model) in result["reason"]
        assert server.check() == SERVING


def test_what_is_wrong_with_a_request_is_told(runtime):
    with operated(runtime) as (server, operator):
        for path, reason in [
            ("/admin/maintenance", "use ?on=true or ?on=false"),
            ("/admin/maintenance?on=1", "use ?on=true or ?on=false"),
            ("/admin/fail", "for how long? use ?for=60s, or ?for=0 to end a drill"),
            ("/admin/fail?for=60", "for: no unit: use 60s, or ms, m, h"),
            ("/admin/fail?for=2h", "for: out of range: use 0 to 1h0m0s"),
            ("/admin/fail?for=1s&name=x", "unknown name: use name=readiness or liveness"),
            ("/admin/drain?now", 'unknown parameter "now": there are none here'),
        ]:
            assert operator.post(path, 400) == {"error": reason}
        # What a form or a body says is not read.
        assert operator.post("/admin/maintenance", 400, body=b"on=true")["error"].startswith("use ?on")
        for path in PATHS:
            status, headers, _ = operator.request("GET", path)
            assert (status, headers["Allow"]) == (405, "POST")
        status, headers, _ = operator.request("POST", "/admin/maintenance?on=false")
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert server.check() == SERVING


def test_a_page_of_another_site_is_refused(runtime):
    with operated(runtime) as (server, operator):
        for headers in [
            {"Origin": "https://example.com"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Host": "example.com", "Origin": "http://example.com", "Sec-Fetch-Site": "same-origin"},
        ]:
            answer = operator.post("/admin/drain", 403, headers=headers)
            assert answer == {"error": "a page of another site has made this request"}
        own = {"Host": "localhost", "Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
        operator.post("/admin/maintenance?on=false", headers=own)
        assert server.check() == SERVING


def test_a_site_whose_name_leads_here_reads_no_reasons(runtime):
    port = free_port()
    runtime("--admin", f"127.0.0.1:{port}").wait_for(SERVING)
    for path in ("/", "/health?verbose", "/status.json", "/metrics", "/readyz", "/events"):
        for host, expected in (("site.example", 403), (f"site.example:{port}", 403), (f"127.0.0.1:{port}", 200)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path, headers={"Host": host})
            assert connection.getresponse().status == expected, (path, host)
            connection.close()


def test_the_public_port_has_no_commands(runtime):
    port = free_port()
    server = runtime("--admin", f"127.0.0.1:{port}").wait_for(SERVING)
    for path in PATHS:
        for method in ("GET", "POST"):
            command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", method]
            public = subprocess.check_output([*command, f"http://{server.address}{path}"], text=True)
            assert public in ("404", "415"), (method, path)
    # At the loopback address, with curl as an operator has it.
    answer = subprocess.check_output(
        ["curl", "-sf", "-X", "POST", f"http://127.0.0.1:{port}/admin/fail?for=1m"], text=True)
    assert json.loads(answer) == {"message": "Drill: readiness fails for 1m0s"}
    server.wait_for(NOT_SERVING, "readiness")
    # Over HTTP/2 as well.
    subprocess.check_output(
        ["curl", "-sf", "--http2-prior-knowledge", "-X", "POST", f"http://127.0.0.1:{port}/admin/fail?for=0"])
    server.wait_for(SERVING, "readiness")
