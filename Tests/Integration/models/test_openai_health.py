# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The backend openai: how its server is, the way to it, and the files and flags that say so."""

import contextlib
import subprocess
import threading

import gguf
import grpc
import pytest
from openai_backend import KEY, backed, failed_infer, infer, message  # noqa: F401 (a fixture)
from conftest import DIST, NOT_SERVING, SERVING, free_port, poll
from openai_upstream import END, STREAM_HEAD, Upstream, completion, event, failure, delta, response, silent
from sarai.skills import skills_pb2
from tls_setup import ca, folder, stranger  # noqa: F401 (fixtures)


# Health.


def test_without_an_upstream_the_server_is_not_ready_and_says_why(runtime):
    port = free_port()
    server = runtime("--backend", "openai", "--openai-url", f"http://127.0.0.1:{port}")
    poll(lambda: "refused" in message(server), "the reason", 10)
    assert server.check() == NOT_SERVING
    assert server.check("liveness") == SERVING
    code, details = failed_infer(server)
    assert code == grpc.StatusCode.UNAVAILABLE and "refused" in details
    with Upstream(completion("here"), port=port) as upstream:
        poll(lambda: server.check() == SERVING, "SERVING", 10)
        assert infer(server).text == "here"
        upstream.stop()
        poll(lambda: server.check() == NOT_SERVING, "NOT_SERVING", 10)


def test_an_upstream_that_loads_is_waited_for(runtime):
    with Upstream(health=failure(503, "Loading model")) as upstream:
        server = runtime("--backend", "openai", "--openai-url", upstream.url)
        poll(lambda: "loading" in message(server), "the reason", 10)
        assert server.check() == NOT_SERVING
        upstream.health = response(200, b"{}")
        poll(lambda: server.check() == SERVING, "SERVING", 10)


def test_an_upstream_without_health_is_asked_for_its_models(backed, tmp_path):
    (tmp_path / "key").write_text(KEY)
    server, upstream = backed(completion("x"), "--openai-key-file", tmp_path / "key", health=failure(404))
    asked = [request for request in upstream.requests if request.path == "/v1/models"]
    assert asked[0].headers["authorization"] == f"Bearer {KEY}"
    upstream.models = failure(401)
    poll(lambda: server.check() == NOT_SERVING, "NOT_SERVING", 10)
    assert "refuses the API key" in message(server)


def test_an_upstream_that_is_silent_is_not_ready(backed):
    server, upstream = backed(completion("x"))
    upstream.health = lambda connection, _: connection.wait_for_hangup()
    poll(lambda: server.check() == NOT_SERVING, "NOT_SERVING", 20)
    assert "no answer within" in message(server)


def test_an_upstream_that_comes_and_goes_does_not_flap_and_takes_the_names_of_its_models(runtime, tmp_path):
    gguf.write(tmp_path / "own.gguf")
    turns = []

    def flip(connection, _):
        turns.append(None)
        connection.send(response(200, b"{}") if len(turns) % 3 == 0 else failure(503))

    with Upstream() as upstream:
        flags = ["--model", f"own={tmp_path}/own.gguf", "--openai-url", upstream.url]
        server = runtime("--backend", "openai", *flags)
        poll(lambda: server.check() == SERVING, "SERVING", 10)
        assert server.check("model/own") == SERVING
        watch, own = server.watch(), server.watch("model/own")
        assert [next(watch).status, next(own).status] == [SERVING, SERVING]
        upstream.health = flip
        assert [next(watch).status, next(own).status] == [NOT_SERVING, NOT_SERVING]
        assert "loading" in skill_message(server, "model/own")
        # Three good answers that are no recovery.
        poll(lambda: len(turns) > 9, "more answers", 60)
        assert server.check() == NOT_SERVING
        upstream.health = response(200, b"{}")
        assert [next(watch).status, next(own).status] == [SERVING, SERVING]
        poll(lambda: turns_of(server)[-1] == "serving", "the log", 10)
        assert turns_of(server)[-3:] == ["serving", "not serving", "serving"], server.lines()


def test_an_upstream_that_is_busy_with_an_answer_is_ready_whatever_its_health_says(backed):
    over = threading.Event()

    def answer(connection, _):
        connection.send(STREAM_HEAD)
        while not over.wait(0.1):
            connection.send(delta("more"))
        connection.send(delta("", "stop") + event("[DONE]") + END)

    server, upstream = backed(answer)
    poll(lambda: turns_of(server)[-1:] == ["serving"], "the log", 10)
    before = turns_of(server)
    upstream.health = lambda connection, _: connection.wait_for_hangup()
    call = server.skill.Infer.future(skills_pb2.InferRequest(prompt="x"), timeout=60)
    asked = len(upstream.requests)
    poll(lambda: len(upstream.requests) > asked + 4, "it is asked again and again", 30)
    assert server.check() == SERVING and turns_of(server) == before
    over.set()
    assert call.result().text
    poll(lambda: server.check() == NOT_SERVING, "NOT_SERVING", 20)


def test_an_upstream_that_refuses_completions_is_not_busy(backed):
    """As a gateway does at once in front of an engine that hangs."""
    server, upstream = backed(failure(503))
    upstream.health = lambda connection, _: connection.wait_for_hangup()

    def is_not_serving():
        failed_infer(server)
        return server.check() == NOT_SERVING

    poll(is_not_serving, "NOT_SERVING", 20)
    assert "no answer within" in message(server)


def turns_of(server):
    return [line["message"] for line in server.lines() if line["message"] in ("serving", "not serving")]


def skill_message(server, name):
    return server.skill.Check(skills_pb2.HealthCheckRequest(service=name), timeout=10).message


def test_an_upstream_that_fails_once_is_no_news(backed):
    server, upstream = backed(completion("x"))
    poll(lambda: turns_of(server)[-1:] == ["serving"], "the log", 10)
    before = turns_of(server)
    answers = []

    def fail_once(connection, _):
        answers.append(None)
        connection.send(failure(503) if len(answers) % 2 else response(200, b"{}"))

    upstream.health = fail_once
    poll(lambda: len(answers) > 4, "some answers", 60)
    assert server.check() == SERVING
    assert turns_of(server) == before


@pytest.mark.parametrize("page", [
    response(200, b"<!doctype html><title>Welcome</title>", type="text/html; charset=utf-8"),
    response(200, b"\r\n <html></html>", type="text/plain"), response(200, b"", type="text/html")])
def test_a_web_server_is_no_model_server(runtime, page):
    with Upstream(completion("x"), health=page, models=page) as upstream:
        server = runtime("--backend", "openai", "--openai-url", upstream.url)
        poll(lambda: "web page" in message(server), "the reason", 10)
        assert server.check() == NOT_SERVING
        # As vLLM answers: nothing at all.
        upstream.health = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        poll(lambda: server.check() == SERVING, "SERVING", 20)


def test_the_log_follows_the_reason_and_ends_with_the_latest(backed):
    server, upstream = backed(completion("x"))
    poll(lambda: turns_of(server)[-1:] == ["serving"], "the log", 10)

    def reasons():
        return [line["reason"] for line in server.lines() if line["message"].endswith("not serving")]

    answers = [
        (response(503), "loading its model"), (response(500), "it answers with 500"),
        (response(401), "it refuses the API key"), (response(503), "loading its model")]
    # A start on a busy machine may have a reason of its own.
    earlier = len(reasons())
    for count, (answer, reason) in enumerate(answers, earlier + 1):
        upstream.health = answer
        poll(lambda: len(reasons()) == count and reason in reasons()[-1], f"the log says: {reason}", 20)
    assert turns_of(server)[-2:] == ["serving", "not serving"]
    upstream.stop()
    poll(lambda: "refused" in reasons()[-1], "the log says: connection refused", 20)


# TLS and names.


def test_https_is_verified(runtime, ca):
    certificate = ca.issue("upstream", "IP:127.0.0.1")
    with Upstream(completion("safe", " and sound"), certificate=certificate) as upstream:
        flags = ["--backend", "openai", "--openai-url", upstream.url]
        server = runtime(*flags, "--openai-ca", ca.file)
        poll(lambda: server.check() == SERVING, "SERVING", 10)
        for _ in range(3):
            assert infer(server).text == "safe and sound"
        assert len({request.connection for request in upstream.asked}) == 1
        distrustful = runtime(*flags)
        poll(lambda: "unknown authority" in message(distrustful), "the reason", 10)
        assert failed_infer(distrustful)[0] == grpc.StatusCode.UNAVAILABLE


def test_a_certificate_for_another_name_is_refused(runtime, ca):
    certificate = ca.issue("elsewhere", "DNS:elsewhere.example")
    with Upstream(completion("x"), certificate=certificate) as upstream:
        server = runtime("--backend", "openai", "--openai-url", upstream.url, "--openai-ca", ca.file)
        poll(lambda: "elsewhere.example" in message(server), "the reason", 10)
        assert failed_infer(server)[0] == grpc.StatusCode.UNAVAILABLE
        assert not upstream.requests


def test_plaintext_where_tls_is_expected_is_told(runtime):
    with Upstream(completion("x")) as upstream:
        url = upstream.url.replace("http:", "https:")
        server = runtime("--backend", "openai", "--openai-url", url)
        poll(lambda: "TLS" in message(server), "the reason", 10)


@pytest.mark.parametrize("other", ["refuses", "is silent"])
@pytest.mark.parametrize("host, other_host", [("127.0.0.1", "::1"), ("::1", "127.0.0.1")])
def test_each_address_of_a_name_is_tried(runtime, tmp_path, host, other_host, other):
    # "localhost" has both, as on most machines.
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    script = f'mount --bind {tmp_path}/hosts /etc/hosts && exec "$@"'
    wrapper = ["unshare", "--mount", "sh", "-c", script, "sh"]
    with Upstream(completion("by name"), host=host) as upstream, contextlib.ExitStack() as stack:
        if other == "is silent":
            stack.enter_context(silent(other_host, upstream.port))
        url = f"http://localhost:{upstream.port}"
        server = runtime("--backend", "openai", "--openai-url", url, wrapper=wrapper)
        poll(lambda: server.check() == SERVING, "SERVING", 15)
        assert infer(server).text == "by name"


def test_a_health_path_of_its_own_is_the_only_one_asked(runtime):
    """As LiteLLM's, whose /health asks every model behind it and takes long."""
    path = "/health/liveliness"
    loading = response(503, b"")
    with Upstream(completion("x"), health=loading, health_path=path) as upstream:
        server = runtime("--backend", "openai", "--openai-url", upstream.url, "--openai-health-path", path)
        poll(lambda: "loading its model" in message(server), "it is loading", 10)
        upstream.health = response(200, b'"I am alive!"')
        poll(lambda: server.check() == SERVING, "SERVING", 10)
        upstream.health = failure(404)
        poll(lambda: "404" in message(server), "it is gone", 10)
        assert {request.path for request in upstream.requests} == {path}


# What is read again.


def test_a_key_is_read_again_on_reload_and_a_bad_one_is_not_used(runtime, tmp_path):
    key = tmp_path / "key"
    key.write_text("first")
    with Upstream(completion("x")) as upstream:
        flags = ["--backend", "openai", "--openai-url", upstream.url, "--openai-key-file", key]
        server = runtime(*flags)
        poll(lambda: server.check() == SERVING, "SERVING", 10)

        def told():
            return [line for line in server.lines() if "key and CAs" in line["message"]]

        for count, (text, used) in enumerate([("second", "second"), ("two words", "second"), ("third", "third")], 1):
            key.write_text(text)
            server.reload()
            poll(lambda: len(told()) == count, "it was read", 10)
            assert infer(server).text == "x"
            assert upstream.asked[-1].headers["authorization"] == f"Bearer {used}"
        assert "holds no key" in told()[1]["reason"] and str(key) in told()[1]["reason"]
        # The next question after its health goes with the new key, too.
        asked = len(upstream.requests)
        poll(lambda: len(upstream.requests) > asked, "a question", 10)
        assert upstream.requests[-1].headers["authorization"] == "Bearer third"
        assert "second" not in server.log.read_text() and "third" not in server.log.read_text()


def test_the_cas_are_read_again_on_reload_and_connections_that_are_open_go(runtime, ca, stranger, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_bytes(ca.file.read_bytes())
    with Upstream(completion("x"), certificate=ca.issue("again", "IP:127.0.0.1")) as upstream:
        server = runtime("--backend", "openai", "--openai-url", upstream.url, "--openai-ca", file)
        poll(lambda: server.check() == SERVING, "SERVING", 10)
        assert infer(server).text == "x"
        file.write_bytes(stranger.file.read_bytes())
        server.reload()
        poll(lambda: "unknown authority" in message(server), "it is trusted no more", 15)
        assert failed_infer(server)[0] == grpc.StatusCode.UNAVAILABLE
        file.write_bytes(ca.file.read_bytes())
        server.reload()
        poll(lambda: server.check() == SERVING, "SERVING", 15)
        assert infer(server).text == "x"


def test_a_connection_that_was_busy_while_the_cas_were_read_again_is_not_used_again(runtime, ca):
    go_on = threading.Event()

    def answer(connection, request):
        if b"slow" in request.body:
            assert go_on.wait(20)
        connection.send(completion("x"))

    with Upstream(answer, certificate=ca.issue("busy", "IP:127.0.0.1")) as upstream:
        flags = ["--backend", "openai", "--openai-url", upstream.url, "--openai-ca", ca.file]
        server = runtime(*flags, "--loops", "1")
        poll(lambda: server.check() == SERVING, "SERVING", 10)
        slow = server.skill.Infer.future(skills_pb2.InferRequest(prompt="slow"), timeout=20)
        poll(lambda: upstream.asked, "it is asked", 10)
        server.reload()
        poll(lambda: any("key and CAs" in line["message"] for line in server.lines()), "they were read", 10)
        assert infer(server).text == "x"
        go_on.set()
        assert slow.result().text == "x"
        assert infer(server).text == "x"
        before, during, after = [request.connection for request in upstream.asked]
        assert before != during == after


# Flags.


@pytest.mark.parametrize(
    "flags, complaint",
    [
        (["--backend", "openai"], "needs --openai-url"),
        (["--backend", "gpu"], "use stub or openai"),
        (["--openai-url", "http://a"], "--openai-url needs --backend openai"),
        (["--openai-health-path", "/x"], "--openai-health-path needs --backend openai"),
        (["--backend", "openai", "--openai-url", "http://a", "--openai-health-path", "x"], "begins with /"),
        (["--backend", "openai", "--openai-url", "http://a", "--openai-health-path", "/x y"], "begins with /"),
        (["--backend", "openai", "--openai-url", "a:1"], "use http://host:port"),
        (["--backend", "openai", "--openai-url", "http://u:p@a"], "use http://host:port"),
        (["--backend", "openai", "--openai-url", "http://a", "--openai-ca", "x"], "https"),
        (["--backend", "openai", "--openai-url", "https://a", "--openai-ca", "/nope"], "/nope"),
        (["--backend", "openai", "--openai-url", "http://a", "--openai-key-file", "/nope"], "/nope"),
        (["--backend", "openai", "--openai-url", "http://a", "--openai-key-file", "/dev/null"], "no key"),
    ],
)
def test_bad_flags_are_told(flags, complaint):
    command = [DIST / "skill-runtime", "--demo", *flags]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert result.returncode == 1
    assert complaint in result.stderr and result.stderr.count("\n") == 1
