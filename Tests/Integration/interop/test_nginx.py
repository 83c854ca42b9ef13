# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""nginx before two runtimes, configured as docs/clients.md says."""

import os

import grpc
from conftest import free_port
from fleet import Fleet, configured, recipe, running
from support.traffic import Traffic

# What nginx needs to run as this user, in a folder of the test.
PREFIX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log info;
"""


def test_no_request_is_lost_while_each_server_is_restarted(tmp_path):
    fleet = Fleet(tmp_path)
    port = free_port()
    text = configured(recipe("nginx"), fleet.ports, port)
    temporary = "".join(f"    {kind}_temp_path {tmp_path}/{kind};\n" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    text = text.replace("http {\n", "http {\n" + temporary + "    access_log off;\n")
    (tmp_path / "nginx.conf").write_text(PREFIX.format(folder=tmp_path) + text)
    environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}
    command = ["nginx", "-p", tmp_path, "-c", tmp_path / "nginx.conf"]
    try:
        with running(command, tmp_path / "nginx.out", env=environment), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=30)
            with Traffic(channel) as traffic:
                fleet.restart_each(is_told=False)
            traffic.assert_nothing_lost()
    finally:
        fleet.stop()
