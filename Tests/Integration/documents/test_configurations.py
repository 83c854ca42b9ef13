# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Every block of YAML in the documents that is a configuration of ours passes --check-config of the program it is for."""

import re
import subprocess

import pytest
from certificates import Authority
from conftest import DIST, ROOT, clean_environment
from documents import blocks

CHECK = {"skill-runtime": ["--demo", "--check-config"], "healthcheck": ["--check-config", "--", "true"]}
# By the first key of a block: the programs that take it. None: a file of another program, tested elsewhere.
PROGRAMS = {"checks": ["skill-runtime", "healthcheck"], "registries": ["skill-runtime", "healthcheck"], "skill": ["skill-runtime"],
            "static_resources": None, "startupProbe": None, "scrape_configs": None}
EXAMPLES = [(str(path.relative_to(ROOT)), number, block) for path in sorted(ROOT.glob("docs/**/*.md"))
            for number, block in enumerate(blocks(path.read_text(), "yaml"), 1)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with the secrets and certificates that examples name."""
    folder = tmp_path_factory.mktemp("files")
    pair = Authority(folder, "ca").issue("server")
    (folder / "tls.crt").write_bytes(pair.certificate.read_bytes())
    (folder / "tls.key").write_bytes(pair.key.read_bytes())
    return folder


def checked(program, text, folder):
    (folder / "config.yaml").write_text(text)
    command = [DIST / program, "--config", folder / "config.yaml", *CHECK[program]]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, env=clean_environment())


@pytest.mark.parametrize("page, number, block", EXAMPLES, ids=[f"{page} {number}" for page, number, _ in EXAMPLES])
def test_an_example_is_a_configuration(page, number, block, files):
    programs = PROGRAMS[re.match(r"\w+", block)[0]]
    for name in re.findall(r"/run/secrets/(\S+)", block):
        (files / name).write_text("a-secret-of-sixteen-characters\n")
    text = re.sub(r"/run/secrets/|/certs/", f"{files}/", block)
    for program in programs or []:
        result = checked(program, text, files)
        assert (result.returncode, result.stdout) == (0, f"{program}: configuration OK\n"), f"{program}: {result.stderr}"


def test_the_table_of_kinds_is_complete():
    help = subprocess.run([DIST / "healthcheck", "--help"], capture_output=True, text=True, timeout=20).stdout
    kinds = re.search(r"Kinds of checks: ([^.]*)\.", help)[1].replace("\n", " ").split(", ")
    table = re.findall(r"^\| \[(\w+)\]\(#(\w+)\) \|", (ROOT / "docs/checks.md").read_text(), re.MULTILINE)
    assert sorted(table) == sorted((kind, kind) for kind in [*kinds, "heartbeat"])


def test_one_that_is_wrong_is_found(files):
    for program, code in {"skill-runtime": 1, "healthcheck": 125}.items():
        result = checked(program, "checks:\n  - kind: exec\n    comand: [/bin/true]\n", files)
        assert result.returncode == code and "config.yaml:" in result.stderr
