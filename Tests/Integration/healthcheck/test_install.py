# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`healthcheck install`: the program copies itself to where another container finds it."""

import filecmp
import os
import subprocess

import pytest
from checked import process
from conftest import DIST

PROGRAM = DIST / "healthcheck"


def install(*words, command=(PROGRAM,)):
    """Exit code and what it says."""
    result = subprocess.run([*map(str, command), "install", *map(str, words)], capture_output=True, text=True, timeout=30, umask=0o077)
    assert result.stdout == ""
    return result.returncode, result.stderr


def test_the_copy_is_the_program_and_every_user_may_run_it(tmp_path):
    for target, copy in [(tmp_path / "hc", "hc"), (tmp_path, "healthcheck")]:
        assert install(target) == (0, "")
        assert filecmp.cmp(PROGRAM, tmp_path / copy, shallow=False)
        assert (tmp_path / copy).stat().st_mode & 0o777 == 0o755
    assert subprocess.run([tmp_path / "hc", "--version"], capture_output=True, timeout=20).returncode == 0
    assert sorted(os.listdir(tmp_path)) == ["hc", "healthcheck"]


def test_a_copy_that_runs_is_replaced_as_a_whole(tmp_path):
    copy = tmp_path / "healthcheck"
    assert install(copy) == (0, "")
    with process(copy, "--socket", tmp_path / "socket", "--", "sleep", "60") as running:
        before = copy.stat().st_ino
        assert install(copy, command=[copy]) == (0, "")
        assert copy.stat().st_ino != before and running.poll() is None


@pytest.mark.parametrize(
    "options, problem",
    [("ro", "Read-only file system: mount a volume there that this user may write to"), ("size=64k", "No space left on device")],
)
def test_a_place_that_cannot_have_it_is_told_and_left_as_it_was(options, problem, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: NOTHING IS MOUNTED")
    script = 'mount -t tmpfs -o "$0" none "$1" && cd "$1" && shift && "$@"; code=$?; ls; exit $code'
    command = ["unshare", "--mount", "sh", "-c", script, options, tmp_path, PROGRAM]
    code, text = install(tmp_path / "hc", command=command)
    assert code == 1 and text.startswith(f"healthcheck: install: {tmp_path}/hc: ") and problem in text


def test_a_folder_that_is_not_there_is_told(tmp_path):
    code, text = install(tmp_path / "none" / "hc")
    assert code == 1 and "the folder has to exist" in text and os.listdir(tmp_path) == []
    code, text = install()
    assert code == 1 and "healthcheck install /shared/healthcheck" in text
