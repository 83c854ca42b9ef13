# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""nginx before a gRPC server."""

import contextlib
import os
import subprocess

from conftest import free_port, stop_process

NGINX = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} http2;
        location / {{ grpc_pass grpc://{backend}; }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(folder, backend):
    """nginx before a gRPC server; gives the address that nginx listens at."""
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(user=user, folder=folder, port=port, backend=backend))
    errors = folder / "error.log"
    process = subprocess.Popen(["nginx", "-p", folder, "-e", errors, "-c", config], stdin=subprocess.DEVNULL)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        stop_process(process)
