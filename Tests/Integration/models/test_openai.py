# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The backend openai: Infer answered by a server of its own, that is slow, wrong or gone as a test wants it."""

import base64
import concurrent.futures
import contextlib
import json
import pathlib

import grpc
import pytest
from openai_backend import KEY, backed, failed_infer, infer  # noqa: F401 (a fixture)
from conftest import SERVING, assert_memory, code_of, poll
from openai_upstream import (
    END, STREAM_HEAD, Upstream, completion, endless, event, failure, delta, response, silent)
from sarai.skills import skills_pb2
from tls_setup import ca, folder  # noqa: F401 (fixtures)

# What is asked, and what is answered.


def test_the_upstream_is_asked_what_the_client_asked(backed):
    server, upstream = backed(completion("Hello", ", ", "wörld", tokens=17))
    answer = infer(server, prompt='a "b"\n\N{GRINNING FACE}', max_tokens=9, temperature=0.25, top_p=0.5, stop=["X"])
    assert answer.text == "Hello, wörld"
    assert (answer.tokens_generated, answer.finish_reason, answer.confidence) == (17, "stop", 0)
    request = upstream.asked[0]
    assert request.json == {
        "model": "demo", "prompt": 'a "b"\n\N{GRINNING FACE}', "max_tokens": 9, "temperature": 0.25, "top_p": 0.5,
        "stop": ["X"], "stream": True, "stream_options": {"include_usage": True}}
    assert request.headers["host"] == f"127.0.0.1:{upstream.port}"
    assert request.headers["content-type"] == "application/json"
    assert "authorization" not in request.headers


def test_tokens_are_counted_when_the_upstream_does_not(backed):
    server, _ = backed(completion("a", "b", "c", finish_reason="length"))
    answer = infer(server)
    assert (answer.text, answer.tokens_generated, answer.finish_reason) == ("abc", 3, "length")


def test_an_answer_in_one_object_is_taken_too(backed):
    body = {"choices": [{"text": "all at once", "finish_reason": "stop"}], "usage": {"completion_tokens": 3}}
    server, _ = backed(response(200, json.dumps(body).encode()))
    assert infer(server).text == "all at once"


def test_a_path_and_a_model_of_their_own(runtime):
    with Upstream(completion("x"), health=failure(404)) as upstream:
        url = upstream.url + "/base/v1/"
        server = runtime("--backend", "openai", "--openai-url", url, "--openai-model", "other:7b")
        poll(lambda: infer_or_none(server), "an answer", 10)
        assert upstream.asked[0].path == "/base/v1/completions"
        assert upstream.asked[0].json["model"] == "other:7b"


def infer_or_none(server):
    with contextlib.suppress(grpc.RpcError):
        return infer(server)


def test_bytes_may_come_one_by_one(backed):
    raw = completion("one ", "by ", "one")
    server, _ = backed(lambda connection, _: connection.send_slowly(raw))
    assert infer(server).text == "one by one"


def test_many_at_once_are_answered_each_with_its_own(backed):
    def echo(connection, request):
        connection.send(completion(request.json["prompt"]))

    server, _ = backed(echo)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda number: infer(server, prompt=f"prompt {number}").text, range(100))
        assert list(answers) == [f"prompt {number}" for number in range(100)]


@pytest.mark.parametrize("is_secure", [False, True], ids=["plaintext", "TLS"])
def test_a_long_prompt_gets_there_whole(backed, ca, is_secure):
    prompt = "".join(f"{number} " for number in range(150_000))  # 0.9 MB

    def answer(connection, request):
        connection.send(completion("equal" if request.json["prompt"] == prompt else "other"))

    secure = {"certificate": ca.issue("long", "IP:127.0.0.1")} if is_secure else {}
    server, _ = backed(answer, *(["--openai-ca", ca.file] if is_secure else []), **secure)
    assert infer(server, prompt=prompt).text == "equal"


# The key.


def test_the_key_goes_to_the_upstream_and_nowhere_else(backed, tmp_path):
    (tmp_path / "key").write_text(KEY + "\n")

    def refuse(connection, request):
        said = json.dumps({"error": {"message": f"{request.headers['authorization']} is wrong"}}).encode()
        connection.send(response(400, said))

    server, upstream = backed(refuse, "--openai-key-file", tmp_path / "key", "--log-level", "trace")
    code, details = failed_infer(server)
    assert upstream.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert KEY[:8] not in details
    assert KEY[:8] not in server.log.read_text()
    command = open(f"/proc/{server.process.pid}/cmdline").read()
    assert KEY not in command


def test_no_part_of_the_key_that_the_upstream_repeats_reaches_a_client_or_the_log(backed, tmp_path):
    """Its beginning, its middle, its end, what a gateway masks, and base64 of it behind something else."""
    key = "sk-proj-0123456789abcdefghijklmn-wxyz~"
    (tmp_path / "key").write_text(key)
    parts = [key[:8], key[10:18], key[-8:], f"{key[:3]}***{key[-8:]}"]
    for prefix in ["", "u:", "user:"]:
        for encode in [base64.b64encode, base64.urlsafe_b64encode]:
            parts.append(encode((prefix + key + "!").encode()).decode())
            parts.append(parts[-1][12:28])
    said = iter(parts)

    def refuse(connection, request):
        connection.send(response(429, json.dumps({"error": {"message": f"slow down, {next(said)}"}}).encode()))

    server, _ = backed(refuse, "--openai-key-file", tmp_path / "key", "--log-level", "trace")
    for part in parts:
        code, details = failed_infer(server)
        assert (code, part in details) == (grpc.StatusCode.RESOURCE_EXHAUSTED, False), part
        assert part not in server.log.read_text()
    said = iter(["key 7 has no credit"])
    assert "key 7 has no credit" in failed_infer(server)[1]


# Statuses of the upstream.


@pytest.mark.parametrize(
    "status, code, shows_words",
    [
        (400, grpc.StatusCode.INVALID_ARGUMENT, True),
        (422, grpc.StatusCode.INVALID_ARGUMENT, True),
        (401, grpc.StatusCode.FAILED_PRECONDITION, False),
        (403, grpc.StatusCode.FAILED_PRECONDITION, False),
        (404, grpc.StatusCode.FAILED_PRECONDITION, True),
        (408, grpc.StatusCode.UNAVAILABLE, True),
        (429, grpc.StatusCode.RESOURCE_EXHAUSTED, True),
        (418, grpc.StatusCode.FAILED_PRECONDITION, True),
        (302, grpc.StatusCode.FAILED_PRECONDITION, True),
        (500, grpc.StatusCode.UNAVAILABLE, True),
        (503, grpc.StatusCode.UNAVAILABLE, True),
    ],
)
def test_statuses_are_translated(backed, status, code, shows_words):
    server, upstream = backed(failure(status))
    got, details = failed_infer(server)
    assert got == code
    assert ("the upstream's words" in details) == shows_words
    # The connection is as good as before.
    upstream.completions = completion("fine")
    assert infer(server).text == "fine"


def test_words_of_the_upstream_are_bounded_and_printable(backed):
    server, _ = backed(failure(400, "\x1b[2J\r\n" + "x" * 10_000))
    _, details = failed_infer(server)
    assert "\\x1b[2J" in details and details.isprintable() and len(details) < 400


# Nonsense.

CUT_OFF = STREAM_HEAD + delta("half an ans")
NONSENSE = {
    "no JSON": STREAM_HEAD + event("{no json") + END,
    "no choices": STREAM_HEAD + event({"object": "x"}) + END,
    "an end at once": STREAM_HEAD + event("[DONE]") + END,
    "an error in the stream": STREAM_HEAD + delta("a") + event({"error": {"message": "oh"}}) + END,
    "no finish_reason": CUT_OFF + END,
    "HTML": response(200, b"<html>", type="text/html"),
    "no object": response(200, b"[1]"),
    "an empty body": response(200, b""),
    "a bad chunk": STREAM_HEAD + b"zz\r\n",
    "a chunk that is too long": STREAM_HEAD + b"1\r\nabcdef\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x00\x02\x02\x28 nonsense\r\n\r\n",
    "another version": b"HTTP/2 200\r\n\r\n",
    "a switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
    "a bare LF": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "a body that is too large": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n",
}


@pytest.mark.parametrize("raw", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_an_internal_error(backed, raw):
    server, upstream = backed(raw)
    assert failed_infer(server)[0] == grpc.StatusCode.INTERNAL
    upstream.completions = completion("fine")
    assert infer(server).text == "fine"


def test_a_stream_that_is_cut_off_is_an_internal_error(backed):
    def cut(connection, _):
        connection.send(CUT_OFF)
        connection.close()

    server, upstream = backed(cut)
    code, details = failed_infer(server)
    assert (code, "cut off" in details) == (grpc.StatusCode.INTERNAL, True)
    # Something was answered: nothing is repeated.
    assert len(upstream.asked) == 1


def test_a_stream_that_ends_with_its_connection_is_whole_when_it_says_so(backed):
    def answer(connection, _):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        connection.send(b'data: {"choices":[{"text":"whole","finish_reason":"stop"}]}\n\n')
        connection.close()

    server, _ = backed(answer)
    assert infer(server).text == "whole"


@pytest.mark.parametrize(
    "start, more",
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Endless: yes\r\n"),
        (b"HTTP/1.1 200 ", b"x" * 1000),
        (STREAM_HEAD + b"FFFFFF\r\ndata: ", b"x" * 65536),
        (STREAM_HEAD, event(": nothing but comments " + "x" * 60000)),
        (STREAM_HEAD, b"1;" + b"x" * 200 + b"\r\n\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
    ids=["fields", "status line", "event", "body", "chunk extensions", "interim responses"],
)
def test_what_never_ends_is_ended(backed, start, more):
    def answer(connection, _):
        connection.send(start)
        endless(connection, more)

    server, _ = backed(answer)
    assert failed_infer(server)[0] == grpc.StatusCode.INTERNAL


# Connections.


def test_connections_are_used_again(backed):
    server, upstream = backed(completion("x"))
    for _ in range(5):
        assert infer(server).text == "x"
    assert len({request.connection for request in upstream.asked}) == 1


def test_a_connection_that_says_close_is_not_used_again(backed):
    raw = completion("x").replace(b"Keep-Alive: timeout=5", b"Connection: close")
    server, upstream = backed(raw)
    for _ in range(3):
        assert infer(server).text == "x"
    assert len({request.connection for request in upstream.asked}) == 3


def test_a_connection_that_died_meanwhile_costs_nothing(backed):
    def once(connection, _):
        # The second request on a connection meets its end.
        if connection.count > 1:
            return connection.close()
        connection.send(completion("x"))

    server, upstream = backed(once)
    assert infer(server).text == "x"
    assert infer(server).text == "x"
    assert [request.connection for request in upstream.asked].count(upstream.asked[0].connection) == 2
    assert len(upstream.asked) == 3


def test_a_new_connection_that_dies_is_not_tried_again(backed):
    server, upstream = backed(lambda connection, _: connection.close())
    assert failed_infer(server)[0] == grpc.StatusCode.UNAVAILABLE
    assert len(upstream.asked) == 1


def test_bytes_that_nobody_asked_for_end_a_connection(backed):
    server, upstream = backed(completion("x") + b"HTTP/1.1 200 OK\r\n\r\n")
    assert infer(server).text == "x"
    assert infer(server).text == "x"
    assert len({request.connection for request in upstream.asked}) == 2


def test_no_connection_is_left_behind(backed):
    server, upstream = backed(completion("x"))
    assert infer(server).text == "x"

    def settled():
        infer(server)
        return server.descriptors() <= before

    before = server.descriptors()
    answers = [failure(500), CUT_OFF + b"zz\r\n", STREAM_HEAD + event("no"), completion("fine")]
    for answer in answers * 5 + [lambda connection, _: connection.close()]:
        upstream.completions = answer
        infer_or_none(server)
    upstream.completions = hold(upstream.hung_up, CUT_OFF)
    for _ in range(3):
        assert code_of(infer, server, timeout=0.2) == grpc.StatusCode.DEADLINE_EXCEEDED
    upstream.completions = completion("x")
    poll(settled, f"no more than {before} descriptors", 10)


# Time.


def hold(upstream_hung_up, first=b""):
    def answer(connection, _):
        connection.send(first)
        connection.wait_for_hangup()
        upstream_hung_up.set()

    return answer


@pytest.mark.parametrize("first", [b"", STREAM_HEAD, CUT_OFF], ids=["silent", "head", "text"])
def test_at_the_deadline_the_upstream_is_hung_up_on(backed, first):
    server, upstream = backed(b"")
    upstream.completions = hold(upstream.hung_up, first)
    # On a busy machine the way to the upstream alone may take long.
    for seconds in (0.5, 5, 30):
        assert code_of(infer, server, timeout=seconds) == grpc.StatusCode.DEADLINE_EXCEEDED
        if upstream.asked:
            break
    assert upstream.hung_up.wait(20)


def test_when_the_client_cancels_the_upstream_is_hung_up_on(backed):
    server, upstream = backed(b"")
    upstream.completions = hold(upstream.hung_up, CUT_OFF)
    call = server.skill.Infer.future(skills_pb2.InferRequest(prompt="x"), timeout=60)
    poll(lambda: upstream.asked, "the request at the upstream", 10)
    call.cancel()
    assert upstream.hung_up.wait(10)
    upstream.completions = completion("next")
    assert infer(server).text == "next"


def test_what_comes_after_the_end_holds_nobody_up(backed):
    def answer(connection, _):
        connection.send(completion("x").removesuffix(END))
        connection.wait_for_hangup()

    server, _ = backed(answer)
    assert infer(server).text == "x"


def test_an_address_that_is_silent_is_given_up(runtime):
    with silent("127.0.0.1") as port:
        server = runtime("--backend", "openai", "--openai-url", f"http://127.0.0.1:{port}")
        server.wait_for(SERVING, "startup")
        code, details = failed_infer(server)
        assert code == grpc.StatusCode.UNAVAILABLE and "no connection within" in details


def peak(server):
    """The most bytes of the process that were in memory at once."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


@pytest.mark.parametrize("filler", [b"0,", b"[],", b'"",'])
def test_an_answer_takes_no_more_memory_than_its_tokens_need(backed, filler):
    answer = b'{"choices":[{"text":"a","finish_reason":"stop"}],"x":['
    whole = answer + filler * (8_000_000 // len(filler)) + b"0]}"
    fitting = answer + filler * (70_000 // len(filler)) + b"0]}"
    server, upstream = backed(response(200, whole))
    before = peak(server)
    for body, words in [(whole, "too large"), (fitting, "more values")]:
        upstream.completions = response(200, body)
        code, details = failed_infer(server)
        assert code == grpc.StatusCode.INTERNAL and words in details, details
    events = STREAM_HEAD + b"".join(delta("word " * 1000) for _ in range(100)) + delta("", "stop") + END
    upstream.completions = events
    assert failed_infer(server)[0] == grpc.StatusCode.INTERNAL
    assert_memory(peak(server) - before, 16 << 20)


def test_a_long_answer_fits_when_it_was_asked_for(backed):
    text = "word " * 8000
    whole = json.dumps({"choices": [{"text": text, "finish_reason": "length"}]}).encode()
    server, upstream = backed(response(200, whole))
    assert infer(server, max_tokens=8000).text == text
    upstream.completions = completion(*["word "] * 8000)
    assert infer(server, max_tokens=8000).text == text
