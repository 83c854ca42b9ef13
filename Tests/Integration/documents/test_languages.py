# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""docs/languages.md: the programs of the page, run as the page says."""

import re
import shutil
import subprocess

import pytest
from conftest import ROOT
from documents import Session, blocks, headings, section

PAGE = "docs/languages.md"


def run(title, folder):
    """Writes the files of a section, and runs its commands."""
    text = section(PAGE, title)
    examples = blocks(text, "console")
    assert examples
    with Session(folder) as session:
        for block in blocks(text, "(?:python|js|cpp)"):
            if named := re.match(r"(?:#|//) (\w+\.\w+)\n", block):
                (folder / named[1]).write_text(session.here(block))
        for command in blocks(text, "sh") if title == "C++" else []:
            subprocess.run(["bash", "-ec", command], cwd=folder, check=True, timeout=180)
        for example in examples:
            session.follow(example)
        return session.running


def test_python_serves_and_asks(tmp_path):
    (server,) = run("Python", tmp_path)
    # It was told to end, and ended well.
    assert server.returncode == 0


def test_node_asks(tmp_path):
    if not shutil.which("node"):
        pytest.skip("NO NODE: ITS EXAMPLE IS NOT RUN")
    run("Node", tmp_path)


def test_cpp_serves(tmp_path):
    if not shutil.which("g++") or subprocess.run(["pkg-config", "--exists", "grpc++"]).returncode != 0:
        pytest.skip("NO LIBGRPC++-DEV: THE EXAMPLE IN C++ IS NOT RUN")
    (server,) = run("C++", tmp_path)
    # It served for three more seconds, and ended well.
    assert server.returncode == 0


def test_a_shell_asks(tmp_path):
    run("A shell", tmp_path)


def test_the_swift_of_the_page_is_that_of_the_example():
    (code,) = blocks(section(PAGE, "Swift"), "swift")
    assert code in (ROOT / "Examples/Sources/watch/main.swift").read_text()


def test_what_is_not_run_is_said_to_be_so():
    assert headings(PAGE, 2) == ["Python", "Swift", "Node", "Go", "C++", "A shell"]
    assert section(PAGE, "Go").strip().startswith("Not run here.")
