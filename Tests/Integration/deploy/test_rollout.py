# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A rolling update of the Deployment of deploy/kubernetes, with its own numbers, behind nginx and under load."""

import re
import subprocess

import grpc
import pytest
from conftest import DIST, REPORTS, poll
from sarai.skills import skills_pb2, skills_pb2_grpc
from support.deployment import Deployment, Nginx, deployment_of, start_pod
from support.manifests import FOLDER, rendered
from support.traffic import Traffic

# A second of the manifests is a fifth of one here; the times for an answer stay.
SPEED = 5


def seconds_of(name):
    """The default of a setting of the runtime, which the manifests leave as it is."""
    text = subprocess.run([DIST / "skill-runtime", "--help"], capture_output=True, text=True, timeout=20).stdout
    return int(re.search(rf"--{name} DURATION[^-]*\(default (\d+)s", text)[1])


def as_fast(name):
    return [f"--{name}", f"{1000 * seconds_of(name) // SPEED}ms"]


def all_serve(deployment):
    """Whether every endpoint has begun an inference."""
    return all(served(port) > 0 for port in deployment.endpoints)


def served(port):
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        return skills_pb2_grpc.SkillServiceStub(channel).GetMetrics(skills_pb2.MetricsRequest(), timeout=20).total_requests


def assert_replaced_one_by_one(deployment):
    # Always as many ready pods as there have to be, and never more pods than there may be.
    assert {ready for _, ready in deployment.history} == {3, 4} and max(alive for alive, _ in deployment.history) == 4
    old, new = ([pod.kubelet for pod in deployment.of(revision)] for revision in (1, 2))
    assert [pod.code for pod in deployment.of(1)] == [0, 0, 0] and len(new) == 3
    container = old[0].container
    for kubelet in old + new:
        assert kubelet.restarts == 0
        # No probe was in vain but those of the start, and a pod was ready no earlier than its delay says.
        assert [event for event in kubelet.events if not event[1] and event[0] != "startupProbe"] == []
        assert kubelet.between("started", "ready") >= container["readinessProbe"]["initialDelaySeconds"] / SPEED
    for kubelet in old:
        assert kubelet.between("ending", "terminated") >= container["lifecycle"]["preStop"]["sleep"]["seconds"] / SPEED
    poll(lambda: all(any(name == "livenessProbe" for name, *_ in kubelet.events) for kubelet in new), "all were found alive")


@pytest.mark.skipif(REPORTS is not None, reason="a process with a sanitizer is not fast enough for a clock that is")
def test_a_rolling_update_loses_no_request(tmp_path):
    objects = rendered(FOLDER / "overlays" / "grpc-probes")
    grace = deployment_of(objects)["template"]["spec"]["terminationGracePeriodSeconds"] / SPEED
    flags = ["--stub-token-delay", "5ms", *as_fast("drain-grace"), *as_fast("drain-deadline")]
    nginx = Nginx(tmp_path)
    deployment = Deployment(objects, lambda: start_pod(objects, tmp_path, SPEED, *flags, grace=grace), nginx.tell)
    try:
        deployment.update(30)
        with grpc.insecure_channel(f"127.0.0.1:{nginx.port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=30)
            with Traffic(channel) as traffic:
                poll(lambda: all_serve(deployment), "each of the first pods has requests")
                deployment.update(60)
                poll(lambda: all_serve(deployment), "each of the new pods has requests")
            traffic.assert_nothing_lost()
            assert_replaced_one_by_one(deployment)
            # It can fail: a pod that ends while it still is an endpoint, as without preStop, loses requests.
            with Traffic(channel) as traffic:
                deployment.of(2)[0].kubelet.process.kill()
                poll(lambda: traffic.failures, "a request is lost")
    finally:
        deployment.stop()
        nginx.stop()
