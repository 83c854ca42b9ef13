# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""deploy/kubernetes: rendered by kubectl, validated against the schemas of several versions, and its probes carried out as
the kubelet does, against the real binaries."""

import copy
import os
import pathlib
import signal
import subprocess
import sys

import pytest
import yaml
from conftest import DIST, ROOT, clean_environment, free_port, poll
from support.kubelet import Kubelet

FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = sorted(folder.name for folder in (FOLDER / "overlays").iterdir())
BIN = pathlib.Path(sys.executable).parent
# From the first with preStop's sleep to the newest that the schemas know.
VERSIONS = ["1.30", "1.32", "1.34", "1.37"]


def rendered(folder):
    """The objects of a folder with a kustomization."""
    result = subprocess.run([BIN / "kubectl", "kustomize", folder], capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, result.stderr
    return list(yaml.safe_load_all(result.stdout))


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request):
    return rendered(FOLDER / "overlays" / request.param)


def container_of(objects):
    (deployment,) = [item for item in objects if item["kind"] == "Deployment"]
    return deployment["spec"]["template"]["spec"]["containers"][0]


def is_valid(item, tmp_path, versions=VERSIONS):
    """Whether the object is one by the strict schemas of these versions."""
    file = tmp_path / "item.yaml"
    file.write_text(yaml.safe_dump(item))
    choice = [word for version in versions for word in ("-k", version)]
    command = [BIN / "kubernetes-validate", "--strict", *choice, file]
    return subprocess.run(command, capture_output=True, timeout=60).returncode == 0


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
        ("Service", ["spec", "ports", 0, "port"], "50051"),
        ("NetworkPolicy", ["spec", "ingres"], []),
        ("PodDisruptionBudget", ["spec", "maxUnavailible"], 1),
    ],
)
def test_a_mistake_in_an_object_is_found(kind, path, value, tmp_path):
    """The negative twins: what says that the objects are valid can also say that they are not."""
    objects = copy.deepcopy(rendered(FOLDER / "overlays" / "grpc-probes"))
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


class Pod:
    """The container of an overlay, as a process here: its arguments and variables, at a free port."""

    def __init__(self, overlay, folder, speed):
        container = container_of(overlay)
        variables = {entry["name"]: entry["value"] for entry in container["env"]}
        port = free_port()
        command = [DIST / "skill-runtime", *container["args"], "--host", "127.0.0.1", "--port", str(port)]
        log = open(folder / f"{port}.log", "ab")

        def start():
            return subprocess.Popen(command, env=clean_environment(**variables), stdout=log, stderr=log)

        def here(words):
            assert words[:2] == ["/bin/grpc_health_probe", "-addr=:50051"]
            return [DIST / "grpc_health_probe", f"-addr=127.0.0.1:{port}", *words[2:]]

        self.kubelet = Kubelet(container, port, start, here, speed)


def test_the_kubelet_does_what_is_meant_with_these_numbers(tmp_path):
    """Both overlays side by side, from start to drain."""
    pods = [Pod(rendered(FOLDER / "overlays" / name), tmp_path, speed=10) for name in OVERLAYS]
    kubelets = [pod.kubelet for pod in pods]

    def all_are(condition, what, seconds=30):
        poll(lambda: all(condition(kubelet) for kubelet in kubelets), f"{what}: {kubelets[0].events[-5:]}", seconds)

    try:
        all_are(lambda kubelet: kubelet.ready, "ready")
        # Maintenance: unready and alive, and ready again.
        for kubelet in kubelets:
            kubelet.process.send_signal(signal.SIGUSR2)
        all_are(lambda kubelet: not kubelet.ready, "unready in maintenance")
        for kubelet in kubelets:
            kubelet.process.send_signal(signal.SIGUSR2)
        all_are(lambda kubelet: kubelet.ready, "ready after maintenance")
        assert [kubelet.restarts for kubelet in kubelets] == [0, 0]
        # A process that hangs: started anew, and ready again.
        for kubelet in kubelets:
            kubelet.process.send_signal(signal.SIGSTOP)
        all_are(lambda kubelet: kubelet.restarts == 1, "started anew", 40)
        all_are(lambda kubelet: kubelet.ready, "ready after the restart")
        assert [kubelet.restarts for kubelet in kubelets] == [1, 1]
        # Of the exec probes that found it in maintenance, the pod's events have the reason; none was ever killed.
        events = [event for event in kubelets[OVERLAYS.index("exec-probes")].events if not event[1]]
        assert any("maintenance" in text for name, _, text in events if name == "readinessProbe"), events
        assert all(text != "killed" for _, _, text in events)
    finally:
        codes = [kubelet.terminate() for kubelet in kubelets]
    assert codes == [0, 0]
