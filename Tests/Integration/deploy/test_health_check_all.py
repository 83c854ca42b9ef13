# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""scripts/health-check-all: addresses of real servers, and containers of a docker that the test plays."""

import json
import os
import subprocess

import pytest
from conftest import DIST, ROOT, free_port


def run(*words, path=None):
    environment = os.environ | {"PATH": f"{path or DIST}:/usr/bin:/bin"}
    command = [ROOT / "scripts" / "health-check-all", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def containers(folder, listing, code=0):
    """A docker that has these containers; gives its folder."""
    (folder / "inspect.json").write_text(json.dumps(listing))
    ids = "\n".join(f"id{number}" for number in range(len(listing)))
    script = f"""#!/bin/sh
if [ "$1" = ps ]; then echo "{ids}"; [ {code} = 0 ] || echo "Cannot connect to the daemon" >&2; exit {code}; fi
[ "$1" = inspect ] && cat "{folder}/inspect.json"
"""
    (folder / "docker").write_text(script)
    (folder / "docker").chmod(0o755)
    return folder


def state(name, status=None, output="", key="Health"):
    health = {key: {"Status": status, "Log": [{"Output": "old"}, {"Output": output}]}} if status else {}
    return {"Name": f"/{name}", "State": {"Running": True} | health}


def test_addresses_are_asked_by_their_protocol(serving):
    free = free_port()
    result = run(serving.address, f"http://{serving.address}/healthz", f"127.0.0.1:{free}", f"http://127.0.0.1:{free}/")
    lines = [line.split(None, 2) for line in result.stdout.splitlines()]
    assert result.returncode == 1, result.stderr
    assert [(name, health) for name, health, *_ in lines] == [
        (serving.address, "healthy"),
        (f"http://{serving.address}/healthz", "healthy"),
        (f"127.0.0.1:{free}", "unhealthy"),
        (f"http://127.0.0.1:{free}/", "unhealthy"),
    ]
    assert "refused" in lines[2][2] and "refused" in lines[3][2]
    assert run(serving.address).returncode == 0
    serving.toggle_maintenance()
    serving.wait_for(2)
    result = run(f"http://{serving.address}/readyz")
    assert result.returncode == 1 and "HTTP 503" in result.stdout


def test_containers_are_a_table(tmp_path):
    listing = [state("web", "healthy", "ok\n"), state("db", "unhealthy", "\ncause: refused\nmore"), state("job"),
               state("new", "starting", key="Healthcheck")]
    result = run(path=containers(tmp_path, listing))
    assert result.stdout.splitlines() == ["db   unhealthy  cause: refused", "job  none", "new  starting", "web  healthy    ok"]
    assert result.returncode == 1
    assert run(path=containers(tmp_path, listing[::2])).returncode == 0


@pytest.mark.parametrize("listing, code, problem", [([], 0, "no container is running"), ([], 1, "Cannot connect")])
def test_what_cannot_be_asked_is_told(listing, code, problem, tmp_path):
    result = run(path=containers(tmp_path, listing, code))
    assert result.returncode == 2 and problem in result.stderr and result.stdout == ""
