# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""scripts/health-check-all: addresses of real servers, and containers of a docker that the test plays."""

import json
import os
import subprocess
import sys

import pytest
from conftest import DIST, ROOT, free_port


def run(*words, path=None):
    """With `path`, only what is in that folder is there: no docker of this machine."""
    environment = os.environ | {"PATH": str(path or f"{DIST}:/usr/bin:/bin")}
    command = [*([sys.executable] if path else []), ROOT / "scripts" / "health-check-all", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def containers(folder, listing, code=0, name="docker", ended=0, answer=None):
    """A docker that has these containers, and these that have ended since it listed them; gives its folder."""
    (folder / "inspect.json").write_text(json.dumps(listing) if answer is None else answer)
    ids = "\n".join(f"id{number}" for number in range(len(listing) + ended))
    script = f"""#!/bin/sh
if [ "$*" = "ps --quiet --no-trunc" ]; then echo "{ids}"; [ {code} = 0 ] || echo "Cannot connect to the daemon" >&2; exit {code}; fi
[ "$1" = inspect ] && [ $# = {len(listing) + ended + 1} ] && /bin/cat "{folder}/inspect.json"
[ {ended} = 0 ] || {{ echo "Error: No such object: id{len(listing)}" >&2; exit 1; }}
"""
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)
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


def test_twenty_containers_are_in_order_and_one_that_is_not_healthy_decides(tmp_path):
    listing = [state(f"c{number:02}", "healthy") for number in range(20)]
    result = run(path=containers(tmp_path, listing[::-1], name="podman"))
    assert [line.split() for line in result.stdout.splitlines()] == [[f"c{number:02}", "healthy"] for number in range(20)]
    assert result.returncode == 0
    for status in ("unhealthy", "starting"):
        assert run(path=containers(tmp_path, [*listing[1:], state("c00", status)])).returncode == 1


def test_a_container_that_has_ended_meanwhile_is_left_out(tmp_path):
    result = run(path=containers(tmp_path, [state("web", "healthy")], ended=1))
    assert (result.returncode, result.stdout) == (0, "web  healthy\n")


def test_what_a_check_has_printed_cannot_command_the_terminal(tmp_path):
    words = "\x1b[2J\x1b]0;title\x07down\r\u202e" + "x" * 100
    result = run(path=containers(tmp_path, [state("web", "unhealthy", words)]))
    (line,) = result.stdout.splitlines()
    assert line.isprintable() and "down" in line and len(line) < 100
    listing = [{"Name": "/new", "State": {"Health": {"Status": "starting", "Log": None}}},
               {"Name": "/old", "State": {"Health": {"Status": "healthy", "Log": [{"Output": None}]}}}]
    assert run(path=containers(tmp_path, listing)).stdout.split() == ["new", "starting", "old", "healthy"]


def test_a_docker_that_hangs_or_talks_nonsense_is_told(tmp_path):
    result = run(path=containers(tmp_path, [state("web")], answer="what?"))
    assert (result.returncode, result.stdout) == (2, "") and "docker inspect" in result.stderr
    (tmp_path / "docker").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    result = run("--timeout", "0.2", path=tmp_path)
    assert (result.returncode, result.stdout) == (2, "") and "has not answered within 0.2 s" in result.stderr
    result = run(path=tmp_path / "nothing")
    assert result.returncode == 2 and "neither docker nor podman is here" in result.stderr


@pytest.mark.parametrize("listing, code, problem", [([], 0, "no container is running"), ([], 1, "Cannot connect")])
def test_what_cannot_be_asked_is_told(listing, code, problem, tmp_path):
    result = run(path=containers(tmp_path, listing, code))
    assert result.returncode == 2 and problem in result.stderr and result.stdout == ""
