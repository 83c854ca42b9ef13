# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""deploy/kubernetes, rendered by kubectl and judged by the schemas of Kubernetes."""

import pathlib
import subprocess
import sys

import yaml
from conftest import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
BIN = pathlib.Path(sys.executable).parent
# From the first with preStop's sleep to the newest that the schemas know.
VERSIONS = ["1.30", "1.32", "1.34", "1.37"]


def rendered(folder):
    """The objects of a folder with a kustomization."""
    result = subprocess.run([BIN / "kubectl", "kustomize", folder], capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, result.stderr
    return list(yaml.safe_load_all(result.stdout))


def is_valid(item, tmp_path, versions=VERSIONS):
    """Whether the object is one by the strict schemas of these versions."""
    file = tmp_path / "item.yaml"
    file.write_text(yaml.safe_dump(item))
    choice = [word for version in versions for word in ("-k", version)]
    command = [sys.executable, BIN / "kubernetes-validate", "--strict", *choice, file]
    return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
