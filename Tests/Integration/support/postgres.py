# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Debian's PostgreSQL, in a folder of the test."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

from checked import process
from conftest import free_port, poll

BINARIES = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))


def as_postgres():
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def open_to_postgres(folder):
    """pytest's folders are closed to other users, each of the folders above it."""
    for place in [folder, *folder.parents]:
        if place.stat().st_uid == os.geteuid() and place.stat().st_mode & 0o777 == 0o700:
            place.chmod(0o755)


class Postgres:
    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.log = folder / "log"

    def run(self, *command, **keywords):
        return subprocess.run(
            list(map(str, command)), check=True, capture_output=True, text=True, timeout=60, cwd=self.folder,
            **as_postgres(), **keywords).stdout

    def sql(self, text, database="postgres"):
        command = [BINARIES / "psql", "-X", "-A", "-t", "-h", self.folder, "-p", self.port, "-U", "postgres", "-d", database]
        return self.run(*command, "-c", text).strip()

    @contextlib.contextmanager
    def serving(self, *settings):
        flags = [word for setting in settings for word in ("-c", setting)]
        with open(self.log, "ab") as log:
            command = [BINARIES / "postgres", "-D", self.folder / "data", "-p", self.port, "-k", self.folder, *flags]
            with process(*command, stderr=log, cwd=self.folder, **as_postgres()) as server:
                try:
                    yield server
                finally:
                    # SIGQUIT: at once, and without its children being left behind.
                    server.send_signal(signal.SIGCONT)
                    server.send_signal(signal.SIGQUIT)
                    server.wait(20)

    def ready(self):
        def answers():
            with contextlib.suppress(subprocess.CalledProcessError):
                return self.sql("SELECT 1") == "1"

        poll(answers, "PostgreSQL answers")
        return self

    def log_lines(self, text):
        return self.log.read_text().count(text)


@contextlib.contextmanager
def made_once():
    """A database folder, made and removed."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vitals-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    database = Postgres(folder)
    command = [BINARIES / "initdb", "-D", folder / "data", "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256"]
    database.run(*command, "--no-sync")
    try:
        yield database
    finally:
        shutil.rmtree(folder)
