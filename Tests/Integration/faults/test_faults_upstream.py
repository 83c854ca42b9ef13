# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Calls of the kernel that fail between the backend openai and its server: the client is told at once."""

from errno import ENOBUFS

import gguf
import grpc
import pytest
from conftest import SERVING, Runtime, poll
from openai_backend import infer
from faults import DEBUG, Faults, library  # noqa: F401 (a fixture)
from openai_upstream import Upstream, completion
from tls_setup import ca, folder  # noqa: F401 (fixtures)


@pytest.mark.parametrize("is_secure", [False, True], ids=["plaintext", "TLS"])
def test_a_request_that_cannot_be_sent_fails_at_once(library, tmp_path, ca, is_secure):
    gguf.write(tmp_path / "demo.gguf", name="demo")
    faults = Faults(library, tmp_path / "faults")
    certificate = ca.issue("sending", "IP:127.0.0.1") if is_secure else None
    with Upstream(completion("sent"), certificate=certificate) as upstream:
        flags = ["--backend", "openai", "--openai-url", upstream.url, "--loops", "1", "--infer-timeout", "10m"]
        flags += ["--openai-ca", ca.file] if is_secure else []
        server = Runtime(tmp_path, *flags, build=DEBUG, variables=faults.variables)
        try:
            poll(lambda: server.check() == SERVING, "SERVING", 20)
            assert failures(server, faults) == {grpc.StatusCode.UNAVAILABLE}
            faults.disarm("send")
            assert infer(server).text == "sent"
        finally:
            server.stop()


def failures(server, faults):
    """Lets each call of `send` fail, one after the other, until it was one of a request's to the upstream; the codes of all."""
    codes = set()
    for number in range(1, 30):
        faults.arm("send", ENOBUFS, number)
        try:
            infer(server, timeout=20)
        except grpc.RpcError as error:
            codes.add(error.code())
            if "send: " in error.details():
                return codes
    raise AssertionError(f"no request failed: {codes}")
