# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the backend openai share: a runtime on top of a scripted upstream."""

import contextlib

import grpc
import pytest
from conftest import SERVING, poll
from openai_upstream import Upstream
from sarai.skills import skills_pb2

KEY = "sk-test-0123456789abcdef"


def infer(server, prompt="Say something.", timeout=20, **fields):
    return server.skill.Infer(skills_pb2.InferRequest(prompt=prompt, **fields), timeout=timeout)


def failed_infer(server, **keywords):
    """The status code and the details with which Infer fails."""
    with pytest.raises(grpc.RpcError) as caught:
        infer(server, **keywords)
    return caught.value.code(), caught.value.details()


def message(server):
    return server.skill.Check(skills_pb2.HealthCheckRequest(), timeout=10).message


@pytest.fixture
def backed(runtime):
    """Starts an upstream and a server on top of it that is SERVING."""
    with contextlib.ExitStack() as stack:

        def start(completions, *flags, **keywords):
            upstream = stack.enter_context(Upstream(completions, **keywords))
            server = runtime("--backend", "openai", "--openai-url", upstream.url, *flags)
            poll(lambda: server.check() == SERVING, "SERVING", 10)
            return server, upstream

        yield start
