# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks of the kind llm, against a scripted OpenAI-compatible server."""

import json

import pytest
from certificates import Authority
from checked import QUICK, checked
from conftest import SERVING, poll
from openai_backend import KEY, infer
from openai_upstream import Upstream, completion, endless, failure, response


def chat(text, finish_reason="stop", tokens=3):
    """A whole answer of /v1/chat/completions."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    return response(200, json.dumps({"choices": [choice], "usage": {"completion_tokens": tokens}}).encode())


@pytest.fixture
def upstream():
    with Upstream(chat("Hello!")) as upstream:
        yield upstream


def test_a_model_is_told_in_all_its_moods_and_comes_back(runtime, upstream):
    checks = checked(runtime, f"llm:{upstream.url}/v1,{QUICK},critical,model=demo")

    def answers(answer, *expected):
        upstream.completions = answer
        checks.wait_for("llm", *expected)

    answers(chat("Hello!"), "healthy")
    request = upstream.requests[-1]
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.json == {
        "model": "demo", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 10, "stream": False}
    answers(chat(""), "degraded", "its answer has no text (finish_reason stop)")
    answers(chat(None, "length", 10), "healthy")
    answers(failure(401), "unhealthy", "it wants an API key (401): give one by key-file")
    answers(failure(404), "unhealthy", "no such model, or no such API at this URL (404): the upstream's words")
    answers(response(429, b"{}", fields=["Retry-After: 20"]), "degraded", "(429), retry after 20 s")
    answers(failure(500), "unhealthy", "it answers with 500: the upstream's words")
    answers(response(200, b'{"error": {"message": "out of memory"}}'), "unhealthy", "an error: out of memory")
    answers(response(200, b"<html>", type="text/html"), "unhealthy", "a web page: check the URL")
    answers(completion("streamed"), "unhealthy", "a stream of events, which was not asked for")
    answers(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "unhealthy", "its response is no HTTP/1.1")
    answers(lambda connection, _: connection.close(), "unhealthy", "closed the connection without a response")
    half = chat("Hello!")[:-10]
    answers(lambda connection, _: (connection.send(half), connection.close()), "unhealthy", "within its response")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"
    flood = b" " * 65536
    answers(lambda connection, _: (connection.send(head), endless(connection, flood)), "unhealthy", "larger than 256 KiB")
    answers(chat("Hello!"), "healthy")
    # The engine hangs, and the server in front of it says that all is well.
    upstream.completions = lambda connection, _: connection.wait_for_hangup()
    checks.wait_for("llm", "unhealthy", "timed out after")
    answers(chat("Hello!"), "healthy")
    upstream.stop()
    checks.wait_for("llm", "unhealthy", "refused")
    with Upstream(chat("Hello!"), port=upstream.port):
        checks.wait_for("llm", "healthy")


def test_a_slow_model_is_degraded_and_the_other_call_is_known(runtime, upstream):
    text = response(200, b'{"choices":[{"text":"Hello!","finish_reason":"stop"}]}')
    upstream.completions = text
    checks = checked(
        runtime, f"llm:{upstream.url},{QUICK},model=demo,api=completions,slow=1ns",
        f"llm:{upstream.url},{QUICK},model=demo,api=completions,name=fast,prompt=Hi,max-tokens=1")
    checks.wait_for("llm", "degraded", "its answer took")
    checks.wait_for("fast", "healthy")
    fast = [request.json for request in upstream.requests if request.json["prompt"] == "Hi"]
    assert fast[0] == {"model": "demo", "prompt": "Hi", "max_tokens": 1, "stream": False}


def test_the_key_is_sent_over_tls_and_never_shown(runtime, tmp_path):
    authority = Authority(tmp_path, "ca")
    pair = authority.issue("server", "IP:127.0.0.1")
    (tmp_path / "key").write_text(KEY + "\n")
    with Upstream(chat("Hello!"), certificate=pair) as upstream:
        options = f"{QUICK},model=demo,key-file={tmp_path}/key"
        checks = checked(
            runtime, f"llm:{upstream.url},{options},ca={authority.file}", f"llm:{upstream.url},{options},name=unknown")
        checks.wait_for("llm", "healthy")
        checks.wait_for("unknown", "unhealthy", "TLS: ")
        assert upstream.requests[0].headers["authorization"] == f"Bearer {KEY}"
        upstream.completions = failure(500, f"no {KEY} here")
        checks.wait_for("llm", "unhealthy", "it answers with 500")
        assert KEY not in json.dumps(checks.results())
        upstream.completions = failure(403)
        checks.wait_for("llm", "unhealthy", "it refuses the API key (403)")
    assert KEY not in checks.server.log.read_text()


def test_real_requests_count_as_runs_and_save_tokens(runtime, upstream):
    """As often as once a minute only, unless something else is told; and not at all while requests are answered."""
    upstream.completions = failure(500)
    checks = checked(
        runtime, f"llm:{upstream.url}/v1,model=served", f"llm:{upstream.url},model=other,name=other",
        flags=["--backend", "openai", "--openai-url", upstream.url, "--openai-model", "served"], model=True)

    def asked(model):
        return len([request for request in upstream.requests if request.method == "POST" and request.json["model"] == model])

    for name in ("llm", "other"):
        checks.wait_for(name, "unhealthy", "it answers with 500")
    poll(lambda: checks.server.check("startup") == SERVING, "the model is loaded")
    probes = asked("other")
    upstream.completions = completion("a real answer")
    answered = []

    def recovered():
        answered.append(infer(checks.server).text)
        return checks.result("llm")[0] == "healthy"

    poll(recovered, "it is healthy", 20)
    assert answered[0] == "a real answer"
    # Another model was not asked, and nothing is known of it.
    assert checks.result("other")[0] == "unhealthy" and asked("other") == probes
    assert asked("served") == len(answered) + 1
