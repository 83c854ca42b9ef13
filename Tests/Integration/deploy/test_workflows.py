# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The workflows of GitHub Actions, this repository's and the template: valid by their schema, and their steps run as a runner
would, with stand-ins for what only exists there (docker, kubectl, gh, and make where it would build)."""

import os
import pathlib
import re
import subprocess
import sys

import pytest
import yaml
from conftest import ROOT, clean_environment

REPOSITORY = ROOT / ".github" / "workflows"
TEMPLATE = ROOT / "deploy" / "github" / "deploy.yml"
VERSION = re.search(r'version = "([^"]+)"', (ROOT / "Sources/Base/BuildInfo/Vitals.swift").read_text())[1]
WORKFLOWS = [REPOSITORY / "test.yml", REPOSITORY / "release.yml", TEMPLATE]
SCHEMA = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
GITHUB = {"github.repository": "Owner/App", "github.repository_owner": "Owner", "github.sha": "c0ffee", "github.token": "hunter2",
          "github.actor": "ada", "secrets.KUBECONFIG": "apiVersion: v1"}


def is_valid(file, schema="vendor.github-workflows"):
    return subprocess.run([*SCHEMA, schema, file], capture_output=True, timeout=60).returncode == 0


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_is_valid(file):
    assert is_valid(file)


@pytest.mark.parametrize(
    "old, new",
    [("runs-on:", "run-on:"), ("timeout-minutes: 30", "timeout-minutes: soon"), ("push: {", "pushed: {"),
     ("permissions: { contents: read", "permissions: { contents: reed"), ("id: rollout", "ids: rollout")])
def test_a_mistake_in_a_workflow_is_found(old, new, tmp_path):
    text = TEMPLATE.read_text()
    assert old in text
    (tmp_path / "broken.yml").write_text(text.replace(old, new, 1))
    assert not is_valid(tmp_path / "broken.yml")


FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"


def test_the_forms_for_issues_are_valid_and_a_mistake_is_found(tmp_path):
    assert is_valid(FORMS / "config.yml", "vendor.github-issue-config")
    for name in ("bug.yml", "feature.yml"):
        assert is_valid(FORMS / name, "vendor.github-issue-forms")
        (tmp_path / name).write_text((FORMS / name).read_text().replace("label:", "lable:", 1))
        assert not is_valid(tmp_path / name, "vendor.github-issue-forms")
    for link in re.findall(r"blob/main/(\S+)", (FORMS / "config.yml").read_text()):
        assert (ROOT / link).is_file()


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_no_step_puts_what_others_write_into_a_script(file):
    """Values come by the environment, so that a name with a quote in it is no command; tokens may do what they have to."""
    workflow = yaml.safe_load(file.read_text())
    assert "write-all" not in str(workflow) and workflow["permissions"]
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 120
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            assert step.keys() & {"run", "uses"}


class Runner:
    """Runs the steps of a job in order, with the shell, the environment and the conditions of GitHub's runner."""

    def __init__(self, file, folder, **variables):
        self.workflow = yaml.safe_load(file.read_text())
        self.folder = folder
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.bin.mkdir()
        self.calls.touch()
        self.github_env = folder / "github-env"
        self.github_env.touch()
        self.variables = {"GITHUB_ENV": str(self.github_env), "RUNNER_TEMP": str(folder), "GITHUB_WORKSPACE": str(folder),
                          "CALLS": str(self.calls), "PAUSE": "0.01"} | variables
        self.output = ""

    def stand_in(self, name, script=""):
        """A program that writes down how it was called, and then does what the script says."""
        file = self.bin / name
        file.write_text(f'#!/bin/bash\necho "{name} $*" >> "$CALLS"\n{script}\n')
        file.chmod(0o755)

    def called(self):
        return self.calls.read_text().splitlines()

    @staticmethod
    def _filled(values, environment):
        known = GITHUB | {f"env.{name}": value for name, value in environment.items()}
        return {name: re.sub(r"\$\{\{ (.*?) \}\}", lambda found: known[found[1]], str(value)) for name, value in values.items()}

    def _is_due(self, condition, outcomes):
        """The conditions that our workflows have."""
        failed = "failure" in outcomes.values()
        if condition is None:
            return not failed
        found = re.fullmatch(r"failure\(\) && steps\.(\w+)\.outcome == '(\w+)'", condition)
        return failed and outcomes.get(found[1]) == found[2]

    def run(self, job, folder):
        """The outcome of each step that has commands, by its name."""
        outcomes, told = {}, {}
        environment = self._filled(self.workflow.get("env", {}), {})
        for step in self.workflow["jobs"][job]["steps"]:
            if "run" not in step:
                continue
            name = step["name"]
            if not self._is_due(step.get("if"), outcomes | told):
                told[step.get("id", name)] = "skipped"
                continue
            added = dict(line.split("=", 1) for line in self.github_env.read_text().splitlines())
            values = environment | self._filled(step.get("env", {}), environment) | added | self.variables
            result = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=folder, capture_output=True, text=True,
                env=clean_environment(PATH=f"{self.bin}:{os.environ['PATH']}", **values), timeout=60)
            self.output += result.stdout + result.stderr
            outcomes[name] = "success" if result.returncode == 0 else "failure"
            told[step.get("id", name)] = outcomes[name]
        return outcomes


# The template.

DOCKER = """
case $1 in
    inspect)
        case $3 in
            *range*) echo "connection refused" ;;
            *) sed -n "$(($(grep -c '^docker inspect --format {{.State.Status' "$CALLS")))p;\\$p" "$STATES" | head -1 ;;
        esac ;;
    logs) echo "Traceback of the service" ;;
esac
"""
KUBECTL = """
[[ -f $KUBECONFIG ]] || exit 9
case "$*" in *"rollout status"*) [[ -n ${IS_READY:-} ]] || grep -q 'rollout undo' "$CALLS" ;; esac
"""


@pytest.fixture
def deploy(tmp_path):
    def run(states, **variables):
        (tmp_path / "states").write_text("\n".join(states) + "\n")
        runner = Runner(TEMPLATE, tmp_path, STATES=str(tmp_path / "states"), **variables)
        runner.stand_in("docker", DOCKER)
        runner.stand_in("kubectl", KUBECTL)
        return runner, runner.run("deploy", tmp_path)

    return run


def test_a_good_image_is_pushed_and_rolled_out(deploy):
    runner, outcomes = deploy(["running starting", "running starting", "running healthy"], IS_READY="1")
    assert set(outcomes.values()) == {"success"} and "Roll back" not in outcomes
    calls = runner.called()
    assert calls[0] == "docker build --tag ghcr.io/owner/app:c0ffee ."
    order = ["docker rm --force candidate", "docker push ghcr.io/owner/app:c0ffee",
             "kubectl --namespace default set image deployment/skill skill=ghcr.io/owner/app:c0ffee",
             "kubectl --namespace default rollout status deployment/skill --timeout=300s"]
    assert [call for call in calls if call in order] == order
    assert (runner.folder / "kubeconfig").stat().st_mode & 0o077 == 0
    assert "hunter2" not in runner.output


@pytest.mark.parametrize(
    "states, reason",
    [(["running starting", "running unhealthy"], "the container is: running unhealthy"), (["exited none"], "no HEALTHCHECK"),
     (["exited starting"], "the container is: exited starting"), (["running none"], "no HEALTHCHECK"),
     (["running starting"], "not healthy within 1 s")])
def test_an_image_that_is_not_healthy_goes_nowhere(deploy, states, reason):
    runner, outcomes = deploy(states, HEALTHY_SECONDS="1")
    assert outcomes["Wait until a container is healthy"] == "failure" and reason in runner.output
    assert "Push the image" not in outcomes and not any("push" in call or "kubectl" in call for call in runner.called())
    assert "docker rm --force candidate" in runner.called()
    if "HEALTHCHECK" not in reason:
        assert "connection refused" in runner.output and "Traceback of the service" in runner.output


def test_a_rollout_that_does_not_become_ready_is_taken_back(deploy):
    runner, outcomes = deploy(["running healthy"])
    assert outcomes["Wait until every pod is ready"] == "failure" and outcomes["Roll back"] == "success"
    calls = runner.called()
    assert calls[-2:] == ["kubectl --namespace default rollout undo deployment/skill",
                          "kubectl --namespace default rollout status deployment/skill --timeout=300s"]
    assert "::error::ghcr.io/Owner/App:c0ffee did not become ready" in runner.output


# This repository's.


def test_the_test_workflow_runs_everything(tmp_path):
    runner = Runner(REPOSITORY / "test.yml", tmp_path)
    for name in ("apt-get", "git", "make"):
        runner.stand_in(name)
    assert set(runner.run("test", tmp_path).values()) == {"success"}
    assert runner.called()[-1] == "make test"
    for target in re.findall(r"make ([a-z-]+-archive)", (REPOSITORY / "release.yml").read_text()):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target


HEADING = f"## [{VERSION}] - 2026-12-01"


@pytest.fixture
def tagged(tmp_path):
    """A checkout whose changelog has the version, and what `make` would build."""
    folder = tmp_path / "checkout"
    (folder / "Sources/Base/BuildInfo").mkdir(parents=True)
    (folder / "scripts").mkdir()
    (folder / "Sources/Base/BuildInfo/Vitals.swift").write_text((ROOT / "Sources/Base/BuildInfo/Vitals.swift").read_text())
    script = folder / "scripts" / "release-notes"
    script.write_text((ROOT / "scripts" / "release-notes").read_text())
    script.chmod(0o755)
    text = (ROOT / "CHANGELOG.md").read_text().replace("## [Unreleased]", f"## [Unreleased]\n\n{HEADING}", 1)
    (folder / "CHANGELOG.md").write_text(text)
    return folder


MAKE = f"""
mkdir -p dist/images
case $1 in
    release-archive) echo archive > dist/vitals-{VERSION}-linux-x86_64.tar.gz; echo '{{}}' > dist/sbom.cdx.json ;;
    image-archive) for name in probe healthcheck runtime; do echo "$TAG" > dist/images/$name.tar; done ;;
esac
"""


def test_a_tag_becomes_a_release_with_checksums_and_images(tagged, tmp_path):
    runner = Runner(REPOSITORY / "release.yml", tmp_path, GITHUB_REF_NAME=f"v{VERSION}")
    for name, script in {"apt-get": "", "git": "", "docker": "", "gh": "", "make": MAKE}.items():
        runner.stand_in(name, script)
    assert set(runner.run("build", tagged).values()) == {"success"}, runner.output
    notes = (tagged / "release" / "notes.md").read_text()
    assert notes.startswith("The first version") and "### Added: `healthcheck`" in notes and "## [" not in notes
    assert set(runner.run("publish", tagged).values()) == {"success"}, runner.output
    calls = runner.called()
    for image in ("probe", "healthcheck", "runtime"):
        assert (tagged / "release" / f"{image}.tar").read_text() == f"{VERSION}\n"
        for tag in (VERSION, "latest"):
            assert f"docker push ghcr.io/owner/vitals/{image}:{tag}" in calls
    (release,) = [call for call in calls if call.startswith("gh ")]
    assert release.startswith(f"gh release create v{VERSION} --verify-tag")
    assert all(word in release for word in ("release/SHA256SUMS", "release/sbom.cdx.json", "x86_64.tar.gz", "runtime.tar"))
    # What was changed on the way is not published.
    (tagged / "release" / "probe.tar").write_text("other")
    assert runner.run("publish", tagged) == {"Check what was downloaded": "failure"}


@pytest.mark.parametrize(
    "tag, heading, reason",
    [("v99.0", HEADING, "the tag is v99.0, and the version in"), (f"v{VERSION}", f"## [{VERSION}]", f"has no heading '## [{VERSION}] - "),
     (f"v{VERSION}", f"{HEADING}\n\n## [0.0.9] - 2026-11-01", f"says nothing of {VERSION}")])
def test_a_tag_without_its_notes_is_no_release(tagged, tmp_path, tag, heading, reason):
    changelog = pathlib.Path(tagged / "CHANGELOG.md")
    changelog.write_text(changelog.read_text().replace(HEADING, heading))
    runner = Runner(REPOSITORY / "release.yml", tmp_path, GITHUB_REF_NAME=tag)
    for name in ("apt-get", "git", "make"):
        runner.stand_in(name)
    outcomes = runner.run("build", tagged)
    assert outcomes.pop("Find the notes of this version") == "failure" and reason in runner.output
    assert set(outcomes.values()) == {"success"} and not any(call.startswith("make") for call in runner.called())
