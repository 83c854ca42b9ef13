# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks of the kinds tcp, http and grpc: against nginx, grpcio's health server, our own runtime, and what misbehaves."""

import contextlib
import datetime
import os
import signal
import socket
import struct

import grpc
import health_servers
import pytest
from certificates import Authority
from checked import QUICK, Misbehaving, accepts, checked, process
from conftest import NOT_SERVING, SERVING, free_port, open_sockets, poll

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 64; }}
http {{
    access_log off; {paths}
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl; ssl_certificate {server.certificate}; ssl_certificate_key {server.key};
        location /health {{ default_type application/json; return 200 '{{"db":{{"status":"up"}},"queue":[7]}}'; }}
        location /busy {{ return 503; }}
        location /private {{ if ($http_authorization != "Basic dXNlcjpjYW5hcnktc2VjcmV0") {{ return 401; }} return 200 ok; }}
        location /method {{ if ($request_method != HEAD) {{ return 405; }} return 204; }}
        location /header {{ if ($http_x_probe != "yes") {{ return 400; }} return 200 ok; }}
    }}
    server {{
        listen 127.0.0.1:{ending} ssl; ssl_certificate {ending_pair.certificate}; ssl_certificate_key {ending_pair.key};
        return 200 ok;
    }}
    server {{
        listen 127.0.0.1:{mutual} ssl; ssl_certificate {server.certificate}; ssl_certificate_key {server.key};
        ssl_client_certificate {authority.file}; ssl_verify_client on;
        return 200 ok;
    }}
}}
"""


class Places:
    """Certificates, and the ports of nginx."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = Authority(folder, "ca")
        self.server = self.authority.issue("server", "IP:127.0.0.1,DNS:web.example.org")
        self.client = self.authority.issue("client")
        soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=5, hours=12)
        self.ending_pair = self.authority.issue(
            "ending", "IP:127.0.0.1", dates=("20200101000000Z", soon.strftime("%Y%m%d%H%M%SZ")))
        self.plain, self.tls, self.ending, self.mutual = (free_port() for _ in range(4))

    @property
    def ca(self):
        return f"ca={self.authority.file}"

    def configuration(self):
        names = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        paths = " ".join(f"{name}_temp_path {self.folder}/{name};" for name in names)
        return NGINX.format(paths=paths, **{**vars(self), "authority": self.authority})


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    places = Places(tmp_path_factory.mktemp("nginx"))
    file = places.folder / "nginx.conf"
    file.write_text(places.configuration())
    with process("nginx", "-p", places.folder, "-c", file, env=os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin"}):
        poll(lambda: accepts(places.plain), "nginx listens")
        yield places


class Resetting(Misbehaving):
    """A server that resets each connection."""

    def __init__(self):
        super().__init__(None)

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                connection.recv(1)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()


class Overloaded:
    """A port whose queue of new connections is full: to connect takes for ever."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self.listener.getsockname()[1]
        self.clients = [socket.socket() for _ in range(4)]
        for client in self.clients:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", self.port))

    def stop(self):
        for connection in [*self.clients, self.listener]:
            connection.close()


@contextlib.contextmanager
def stopped_at_end(*targets):
    try:
        yield targets
    finally:
        for target in targets:
            target.stop()


def test_an_http_server_is_judged_by_what_it_answers(runtime, places):
    web = f"http://127.0.0.1:{places.plain}"
    checks = checked(
        runtime,
        f"tcp:127.0.0.1:{places.plain},{QUICK},name=port",
        f"http:{web}/health,{QUICK},name=json,json=db.status=up,json=queue[0]<=7,body=queue",
        f"http:{web}/health,{QUICK},name=down,json=db.status=down",
        f"http:{web}/health,{QUICK},name=words,body=absent",
        f"http:{web}/busy,{QUICK},name=busy",
        f"http:{web}/busy,{QUICK},name=strict,wrong-status=unhealthy",
        f"http:{web}/busy,{QUICK},name=listed,status=503",
        f"http:http://user:canary-secret@127.0.0.1:{places.plain}/private,{QUICK},name=private",
        f"http:{web}/private,{QUICK},name=stranger",
        f"http:{web}/method,{QUICK},name=head,method=HEAD",
        f"http:{web}/header,{QUICK},name=header,header=x-probe: yes",
        f"http:{web}/health,{QUICK},name=slow,slow=1ns",
    )
    for name in ("port", "json", "listed", "private", "head", "header"):
        checks.wait_for(name, "healthy")
    checks.wait_for("down", "unhealthy", 'db.status is "up", not = down')
    checks.wait_for("words", "unhealthy", 'does not contain "absent"')
    checks.wait_for("busy", "degraded", "it answers with 503")
    checks.wait_for("strict", "unhealthy", "it answers with 503")
    checks.wait_for("stranger", "degraded", "it answers with 401")
    checks.wait_for("slow", "degraded", "it took longer than 1ns")
    assert "canary-secret" not in checks.server.log.read_text()


def test_certificates_are_verified_by_authority_name_and_days(runtime, places):
    web, pair = f"https://127.0.0.1:{places.tls}/health", places.client
    mutual = f"http:https://127.0.0.1:{places.mutual}/,{QUICK},{places.ca}"
    ending = f"http:https://127.0.0.1:{places.ending}/,{QUICK},{places.ca}"
    checks = checked(
        runtime,
        f"http:{web},{QUICK},name=trusted,{places.ca}",
        f"http:{web},{QUICK},name=unknown",
        f"http:{web},{QUICK},name=insecure,insecure",
        f"http:{web},{QUICK},name=named,{places.ca},server-name=web.example.org",
        f"http:{web},{QUICK},name=misnamed,{places.ca},server-name=db.example.org",
        f"{ending},name=ending", f"{ending},name=ending-late,cert-days=3",
        f"{mutual},name=mutual,cert={pair.certificate},key={pair.key}", f"{mutual},name=anonymous",
        f"http:http://127.0.0.1:{places.tls}/health,{QUICK},name=plain-to-tls",
        f"http:https://127.0.0.1:{places.plain}/health,{QUICK},name=tls-to-plain",
    )
    for name in ("trusted", "insecure", "named", "ending-late", "mutual"):
        checks.wait_for(name, "healthy")
    for name in ("unknown", "misnamed", "tls-to-plain"):
        checks.wait_for(name, "unhealthy", "TLS: ")
    checks.wait_for("ending", "degraded", "its certificate is valid for 5 days only")
    # nginx refuses both in HTTP.
    for name in ("anonymous", "plain-to-tls"):
        checks.wait_for(name, "degraded", "it answers with 400")


def test_targets_that_misbehave_are_told_apart_and_recover(runtime):
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    with stopped_at_end(
        Misbehaving(b""), Misbehaving(None), Misbehaving(b"SSH-2.0-OpenSSH_9\r\n\r\n"), Misbehaving(answer[:30]),
        Resetting(), Overloaded(),
    ) as targets:
        silent, closing, garbage, half, resetting, overloaded = (target.port for target in targets)
        refusing = free_port()

        def both(port, name, *options):
            base = [f"127.0.0.1:{port}", QUICK, *options]
            return [
                ",".join([f"http:http://{base[0]}/", *base[1:], f"name=http-{name}"]),
                ",".join([f"grpc:{base[0]}", *base[1:], f"name=grpc-{name}"]),
                ",".join([f"grpc:{base[0]}", *base[1:], "watch", f"name=watch-{name}"]),
            ]

        names = {"silent": silent, "closing": closing, "garbage": garbage, "half": half, "resetting": resetting,
                 "refusing": refusing}
        checks = checked(
            runtime, f"tcp:127.0.0.1:{refusing},{QUICK},name=tcp-refusing",
            f"tcp:127.0.0.1:{overloaded},{QUICK},name=tcp-overloaded",
            *(check for name, port in names.items() for check in both(port, name)))
        for kind in ("http", "grpc", "watch"):
            checks.wait_for(f"{kind}-silent", "unhealthy", "timed out after")
            checks.wait_for(f"{kind}-closing", "unhealthy", "closed the connection")
            checks.wait_for(f"{kind}-garbage", "unhealthy", "HTTP")
            checks.wait_for(f"{kind}-half", "unhealthy")
            checks.wait_for(f"{kind}-resetting", "unhealthy")
            checks.wait_for(f"{kind}-refusing", "unhealthy", "refused")
        checks.wait_for("http-half", "unhealthy", "closed the connection within its response")
        checks.wait_for("tcp-refusing", "unhealthy", "refused")
        checks.wait_for("tcp-overloaded", "unhealthy", "timed out")
        for target in targets[:4]:
            target.answer = answer
        for name in ("silent", "closing", "garbage", "half"):
            checks.wait_for(f"http-{name}", "healthy")
        with health_servers.serve(health_servers.stock(), f"127.0.0.1:{refusing}"):
            for name in ("tcp-refusing", "grpc-refusing", "watch-refusing"):
                checks.wait_for(name, "healthy")


def test_a_grpc_server_is_asked_for_a_name_with_and_without_tls(runtime, places):
    key, certificate = places.server.bytes()
    authority = places.authority.file.read_bytes()
    credentials = grpc.ssl_server_credentials([(key, certificate)])
    mutual = grpc.ssl_server_credentials([(key, certificate)], authority, require_client_auth=True)
    with (
        health_servers.serve(health_servers.stock()) as plain,
        health_servers.serve(None) as bare,
        health_servers.serve(health_servers.stock(), credentials=credentials) as tls,
        health_servers.serve(health_servers.stock(), credentials=mutual) as strict,
        health_servers.serve(health_servers.Failing()) as failing,
    ):
        secure = f"grpc:grpcs://127.0.0.1:{tls}/up,{QUICK}"
        own = f"cert={places.client.certificate},key={places.client.key}"
        checks = checked(
            runtime,
            f"grpc:127.0.0.1:{plain},{QUICK},name=server", f"grpc:127.0.0.1:{plain}/up,{QUICK},name=up",
            f"grpc:127.0.0.1:{plain}/down,{QUICK},name=down", f"grpc:127.0.0.1:{plain}/other,{QUICK},name=other",
            f"grpc:127.0.0.1:{plain}/unsure,{QUICK},name=unsure", f"grpc:127.0.0.1:{bare},{QUICK},name=bare",
            f"grpc:127.0.0.1:{failing}/INTERNAL,{QUICK},name=failing",
            f"{secure},{places.ca},name=trusted", f"{secure},name=unknown", f"{secure},insecure,name=insecure",
            f"{secure},{places.ca},server-name=db.example.org,name=misnamed",
            f"{secure},{places.ca},watch,name=watched",
            f"grpc:grpcs://127.0.0.1:{strict},{QUICK},{places.ca},{own},name=mutual",
            f"grpc:grpcs://127.0.0.1:{strict},{QUICK},{places.ca},name=anonymous",
            f"grpc:grpcs://127.0.0.1:{plain},{QUICK},{places.ca},name=tls-to-plain",
            f"grpc:127.0.0.1:{tls},{QUICK},name=plain-to-tls",
        )
        for name in ("server", "up", "trusted", "insecure", "watched", "mutual"):
            checks.wait_for(name, "healthy")
        checks.wait_for("down", "unhealthy", '"down" is NOT_SERVING')
        checks.wait_for("unsure", "unhealthy", '"unsure" is UNKNOWN')
        checks.wait_for("other", "unhealthy", "does not know the health name")
        checks.wait_for("bare", "unhealthy", "it has no health service")
        checks.wait_for("failing", "unhealthy", "its health check failed with INTERNAL: because\\tof\\x1b[31m this")
        for name in ("unknown", "misnamed", "tls-to-plain"):
            checks.wait_for(name, "unhealthy", "TLS: ")
        for name in ("anonymous", "plain-to-tls"):
            checks.wait_for(name, "unhealthy")


# The runs of an hour later tell nothing in these tests: only Watch does.
RARE = "interval=1h,timeout=5s,detect-within=1s,watch"


class CheckOnly(health_servers.Recorder):
    """Has no Watch, and answers what is set."""

    status = SERVING

    def Check(self, request, context):
        return type(super().Check(request, context))(status=self.status)


def test_watch_tells_of_a_change_at_once_and_without_it_check_does(runtime):
    servicer, plain = health_servers.stock(), CheckOnly()
    with health_servers.serve(servicer) as port, health_servers.serve(plain) as other:
        checks = checked(
            runtime, f"grpc:127.0.0.1:{port}/up,{RARE},name=up", f"grpc:127.0.0.1:{port}/later,{RARE},name=later",
            f"grpc:127.0.0.1:{other},{QUICK},watch,name=old")
        for name in ("up", "old"):
            checks.wait_for(name, "healthy")
        checks.wait_for("later", "unhealthy", "does not know the health name")
        for _ in range(3):
            servicer.set("up", NOT_SERVING)
            checks.wait_for("up", "unhealthy", '"up" is NOT_SERVING')
            servicer.set("up", SERVING)
            checks.wait_for("up", "healthy")
        servicer.set("later", SERVING)
        checks.wait_for("later", "healthy")
        plain.status = NOT_SERVING
        checks.wait_for("old", "unhealthy", "the server is NOT_SERVING")
    for name in ("up", "later"):
        checks.wait_for(name, "unhealthy")


def test_our_own_runtime_is_watched_through_maintenance_a_stop_and_its_end(runtime, serving):
    address = serving.address
    checks = checked(
        runtime, f"grpc:{address}/readiness,{RARE},name=readiness", f"grpc:{address},{QUICK},watch,name=server",
        f"http:http://{address}/readyz,{QUICK},name=page,wrong-status=unhealthy", f"tcp:{address},{QUICK},name=port")
    names = ("readiness", "server", "page", "port")
    for name in names:
        checks.wait_for(name, "healthy")
    sockets = open_sockets(checks.server.process.pid)
    serving.toggle_maintenance()
    for name in names[:3]:
        checks.wait_for(name, "unhealthy")
    serving.toggle_maintenance()
    for name in names:
        checks.wait_for(name, "healthy")
    # The kernel still accepts for it; its connections are open, and nothing comes over them.
    serving.process.send_signal(signal.SIGSTOP)
    for name in ("server", "page"):
        checks.wait_for(name, "unhealthy", "timed out after")
    serving.process.send_signal(signal.SIGCONT)
    for name in ("server", "page", "port"):
        checks.wait_for(name, "healthy")
    poll(lambda: open_sockets(checks.server.process.pid) <= sockets, "no connection is left over")
    serving.stop()
    for name in names:
        checks.wait_for(name, "unhealthy")
    checks.wait_for("port", "unhealthy", "refused")
