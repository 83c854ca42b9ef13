# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`make soak` for a moment, and that it would notice. TEST_FALSE_ALARM_SECONDS makes the search for false alarms
longer."""

import os
import signal
import subprocess
import sys

import pytest
from conftest import ROOT

SOAK = ROOT / "Tests" / "Integration" / "support" / "soak.py"
FALSE_ALARMS = SOAK.with_name("false_alarms.py")
SECONDS = float(os.environ.get("TEST_FALSE_ALARM_SECONDS", "20"))


def soak(*flags, script=SOAK):
    command = [sys.executable, script, *flags]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, start_new_session=True, **streams) as process:
        try:
            output, _ = process.communicate(timeout=200 + SECONDS)
        except BaseException:
            # Its server, too.
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, output


@pytest.mark.parametrize("flags", [[], ["--tls"]], ids=["plaintext", "TLS"])
def test_after_clients_of_every_kind_the_server_is_as_it_was(flags):
    code, output = soak("--seconds", "4", *flags)
    assert code == 0, output


def test_clients_that_stay_are_noticed():
    code, output = soak("--seconds", "1", "--kinds", "unary", "--leave", "3", "--timeout", "1")
    assert code == 1
    assert "3 descriptors more" in output and "3 connections are left" in output, output


def test_a_readiness_that_bears_less_than_the_load_is_noticed():
    code, output = soak("--seconds", "2", "--kinds", "bursts", "--ready-depth", "5")
    assert code == 1
    assert "readiness was NOT_SERVING" in output, output


def test_at_the_limit_of_the_queue_nobody_is_told_a_false_alarm():
    code, output = soak("--seconds", f"{SECONDS}", script=FALSE_ALARMS)
    assert code == 0, output


def test_a_queue_a_tenth_shorter_is_alarm_enough():
    code, output = soak("--seconds", "4", "--ready-depth", "900", script=FALSE_ALARMS)
    assert code == 1
    assert "'readiness' was NOT_SERVING" in output and "the queue is long: 900 requests" in output, output
