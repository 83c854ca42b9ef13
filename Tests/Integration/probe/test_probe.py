# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The probe against real servers: exit code and first line for each verdict (probe-contract of upstream)."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import time

import health_servers
import pytest
from conftest import DIST, NOT_SERVING, free_port, stop_process

PROBE = DIST / "grpc_health_probe"
# More than the probe takes when all is well.
LONG_TIMEOUTS = ["-connect-timeout=20s", "-rpc-timeout=20s"]


def probe(*flags):
    """Runs the probe; gives the exit code and the lines of standard error. Standard output stays empty."""
    if not any("timeout" in flag for flag in flags):
        flags = LONG_TIMEOUTS + list(flags)
    result = subprocess.run(
        [PROBE, *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert result.stdout == ""
    return result.returncode, result.stderr.splitlines()


def verdict(*flags):
    """The exit code and the first line."""
    code, lines = probe(*flags)
    return code, lines[0].rstrip()


@pytest.fixture(scope="module")
def stock():
    with health_servers.serve(health_servers.stock()) as port:
        yield f"127.0.0.1:{port}"


RPC_FAILED = "error: health rpc failed: rpc error: code = "

BY_NAME = {
    "": (0, "status: SERVING"),
    "up": (0, "status: SERVING"),
    "down": (4, 'service unhealthy (responded with "NOT_SERVING")'),
    "unsure": (4, 'service unhealthy (responded with "UNKNOWN")'),
    "strange": (4, 'service unhealthy (responded with "SERVICE_UNKNOWN")'),
    "nobody": (3, f"{RPC_FAILED}NotFound desc ="),
}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_stock_grpcio_server(stock, name):
    assert verdict("-addr", stock, "-service", name) == BY_NAME[name]


def test_our_server(serving):
    address = f"-addr={serving.address}"
    for name in ["", "readiness", "liveness", "startup"]:
        assert verdict(address, f"-service={name}") == (0, "status: SERVING")
    assert verdict(address, "-service=nobody") == (3, f"{RPC_FAILED}NotFound desc = unknown service")
    serving.toggle_maintenance()
    serving.wait_for(NOT_SERVING)
    assert verdict(address) == (4, 'service unhealthy (responded with "NOT_SERVING")')
    assert verdict(address, "-service=liveness") == (0, "status: SERVING")


def test_a_server_without_health():
    with health_servers.serve(None) as port:
        text = "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): "
        assert verdict(f"-addr=127.0.0.1:{port}") == (3, text + "Method not found!")


CODES = {
    "CANCELLED": "Canceled",
    "UNKNOWN": "Unknown",
    "INVALID_ARGUMENT": "InvalidArgument",
    "ALREADY_EXISTS": "AlreadyExists",
    "PERMISSION_DENIED": "PermissionDenied",
    "RESOURCE_EXHAUSTED": "ResourceExhausted",
    "FAILED_PRECONDITION": "FailedPrecondition",
    "ABORTED": "Aborted",
    "OUT_OF_RANGE": "OutOfRange",
    "INTERNAL": "Internal",
    "UNAVAILABLE": "Unavailable",
    "DATA_LOSS": "DataLoss",
    "UNAUTHENTICATED": "Unauthenticated",
}


def test_every_status_code_has_its_name():
    with health_servers.serve(health_servers.Failing()) as port:
        for name, text in CODES.items():
            code, lines = probe(f"-addr=127.0.0.1:{port}", "-service", name)
            assert code == 3
            assert lines[0].startswith(f"{RPC_FAILED}{text} desc = because")
            # The server's control characters never reach the terminal raw.
            assert all(character.isprintable() for line in lines for character in line), lines
            assert "and ü" in lines[0]


def test_a_deadline_that_the_server_reports_is_a_timeout():
    with health_servers.serve(health_servers.Failing()) as port:
        line = "timeout: health rpc did not complete within 1s"
        flags = ["-connect-timeout=20s", "-service=DEADLINE_EXCEEDED"]
        assert verdict(f"-addr=127.0.0.1:{port}", *flags) == (3, line)


def test_a_slow_server():
    stuck = health_servers.Stuck()
    with health_servers.serve(stuck) as port:
        flags = (f"-addr=127.0.0.1:{port}", "-connect-timeout=20s", "-rpc-timeout", "200ms")
        assert verdict(*flags) == (3, "timeout: health rpc did not complete within 200ms")
        stuck.release.set()


NO_SERVER = {
    "silent": b"",
    "closes at once": None,
    "HTTP/1.1": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "a TLS alert": bytes.fromhex("15030100020246"),
    "an SSH server": b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    "random bytes": bytes(range(256)) * 8,
}


def timed_out(flags, address, within):
    """The probe gives up when the time for the connection is over: exit code 2, a line, and at most causes."""
    started = time.monotonic()
    code, lines = probe(*flags)
    took = time.monotonic() - started
    assert (code, lines[0]) == (2, f'timeout: failed to connect service "{address}" within {within}')
    assert all(line.startswith("cause: ") for line in lines[1:]), lines
    return took


@pytest.mark.parametrize("answer", NO_SERVER.values(), ids=NO_SERVER.keys())
def test_a_server_that_is_no_grpc_server(answer):
    with health_servers.talk(answer) as port:
        address = f"127.0.0.1:{port}"
        assert timed_out(["-addr", address, "-connect-timeout=300ms"], address, "300ms") < 10


def test_a_closed_port():
    address = f"127.0.0.1:{free_port()}"
    assert 0.2 < timed_out([f"-addr={address}", "-connect-timeout=250ms"], address, "250ms") < 10


@pytest.mark.parametrize("address", ["unix:/nonexistent/socket", "no-such-host.invalid:50051"])
def test_an_address_where_nothing_can_be(address):
    timed_out(["-addr", address, "-connect-timeout=0.3s"], address, "300ms")


def listener():
    """A listening socket whose accept() gives up when the probe does not come."""
    server = socket.create_server(("127.0.0.1", free_port()))
    server.settimeout(20)
    return server


@contextlib.contextmanager
def running_probe(port, *flags):
    command = [PROBE, f"-addr=127.0.0.1:{port}", "-connect-timeout=20s", "-rpc-timeout=20s", *flags]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        stop_process(process)


def test_a_server_that_comes_up_late_is_found():
    """First it closes a connection, then the port is closed for a moment, then it serves."""
    with contextlib.ExitStack() as stack:
        with listener() as late:
            port = late.getsockname()[1]
            process = stack.enter_context(running_probe(port))
            late.accept()[0].close()
        stack.enter_context(health_servers.serve(health_servers.stock(), f"127.0.0.1:{port}"))
        assert process.communicate(timeout=30)[1] == "status: SERVING\n"
        assert process.returncode == 0


ADDRESSES = {
    "IPv4": ("127.0.0.1:0", "127.0.0.1:{port}"),
    "IPv6": ("[::1]:0", "[::1]:{port}"),
    "port alone": ("127.0.0.1:0", ":{port}"),
    "port alone, IPv6": ("[::]:0", ":{port}"),
    "localhost": ("127.0.0.1:0", "localhost:{port}"),
    "dns": ("127.0.0.1:0", "dns:///localhost:{port}"),
    "dns, an address": ("127.0.0.1:0", "dns:///127.0.0.1:{port}"),
    "passthrough": ("127.0.0.1:0", "passthrough:///127.0.0.1:{port}"),
    "Unix": ("unix:{folder}/socket", "unix:{folder}/socket"),
    "Unix with slashes": ("unix:{folder}/socket", "unix://{folder}/socket"),
}


@pytest.mark.parametrize("listen, address", ADDRESSES.values(), ids=ADDRESSES.keys())
def test_every_form_of_address(tmp_path, listen, address):
    with health_servers.serve(health_servers.stock(), listen.format(folder=tmp_path)) as port:
        assert verdict("-addr", address.format(folder=tmp_path, port=port)) == (0, "status: SERVING")


def test_what_the_server_sees():
    recorder = health_servers.Recorder()
    with health_servers.serve(recorder) as port:
        flags = ["-rpc-header", "X-One:  1", "-rpc-header=x-two: a: b", "--user-agent", "mine"]
        assert probe(f"-addr=:{port}", "-service", "ü", "-rpc-timeout=1m", *flags)[0] == 0
    assert recorder.names == ["ü"]
    assert recorder.metadata["x-one"] == "1"
    assert recorder.metadata["x-two"] == "a: b"
    assert recorder.metadata["user-agent"].split()[0] == "mine"
    assert 30 < recorder.time_left < 60.1


def test_the_default_user_agent():
    recorder = health_servers.Recorder()
    with health_servers.serve(recorder) as port:
        assert probe("-addr", f":{port}")[0] == 0
    assert recorder.metadata["user-agent"].split()[0].startswith("grpc_health_probe")
    assert recorder.names == [""]


def test_verbose_tells_each_step(stock):
    code, lines = probe("-v", "-addr", stock, "-connect-timeout=1500ms", "-rpc-header=a: b")
    duration = r"[0-9.]+(ns|µs|ms|s)"
    expected = [
        r"parsed options:",
        rf"> addr={stock} conn_timeout=1\.5s rpc_timeout=1s",
        r"> headers: .*",
        r"> tls=false",
        r"> alts=false",
        r"> spiffe=false",
        r"establishing connection",
        rf"connection established \(took {duration}\)",
        rf"> address={stock}",
        rf"time elapsed: connect={duration} rpc={duration}",
        r"status: SERVING",
    ]
    assert code == 0
    assert len(lines) == len(expected), lines
    for line, pattern in zip(lines, expected):
        assert re.fullmatch(pattern, line), (line, pattern)


@pytest.mark.parametrize("number, name", [(signal.SIGTERM, "terminated"), (signal.SIGINT, "interrupt")])
def test_a_signal_while_connecting(number, name):
    with listener() as silent, running_probe(silent.getsockname()[1]) as process:
        with silent.accept()[0]:
            process.send_signal(number)
            lines = process.communicate(timeout=20)[1].splitlines()
    assert lines[0] == f"cancellation received (signal: {name})"
    assert process.returncode == 2


def test_a_signal_while_the_server_thinks():
    stuck = health_servers.Stuck()
    with health_servers.serve(stuck) as port, running_probe(port, "-v") as process:
        assert stuck.asked.wait(20)
        # The request goes out before the server's SETTINGS are read, which is what a connection takes.
        assert any(line.startswith("connection established") for line in iter(process.stderr.readline, ""))
        process.terminate()
        lines = process.communicate(timeout=20)[1].splitlines()
        stuck.release.set()
    assert lines[0] == "cancellation received (signal: terminated)"
    assert process.returncode == 3


def test_the_reason_of_a_status_is_told_to_those_that_the_operator_names(runtime):
    """An exec probe of this machine's, by -v and -json."""
    for audience, word in [("none", None), ("loopback", "maintenance"), ("all", "maintenance")]:
        server = runtime("--reason-codes", audience)
        server.toggle_maintenance()
        server.wait_for(NOT_SERVING)
        code, lines = probe(f"-addr={server.address}", "-v")
        assert code == 4 and (f"reason of the server: {word}" in lines) == (word is not None), lines
        flags = [PROBE, f"-addr={server.address}", "-json", "-services=readiness,liveness", *LONG_TIMEOUTS]
        result = json.loads(subprocess.run(flags, capture_output=True, timeout=60).stdout)
        assert result["reason"] == word
        assert [one["reason"] for one in result["services"]] == [word, None]
        server.stop()
