# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`skill-runtime explain`: why a running server is as it is, and what would have to change."""

import json
import os
import subprocess

from checked import QUICK, Misbehaving
from conftest import DIST, NOT_SERVING, SERVING, poll
from operators import operated


def explain(*arguments, **environment):
    result = subprocess.run(
        [DIST / "skill-runtime", "explain", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={name: value for name, value in os.environ.items() if not name.startswith("VITALS_")} | environment,
    )
    return result.returncode, result.stdout, result.stderr


def test_it_says_what_would_have_to_change_and_afterwards_what_has(runtime):
    database = Misbehaving()
    target = f"tcp:127.0.0.1:{database.port}"
    checks = [f"{target},name=db,critical,{QUICK}", f"{target},name=web,needs=db,{QUICK}"]
    checks.append("tcp:127.0.0.1:1,name=spare,dry")
    flags = [word for check in checks for word in ("--check", check)]
    with operated(runtime, *flags) as (server, operator):
        admin = f"unix:{operator.connection.path}"
        code, text, _ = explain("--admin", admin)
        assert (code, text.partition(" for ")[0]) == (0, "SERVING")
        assert "spare: un" in text and "dry: decides nothing" in text
        database.stop()
        server.wait_for(NOT_SERVING)
        text = poll(lambda: is_blocked(admin), "web is blocked")
        lines = text.splitlines()
        assert lines[0].startswith("NOT_SERVING for ") and "Critical checks failed: db" in lines[0]
        assert "├─ to become SERVING: db" in lines
        root = next(index for index, line in enumerate(lines) if line.startswith("├─ db: unhealthy"))
        assert "to change: 2 good runs in a row (rise 2)" in lines[root + 1]
        assert lines[root + 2].startswith("│  └─ web: unknown") and lines[root + 2].endswith(": db is down")
        again = Misbehaving(port=database.port)
        try:
            server.wait_for(SERVING)
            assert_replayed(admin)
        finally:
            again.stop()
        assert_operators_are_told(admin, operator)


def is_blocked(admin):
    code, text, _ = explain(VITALS_ADMIN=admin)
    return text if code == 1 and "web: unknown" in text else None


def assert_replayed(admin):
    code, document, _ = explain("--admin", admin, "--json", "--last", "1h")
    causes = [cause for episode in json.loads(document)["replay"]["episodes"] for cause in episode["causes"]]
    outage = next(cause for cause in causes if cause["names"] == ["db"] and cause["to"] == "unhealthy")
    assert code == 0 and outage["lasted_seconds"] > 0 and "refused" in outage["cause"]
    assert [event["names"] for event in outage["followed_by"]] == [["web"]]
    assert "db: healthy -> unhealthy for " in explain("--admin", admin, "--last", "1h")[1]


def assert_operators_are_told(admin, operator):
    """What operators did is told with how to end it."""
    operator.post("/admin/fail?for=60s")
    text = explain("--admin", admin)[1]
    assert "to change: ends by itself in " in text and "or POST /admin/fail?for=0" in text
    operator.post("/admin/fail?for=0")
    operator.post("/admin/maintenance?on=true")
    code, text, _ = explain("--admin", admin)
    assert code == 1 and "to change: POST /admin/maintenance?on=false, or SIGUSR2" in text
    operator.post("/admin/maintenance?on=false")
    operator.post("/admin/drain")
    assert "to change: POST /admin/resume takes the drain back" in explain("--admin", admin)[1]
    operator.post("/admin/resume")
    assert operator.request("GET", "/admin/explain?last=1")[0] == 400
    assert operator.request("POST", "/admin/explain")[0] == 405


def test_what_cannot_be_asked_is_exit_code_2_with_the_cause(tmp_path):
    file = tmp_path / "vitals.yaml"
    file.write_text(f"admin: unix:{tmp_path}/admin\nskill: demo\n")
    for arguments, cause in [
        ((), "no address to ask: use --admin"),
        (("--config", str(file)), f"cannot ask unix:{tmp_path}/admin: No such file or directory: is it running"),
        (("--admin", "unix:/run/vitals/admin", "--lst", "1h"), "unknown flag --lst: did you mean --last?"),
        (("--admin", "10.0.0.1:80"), "use unix:/path, 127.0.0.1:port or [::1]:port"),
        (("--last", "2d"), "not a duration"),
        (("web",), 'the flags end at "web"'),
    ]:
        code, output, problem = explain(*arguments)
        assert (code, output) == (2, "")
        assert cause in problem and problem.startswith("skill-runtime explain: ")
    garbage = Misbehaving(b"+PONG\r\n")
    try:
        code, _, problem = explain("--admin", f"127.0.0.1:{garbage.port}")
        assert code == 2 and "its answer is not HTTP" in problem
    finally:
        garbage.stop()
    code, output, _ = explain("--help")
    assert code == 0 and "--last DURATION" in output
