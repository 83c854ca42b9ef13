# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""HAProxy before two gRPC servers, as docs/clients.md has it."""

import contextlib
import os
import re
import socket

from conftest import free_port
from fleet import configured, recipe, running


def configuration(check=None):
    """That of the document, perhaps with these lines in place of its check."""
    text = recipe("HAProxy")
    if check is None:
        return text
    text, count = re.subn(r"    option httpchk\n    http-check .*\n", lambda _: check, text)
    assert count == 1
    return text


class HAProxy:
    def __init__(self, folder, port):
        self.folder = folder
        self.address = f"127.0.0.1:{port}"

    def status(self, server="one"):
        """Of a server: UP, DOWN or no check; and what the latest check came to."""
        with socket.socket(socket.AF_UNIX) as stats, contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            stats.connect(f"{self.folder}/stats")
            stats.sendall(b"show stat\n")
            names, *rows = stats.makefile().read().lstrip("# ").splitlines()
            row = next(row for row in rows if row.startswith(f"skill,{server},"))
            fields = dict(zip(names.split(","), row.split(",")))
            return fields["status"], fields["check_status"]
        return None, None


@contextlib.contextmanager
def haproxy(folder, ports, text):
    """HAProxy before servers at these two ports; `folder` is for its files, and short."""
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(f"global\n    stats socket {folder}/stats\n" + configured(text, ports, port))
    environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}
    with running(["haproxy", "-db", "-f", file], folder / "log", env=environment):
        yield HAProxy(folder, port)
