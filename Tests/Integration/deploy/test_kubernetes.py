# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""deploy/kubernetes: rendered by kubectl, validated against the schemas of several versions, and its probes carried out as
the kubelet does, against the real binaries."""

import copy
import os
import pathlib
import re
import signal

import pytest
from conftest import ROOT, poll
from support.deployment import start_pod
from support.manifests import FOLDER, VERSIONS, is_valid, rendered

OVERLAYS = sorted(folder.name for folder in (FOLDER / "overlays").iterdir())
@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request):
    return rendered(FOLDER / "overlays" / request.param)


def test_every_object_is_valid_in_every_version(overlay, tmp_path):
    assert sorted(item["kind"] for item in overlay) == ["Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service"]
    for item in overlay:
        assert is_valid(item, tmp_path), item["kind"]


@pytest.mark.parametrize(
    "kind, path, value",
    [
        ("Deployment", ["spec", "replica"], 3),
        ("Deployment", ["spec", "replicas"], "three"),
        ("Deployment", ["spec", "template", "spec", "containers", 0, "livenessProbe", "periodSecond"], 15),
        ("Deployment", ["spec", "template", "spec", "containers", 0, "readinessProbe", "timeoutSeconds"], "2s"),
        ("Deployment", ["spec", "template", "spec", "containers", 0, "livenessProbe", "grpc"], {"port": "grpc"}),
        ("Deployment", ["spec", "template", "spec", "initContainers", 0, "volumeMount"], []),
        ("Deployment", ["spec", "template", "spec", "containers", 0, "command"], "/vitals/healthcheck --"),
        ("Deployment", ["spec", "template", "spec", "volumes", 0, "emptyDir"], {"sizelimit": "32Mi"}),
        ("Service", ["spec", "ports", 0, "port"], "50051"),
        ("NetworkPolicy", ["spec", "ingres"], []),
        ("PodDisruptionBudget", ["spec", "maxUnavailible"], 1),
    ],
)
def test_a_mistake_in_an_object_is_found(kind, path, value, tmp_path):
    """The negative twins: what says that the objects are valid can also say that they are not."""
    objects = copy.deepcopy(rendered(FOLDER / "overlays" / "init-wrapped"))
    (item,) = [item for item in objects if item["kind"] == kind]
    place = item
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not is_valid(item, tmp_path, VERSIONS[-1:])


def test_everything_selects_the_same_pods(overlay):
    labels = {"app.kubernetes.io/name": "skill"}
    by_kind = {item["kind"]: item["spec"] for item in overlay}
    assert by_kind["Deployment"]["selector"]["matchLabels"] == labels
    assert by_kind["Deployment"]["template"]["metadata"]["labels"] == labels
    assert by_kind["Service"]["selector"] == labels
    assert by_kind["NetworkPolicy"]["podSelector"]["matchLabels"] == labels
    assert by_kind["PodDisruptionBudget"]["selector"]["matchLabels"] == labels


def test_the_guide_has_the_numbers_of_the_probes(overlay):
    (container,) = [item["spec"]["template"]["spec"]["containers"][0] for item in overlay if item["kind"] == "Deployment"]
    guide = (ROOT / "docs" / "guide.md").read_text()
    for name in ("startup", "readiness", "liveness"):
        row = re.search(rf"^\| {name} \| (?:(\d+) s )?\| (\d+) s \| (\d+) s \| (\d+) \|", guide, re.MULTILINE)
        probe = container[f"{name}Probe"]
        fields = ("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold")
        assert [int(number or 0) for number in row.groups()] == [probe.get(field, 0) for field in fields]


def test_the_monitor_is_a_component_of_any_overlay(tmp_path):
    place = tmp_path / "mine"
    place.mkdir()
    # Kustomize wants relative paths.
    parts = {name: os.path.relpath(FOLDER / path, place) for name, path in
             {"resources": "overlays/grpc-probes", "components": "components/monitoring"}.items()}
    text = "".join(f"{name}: [{path}]\n" for name, path in parts.items())
    (place / "kustomization.yaml").write_text(text)
    objects = rendered(place)
    (monitor,) = [item["spec"] for item in objects if item["kind"] == "ServiceMonitor"]
    (service,) = [item for item in objects if item["kind"] == "Service"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["endpoints"][0]["port"] in [port["name"] for port in service["spec"]["ports"]]


# The numbers, against the binaries


def test_the_kubelet_does_what_is_meant_with_these_numbers(tmp_path):
    """The overlays side by side, from start to drain."""
    kubelets = []

    def all_are(condition, what, seconds=30):
        poll(lambda: all(condition(kubelet) for kubelet in kubelets), f"{what}: {kubelets[0].events[-5:]}", seconds)

    try:
        for name in OVERLAYS:
            kubelets.append(start_pod(rendered(FOLDER / "overlays" / name), tmp_path, speed=10))
        all_are(lambda kubelet: kubelet.ready, "ready")
        # What the init container has copied is what runs.
        wrapper = kubelets[OVERLAYS.index("init-wrapped")]
        copy_of = pathlib.Path(f"/proc/{wrapper.process.pid}/exe").resolve()
        assert copy_of.parts[-2:] == ("vitals", "healthcheck") and copy_of.stat().st_mode & 0o777 == 0o755
        # Maintenance: unready and alive, and ready again.
        for kubelet in kubelets:
            kubelet.process.send_signal(signal.SIGUSR2)
        all_are(lambda kubelet: not kubelet.ready, "unready in maintenance")
        for kubelet in kubelets:
            kubelet.process.send_signal(signal.SIGUSR2)
        all_are(lambda kubelet: kubelet.ready, "ready after maintenance")
        assert [kubelet.restarts for kubelet in kubelets] == [0] * len(OVERLAYS)
        # A process that hangs: started anew, and ready again.
        for kubelet in kubelets:
            kubelet.process.send_signal(signal.SIGSTOP)
        all_are(lambda kubelet: kubelet.restarts == 1, "started anew", 40)
        all_are(lambda kubelet: kubelet.ready, "ready after the restart")
        assert [kubelet.restarts for kubelet in kubelets] == [1] * len(OVERLAYS)
        # Of the exec probes that found it in maintenance, the pod's events have the reason; none was ever killed.
        events = [event for event in kubelets[OVERLAYS.index("exec-probes")].events if not event[1]]
        assert any("maintenance" in text for name, _, text in events if name == "readinessProbe"), events
        assert all(text != "killed" for _, _, text in events)
    finally:
        codes = [kubelet.terminate() for kubelet in kubelets]
    assert codes == [0] * len(OVERLAYS)
