# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The man pages, read by mandoc, and the completions, asked for in each shell as a user does."""

import os
import pty
import re
import select
import subprocess
import time

import pytest
from conftest import DIST, ROOT, clean_environment, stop_process

PROGRAMS = ["grpc_health_probe", "healthcheck", "skill-runtime"]


@pytest.fixture(scope="module")
def manuals(tmp_path_factory):
    """What `make manuals` writes."""
    folder = tmp_path_factory.mktemp("manuals")
    environment = clean_environment(SOURCE_DATE_EPOCH="1700000000")
    subprocess.run([ROOT / "scripts" / "manuals", DIST, folder], check=True, env=environment, timeout=60)
    return folder


def rendered(page):
    text = subprocess.run(["mandoc", "-T", "ascii", page], capture_output=True, text=True, check=True, timeout=20).stdout
    return re.sub(".\b", "", text)


@pytest.mark.parametrize("name", [*PROGRAMS, "nvml-helper"])
def test_a_man_page_is_clean_and_complete(manuals, name):
    page = manuals / "man" / f"{name}.1"
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True, timeout=20)
    assert (lint.returncode, lint.stdout + lint.stderr) == (0, "")
    text = rendered(page)
    assert f"{name.upper()}(1)" in text and "November 14, 2023" in text
    for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "SEE ALSO"):
        assert f"\n{heading}\n" in text


@pytest.mark.parametrize(
    "name, question",
    [("grpc_health_probe", ["-help"]), ("skill-runtime", ["--help-all"]), ("skill-runtime", ["explain", "--help"]),
     ("healthcheck", ["--help"]), ("healthcheck", ["--help-all", "--"])])
def test_no_flag_is_missing(manuals, name, question):
    help = subprocess.run([DIST / name, *question], capture_output=True, text=True, timeout=20)
    flags = set(re.findall(r"^  (--?[a-z][a-z0-9-]*)", help.stdout + help.stderr, re.MULTILINE))
    page = rendered(manuals / "man" / f"{name}.1")
    assert len(flags) >= 4
    assert {flag for flag in flags if not re.search(rf"^ +{flag}( |$)", page, re.MULTILINE)} == set()


def test_a_page_with_a_mistake_is_not_clean(manuals, tmp_path):
    page = tmp_path / "page.1"
    page.write_text((manuals / "man/healthcheck.1").read_text().replace(".El\n", "", 1))
    assert subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, timeout=20).returncode != 0


class Terminal:
    """A shell at a terminal, for what only a person at one sees."""

    def __init__(self, folder, *command):
        self.master, slave = pty.openpty()
        environment = clean_environment(
            PATH=f"{DIST}:{os.environ['PATH']}", HOME=str(folder), TERM="dumb", PS1="ready> ", ZDOTDIR=str(folder))
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment, start_new_session=True)
        os.close(slave)
        self.seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop_process(self.process)
        os.close(self.master)

    def type(self, text, answer):
        """What the shell shows after this was typed, until it has shown the answer."""
        self.seen = ""
        os.write(self.master, text.encode())
        deadline = time.monotonic() + 15
        while answer not in self.seen:
            assert time.monotonic() < deadline, f"no {answer!r} after {text!r}: {self.seen!r}"
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace").translate({13: None, 7: None})
        return self.seen


# What is typed before the tab, and what stands there after it.
COMPLETED = [
    ("grpc_health_probe -tls-ca", "grpc_health_probe -tls-ca-cert"),
    ("grpc_health_probe -exit-profile do", "-exit-profile docker"),
    ("skill-runtime --reload", "skill-runtime --reload-on-change"),
    ("skill-runtime --warm-up back", "--warm-up background"),
    ("skill-runtime exp", "skill-runtime explain"),
    ("skill-runtime explain --la", "explain --last"),
    ("skill-runtime --config setti", "--config settings.yaml"),
    ("skill-runtime --check postg", "--check postgres:"),
    ("healthcheck --restart on-f", "--restart on-failure"),
    ("healthcheck status --degr", "status --degraded-is-unhealthy"),
    ("healthcheck -- mando", "-- mandoc"),
    ("healthcheck -- cat setti", "-- cat settings.yaml"),
]


def complete_all(terminal):
    for typed, completed in COMPLETED:
        # Ctrl-U, before the next, empties the line.
        terminal.type(typed + "\t", completed)
        terminal.type("\x15", "")


def test_bash_completes_at_a_terminal(manuals, tmp_path):
    (tmp_path / "settings.yaml").touch()
    with Terminal(tmp_path, "bash", "--norc", "--noprofile", "-i") as terminal:
        for name in PROGRAMS:
            terminal.type(f"source {manuals}/completions/bash/{name}; echo 'sourced' {name}\n", f"\nsourced {name}")
        complete_all(terminal)


def test_zsh_completes_at_a_terminal(manuals, tmp_path):
    (tmp_path / "settings.yaml").touch()
    with Terminal(tmp_path, "zsh", "-f", "-i") as terminal:
        terminal.type(f"fpath=({manuals}/completions/zsh $fpath); autoload -Uz compinit; compinit -u -D; echo 'read'y\n", "\nready")
        complete_all(terminal)


def test_fish_completes_with_descriptions(manuals, tmp_path):
    (tmp_path / "settings.yaml").touch()
    environment = clean_environment(PATH=f"{DIST}:{os.environ['PATH']}", HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path / "config"))
    script = "".join(f"source {manuals}/completions/fish/{name}.fish; " for name in PROGRAMS)
    script += "".join(f'complete -C "{typed}"; ' for typed, _ in COMPLETED)
    result = subprocess.run(["fish", "-c", script], capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=60)
    lines = result.stdout.splitlines()
    words = [line.split("\t")[0] for line in lines]
    assert [word for word in (completed.split()[-1] for _, completed in COMPLETED) if word not in words] == []
    assert any(line.startswith("--reload-on-change\treload a model when") for line in lines)
