# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What the binaries say of themselves, and what `make release` checks before it builds."""

import json
import os
import re
import shutil
import subprocess

import pytest
from conftest import DIST, ROOT

PROBE = [DIST / "grpc_health_probe", "-version"]
RUNTIME = [DIST / "skill-runtime", "--version"]
HEALTHCHECK = [DIST / "healthcheck", "--version"]
# The one place that has the version.
VERSION = re.search(r'version = "([^"]+)"', (ROOT / "Sources/Base/BuildInfo/Vitals.swift").read_text())[1]
LINKED = ["OpenSSL", "nghttp2", "protobuf-c", "c-ares", "zlib", "libyaml", "Jansson", "Swift", "GNU C Library"]


def said(command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


@pytest.mark.parametrize("command, name", [(PROBE, ""), (RUNTIME, "skill-runtime "), (HEALTHCHECK, "healthcheck ")], ids=["probe", "runtime", "healthcheck"])
def test_the_version_has_the_commit_or_says_that_there_is_none(command, name):
    text = said(command)
    # A release of scripts/release, or whatever else the tests are run with.
    assert re.fullmatch(name + re.escape(VERSION) + r"\+([0-9a-f]{12}(\.changed)?|archive-without-git|debug-build)\n", text), text


@pytest.mark.parametrize("command", [[*PROBE, "-v"], [*RUNTIME, "--v"], [*HEALTHCHECK, "--v"]], ids=["probe", "runtime", "healthcheck"])
def test_the_version_in_full_has_the_libraries_and_the_notices(command):
    lines = said(command).splitlines()
    assert lines[1].startswith("libraries: ")
    assert "\n".join(lines[3:]) + "\n" == (ROOT / "NOTICE").read_text()
    for name in LINKED:
        assert any(line.startswith(name) for line in lines), name


@pytest.mark.parametrize("name", ["grpc_health_probe", "healthcheck", "nvml-helper", "skill-runtime"])
def test_a_release_has_nothing_of_the_folder_that_it_was_built_in(name):
    """So that the same commit gives the same bytes in any folder. The section is the compiler's hash of each module."""
    if "debug-build" in said(PROBE):
        pytest.skip("a debug build has its paths")
    binary = (DIST / name).read_bytes()
    assert str(ROOT).encode() not in binary and b".swift_modhash" not in binary


POLICY = """libssl-dev:
  Installed: 3.0.19-1
  Candidate: {candidate}
  Version table:
libyaml-dev:
  Installed: 0.2.5-1
  Candidate: 0.2.5-1
"""


@pytest.fixture
def libraries(tmp_path):
    """`scripts/libraries` on a machine whose archive offers this libssl-dev."""

    def run(*arguments, candidate="3.0.19-1", lists=True, **variables):
        fake = tmp_path / "apt-cache"
        (tmp_path / "policy").write_text(POLICY.format(candidate=candidate))
        available = "echo Package: x" if lists else "true"
        fake.write_text(f'#!/bin/sh\nif [ "$1" = policy ]; then cat {tmp_path}/policy; else {available}; fi\n')
        fake.chmod(0o755)
        environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"} | variables
        environment.pop("VITALS_ALLOW_OLD_LIBRARIES", None)
        environment |= variables
        command = [ROOT / "scripts" / "libraries", *arguments]
        result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
        return result.returncode, result.stdout, result.stderr

    return run


needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg"), reason="compares Debian's versions")


@needs_dpkg
def test_a_release_with_an_old_library_is_refused_and_says_how_to_go_on(libraries):
    assert libraries("check") == (0, "", "")
    code, _, text = libraries("check", candidate="3.0.22-1~deb12u2")
    assert code == 1
    assert "libssl-dev 3.0.19-1, there is 3.0.22-1~deb12u2" in text
    assert "apt-get install --only-upgrade libssl-dev" in text and "VITALS_ALLOW_OLD_LIBRARIES=1" in text
    assert "libyaml" not in text
    assert libraries("outdated", candidate="3.0.22-1")[1].split() == ["libssl-dev"]
    # An older one in the archive is no reason.
    assert libraries("check", candidate="3.0.18-1") == (0, "", "")


@needs_dpkg
def test_a_release_with_an_old_library_can_be_asked_for(libraries):
    code, _, text = libraries("check", candidate="3.0.22-1", VITALS_ALLOW_OLD_LIBRARIES="1")
    assert code == 0 and "do not ship this" in text


def test_a_machine_without_package_lists_gets_a_warning(libraries):
    code, _, text = libraries("check", lists=False)
    assert code == 0 and "was not checked" in text


def test_the_commit_of_an_archive_without_git_is_said_to_be_unknown(tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "libraries", tmp_path / "scripts")
    assert said([tmp_path / "scripts" / "libraries", "commit"]) == "archive-without-git\n"


def test_the_list_of_what_is_linked_is_cyclonedx(tmp_path):
    for name, version in (("grpc_health_probe", "0.1.0+1234"), ("skill-runtime", "skill-runtime 0.1.0+1234"), ("healthcheck", "healthcheck 0.1.0+1234")):
        packages = "swift 6.3.1, libssl-dev 3.0.22-1~deb12u2, libnghttp2-dev 1.52.0-1+deb12u3"
        program = tmp_path / "dist" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "{version}" "libraries: {packages}"\n')
        program.chmod(0o755)
    (tmp_path / "dist" / "nvml-helper").write_text("")
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "sbom", tmp_path / "scripts")
    said([tmp_path / "scripts" / "sbom"])
    bill = json.loads((tmp_path / "dist" / "sbom.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    parts = {part["name"]: part for part in bill["components"]}
    assert parts["libssl-dev"]["version"] == "3.0.22-1~deb12u2"
    assert parts["libnghttp2-dev"]["purl"].endswith("/libnghttp2-dev@1.52.0-1%2Bdeb12u3")
    assert parts["libssl-dev"]["licenses"] == [{"expression": "Apache-2.0"}]
    assert bill["metadata"]["component"]["properties"] == [{"name": "commit", "value": "1234"}]
    needs = {entry["ref"]: entry["dependsOn"] for entry in bill["dependencies"]}
    assert {"grpc_health_probe", "skill-runtime", "healthcheck"} <= set(needs["vitals"])
    assert set(needs["grpc_health_probe"]) == {"swift", "libssl-dev", "libnghttp2-dev"}
    assert needs["nvml-helper"] == ["swift"]
