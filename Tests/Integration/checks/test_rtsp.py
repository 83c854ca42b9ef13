# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks of the kind rtsp, against GStreamer's server and against one that misbehaves."""

import pathlib
import ssl
import subprocess

import pytest
from certificates import Authority
from checked import checked, process
from conftest import poll
from rtsp_peer import LOGIN, RTSPPeer

SCRIPT = pathlib.Path(__file__).parent.parent / "support" / "rtsp_server.py"
# A run each moment, whose first result decides.
FAST = "interval=100ms,timeout=3s,fall=1,rise=1,measure=200ms,no-frame=400ms"


class Streams:
    """GStreamer's server."""

    def __init__(self, server):
        self.server = server
        self.port, self.protected = map(int, server.stdout.readline().split())

    def tell(self, command):
        self.server.stdin.write(command + "\n")
        self.server.stdin.flush()
        return self.server.stdout.readline().strip()


@pytest.fixture(scope="module")
def streams():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with process("/usr/bin/python3", SCRIPT, **pipes) as server:
        yield Streams(server)


@pytest.fixture
def peer():
    peer = RTSPPeer()
    yield peer
    peer.stop()


def check(port, *options, user="", path="camera", scheme="rtsp"):
    return ",".join([f"rtsp:{scheme}://{user}127.0.0.1:{port}/{path}", FAST, *options])


def test_a_stream_is_healthy_slow_and_stops_and_comes_back(runtime, streams):
    checks = checked(runtime, check(streams.port, "critical", "fps=30"))
    checks.wait_for("rtsp", "healthy")
    streams.tell("rate 10/1")
    checks.wait_for("rtsp", "degraded", "10 frames a second, fewer than 30")
    streams.tell("rate 1/60")
    checks.wait_for("rtsp", "unhealthy", "one frame came, then none for 0.4 s")
    streams.tell("rate 50/1")
    checks.wait_for("rtsp", "healthy")
    # This server keeps the session of a connection that was only closed for a minute.
    poll(lambda: streams.tell("sessions") == "0", "each session has ended")


def test_a_stream_that_stops_while_it_is_measured_is_told(runtime, streams):
    checks = checked(runtime, check(streams.port).replace("measure=200ms", "measure=900ms"))
    checks.wait_for("rtsp", "healthy")

    def found():
        streams.tell("stop")
        return "then none for 0.4 s" in checks.result("rtsp")[1]

    poll(found, "it is found")
    checks.wait_for("rtsp", "healthy")


def test_users_and_streams_are_told_apart(runtime, streams, tmp_path):
    password = tmp_path / "password"
    password.write_text("canary-password\n")
    port = streams.protected
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"""
checks:
  - kind: rtsp
    name: file
    target: rtsp://viewer@127.0.0.1:{port}/camera
    password-file: {password}
    fps: 20
    interval: 100ms
    timeout: 3s
""")
    checks = checked(
        runtime,
        check(port, "name=url", user="viewer:canary-password@"),
        check(port, "name=wrong", user="viewer:other-canary@"),
        check(port, "name=without"),
        check(streams.port, "name=missing", path="none"),
        check(streams.port, "name=audio", "track=audio"),
    )
    checks.wait_for("url", "healthy")
    checked(runtime, flags=("--config", settings)).wait_for("file", "healthy")
    checks.wait_for("wrong", "unhealthy", "refuses the user or the password (not asked again for 60 s)")
    checks.wait_for("without", "unhealthy", "wants a user and a password")
    checks.wait_for("missing", "unhealthy", "has no such stream (404)")
    checks.wait_for("audio", "unhealthy", "has no such track: it has video")
    assert "canary" not in checks.server.log.read_text()


def test_each_kind_of_trouble_has_its_cause(runtime, peer):
    checks = checked(runtime, check(peer.port, "fps=40"))
    checks.wait_for("rtsp", "healthy")
    for trouble, normal, status, cause in [
        ({"loses": 10}, {"loses": 0}, "degraded", "packets are lost, more than 1 %"),
        ({"frames": 0}, {"frames": None}, "unhealthy", "the session is open, and the stream is still"),
        ({"frames": 1}, {"frames": None}, "unhealthy", "one frame came, then none"),
        ({"statuses": {"PLAY": 454}}, {"statuses": {}}, "unhealthy", "has lost the session (454)"),
        ({"statuses": {"SETUP": 461}}, {"statuses": {}}, "unhealthy", "does not send over TCP (461)"),
        ({"statuses": {"DESCRIBE": 503}}, {"statuses": {}}, "unhealthy", "cannot serve the stream now (503)"),
        ({"statuses": {"DESCRIBE": 500}}, {"statuses": {}}, "unhealthy", "answers DESCRIBE with 500"),
        ({"closes": "PLAY"}, {"closes": None}, "unhealthy", "closed the connection instead of answering PLAY"),
        ({"closes": "OPTIONS"}, {"closes": None}, "unhealthy", "closed the connection without an answer"),
        ({"answer": b"HTTP/1.1 400 Bad\r\n\r\n"}, {"answer": None}, "unhealthy", "does not speak RTSP"),
        ({"answer": b"\x00\x01"}, {"answer": None}, "unhealthy", "does not speak RTSP"),
    ]:
        vars(peer).update(trouble)
        checks.wait_for("rtsp", status, cause)
        vars(peer).update(normal)
    checks.wait_for("rtsp", "healthy")
    assert peer.teardowns > 0
    port = peer.port
    peer.stop()
    checks.wait_for("rtsp", "unhealthy", "refused")
    back = RTSPPeer(port)
    checks.wait_for("rtsp", "healthy")
    checks.server.stop()
    poll(lambda: back.open == 0, "no connection is left")
    back.stop()


def test_a_server_that_hangs_and_basic_logins(runtime, peer):
    peer.login = LOGIN
    peer.silent = "SETUP"
    target = f"rtsp:rtsp://viewer:canary-password@127.0.0.1:{peer.port}/camera"
    checks = checked(runtime, f"{target},timeout=600ms,interval=100ms,fall=1,rise=1")
    checks.wait_for("rtsp", "unhealthy", "does not answer SETUP: gave up after 0.5")
    peer.silent = None
    checks.wait_for("rtsp", "healthy")


def test_a_stream_over_tls_is_verified(runtime, tmp_path):
    authority = Authority(tmp_path, "ca")
    pair = authority.issue("server", "IP:127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    peer = RTSPPeer(context=context)
    checks = checked(
        runtime, check(peer.port, "name=trusted", f"ca={authority.file}", scheme="rtsps"),
        check(peer.port, "name=unknown", scheme="rtsps"))
    checks.wait_for("trusted", "healthy")
    checks.wait_for("unknown", "unhealthy", "TLS: ")
    peer.stop()
