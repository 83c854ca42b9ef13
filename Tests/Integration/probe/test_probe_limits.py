# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What a server can make the probe hold, and how long it can make it stay: as much as the flags say, and no more."""

import contextlib
import ssl
import subprocess

import pytest
from conftest import DIST
from control_groups import memory_group
from peers.flooding import ENDLESS, LARGE, LISTS, NOT_FOUND, answering, flood, in_list
from tls_setup import ca, folder, good  # noqa: F401 (fixtures)

PROBE = DIST / "grpc_health_probe"
MIB = 1 << 20
# The time of the connection is long: a probe that only its own last timer ends does so after the test.
LONG_TIMEOUTS = ["-connect-timeout=10m", "-rpc-timeout=20s"]


def run(address, *flags, group=None):
    """The exit code and the lines of both streams. The probe is started within `group`."""
    command = [PROBE, "-addr", address, *LONG_TIMEOUTS, *flags]
    if group:
        command = ["sh", "-c", f"echo $$ > {group.folder}/cgroup.procs; exec \"$@\"", "sh", *command]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return result.returncode, result.stdout.decode().splitlines(), result.stderr.decode().splitlines()


def ended_by_itself(code, lines, exit_codes=(3,)):
    assert code in exit_codes, (code, lines)
    assert len(lines) == 2 and lines[1].startswith("cause: "), lines
    assert "stuck in this step" not in lines[1]


@pytest.mark.parametrize("name", ENDLESS)
def test_a_server_that_never_stops_talking_gets_no_more_than_the_rpc_timeout(name):
    with flood(*ENDLESS[name]) as address:
        code, _, lines = run(address, "-rpc-timeout=300ms")
    ended_by_itself(code, lines)


@pytest.mark.parametrize("name", ["empty DATA", "PING", "interim answers"])
def test_neither_does_it_with_tls(name, good):  # noqa: F811
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(good.certificate, good.key)
    context.set_alpn_protocols(["h2"])
    with flood(*ENDLESS[name], tls=context) as address:
        code, _, lines = run(address, "-rpc-timeout=300ms", "-tls", "-tls-no-verify")
    ended_by_itself(code, lines)


def test_a_watch_that_always_has_news_ends_with_its_latest():
    with flood(*ENDLESS["statuses"]) as address:
        code, _, lines = run(address, "-watch", "-rpc-timeout=300ms")
    assert (code, lines) == (4, ['service unhealthy (responded with "NOT_SERVING")'])


@pytest.fixture(scope="module")
def small_group():
    with memory_group(16 * MIB) as group:
        # What was only swapped out would not be missed.
        with contextlib.suppress(OSError):
            (group.folder / "memory.swap.max").write_text("0")
        yield group


@pytest.mark.parametrize("name", LARGE)
def test_nothing_large_kills_it_in_16_mib(small_group, name):
    with answering(LARGE[name]) as address:
        code, _, lines = run(address, group=small_group)
        ended_by_itself(code, lines)
        code, _, lines = run(address, "-gzip", group=small_group)
        ended_by_itself(code, lines)


@pytest.mark.parametrize("name", ENDLESS)
def test_nothing_endless_kills_it_in_16_mib(small_group, name):
    with flood(*ENDLESS[name]) as address:
        code, _, lines = run(address, "-rpc-timeout=1s", group=small_group)
    ended_by_itself(code, lines)


@pytest.mark.parametrize("name", LISTS)
def test_no_list_of_names_kills_it_in_16_mib(small_group, name):
    is_taken, data = LISTS[name]
    with answering(NOT_FOUND, in_list(data)) as address:
        code, _, lines = run(address, "-service=nobody", group=small_group)
    ended_by_itself(code, lines)
    assert ("does not list" not in lines[1]) == is_taken, lines


def test_a_list_of_10_000_names_is_printed_in_16_mib(small_group):
    with answering(in_list(LISTS["10,000 names"][1]).replace(b"\0\0\0\3", b"\0\0\0\1")) as address:
        code, output, _ = run(address, "-list", group=small_group)
        assert code == 4
        assert output == [f'SERVING "n{number:05d}"' for number in range(10_000)]
        code, output, _ = run(address, "-list", "-json", group=small_group)
        assert code == 4 and output[0].count('"SERVING"') == 10_000


def test_gzip_that_was_asked_for_is_bounded_too(small_group):
    with answering(LARGE["gzip that was not offered"]) as address:
        code, _, lines = run(address, "-gzip", group=small_group)
    ended_by_itself(code, lines)
    assert "ResourceExhausted" in lines[0]
