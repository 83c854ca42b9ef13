# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The probe's flags: what is wrong with them is said before anything is connected to, and ends with 1."""

import re
import subprocess

import pytest
from conftest import DIST

PROBE = DIST / "grpc_health_probe"
A = "-addr=127.0.0.1:1"


def run(*flags):
    result = subprocess.run(
        [PROBE, *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20
    )
    return result.returncode, result.stdout, result.stderr


# The parser's own complaints: each is followed by the usage text.
SYNTAX = [
    (["-nope"], "flag provided but not defined: -nope"),
    (["--nope=1"], "flag provided but not defined: -nope"),
    (["-addr"], "flag needs an argument: -addr"),
    (["---addr=x"], "bad flag syntax: ---addr=x"),
    (["-=x"], "bad flag syntax: -=x"),
    ([A, "-tls=maybe"], 'invalid boolean value "maybe" for -tls: parse error'),
    ([A, "-v="], 'invalid boolean value "" for -v: parse error'),
    ([A, "-connect-timeout", "5"], 'invalid value "5" for flag -connect-timeout: parse error'),
    ([A, "-rpc-timeout=1 s"], 'invalid value "1 s" for flag -rpc-timeout: parse error'),
    ([A, "-rpc-timeout="], 'invalid value "" for flag -rpc-timeout: parse error'),
    (
        [A, "-rpc-header", "nocolon"],
        'invalid value "nocolon" for flag -rpc-header: '
        "invalid RPC header, expected 'key: value', got \"nocolon\"",
    ),
]

# What the flags say together, in the order in which it is checked.
MEANING = [
    ([], "error: -addr not specified"),
    (["-addr="], "error: -addr not specified"),
    (["-connect-timeout=0"], "error: -addr not specified"),
    (["word", A], "error: -addr not specified"),
    (["--", A], "error: -addr not specified"),
    (
        [A, "-connect-timeout=0"],
        "error: -connect-timeout must be greater than zero (specified: 0s)",
    ),
    (
        [A, "-connect-timeout=-1m30s"],
        "error: -connect-timeout must be greater than zero (specified: -1m30s)",
    ),
    ([A, "-rpc-timeout", "0s"], "error: -rpc-timeout must be greater than zero (specified: 0s)"),
    (
        [A, "-rpc-timeout=-1us"],
        "error: -rpc-timeout must be greater than zero (specified: -1µs)",
    ),
    ([A, "-alts", "-spiffe", "-tls"], "error: -alts and -spiffe are mutually incompatible"),
    ([A, "-tls", "-alts"], "error: cannot specify -tls with -alts"),
    ([A, "-tls-no-verify"], "error: specified -tls-no-verify without specifying -tls"),
    ([A, "-tls-ca-cert=f"], "error: specified -tls-ca-cert without specifying -tls"),
    ([A, "-tls-client-cert=f"], "error: specified -tls-client-cert without specifying -tls"),
    ([A, "-tls-server-name=n"], "error: specified -tls-server-name without specifying -tls"),
    (
        [A, "-tls", "-tls-client-cert=f"],
        "error: specified -tls-client-cert without specifying -tls-client-key",
    ),
    (
        [A, "-tls", "-tls-client-key=f"],
        "error: specified -tls-client-key without specifying -tls-client-cert",
    ),
    (
        [A, "-tls", "-tls-no-verify", "-tls-ca-cert=f"],
        "error: cannot specify -tls-ca-cert with -tls-no-verify (CA cert would not be used)",
    ),
    (
        [A, "-tls", "-tls-no-verify", "-tls-server-name=n"],
        "error: cannot specify -tls-server-name with -tls-no-verify (server name would not be used)",
    ),
    ([A, "-tls", "-spiffe"], "-tls and -spiffe are mutually incompatible"),
]


def identifier(value):
    return " ".join(value) or "none" if isinstance(value, list) else ""


@pytest.mark.parametrize("flags, line", SYNTAX, ids=identifier)
def test_a_flag_that_cannot_be_read(flags, line):
    code, output, errors = run(*flags)
    lines = errors.splitlines()
    assert (code, output, lines[0]) == (1, "", line)
    assert lines[1].startswith("Usage:")


@pytest.mark.parametrize("flags, line", MEANING, ids=identifier)
def test_flags_that_make_no_sense_together(flags, line):
    code, output, errors = run(*flags)
    assert (code, output, errors.splitlines()[0]) == (1, "", line)


def test_a_mistyped_flag_and_one_without_its_unit_get_a_hint_behind_the_usage_text():
    assert run("-adr", "x")[2].splitlines()[-1] == "hint: did you mean -addr?"
    assert run(A, "-connect-timeout", "1")[2].splitlines()[-1] == "hint: no unit: use 1s, or ms, m, h"
    lines = run("-tls", "true", A)[2].splitlines()
    hint = 'hint: the flags end at "true", what follows is not read: use -tls=true'
    assert lines == ["error: -addr not specified", hint]


@pytest.mark.parametrize("value", ["-user-agent=a\x1bb", "-user-agent=a\r\nx: y", "-rpc-header=a: b\nc: d"])
def test_control_characters_in_what_is_sent_are_refused_before_anything_is_connected_to(value):
    code, output, errors = run(A, value)
    assert (code, output) == (1, "")
    assert re.fullmatch(r'invalid value ".*" for flag -(user-agent|rpc-header): .*, use .*|.*: use text .*', errors.splitlines()[0])


@pytest.mark.parametrize("flag", ["-h", "-help", "--help"])
def test_help_lists_every_flag(flag):
    code, output, errors = run(flag)
    assert (code, output) == (1, "")
    assert errors.startswith("Usage:")
    flags = "addr service user-agent connect-timeout rpc-timeout rpc-header tls tls-no-verify tls-ca-cert"
    flags += " tls-client-cert tls-client-key tls-server-name alts spiffe gzip v version"
    flags += " timeout services watch list json exit-profile expected-spiffe-id"
    for name in flags.split():
        assert re.search(rf"^\s+-{name}\b", errors, re.MULTILINE), name
    assert '(default "grpc_health_probe")' in errors
    assert errors.count("(default 1s)") == 2


@pytest.mark.parametrize("flags", [["-version"], ["--version=true"], ["-version", "-rpc-timeout=0"]])
def test_version(flags):
    code, output, errors = run(*flags)
    assert (code, errors) == (0, "")
    assert re.fullmatch(r"\S*\d+\.\d+\S*\n", output), output


def test_the_last_of_a_repeated_flag_wins():
    code, _, errors = run("-rpc-timeout=1s", A, "-rpc-timeout=0", "-v=true", "-v=F", "ignored", "-nope")
    line = "error: -rpc-timeout must be greater than zero (specified: 0s)"
    assert (code, errors.splitlines()[0]) == (1, line)


CONFLICTS = [
    ("-list -watch", "error: cannot specify -list with -watch"),
    ("-list -services=a", "error: cannot specify -list with -services"),
    ("-watch -services=a", "error: cannot specify -watch with -services"),
    ("-service=a -services=b", "error: cannot specify -service with -services"),
    ("-service=a -list", "error: cannot specify -service with -list"),
    ("-exit-profile=k8s", 'invalid value "k8s" for flag -exit-profile: use standard or docker'),
    ("-services=" + "a," * 99, f'invalid value "{"a," * 99}" for flag -services: use at most 64 names'),
]


@pytest.mark.parametrize("flags, line", CONFLICTS, ids=lambda value: value[:30])
def test_questions_that_do_not_go_together(flags, line):
    result = subprocess.run([PROBE, "-addr=:1", *flags.split()], capture_output=True, text=True, timeout=20)
    assert (result.returncode, result.stdout, result.stderr.splitlines()[0]) == (1, "", line)
