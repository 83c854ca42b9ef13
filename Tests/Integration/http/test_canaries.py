# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Words that only this machine's operators may see are looked for in all that a client without rights is told."""

import contextlib
import pathlib
import tempfile

import gguf
import grpc
import pytest
from certificates import Authority
from conftest import NAMES, NOT_SERVING, SERVING, poll
from everything import Place, grpc_answers, http_answers, json_answers
from openai_upstream import Upstream, completion, failure
from sarai.skills import skills_pb2, skills_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

PROMPT = "canary-prompt-5c1e"
MODELS = "canary-models-5c1e"
KEYS = "canary-keys-5c1e"
# Of the loopback, as all that begins with 127.
UPSTREAM = "127.77.13.9"
WORDS = "canary-words-5c1e"
CANARIES = {
    "the prompt": PROMPT, "the path of a model": MODELS, "the path of a key": KEYS, "the address of a dependency": UPSTREAM,
    "the words of a dependency": WORDS,
}
# Errors from inside, in our own words. SkillService/Check tells them, for existing clients: without a path or an address.
REASONS = {"what a dependency does": "it answers with 500", "why a model is not loaded": "no model file was found"}
HEALTH_NAMES = [*NAMES, "model/demo", "model/gone"]


def found(answers):
    """Each canary that is in one of the answers, with what was asked."""
    told = {}
    for asked, answer in answers:
        words = CANARIES if asked.startswith("/sarai.skills.SkillService/Check") else CANARIES | REASONS
        told |= {what: asked for what, word in words.items() if word.lower() in answer.lower()}
    return told


class Skill:
    """A runtime with a secret in each place, and all the ways to ask it."""

    def __init__(self, runtime, folder, stack):
        self.folder = folder
        self.upstream = stack.enter_context(
            Upstream(completion("an answer"), host=UPSTREAM, health=lambda connection, _: connection.send(self.health)))
        self.health = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
        self.models, keys = folder / MODELS, folder / KEYS
        self.models.mkdir()
        keys.mkdir()
        authority = Authority(keys, "ca")
        self.pair = authority.issue("server", "DNS:localhost,IP:127.0.0.1")
        gguf.write(self.models / "demo.gguf", name="demo")
        self.server = runtime(
            "--model", f"demo={self.models}/demo.gguf", "--model", f"gone={self.models}/gone.gguf,optional", "--backend", "openai",
            "--openai-url", f"http://{UPSTREAM}:{self.upstream.port}", "--tls-cert", self.pair.certificate, "--tls-key",
            self.pair.key, "--admin", f"unix:{folder}/admin", "--health-addr", f"unix:{folder}/health", "--json-socket",
            f"unix:{folder}/json", "--reason-codes", "all", "--drain-grace", "30s",
            model=None, search=True)
        self.port = Place(self.server.address, authority.root.certificate.read_bytes())
        self.admin = Place(f"unix:{folder}/admin")
        self.health_address = Place(f"unix:{folder}/health")
        self.channel = stack.enter_context(self.port.channel())
        self.stub = health_pb2_grpc.HealthStub(self.channel)

    def wait_for(self, status, name="readiness"):
        request = health_pb2.HealthCheckRequest(service=name)
        poll(lambda: self.stub.Check(request, timeout=20).status == status, f"{name} is {status}")

    def infer(self):
        stub = skills_pb2_grpc.SkillServiceStub(self.channel)
        return stub.Infer(skills_pb2.InferRequest(prompt=PROMPT, context={PROMPT: PROMPT}), timeout=20)

    def public(self):
        """All that it says without authentication."""
        yield from http_answers(self.port, "demo", ["memory", "queue", "model/demo", "model/gone", "model-server", "files"])
        yield from grpc_answers(self.port, HEALTH_NAMES)
        yield from grpc_answers(self.health_address, HEALTH_NAMES)
        yield from json_answers(f"{self.folder}/json")

    def for_operators(self):
        yield from http_answers(self.admin, "demo", ["model/gone", "model-server"], methods=["HEAD"])

    def breaks(self):
        """Everything fails, each for a reason that is a secret."""
        gguf.put(self.models / "demo.gguf", gguf.corruptions()["cut in the tensor data"])
        self.pair.key.write_text("no key")
        self.server.reload()
        self.server.process.send_signal(1)  # SIGHUP: the certificates
        self.health = failure(500, WORDS)
        self.upstream.completions = failure(500, WORDS)


@pytest.fixture
def skill(runtime):
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vitals-")))
        yield Skill(runtime, folder, stack)


def test_nothing_secret_is_told_to_clients_without_rights(skill):
    skill.wait_for(SERVING)
    assert skill.infer().text == "an answer"
    assert PROMPT in skill.upstream.asked[0].body.decode()
    assert found(skill.public()) == {}

    skill.breaks()
    skill.wait_for(NOT_SERVING)
    # What the model server says of a request is for the client whose request it was, and for no other.
    with pytest.raises(grpc.RpcError, match=WORDS):
        skill.infer()
    assert found(skill.public()) == {}
    # The same reasons are there, for those who may know them: what is looked for would be seen.
    told = found(skill.for_operators())
    assert set(told) == {"the path of a model", *REASONS}, told

    skill.server.terminate()
    skill.wait_for(NOT_SERVING, "liveness")
    assert found(skill.public()) == {}
