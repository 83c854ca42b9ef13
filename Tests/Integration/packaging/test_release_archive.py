# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The archive of a release: what is in it, that it is the same twice, and what is refused."""

import os
import pathlib
import shutil
import subprocess
import tarfile

import pytest
from conftest import DIST, ROOT, clean_environment

BINARIES = ["grpc_health_probe", "healthcheck", "nvml-helper", "skill-runtime"]
DATE = 1_700_000_000


@pytest.fixture
def dist(tmp_path):
    """What `make release`, `make sbom` and `make manuals` leave; the archive is made of links to the binaries under test."""
    folder = tmp_path / "dist"
    folder.mkdir()
    for name in BINARIES:
        (folder / name).symlink_to(DIST / name)
    for name in ("man", "completions/bash", "completions/zsh", "completions/fish"):
        (folder / name).mkdir(parents=True)
        (folder / name / "page").write_text(name)
    (folder / "sbom.cdx.json").write_text("{}")
    return folder


def archive(dist, umask=0o022, date=DATE):
    """The result of the script."""
    command = ["bash", "-c", f"umask {umask:o}; exec {ROOT}/scripts/release-archive"]
    environment = clean_environment(DIST=str(dist), SOURCE_DATE_EPOCH=str(date))
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


def small(dist, name="grpc_health_probe", version="0.1.0+1", said=None):
    """A stand-in for a binary, which is quick to pack."""
    (dist / name).unlink()
    (dist / name).write_text(f"#!/bin/sh\necho '{said or version}'\n")
    (dist / name).chmod(0o755)


def small_ones(dist):
    small(dist)
    for name in ("healthcheck", "skill-runtime"):
        small(dist, name, said=f"{name} 0.1.0+1")
    small(dist, "nvml-helper")


def test_the_archive_installs_programs_that_run(dist, tmp_path):
    # The probe itself; the others are large.
    version = subprocess.run([DIST / "grpc_health_probe", "-version"], capture_output=True, text=True, timeout=20).stdout.strip()
    for name in ("healthcheck", "nvml-helper", "skill-runtime"):
        small(dist, name, said=f"{name} {version}")
    assert (result := archive(dist)).returncode == 0, result.stderr
    (file,) = dist.glob("vitals-*-linux-*.tar.gz")
    place = tmp_path / "local"
    place.mkdir()
    subprocess.run(["tar", "xzf", file, "-C", place, "--strip-components=1"], check=True)
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], check=True, cwd=place)
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], check=True, cwd=dist)
    said = subprocess.run([place / "bin/grpc_health_probe", "-version"], capture_output=True, text=True, timeout=20).stdout
    assert said.split("+")[0] in file.name
    for name in ("LICENSE", "NOTICE"):
        assert (place / "share/doc/vitals" / name).read_bytes() == (ROOT / name).read_bytes()
    listed = {line.split()[1] for line in (place / "SHA256SUMS").read_text().splitlines()}
    there = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    assert listed == there - {"SHA256SUMS"}
    assert {"bin/healthcheck", "bin/add-healthcheck", "share/man/man1/page", "share/doc/vitals/sbom.cdx.json"} <= listed


def test_two_runs_give_the_same_bytes(dist):
    small_ones(dist)
    assert archive(dist).returncode == 0
    (file,) = dist.glob("*.tar.gz")
    first = file.read_bytes()
    # Another order of making, other dates and modes of files, another umask: as on another machine.
    again = dist.with_name("again")
    shutil.copytree(dist, again, ignore=shutil.ignore_patterns("*.gz", "SHA256SUMS"))
    for path in sorted(again.rglob("*"), reverse=True):
        os.utime(path, (1, 1))
    (again / "sbom.cdx.json").chmod(0o640)
    assert archive(again, umask=0o077).returncode == 0
    assert (again / file.name).read_bytes() == first
    with tarfile.open(file) as entries:
        assert {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) for entry in entries} == {(DATE, 0, 0, "", "")}
    # A byte more is another archive.
    (again / "man" / "page").write_text("other")
    assert archive(again).returncode == 0 and (again / file.name).read_bytes() != first


def test_what_is_missing_or_of_two_commits_is_refused(dist):
    small_ones(dist)
    small(dist, "healthcheck", said="healthcheck 0.1.0+2")
    assert "were not built from the same commit" in archive(dist).stderr
    small(dist, "healthcheck", said="healthcheck 0.1.0+1")
    assert "set SOURCE_DATE_EPOCH" in archive(dist, date="today").stderr
    shutil.rmtree(dist / "man")
    result = archive(dist)
    assert result.returncode == 1 and "man is missing: run make release-archive" in result.stderr
    assert list(pathlib.Path(dist).glob("*.gz")) == []
