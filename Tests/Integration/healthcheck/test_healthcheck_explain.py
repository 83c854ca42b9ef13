# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`healthcheck explain`: why a container is as healthy as it is, and what a check would do."""

import json
import subprocess

from conftest import DIST, free_port, poll
from wrapped import wrapped


def explain(*arguments):
    return subprocess.run(
        [DIST / "healthcheck", "explain", *arguments], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)


def test_the_wrapper_says_why_the_command_is_as_it_is(tmp_path):
    check = f"tcp:127.0.0.1:{free_port()},name=db,critical,detect-within=1s"
    with wrapped(tmp_path, "sleep", "100", flags=["--check", check, "--restart", "on-failure"]) as wrapper:
        poll(lambda: wrapper.told("Critical checks failed: db"), "the check has failed")
        code, tree = wrapper.explained()
        assert code == 1 and tree.startswith("NOT_SERVING for ")
        assert "to become SERVING: db" in tree and "connect: Connection refused" in tree
        assert "to change: 2 good runs in a row (rise 2)" in tree
        assert f"runs as process {wrapper.child()}" in tree and "restarts: 0; 5 of 5 in 10 min are left\n" in tree
        assert "ended" not in tree
        code, text = wrapper.explained("--json", "--last", "1h")
        document = json.loads(text)
        assert code == 1 and document["status"] == "NOT_SERVING" and document["replay"]["episodes"]
        assert document["more"][0]["title"] == "the command"


def test_without_a_wrapper_it_says_so_and_a_check_is_described(tmp_path):
    end = explain("--socket", str(tmp_path / "none"))
    assert (end.returncode, end.stdout) == (1, "") and "no wrapper runs here" in end.stderr
    end = explain("redis:redis://:secret@cache,critical")
    assert end.returncode == 0 and end.stdout.startswith("redis redis://") and "secret" not in end.stdout
    assert "decides readiness alone (critical)" in end.stdout and "needs: a user with +ping" in end.stdout
    end = explain("redis:redis://cache,fal=2")
    assert end.returncode == 1 and "fal" in end.stderr
