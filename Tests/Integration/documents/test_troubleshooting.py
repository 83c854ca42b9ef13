# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""docs/troubleshooting.md: each symptom, by the commands of the page."""

import os
import subprocess

import pytest
from conftest import DIST
from documents import Session, blocks, headings, section

PAGE = "docs/troubleshooting.md"
SYMPTOMS = headings(PAGE, 3)


def test_each_part_of_the_project_has_symptoms():
    assert headings(PAGE, 2) == ["The probe", "The runtime", "healthcheck", "Kubernetes", "Docker", "Prometheus"]
    assert len(SYMPTOMS) == len(set(SYMPTOMS)) >= 30


@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_the_symptom_is_seen(symptom, tmp_path):
    text = section(PAGE, symptom)
    assert "**Cause:**" in text and "**Fix:**" in text
    if "chroot" in text and os.geteuid() != 0:
        pytest.skip("NOT ROOT: AN IMAGE WITHOUT A SHELL IS NOT TRIED")
    if "chroot" in text and "not a dynamic" not in subprocess.run(
            ["ldd", DIST / "grpc_health_probe"], capture_output=True, text=True).stderr:
        pytest.skip("a debug build is not static")
    examples = blocks(text, "console")
    assert examples
    with Session(tmp_path) as session:
        for example in examples:
            session.follow(example)
