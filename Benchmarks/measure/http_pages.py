# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""/healthz and /metrics beside nginx, which answers with the same bytes from its configuration and from a file."""

import contextlib
import http.client
import urllib.request

from measure.figures import in_turns
from measure.load import pages as load
from measure.servers import NGINX, VITALS, Server, command_of, contender, free_port, started

CONFIGURATION = """
daemon off; pid {work}/nginx.pid; error_log stderr; worker_processes 1; master_process off;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; client_body_temp_path {work}; proxy_temp_path {work};
  fastcgi_temp_path {work}; uwsgi_temp_path {work}; scgi_temp_path {work};
  server {{
    listen 127.0.0.1:{port}; root {work}/htdocs; open_file_cache max=10; open_file_cache_valid 1h;
    location = /healthz {{ default_type application/json; return 200 '{body}'; }}
    location = /metrics {{ default_type text/plain; }}
  }}
}}
"""
# Some 2,000 series: many models have many checks and health names.
MODELS = 115


def pages(bench):
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(contender(bench, VITALS))
        crowded = free_port()
        command = command_of(bench, VITALS, crowded, model=models(bench))
        many = stack.enter_context(started(bench, command, crowded))
        port = free_port()
        with urllib.request.urlopen(f"http://127.0.0.1:{ours.port}/healthz") as response:
            body = response.read().decode()
        series = scrape(many).decode()
        (bench.work / "htdocs" / "metrics").write_text(series)
        file = bench.work / "nginx.conf"
        file.write_text(CONFIGURATION.format(work=bench.work, port=port, body=body))
        nginx = stack.enter_context(started(bench, ["nginx", "-c", file, "-e", "stderr"], port))
        health(bench, {NGINX: nginx, VITALS: ours})
        count = sum(not line.startswith("#") for line in series.splitlines())
        metrics(bench, {NGINX: nginx, VITALS: many}, count)


def models(bench):
    """Flags for many models, each empty: magic, version 3, no tensors, no metadata."""
    file = bench.work / "scraped.gguf"
    file.write_bytes(b"GGUF" + (3).to_bytes(4, "little") + bytes(16))
    return [word for number in range(MODELS) for word in ("--model", f"m{number}={file}")]


def health(bench, servers):
    for what, flags in [("one request at a time", []), ("10 pipelined", ["-m", "10"])]:
        results = in_turns(bench.rounds, {
            name: lambda server=server: load(server, "/healthz", 30_000, 16, *flags) for name, server in servers.items()})
        bench.add("pages", f"/healthz on 16 connections of HTTP/1.1, {what}", "µs of CPU", results)


def scrape(server: Server):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port)) as client:
        client.request("GET", "/metrics", headers={"accept": "text/plain"})
        return client.getresponse().read()


def metrics(bench, servers, series):
    """Ten on a connection: one client may not have more of such pages at once. A collection begins at least 20 ms after another."""
    results = in_turns(bench.rounds, {
        name: lambda server=server: load(server, "/metrics", 10, 1) for name, server in servers.items()})
    title = f"/metrics with {series:,} series, against the same bytes as a file"
    bench.add("pages", title, "µs of CPU", results)
