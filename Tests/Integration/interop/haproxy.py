# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""HAProxy before a gRPC server, with a check of docs/haproxy.md."""

import contextlib
import os
import re
import socket
import subprocess

from conftest import ROOT, free_port, stop_process

CONFIGURATION = """
global
    stats socket {folder}/stats
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout check 5s
frontend clients
    bind 127.0.0.1:{port} proto h2
    default_backend vitals
backend vitals
{check}
    server vitals {backend} proto h2 check inter 200ms rise 1 fall 1
"""


def recipe(name):
    """The lines under this heading of the document."""
    text = (ROOT / "docs" / "haproxy.md").read_text()
    return re.search(rf"^## {name}\n.*?```\n(.*?)```", text, re.MULTILINE | re.DOTALL).group(1)


class HAProxy:
    def __init__(self, folder, port):
        self.folder = folder
        self.address = f"127.0.0.1:{port}"

    def status(self):
        """Of the server: UP, DOWN or no check; and what the latest check came to."""
        with socket.socket(socket.AF_UNIX) as stats, contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            stats.connect(f"{self.folder}/stats")
            stats.sendall(b"show stat\n")
            names, *rows = stats.makefile().read().lstrip("# ").splitlines()
            row = next(row for row in rows if row.startswith("vitals,vitals,"))
            fields = dict(zip(names.split(","), row.split(",")))
            return fields["status"], fields["check_status"]
        return None, None


@contextlib.contextmanager
def haproxy(folder, backend, check):
    """HAProxy before a gRPC server; `folder` is for its files, and short."""
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(CONFIGURATION.format(folder=folder, port=port, check=check, backend=backend))
    environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}
    with open(folder / "log", "wb") as log:
        command = ["haproxy", "-db", "-f", file]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
    try:
        yield HAProxy(folder, port)
    finally:
        stop_process(process)
