# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""deploy/compose and the services in Python of deploy/docker: by the schema of Compose, by nginx, and run as they are."""

import http.client
import json
import os
import pathlib
import re
import subprocess
import sys

import compose_spec
import grpc
import pytest
import yaml
from conftest import DIST, ROOT, SERVING, clean_environment, free_port, poll
from grpc_health.v1 import health_pb2, health_pb2_grpc
from support.checked import process

COMPOSE = ROOT / "deploy" / "compose" / "compose.yaml"
DOCKER = ROOT / "deploy" / "docker"
BIN = pathlib.Path(sys.executable).parent


def test_the_compose_file_is_valid():
    compose = compose_spec.PyCompose.from_yaml(COMPOSE.read_text())
    assert compose.validate() in (None, [], True)
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    times = {"interval": "30s", "timeout": "20s", "start_period": "45s", "retries": 5}
    assert times.items() <= services["api"]["healthcheck"].items()
    assert services["api"]["labels"] == {"metrics_port": "9091"}
    # What is mounted or built is there.
    for service in services.values():
        places = [volume.split(":")[0] for volume in service.get("volumes", [])] + [service.get("build", ".")]
        assert all((COMPOSE.parent / place).exists() for place in places)


@pytest.mark.parametrize("mistake", [("  redis:\n", "  redis:\n    helthcheck: {}\n"), ("retries: 5", "retries: five")])
def test_a_mistake_in_the_compose_file_is_found(mistake):
    text = COMPOSE.read_text()
    assert mistake[0] in text
    with pytest.raises(ValueError):
        compose_spec.PyCompose.from_yaml(text.replace(*mistake, 1)).validate()


def test_nginx_takes_calls_to_the_runtime(serving, tmp_path):
    text = (COMPOSE.parent / "nginx.conf").read_text()
    port = free_port()
    for old, new in {"skill:50051": serving.address, "listen 8443": f"listen 127.0.0.1:{port}"}.items():
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "nginx.conf"
    file.write_text(f"pid {tmp_path}/pid; error_log {tmp_path}/error;\n" + text.replace("http {", "http { access_log off;"))
    with process("nginx", "-c", file, "-p", tmp_path, "-g", "daemon off; master_process off;", env=os.environ | {"PATH": "/usr/sbin:/usr/bin"}):
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            request = health_pb2.HealthCheckRequest()
            check = health_pb2_grpc.HealthStub(channel).Check
            assert check(request, timeout=20, wait_for_ready=True).status == SERVING


def command_of(folder):
    """The words of CMD in a Dockerfile, and of its HEALTHCHECK."""
    text = (DOCKER / folder / "Dockerfile").read_text().replace("\\\n", " ")
    return json.loads(re.search(r"^CMD (.*)$", text, re.MULTILINE)[1]), json.loads(re.search(r"HEALTHCHECK.*? CMD (.*)$", text, re.MULTILINE)[1])


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return None, ""
    finally:
        connection.close()


def here(words, ports, **places):
    """The command for ports and binaries here."""
    words = [places.get(word, word) for word in words]
    return [re.sub(r"\b(8080|9091|50051)\b", lambda found: str(ports[found[1]]), word) for word in map(str, words)]


def test_a_fastapi_service_runs_under_healthcheck_as_its_dockerfile_says(tmp_path):
    command, ask = command_of("fastapi")
    ports = {name: free_port() for name in ("8080", "9091")}
    words = here(command, ports, healthcheck=DIST / "healthcheck", uvicorn=BIN / "uvicorn")
    words = [word.replace("0.0.0.0", "127.0.0.1") for word in words]
    environment = clean_environment(HEALTHCHECK_SOCKET=str(tmp_path / "socket"))
    with process(*words, cwd=DOCKER / "fastapi", env=environment) as wrapper:
        poll(lambda: get(ports["9091"], "/readyz")[0] == 200, "ready")
        assert json.loads(get(ports["8080"], "/")[1]) == {"hello": "world"}
        metrics = get(ports["9091"], "/metrics")[1]
        assert "service_up 1" in metrics
        status = subprocess.run(
            here(ask, ports, healthcheck=DIST / "healthcheck"), env=environment, capture_output=True, text=True, timeout=10
        )
        assert status.returncode == 0, status.stdout + status.stderr
        wrapper.terminate()
        # uvicorn ends itself by the signal when it has served all: so does its wrapper.
        assert wrapper.wait(10) in (0, 143)
    assert get(ports["8080"], "/")[0] is None


def test_a_grpc_service_in_python_is_probed_as_its_dockerfile_says():
    command, ask = command_of("python-grpc")
    ports = {"50051": free_port()}
    probe = [DIST / "grpc_health_probe" if word == "/bin/grpc_health_probe" else word for word in ask]
    probe = [str(word).replace(":50051", f"127.0.0.1:{ports['50051']}") for word in probe]
    environment = os.environ | {"ADDRESS": f"127.0.0.1:{ports['50051']}"}
    with process(*here(command, ports, python=sys.executable), cwd=DOCKER / "python-grpc", env=environment) as server:
        poll(lambda: subprocess.run(probe, capture_output=True, timeout=10).returncode == 0, "SERVING")
        server.terminate()
        assert server.wait(20) == 0
    assert subprocess.run(probe, capture_output=True, timeout=10).returncode == 1
