# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""deploy/systemd, by systemd-analyze. No service manager runs here: runtime/test_systemd.py plays it."""

import re
import shutil
import subprocess

import pytest
from conftest import DIST, REPORTS, ROOT, SERVING, Runtime

FOLDER = ROOT / "deploy" / "systemd"
UNIT = (FOLDER / "skill-runtime@.service").read_text()


def installed(folder, text):
    """The text for the binaries under test, which are not installed."""
    for name in ("skill-runtime", "grpc_health_probe"):
        text = text.replace(f"/usr/local/bin/{name}", str((DIST / name).resolve()))
    return text


def analyze(*words):
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, timeout=60)


def test_the_unit_is_valid_and_shut_off(tmp_path):
    file = tmp_path / "skill-runtime@chat.service"
    file.write_text(installed(tmp_path, UNIT))
    result = analyze("verify", "--man=no", file)
    complaints = [line for line in result.stderr.splitlines() if file.name in line]
    assert (result.returncode, complaints) == (0, []), result.stderr
    assert_shut_off(file)


def assert_shut_off(file):
    """Exposure of 2.0 at most."""
    result = analyze("security", "--offline=true", "--threshold=20", file)
    assert result.returncode == 0, result.stdout


def test_the_unit_stays_shut_off_with_the_drop_in(tmp_path):
    file = tmp_path / "skill-runtime@chat.service"
    file.write_text(installed(tmp_path, UNIT))
    folder = tmp_path / f"{file.name}.d"
    folder.mkdir()
    (folder / "health.conf").write_text(installed(tmp_path, (FOLDER / "health.conf").read_text()))
    result = analyze("verify", "--man=no", file)
    assert result.returncode == 0 and "health.conf" not in result.stderr, result.stderr
    assert_shut_off(file)
    # A drop-in that opens the unit is seen, so the drop-in was read.
    (folder / "open.conf").write_text("[Service]\nDynamicUser=no\nProtectSystem=no\nNoNewPrivileges=no\nPrivateUsers=no\nSystemCallFilter=\n")
    with pytest.raises(AssertionError):
        assert_shut_off(file)


def test_the_drop_in_fits_any_service(tmp_path):
    service = tmp_path / "other.service"
    service.write_text("[Service]\nExecStart=/bin/sleep 60\n")
    (tmp_path / "other.service.d").mkdir()
    (tmp_path / "other.service.d" / "health.conf").write_text(installed(tmp_path, (FOLDER / "health.conf").read_text()))
    result = analyze("verify", "--man=no", service)
    assert result.returncode == 0 and "health.conf" not in result.stderr, result.stderr
    # The check can fail: a mistake in the drop-in is told.
    (tmp_path / "other.service.d" / "health.conf").write_text("[Service]\nExecStartPost=/nonexistent/probe\n")
    result = analyze("verify", "--man=no", service)
    assert "/nonexistent/probe" in result.stderr


def calls_of(group):
    """The system calls of a group of systemd's, with those of the groups in it."""
    lines = [line.strip() for line in analyze("syscall-filter", group).stdout.splitlines()[1:]]
    names = [line for line in lines if line and not line.startswith("#")]
    return {call for name in names for call in (calls_of(name) if name.startswith("@") else [name])}


def test_the_runtime_makes_no_system_call_that_the_unit_forbids(tmp_path):
    """The filter would refuse it; here every call of a life from start to drain is looked at instead."""
    if shutil.which("strace") is None or REPORTS:
        pytest.skip("a sanitizer makes calls of its own")
    allowed, denied = re.findall(r"^SystemCallFilter=(.*)$", UNIT, re.MULTILINE)
    permitted = set().union(*map(calls_of, allowed.split())) - set().union(*map(calls_of, denied.lstrip("~").split()))
    trace = tmp_path / "trace"
    folder = tmp_path / "runtime"
    folder.mkdir()
    admin = tmp_path / "admin"
    server = Runtime(
        folder, "--demo", "--admin", f"unix:{admin}", search=True, wrapper=["strace", "-f", "-D", "-o", str(trace)]
    )
    try:
        server.wait_for(SERVING)
        server.reload()
        server.list()
        server.channel.close()
        server.terminate()
        assert server.process.wait(20) == 0
    finally:
        server.stop()
    made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.MULTILINE))
    assert {"accept4", "epoll_wait", "exit_group"} <= made
    assert made - permitted == set()
