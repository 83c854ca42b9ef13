# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks of the kind postgres, against Debian's PostgreSQL in its moods."""

import os
import shutil
import signal
import subprocess

import pytest
from certificates import Authority
from checked import QUICK, Misbehaving, checked, process
from conftest import poll
from postgres import BINARIES, as_postgres, made_once


@pytest.fixture(scope="module")
def template():
    """A database folder that was made once."""
    with made_once() as database:
        yield database


SETTINGS = ["listen_addresses=127.0.0.1", "fsync=off", "max_connections=8", "superuser_reserved_connections=3"]


@pytest.fixture(scope="module")
def server(template):
    rules = template.folder / "data" / "pg_hba.conf"
    rules.write_text(
        "local all all trust\nhost all md5user 127.0.0.1/32 md5\nhost all plain 127.0.0.1/32 password\n"
        "host all stranger 127.0.0.1/32 reject\nhost all all 127.0.0.1/32 scram-sha-256\n")
    with template.serving(*SETTINGS):
        template.ready()
        template.sql("CREATE ROLE probe LOGIN PASSWORD 'canary-password'")
        template.sql("CREATE ROLE plain LOGIN PASSWORD 'secret'")
        template.sql("SET password_encryption=md5; CREATE ROLE md5user LOGIN PASSWORD 'secret'")
        template.sql("CREATE TABLE things (n int); INSERT INTO things VALUES (7); GRANT SELECT ON things TO probe")
        yield template


def check(server, *options, user="probe:canary-password", database="postgres", query=""):
    return ",".join([f"postgres:postgres://{user}@127.0.0.1:{server.port}/{database}{query}", QUICK, *options])


def test_each_way_to_log_in_works_with_one_connection_that_is_kept(runtime, server, tmp_path):
    password = tmp_path / "password"
    password.write_text("canary-password\n")
    checks = checked(
        runtime,
        check(server, "name=scram", "critical"),
        check(server, "name=file", f"password-file={password}", user="probe"),
        check(server, "name=md5", user="md5user:secret"),
        check(server, "name=plain", user="plain:secret"),
        check(server, "name=query", "query=SELECT n FROM things", "expect=7"),
    )
    for name in ("scram", "file", "md5", "plain", "query"):
        checks.wait_for(name, "healthy")
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vitals'"
    begun = server.sql("SELECT max(backend_start) FROM pg_stat_activity WHERE application_name = 'vitals'")
    poll(lambda: checks.results()["scram"]["age_seconds"] < 0.1, "more runs")
    assert server.sql(count) == "5"
    assert server.sql("SELECT max(backend_start) FROM pg_stat_activity WHERE application_name = 'vitals'") == begun
    checks.server.stop()
    poll(lambda: server.sql(count) == "0", "no connection is left")
    assert "canary-password" not in checks.server.log.read_text()
    assert server.log_lines("incomplete startup packet") == 0


def test_refusals_are_told_apart_and_do_not_fill_the_log(runtime, server):
    checks = checked(
        runtime,
        check(server, "name=wrong", user="probe:wrong"),
        check(server, "name=without", user="probe"),
        check(server, "name=role", user="nobody-knows:secret"),
        check(server, "name=host", user="stranger:secret"),
        check(server, "name=database", database="none"),
        check(server, "name=right", "query=SELECT pg_read_file('x')"),
        check(server, "name=other", "query=SELECT n FROM things", "expect=8"),
    )
    checks.wait_for("wrong", "unhealthy", "refuses the password (not asked again for 60 s)")
    checks.wait_for("without", "unhealthy", "wants a password")
    checks.wait_for("role", "unhealthy", "refuses the password")
    checks.wait_for("host", "unhealthy", "refuses the user or the host")
    checks.wait_for("database", "unhealthy", "has no such database")
    checks.wait_for("right", "unhealthy", "may not run the query")
    checks.wait_for("other", "unhealthy", "returned another value than expected")
    # Some ten runs later, each refusal is one line still.
    poll(lambda: checks.results()["wrong"]["age_seconds"] < 0.2 and checks.result("other")[0] == "unhealthy", "runs go on")
    assert server.log_lines('role "nobody-knows" does not exist') <= 1
    assert server.log_lines('password authentication failed for user "probe"') == 1


def test_a_full_server_is_degraded(runtime, server):
    checks = checked(runtime, check(server, user="md5user:secret"))
    checks.wait_for("postgres", "healthy")
    server.sql("ALTER ROLE md5user CONNECTION LIMIT 0")
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vitals'")
    checks.wait_for("postgres", "degraded", "pool exhausted")
    server.sql("ALTER ROLE md5user CONNECTION LIMIT -1")
    checks.wait_for("postgres", "healthy")


def test_a_locked_table_and_a_slow_query_are_told(runtime, server):
    checks = checked(
        runtime, check(server, "name=locked", "query=SELECT n FROM things"),
        check(server, "name=slow", "query=SELECT pg_sleep(0.05)", "slow=20ms"))
    checks.wait_for("locked", "healthy")
    checks.wait_for("slow", "degraded", "the query took")
    psql = [BINARIES / "psql", "-X", "-h", server.folder, "-p", server.port, "-U", "postgres", "-d", "postgres"]
    with process(*psql, stdin=subprocess.PIPE, **as_postgres()) as session:
        session.stdin.write(b"BEGIN; LOCK TABLE things;\n")
        session.stdin.flush()
        checks.wait_for("locked", "unhealthy", "was cancelled by the server")
        runs = checks.results()["locked"]["age_seconds"]
        poll(lambda: checks.results()["locked"]["age_seconds"] != runs, "more runs")
        # A backend that waits for a lock does not see that its client has gone: there is one, however many runs there were.
        locked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vitals'"
        assert int(server.sql(locked)) <= 2
    checks.wait_for("locked", "healthy")


def test_tls_is_used_and_verified_as_asked(runtime, template, tmp_path, server):
    authority = Authority(tmp_path, "ca")
    pair = authority.issue("server", "IP:127.0.0.1")
    for source, name in ((pair.certificate, "server.crt"), (pair.key, "server.key")):
        target = template.folder / name
        target.write_bytes(source.read_bytes())
        target.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(target, "postgres", "postgres")
    template.sql("ALTER SYSTEM SET ssl_cert_file = '%s'" % (template.folder / "server.crt"))
    template.sql("ALTER SYSTEM SET ssl_key_file = '%s'" % (template.folder / "server.key"))
    checks = checked(runtime, check(server, "name=none", query="?sslmode=require"))
    checks.wait_for("none", "unhealthy", "has no TLS")
    checks.server.stop()
    template.sql("ALTER SYSTEM SET ssl = on")
    template.sql("SELECT pg_reload_conf()")
    poll(lambda: template.sql("SHOW ssl") == "on", "TLS is on")
    checks = checked(
        runtime,
        check(server, "name=prefer"),
        check(server, "name=require", query="?sslmode=require"),
        check(server, "name=verified", f"ca={authority.file}", query="?sslmode=verify-full"),
        check(server, "name=unknown", query="?sslmode=verify-full"),
        check(server, "name=disable", query="?sslmode=disable"),
    )
    for name in ("prefer", "require", "verified", "disable"):
        checks.wait_for(name, "healthy")
    checks.wait_for("unknown", "unhealthy", "TLS: ")
    used = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'vitals' AND ssl"
    assert server.sql(used) == "3"


def test_a_server_that_hangs_goes_away_and_comes_back_is_told(runtime, template, server):
    checks = checked(runtime, check(server))
    checks.wait_for("postgres", "healthy")
    backend = int(server.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'vitals'"))
    postmaster = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    for number in (backend, postmaster):
        os.kill(number, signal.SIGSTOP)
    checks.wait_for("postgres", "unhealthy", "timed out after")
    for number in (backend, postmaster):
        os.kill(number, signal.SIGCONT)
    checks.wait_for("postgres", "healthy")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak PostgreSQL"),
        (b"NE\x00\x00\x00\x1aSFATAL\x00C57P03\x00Mstarts\x00\x00", "message is malformed"),
        (b"N", "closed the connection"),
        (None, "closed the connection"),
        (b"", "timed out after"),
    ])
def test_what_is_no_postgres_is_unhealthy_with_the_reason(runtime, answer, message):
    target = Misbehaving(answer)
    checks = checked(runtime, check(target))
    checks.wait_for("postgres", "unhealthy", message)
    target.stop()


def test_a_server_that_starts_says_so(runtime):
    answer = b"E\x00\x00\x00\x1dSFATAL\x00C57P03\x00Mit starts\x00\x00"
    target = Misbehaving(answer)
    checks = checked(runtime, check(target, query="?sslmode=disable"))
    checks.wait_for("postgres", "unhealthy", "it is starting, or recovering: it starts")
    target.stop()
