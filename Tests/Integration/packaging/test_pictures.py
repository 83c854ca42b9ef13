# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The recordings in docs/images show what the programs print today."""

import concurrent.futures
import subprocess

import pytest
from conftest import DIST, REPORTS, ROOT

SESSIONS = sorted((ROOT / "docs" / "images").glob("*.session"))


def record(session, output, dist=DIST):
    command = [ROOT / "scripts" / "record-terminal", session, "--output", output, "--dist", dist]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.skipif(REPORTS is not None, reason="a sanitizer has its own options and output")
def test_the_recordings_are_fresh(tmp_path):
    """All at once: each waits for checks most of the time."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda session: record(session, tmp_path / f"{session.stem}.svg"), SESSIONS))
    assert len(SESSIONS) >= 2
    for session, result in zip(SESSIONS, results):
        assert result.returncode == 0, result.stderr
        fresh = (tmp_path / f"{session.stem}.svg").read_text()
        assert fresh == session.with_suffix(".svg").read_text(), f"scripts/record-terminal {session.relative_to(ROOT)}"


@pytest.mark.parametrize(
    "line, problem",
    [("what", "a line begins with one of"), ("$ printf '\\033[1m'", "text alone is drawn")],
)
def test_what_cannot_be_drawn_is_told(line, problem, tmp_path):
    session = tmp_path / "bad.session"
    session.write_text(f"# A title\n{line}\n")
    result = record(session, tmp_path / "bad.svg")
    assert result.returncode == 1 and problem in result.stderr and not (tmp_path / "bad.svg").exists()
