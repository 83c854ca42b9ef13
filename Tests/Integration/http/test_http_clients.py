# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Pages of HTTP by the clients that people have: every version, with TLS and without."""

import contextlib
import http.client
import re
import subprocess

import grpc
import interop
import pytest
from certificates import Authority
from conftest import free_port, poll, stop_process
from interop import Empty, Stub

VERSIONS = ["--http1.0", "--http1.1", "--http2", "--http2-prior-knowledge"]


@pytest.fixture(scope="module")
def plain():
    with interop.process() as (address, _):
        yield address


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("http"), "Test CA")


@pytest.fixture(scope="module")
def secure(ca):
    pair = ca.issue("server", "IP:127.0.0.1")
    with interop.process(pair.certificate, pair.key) as (address, _):
        yield address


@contextlib.contextmanager
def running(command, log):
    """A process until the block ends; what it says is in `log`."""
    with open(log, "wb") as output:
        process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield
    finally:
        stop_process(process)


def run(*command):
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def curl(*arguments):
    """Status, version, and what was written before them."""
    output = run("curl", "-sS", "--max-time", "20", "-w", "\n%{http_code} %{http_version}", *arguments)
    text, _, end = output.rpartition("\n")
    status, version = end.split()
    return int(status), version, text


@pytest.mark.parametrize("version", VERSIONS)
def test_curl_gets_every_kind_of_answer(plain, version):
    spoken = {"--http1.0": "1", "--http1.1": "1.1", "--http2": "1.1", "--http2-prior-knowledge": "2"}[version]
    for path, expected in [("ok", "ok\n"), ("later?50", "later\n"), ("stream?3", "data: 1\n\ndata: 2\n\ndata: 3\n\n")]:
        status, seen, text = curl(version, f"http://{plain}/{path}")
        # A client of HTTP/1.0 is answered by a server that could more.
        assert (status, text) == (200, expected) and seen in (spoken, "1.1"), path
    assert len(curl(version, f"http://{plain}/large")[2]) == 1 << 20
    assert curl(version, f"http://{plain}/nowhere")[0] == 404


@pytest.mark.parametrize("flags, version", [
    (["--http1.0"], "1.1"), (["--http1.1"], "1.1"), (["--http2"], "2"), (["--no-alpn"], "1.1"),
    (["--no-alpn", "--tls-max", "1.2"], "1.1"), (["--http1.1", "--tls-max", "1.2"], "1.1"),
], ids=" ".join)
def test_curl_over_tls(secure, ca, flags, version):
    for path, expected in [("ok", "ok\n"), ("later?20", "later\n"), ("stream?2", "data: 1\n\ndata: 2\n\n")]:
        status, seen, text = curl(*flags, "--cacert", ca.file, f"https://{secure}/{path}")
        assert (status, seen, text) == (200, version, expected)
    assert len(curl(*flags, "--cacert", ca.file, f"https://{secure}/large")[2]) == 1 << 20


@pytest.mark.parametrize("version", VERSIONS)
def test_head_has_the_fields_of_get(plain, version):
    def fields(*arguments):
        _, _, text = curl(version, "-D", "-", "-o", "/dev/null", *arguments, f"http://{plain}/ok")
        return {line.lower() for line in text.splitlines()[1:] if line and not line.lower().startswith("date")}

    get = fields()
    assert fields("-I") == get
    assert {"content-length: 3", "cache-control: no-cache", "x-content-type-options: nosniff"} <= get


@pytest.mark.parametrize("version", VERSIONS)
def test_methods_that_a_path_is_not_for(plain, version):
    for path, method, allow in [("ok", "POST", "GET, HEAD"), ("echo", "DELETE", "GET, HEAD, POST"),
                                ("ok", "OPTIONS", "GET, HEAD"), ("echo", "PUT", "GET, HEAD, POST")]:
        status, _, text = curl(version, "-D", "-", "-X", method, "-d", "x", f"http://{plain}/{path}")
        assert status == 405 and f"allow: {allow}\n" in text.replace("\r", ""), (path, method)


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_bodies_of_requests(plain, version, tmp_path):
    file = tmp_path / "body"
    for size, status in [(0, 200), (10_000, 200), (65_536, 200), (65_537, 413), (300_000, 413)]:
        file.write_bytes(b"x" * size)
        for chunked in ([], ["-H", "Transfer-Encoding: chunked"]):
            if chunked and "2" in version:
                continue
            seen, _, text = curl(version, *chunked, "--data-binary", f"@{file}", f"http://{plain}/echo")
            assert seen == status, (size, chunked)
            assert status != 200 or text.endswith("\n\n" + "x" * size)
    # Where none belongs it is passed over, and the connection stays. (curl 7.88 loses a second such request of HTTP/2.)
    if "2" in version:
        assert curl(version, "-X", "GET", "-d", "abc", f"http://{plain}/ok")[2] == "ok\n"
        return
    texts = run("curl", "-sS", version, "-X", "GET", "-d", "abc", f"http://{plain}/ok", f"http://{plain}/ok")
    assert texts == "ok\nok\n"


def test_wget(plain, secure, ca):
    assert run("wget", "-q", "-O", "-", f"http://{plain}/ok") == "ok\n"
    assert len(run("wget", "-q", "-O", "-", f"http://{plain}/large")) == 1 << 20
    assert run("wget", "-q", "-O", "-", f"http://{plain}/stream?2") == "data: 1\n\ndata: 2\n\n"
    assert run("wget", "-q", "-O", "-", f"--ca-certificate={ca.file}", f"https://{secure}/ok") == "ok\n"


@pytest.mark.parametrize("flags", [["-k"], []], ids=["keep-alive", "one request a connection"])
def test_ab(plain, flags):
    count = 5000 if flags else 500
    text = run("ab", "-q", *flags, "-n", count, "-c", 10, f"http://{plain}/ok")
    assert f"Complete requests:      {count}\n" in text and "Failed requests:        0\n" in text, text
    assert "Non-2xx" not in text
    kept = re.search(r"Keep-Alive requests:\s+(\d+)", text)
    assert not flags or int(kept.group(1)) == count


@pytest.mark.parametrize("flags", [[], ["--h1"], ["-m", "10"], ["--h1", "-m", "10"]], ids=" ".join)
def test_h2load(plain, flags):
    text = run("h2load", "-n", 3000, "-c", 4, *flags, f"http://{plain}/ok")
    assert "3000 succeeded, 0 failed, 0 errored" in text and "3000 2xx" in text, text


class OneReader:
    """A socket for several responses of http.client, each of which would buffer what belongs to the next."""

    def __init__(self, socket):
        self.file = socket.makefile("rb")
        self.file.close, self.close = lambda: None, self.file.close

    def makefile(self, _):
        return self.file


def test_pipelining_of_http_client(plain):
    connection = http.client.HTTPConnection(plain, timeout=20)
    for _ in range(3):
        connection.request("GET", "/ok")
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"ok\n")
    paths = ["/ok", "/later?20", "/stream?2", "/ok"]
    connection.sock.sendall("".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n" for path in paths).encode())
    reader = OneReader(connection.sock)
    bodies = []
    for _ in paths:
        response = http.client.HTTPResponse(reader, method="GET")
        response.begin()
        bodies.append(response.read())
    assert bodies == [b"ok\n", b"later\n", b"data: 1\n\ndata: 2\n\n", b"ok\n"]
    reader.close()
    connection.close()


def test_calls_and_pages_share_a_port(plain, secure, ca):
    with grpc.insecure_channel(plain) as channel:
        for _ in range(3):
            assert Stub(channel).EmptyCall(Empty(), timeout=20) == Empty()
            assert curl("--http2-prior-knowledge", f"http://{plain}/ok")[2] == "ok\n"
            assert curl(f"http://{plain}/ok")[2] == "ok\n"
    with grpc.secure_channel(secure, grpc.ssl_channel_credentials(ca.file.read_bytes())) as channel:
        assert Stub(channel).EmptyCall(Empty(), timeout=20) == Empty()


def test_a_call_without_its_content_type(plain):
    path = "/grpc.testing.TestService/EmptyCall"
    assert curl("--http2-prior-knowledge", "-d", "", f"http://{plain}{path}")[0] == 415
    assert curl("--http2-prior-knowledge", f"http://{plain}{path}")[0] == 404


def test_http2_over_tls_needs_its_agreement(secure, ca):
    command = ["curl", "-sS", "--no-alpn", "--http2-prior-knowledge", "--cacert", ca.file, f"https://{secure}/ok"]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=30)
    assert result.returncode != 0 and result.stdout == ""


@contextlib.contextmanager
def nginx(folder, address):
    port = free_port()
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {folder}/pid; error_log stderr; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream pages {{ server {address}; keepalive 2; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://pages; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
    }}
    location /old/ {{ proxy_pass http://{address}/; }}
  }}
}}
""")
    with running(["/usr/sbin/nginx", "-c", folder / "nginx.conf", "-e", "stderr"], folder / "log"):
        poll(lambda: subprocess.run(["curl", "-s", f"http://127.0.0.1:{port}/ok"]).returncode == 0, "nginx")
        yield f"127.0.0.1:{port}"


def test_behind_nginx(plain, tmp_path):
    with nginx(tmp_path, plain) as front:
        for prefix in ["", "/old"]:
            for path, expected in [("ok", "ok\n"), ("later?20", "later\n"), ("stream?2", "data: 1\n\ndata: 2\n\n")]:
                assert curl(f"http://{front}{prefix}/{path}")[::2] == (200, expected)
            assert len(curl(f"http://{front}{prefix}/large")[2]) == 1 << 20
        assert curl("-d", "hello", f"http://{front}/echo")[2].endswith("\n\nhello")


def test_httpchk_of_haproxy(plain, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ha")
    port = free_port()
    (folder / "haproxy.cfg").write_text(f"""
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
listen pages
    bind 127.0.0.1:{port}
    option httpchk
    http-check send meth GET uri /ok ver HTTP/1.1 hdr Host x
    http-check expect string ok
    server one {plain} check inter 100ms
    server two {plain} check inter 100ms proto h2
    server three {plain} check inter 100ms disabled
""")
    with running(["/usr/sbin/haproxy", "-db", "-f", folder / "haproxy.cfg"], folder / "log"):
        front = f"http://127.0.0.1:{port}"
        poll(lambda: subprocess.run(["curl", "-sf", f"{front}/ok"], capture_output=True).returncode == 0, "HAProxy")
        for _ in range(6):
            assert curl(f"{front}/echo")[0] == 200
        assert curl(f"{front}/stream?2")[2] == "data: 1\n\ndata: 2\n\n"
    assert "DOWN" not in (folder / "log").read_text()
