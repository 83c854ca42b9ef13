# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""deploy/prometheus, deploy/alertmanager and deploy/grafana, by promtool, amtool, a real Prometheus and a real Alertmanager."""

import json
import re
import subprocess
import time
from xml.etree import ElementTree

import pytest
import yaml
from conftest import ROOT, poll
from support.alerting import ALERTMANAGER, PROMETHEUS, RULES, alertmanager, post, prometheus
from support.checked import QUICK, Misbehaving, checked
from support.dashboard import Dashboard

DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "vitals.json").read_text())


def tool(*command):
    """Runs a tool that has to be content, and gives what it prints."""
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


# The tools


def test_rules_and_configurations_are_valid():
    tool("promtool", "check", "rules", *RULES)
    for config in ("prometheus.yml", "scrape/docker.yml"):
        tool("promtool", "check", "config", PROMETHEUS / config)
    tool("amtool", "check-config", ALERTMANAGER)


def test_rules_fire_when_they_should_and_only_then():
    tool("promtool", "test", "rules", *sorted(PROMETHEUS.glob("tests/*.yml")))


def test_200_instances_that_go_at_once_fire_one_page(tmp_path):
    """By the rules, but for what the page inhibits; Alertmanager itself is asked below."""
    names = [f"i{number}:1" for number in range(200)]
    series = [{"series": f'up{{job="skill", instance="{name}"}}', "values": "1x8 0x20"} for name in names]
    series += [{"series": f'service_up{{job="skill", instance="{name}"}}', "values": "1x8 stale _x20"} for name in names]
    inhibited = next(rule["target_matchers"][0] for rule in yaml.safe_load(ALERTMANAGER.read_text())["inhibit_rules"]
                     if rule["source_matchers"] == ["alertname = VitalsServiceDown"])
    quiet = re.search(r'=~ "(.*)"', inhibited)[1]
    expressions = {
        # Those that Alertmanager does not keep back.
        f'count(ALERTS{{alertstate="firing", alertname!~"{quiet}"}})': 1,
        'count(ALERTS{alertname="VitalsServiceDown", severity="page"})': 1,
        'count(ALERTS{alertname="VitalsInstanceDown"})': 200,
    }
    tests = [{"expr": text, "eval_time": "6m", "exp_samples": [{"labels": "{}", "value": value}]}
             for text, value in expressions.items()]
    file = tmp_path / "storm.yml"
    file.write_text(json.dumps({
        "rule_files": list(map(str, RULES)), "evaluation_interval": "15s",
        "group_eval_order": ["vitals-serving", "vitals-availability", "vitals-instances", "vitals-checks", "vitals-objectives"],
        "tests": [{"interval": "15s", "input_series": series, "promql_expr_test": tests}],
    }))
    tool("promtool", "test", "rules", file)


def test_every_alert_has_a_test_and_a_severity():
    tests = "".join(file.read_text() for file in PROMETHEUS.glob("tests/*.yml"))
    rules = (PROMETHEUS / "rules" / "alerts.yml").read_text()
    names = re.findall(r"- alert: (\w+)", rules)
    untested = [name for name in names if not re.search(rf"{name}[\s\S]{{1,20}}exp_alerts:\n", tests)]
    assert len(names) > 10 and untested == []
    assert len(re.findall(r"labels: { severity: (page|ticket|info) }", rules)) == len(names)


def test_rules_and_inhibitions_name_what_there_is():
    table = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE))
    text = "".join(file.read_text() for file in RULES)
    used = set(re.findall(r"\b(?:vitals|service|process|grpc)_\w+", re.sub(r"(?:job|instance):\S+|#.*|\{[^}]*\}", "", text)))
    assert "service_up" in used and used <= table
    alerts = set(re.findall(r"- alert: (\w+)", text))
    assert set(re.findall(r"Vitals\w+", ALERTMANAGER.read_text())) - {"VitalsErrorBudget", "Vitals"} <= alerts


@pytest.mark.parametrize(
    "file, found, target",
    [
        (
            "docker",
            {
                "__address__": "172.18.0.2:8080",
                "__meta_docker_network_ip": "172.18.0.2",
                "__meta_docker_container_name": "/shop-api-1",
                "__meta_docker_container_label_metrics_port": "9091",
                "__meta_docker_container_label_com_docker_compose_service": "api",
            },
            ("api", "172.18.0.2:9091"),
        ),
        (
            "docker",
            {
                "__address__": "172.18.0.3:8080",
                "__meta_docker_network_ip": "172.18.0.3",
                "__meta_docker_container_name": "/alone",
                "__meta_docker_container_label_metrics_port": "9091",
            },
            ("alone", "172.18.0.3:9091"),
        ),
        ("docker", {"__address__": "172.18.0.4:80", "__meta_docker_container_name": "/other"}, None),
        ("consul", {"__address__": "10.0.0.5:8080", "__meta_consul_service": "api"}, ("api", "10.0.0.5:8080")),
        (
            "consul",
            {
                "__address__": "10.0.0.5:8080",
                "__meta_consul_service": "api",
                "__meta_consul_service_metadata_metrics_port": "9091",
            },
            ("api", "10.0.0.5:9091"),
        ),
        (
            "kubernetes",
            {
                "__address__": "10.1.0.6:80",
                "__meta_kubernetes_pod_ip": "10.1.0.6",
                "__meta_kubernetes_pod_phase": "Running",
                "__meta_kubernetes_pod_annotation_prometheus_io_scrape": "true",
                "__meta_kubernetes_pod_annotation_prometheus_io_port": "9091",
                "__meta_kubernetes_pod_label_app_kubernetes_io_name": "skill",
            },
            ("skill", "10.1.0.6:9091"),
        ),
        (
            "kubernetes",
            {
                "__address__": "10.1.0.7:80",
                "__meta_kubernetes_pod_phase": "Succeeded",
                "__meta_kubernetes_pod_annotation_prometheus_io_scrape": "true",
            },
            None,
        ),
    ],
)
def test_what_is_discovered_becomes_the_right_target(file, found, target, tmp_path):
    """The rules of a file, on what its discovery finds. Debian's Prometheus is built without Consul and Kubernetes, so their
    own sections are not checked."""
    text = (PROMETHEUS / "scrape" / f"{file}.yml").read_text()
    section = re.compile(r"    \w+_sd_configs:.*\n(?:      .*\n)*")
    assert section.search(text)
    labels = {name: value for name, value in found.items() if name != "__address__"}
    static = f"    static_configs: {json.dumps([{'targets': [found['__address__']], 'labels': labels}])}\n"
    config = tmp_path / "prometheus.yml"
    config.write_text(section.sub(lambda _: static, text, count=1))
    tool("promtool", "check", "config", config)
    listing = tool("promtool", "check", "service-discovery", "--timeout=1s", config, file)
    labels = json.loads(listing)[0]["labels"]
    assert (labels["job"], labels["__address__"]) == target if target else labels == {}


def panels():
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries():
    """Of the dashboard, for all jobs and instances."""
    texts = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [text.replace("$job", ".*").replace("$instance", ".*") for text in texts]


def test_the_dashboard_can_be_imported_and_provisioned():
    """By what Grafana's documents and its users' reports say; Grafana itself is not to be had here."""
    assert DASHBOARD["id"] is None and DASHBOARD["uid"] and "__inputs" not in DASHBOARD
    source, *variables = DASHBOARD["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    used = [item["datasource"] for item in variables + panels() + [t for p in panels() for t in p["targets"]]]
    assert all(item == {"type": "prometheus", "uid": "${datasource}"} for item in used)
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    assert all(panel["title"] and panel["description"] for panel in panels())
    # No panel lies over another, and each line is full.
    for top in {panel["gridPos"]["y"] for panel in panels()}:
        line = sorted((p["gridPos"]["x"], p["gridPos"]["w"]) for p in panels() if p["gridPos"]["y"] == top)
        assert line[0][0] == 0 and [x + w for x, w in line] == [x for x, _ in line[1:]] + [24]
    assert not set(re.findall(r"\$[a-z]\w*", " ".join(queries())))


def assert_drawn(picture):
    """What scripts/draw-dashboard writes: each panel is there, with figures and no gap."""
    texts = [element.text for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]
    assert {panel["title"] for panel in DASHBOARD["panels"]} <= set(texts)
    assert "VitalsDependencyDown (page)" in texts and not re.search(r"\b(nan|inf)\b", picture)


# The real ones


def test_200_instances_that_go_at_once_are_one_page(tmp_path):
    instances = [{"job": "skill", "instance": f"i{number}:1"} for number in range(200)]
    down = [{"alertname": "VitalsInstanceDown", "severity": "ticket"} | labels for labels in instances]
    silent = [{"alertname": "VitalsNotServing", "severity": "ticket"} | labels for labels in instances]
    other = {"alertname": "VitalsNotServing", "severity": "ticket", "job": "other", "instance": "o:1"}
    with alertmanager(tmp_path) as (port, webhook):
        post(port, [{"alertname": "VitalsServiceDown", "severity": "page", "job": "skill"}, *down, *silent, other])
        poll(lambda: len(webhook.messages) >= 2, "two messages")
        # Of another job, so not inhibited: its group was due at the same time as those that must not come.
        assert sorted(webhook.firing()) == ["VitalsNotServing", "VitalsServiceDown"]
        (path,) = [path for path, _, alerts in webhook.messages if len(alerts) == 1 and "job" in alerts[0]["labels"]
                   and alerts[0]["labels"]["job"] == "skill"]
        assert path == "/pager/alerts"


def test_a_dependency_that_is_down_is_one_page_for_all_who_need_it(tmp_path):
    instances = [{"job": "skill", "instance": f"i{number}:1"} for number in range(200)]
    cause = [{"alertname": "VitalsDependencyDown", "severity": "page", "check": "db"} | labels for labels in instances]
    effect = [{"alertname": "VitalsNotServing", "severity": "ticket"} | labels for labels in instances]
    service = {"alertname": "VitalsServiceDown", "severity": "page", "job": "skill"}
    other = {"alertname": "VitalsMemoryNearMark", "severity": "ticket", "job": "skill", "instance": "i1:1"}
    with alertmanager(tmp_path) as (port, webhook):
        post(port, [*cause, *effect, service, other])
        poll(lambda: len(webhook.messages) >= 3, "three messages")
        assert sorted(webhook.firing()) == ["VitalsDependencyDown", "VitalsMemoryNearMark", "VitalsServiceDown"]
        assert sorted(len(alerts) for _, _, alerts in webhook.messages) == [1, 1, 200]


def test_a_failed_check_becomes_a_page_within_a_minute_and_is_resolved(runtime, tmp_path):
    database = Misbehaving(b"")
    server = checked(runtime, f"tcp:127.0.0.1:{database.port},name=db,critical,{QUICK}")
    with alertmanager(tmp_path, "5s") as (port, webhook), prometheus(tmp_path, server.server.address, port) as query:
        server.wait_for("db", "healthy")
        server.server.check()
        # None of its own checks counts as a dependency.
        dependencies = poll(lambda: query("count by (check) (instance:vitals_dependency:state)"), "dependencies")
        assert [item["metric"]["check"] for item in dependencies] == ["db"]
        database.stop()
        poll(lambda: "VitalsDependencyDown" in webhook.firing(), "a page", 60)
        # The service is down as well, which is another page.
        page = next(message for message in webhook.messages if message[2][0]["labels"]["alertname"] == "VitalsDependencyDown")
        assert page[0] == "/pager/alerts"
        assert [alert["labels"]["check"] for alert in page[2]] == ["db"]
        assert page[2][0]["annotations"]["summary"] == "skill: db is down"
        # Who calls whom: chat is called, and calls.
        (edges,) = [target["expr"] for panel in panels() if panel["title"] == "Who calls whom" for target in panel["targets"]
                    if target["refId"] == "edges"]
        found = poll(lambda: query(edges.replace("$job", ".*")), "edges")
        assert {(item["metric"]["source"], item["metric"]["target"]) for item in found} == {
            ("gateway", "chat"), ("gateway", "search"), ("chat", "search")}
        # The dashboard has all of it, the alert too.
        poll(lambda: not [text for text in queries() if not query(text)], "every panel has data", 60)
        assert_drawn(Dashboard(DASHBOARD, query, (time.time() - 5, time.time()), {}).drawn("of a test"))
        database = Misbehaving(b"", database.port)
        poll(lambda: any(status == "resolved" for _, status, _ in webhook.messages), "the end of it", 60)
        database.stop()
