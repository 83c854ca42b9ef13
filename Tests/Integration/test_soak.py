# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`make soak` for a moment, and that it would notice."""

import pathlib
import subprocess
import sys

import pytest

SOAK = pathlib.Path(__file__).with_name("soak.py")


def soak(*flags):
    command = [sys.executable, SOAK, *flags]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200)
    return result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize("flags", [[], ["--tls"]], ids=["plaintext", "TLS"])
def test_after_clients_of_every_kind_the_server_is_as_it_was(flags):
    code, output = soak("--seconds", "4", *flags)
    assert code == 0, output


def test_clients_that_stay_are_noticed():
    code, output = soak("--seconds", "1", "--kinds", "unary", "--leave", "3", "--patience", "1")
    assert code == 1
    assert "3 descriptors more" in output and "3 connections are left" in output, output


def test_a_readiness_that_bears_less_than_the_load_is_noticed():
    code, output = soak("--seconds", "2", "--kinds", "bursts", "--ready-depth", "5")
    assert code == 1
    assert "readiness was NOT_SERVING" in output, output
