# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The table of what the probe says about each peer: exit code, first line (byte for byte) and cause."""

import contextlib
import json
import re
import socket
import subprocess

import pytest
from conftest import DIST, has_waited_in_vain
from peers import PEERS, bare, scripted, servers  # noqa: F401 (each adds its peers)

PROBE = DIST / "grpc_health_probe"

UP = "status: SERVING"
# More than the test waits: a probe that waits until its time is over, although it knows the answer, fails.
LONG_TIMEOUTS = ["-connect-timeout=10m", "-rpc-timeout=10m"]
FAST = "-connect-timeout=200ms"
QUICK = "-rpc-timeout=200ms"
NOT_CONNECTED = 'timeout: failed to connect service "{address}" within 200ms'
RPC_LATE = "timeout: health rpc did not complete within 200ms"
NO_HEALTH = "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): "


def unhealthy(status):
    return f'service unhealthy (responded with "{status}")'


def failed(code, text):
    return f"error: health rpc failed: rpc error: code = {code} desc = {text}"


UNKNOWN_NAME = failed("NotFound", "unknown service")
STOCK_NOT_FOUND = failed("NotFound", "")
UNLISTED = r"gRPC: .*does not list .*-service.*"

# Peer, flags, exit code, first line, pattern of the cause (None: there is none).
SCENARIOS = [
    # Health as grpcio-health-checking serves it.
    ("grpcio", "", 0, UP, None),
    ("grpcio", "-service=up", 0, UP, None),
    ("grpcio", "-service=down", 4, unhealthy("NOT_SERVING"), None),
    ("grpcio", "-service=unsure", 4, unhealthy("UNKNOWN"), None),
    ("grpcio", "-service=strange", 4, unhealthy("SERVICE_UNKNOWN"), None),
    ("grpcio", "-service=nobody", 3, STOCK_NOT_FOUND, UNLISTED),
    ("grpcio", "-gzip -service=up", 0, UP, None),
    ("grpcio", "-gzip", 0, UP, None),
    ("grpcio", "-gzip -service=down", 4, unhealthy("NOT_SERVING"), None),
    ("grpcio", "-watch -service=up", 0, UP, None),
    ("grpcio", f"-watch -service=down {QUICK}", 4, unhealthy("NOT_SERVING"), None),
    ("grpcio", f"-watch -service=nobody {QUICK}", 4, unhealthy("SERVICE_UNKNOWN"), None),
    ("grpcio", "-services=up,", 0, UP, r'services: "up" is SERVING, "" is SERVING'),
    ("grpcio", "-services=up,down", 4, unhealthy("NOT_SERVING"), r'.*"down" decides, "up" is SERVING.*'),
    ("grpcio", "-services=nobody,down", 3, STOCK_NOT_FOUND, r'.*"nobody" decides, .*"down" is NOT_SERVING.*'),
    ("grpcio", "-list", 3, failed("Unimplemented", "Method not implemented!"), r"gRPC: .*without List.*"),
    ("grpcio", "-exit-profile=docker -service=up", 0, UP, None),
    ("grpcio", "-exit-profile=docker -service=down", 1, unhealthy("NOT_SERVING"), None),
    ("grpcio", "-exit-profile docker -service=nobody", 1, STOCK_NOT_FOUND, UNLISTED),
    # Our server, alone and behind nginx.
    ("ours", "", 0, UP, None),
    ("ours", "-service=readiness -gzip", 0, UP, None),
    ("ours", "-watch", 0, UP, None),
    ("ours", "-services=,liveness,startup -gzip", 0, UP, r'services: "" is SERVING, .*'),
    ("ours", "-service=nobody", 3, UNKNOWN_NAME, r'gRPC: .* it has "", "liveness", .*"readiness".*: use -service.*'),
    ("ours", "-service=nobody -gzip", 3, UNKNOWN_NAME, r'.* it has "", "liveness".*'),
    ("nginx before ours", "", 0, UP, None),
    ("nginx before ours", "-gzip -service=liveness", 0, UP, None),
    ("nginx before ours", "-service=nobody", 3, UNKNOWN_NAME, r'gRPC: .* it has "", "liveness".*'),
    (
        "nginx before nothing", "", 3,
        failed("Unavailable", "unexpected HTTP status code received from server: 502"),
        r"HTTP: .*502.*: a proxy answered, and the server behind it cannot be reached",
    ),
    # What a server with a List says about names.
    ("lists", "-service=nobody", 3, UNKNOWN_NAME, r'gRPC: .* it has "", "a\\x1b\[31m", "b": use -service with one'),
    ("lists no whole", "", 3, UNKNOWN_NAME, r'gRPC: .* it has "a": .*'),
    ("lists nothing", "", 3, UNKNOWN_NAME, r"gRPC: .*no name at all.*"),
    ("lists too much", "", 3, UNKNOWN_NAME, r"gRPC: .* and more \(500 in all\).*"),
    ("lists too late", f"-service=nobody {QUICK}", 3, UNKNOWN_NAME, UNLISTED),
    # Servers without the service, and servers that fail in it.
    ("no health", "", 3, NO_HEALTH + "Method not found!", r"gRPC: .*no health service: add .*"),
    ("no health", "-watch", 3, NO_HEALTH + "Method not found!", r"gRPC: .*no health service: add .*"),
    ("no health", "-list", 3, NO_HEALTH + "Method not found!", r"gRPC: .*no health service: add .*"),
    ("reflection only", "", 3, NO_HEALTH + "Method not found!", r"gRPC: .*no health service: add .*"),
    ("failing", "-service=UNAUTHENTICATED", 3, failed("Unauthenticated", "because.*"), r"gRPC: .*-rpc-header"),
    ("failing", "-service=PERMISSION_DENIED", 3, failed("PermissionDenied", "because.*"), r"gRPC: .*-rpc-header"),
    ("failing", "-service=UNAVAILABLE", 3, failed("Unavailable", "because.*"), r"gRPC: .*unavailable now.*"),
    ("failing", "-service=INTERNAL", 3, failed("Internal", "because.*"), r"gRPC: .*see its log"),
    ("failing", "-service=RESOURCE_EXHAUSTED", 3, failed("ResourceExhausted", "because.*"), r"gRPC: .*limit.*"),
    ("failing", "-service=UNIMPLEMENTED", 3, NO_HEALTH + "because.*", r"gRPC: .*no health service.*"),
    ("failing", f"-service=DEADLINE_EXCEEDED {QUICK}", 3, RPC_LATE, r"gRPC: .*longer -rpc-timeout"),
    ("slow", "-rpc-timeout=5s", 0, UP, None),
    ("slow", "-watch -rpc-timeout=5s", 0, UP, None),
    ("slow", "-watch -rpc-timeout=500ms", 4, unhealthy("NOT_SERVING"), None),
    ("stuck", QUICK, 3, RPC_LATE, r"gRPC: .*did not answer within [0-9ms]+: .*longer -rpc-timeout"),
    ("stuck", f"{QUICK} -exit-profile=docker", 1, RPC_LATE, r"gRPC: .*"),
    ("stuck", f"{QUICK} -services=a,b", 3, RPC_LATE, r'gRPC: .*"a" decides.*'),
    ("a Watch that fails", "-watch", 3, failed("Internal", "the end"), r"gRPC: .*see its log"),
    ("dies while it is asked", "", 3, failed("Unavailable", "error reading from server: EOF"), r"HTTP/2: .*middle.*"),
    # No connection.
    ("a closed port", FAST, 2, NOT_CONNECTED, r"connect: 127\.0\.0\.1:\d+ refused .*nothing listens.*"),
    ("a closed port", f"{FAST} -exit-profile=docker", 1, NOT_CONNECTED, r"connect: .*"),
    ("a full backlog", FAST, 2, NOT_CONNECTED, r"connect: .*backlog is full: the server is stuck.*"),
    ("a full Unix backlog", FAST, 2, NOT_CONNECTED, r"connect: unix:.*backlog is full: the server is stuck.*"),
    ("a Unix socket with nobody behind it", FAST, 2, NOT_CONNECTED, r"connect: unix:.* refused the connection.*"),
    ("silent", FAST, 2, NOT_CONNECTED, r"HTTP/2: connected, but .* no SETTINGS: .*-tls.*"),
    ("hangs up", FAST, 2, NOT_CONNECTED, r"HTTP/2: .*closed the connection before its SETTINGS.*-tls.*"),
    ("HTTP/1.1", FAST, 2, NOT_CONNECTED, r"HTTP/2: .*HTTP/1.1: this is not a gRPC port.*"),
    ("HTTPS", FAST, 2, NOT_CONNECTED, r"HTTP/2: the server speaks TLS: use -tls"),
    ("a web server", FAST, 2, NOT_CONNECTED, r"HTTP/2: the server (answered with HTTP/1.1|speaks something else).*"),
    ("a TLS server", FAST, 2, NOT_CONNECTED, r"HTTP/2: .*-tls.*"),
    ("a TLS alert", FAST, 2, NOT_CONNECTED, r"HTTP/2: the server speaks TLS: use -tls"),
    ("SSH", FAST, 2, NOT_CONNECTED, r'HTTP/2: .*something else .*"SSH-2\.0-OpenSSH.*gRPC port'),
    ("random bytes", FAST, 2, NOT_CONNECTED, r"HTTP/2: .*something else.*"),
    ("a terminal's nightmare", FAST, 2, NOT_CONNECTED, r'HTTP/2: .*it began with "\\x1b\[2J.*'),
    ("an answer before SETTINGS", FAST, 2, NOT_CONNECTED, r"HTTP/2: .*something else.*"),
    # HTTP/2 servers that are no good gRPC servers.
    ("nghttpd", "", 3, NO_HEALTH + "unexpected HTTP status code received from server: 404", r"HTTP: .*404.*"),
    (
        "nghttpd that echoes", "", 3,
        failed("Unknown", "unexpected content-type received from server: none"), r"gRPC: .*content-type none.*",
    ),
    (
        "HTTP 200, HTML", "", 3,
        failed("Unknown", "unexpected content-type received from server: text/html"),
        r"gRPC: .*content-type text/html .*this is a web server.*",
    ),
    (
        "no content-type", "", 3,
        failed("Unknown", "unexpected content-type received from server: none"), r"gRPC: .*content-type none.*",
    ),
    *[
        (
            f"HTTP {status}", "", 3,
            (NO_HEALTH if status == 404 else failed(code, ""))
            + f"unexpected HTTP status code received from server: {status}",
            rf"HTTP: .*{status} .*",
        )
        for status, code in {
            301: "Unknown", 401: "Unauthenticated", 404: "Unimplemented", 429: "Unavailable",
            431: "Unknown", 500: "Unknown", 503: "Unavailable",
        }.items()
    ],
    (
        "GOAWAY, shutting down", "", 3,
        failed("Unavailable", "stream terminated by RST_STREAM with error code: REFUSED_STREAM"),
        r'HTTP/2: .*GOAWAY \(NO_ERROR, "the server is shutting down"\): it is shutting down.*',
    ),
    (
        "GOAWAY, calm", "", 3,
        failed("Unavailable", ".*"),
        r'HTTP/2: .*GOAWAY \(ENHANCE_YOUR_CALM, "too_many_pings\\x1b\[2J"\): it did not like.*',
    ),
    ("GOAWAY, then an answer", "", 0, UP, None),
    *[
        (
            f"RST_STREAM {number}", "", 3,
            failed(code, f"stream terminated by RST_STREAM with error code: {name}"),
            rf"HTTP/2: .*RST_STREAM \({name}\): .*",
        )
        for number, code, name in [
            (2, "Internal", "INTERNAL_ERROR"), (8, "Canceled", "CANCEL"), (11, "ResourceExhausted", "ENHANCE_YOUR_CALM"),
        ]
    ],
    (
        "no trailers", "", 3, failed("Internal", "server closed the stream without sending trailers"),
        r"gRPC: .*no trailers.*proxy.*",
    ),
    (
        "trailers without a status", "", 3, failed("Unknown", "server ended the call without a grpc-status"),
        r"gRPC: .*no trailers with a grpc-status.*",
    ),
    ("a malformed status", "", 3, failed("Unknown", "server sent a malformed grpc-status"), r"gRPC: .*be read.*"),
    ("an unknown status", "", 3, failed("Code(99)", "odd"), r"gRPC: .*see its log"),
    ("a bad flag byte", "", 3, failed("Internal", ".*flag byte 7"), r"gRPC: .*cannot be read \(.*flag byte 7\).*"),
    ("half a message", "", 3, failed("Internal", "the response ends within a message"), r"gRPC: .*be read.*"),
    ("an endless message", "", 3, failed("ResourceExhausted", "message larger than max .*"), r"gRPC: .*be read.*"),
    ("bad protobuf", "", 3, failed("Internal", ".*not valid protobuf"), r"gRPC: .*cannot be read.*"),
    ("two messages", "", 3, failed("Internal", "the server sent 2 messages .*"), r"gRPC: .*cannot be read.*"),
    ("no message", "", 3, failed("Internal", "the server sent 0 messages .*"), r"gRPC: .*cannot be read.*"),
    ("a status without a name", "", 4, unhealthy("42"), None),
    ("gzip", "-gzip", 0, UP, None),
    ("gzip", "", 3, failed("Internal", ".*grpc-encoding that was not offered"), r"gRPC: .*cannot be read.*"),
    ("gzip, but plain", "-gzip", 0, UP, None),
    ("gzip unannounced", "", 3, failed("Internal", ".*no grpc-encoding was agreed"), r"gRPC: .*cannot be read.*"),
    ("broken gzip", "-gzip", 3, failed("Internal", ".*not valid gzip"), r"gRPC: .*cannot be read.*"),
    ("no gzip at all", "-gzip", 3, failed("Internal", ".*not valid gzip"), r"gRPC: .*cannot be read.*"),
    (
        "a gzip bomb", "-gzip", 3, failed("ResourceExhausted", "a message decompresses to more than 1024 bytes"),
        r"gRPC: .*cannot be read.*",
    ),
    ("snappy", "-gzip", 3, failed("Internal", ".*grpc-encoding that was not offered"), r"gRPC: .*cannot be read.*"),
    ("says nothing", QUICK, 3, RPC_LATE, r"gRPC: .*longer -rpc-timeout"),
    ("headers, then nothing", QUICK, 3, RPC_LATE, r"gRPC: .*longer -rpc-timeout"),
    ("hangs up when asked", "", 3, failed("Unavailable", "error reading from server: EOF"), r"HTTP/2: .*middle.*"),
    *[
        (
            name, "", 3, failed("Unavailable", "error reading from server: the server broke the protocol (.*)"),
            r"HTTP/2: the server broke the protocol \(" + rule + r"\)",
        )
        for name, rule in {
            "breaks HTTP/2": "DATA: stream_id == 0", "bad HPACK": "header block: it cannot be decoded",
            "an oversized frame": ".*frame.*", "a frame of 16 MiB": ".*frame.*", "a window of 0": "WINDOW_UPDATE: .*",
            "a frame within a header block": ".*",
        }.items()
    ],
    *[
        (name, "", 3, failed("Internal", "the answer breaks HTTP/2: .*"), rf"HTTP/2: the answer is malformed \({rule}\): .*")
        for name, rule in {
            **{name: ".*" for name in scripted.MALFORMED_FIELDS},
            "two :status": ".*", "a late :status": ".*", "a NUL in the trailers": ".*",
            "a pseudo-header in the trailers": ".*",
            "no :status": "no :status, .*", "a long content-length": ".* not as long as its content-length says.*",
            "a short content-length": ".* not as long as its content-length says.*",
            "trailers that end nothing": ".* trailers that do not end the stream",
            "a connection field": r".*connection.*close.*",
        }.items()
    ],
    ("a space at an end", "", 0, UP, None),
    ("two statuses", "", 3, failed("Unknown", ".*contradict each other"), r"gRPC: .*be read.*"),
    ("two statuses that agree", "", 0, UP, None),
    ("an early status", "", 3, failed("Unknown", ".*contradict each other"), r"gRPC: .*be read.*"),
    ("refuses once", "", 0, UP, None),
    (
        "refuses twice", "", 3,
        failed("Unavailable", "stream terminated by RST_STREAM with error code: REFUSED_STREAM"),
        r"HTTP/2: .*RST_STREAM \(REFUSED_STREAM\): .*",
    ),
    ("refuses all but one", "-services=a,b", 0, UP, 'services: "a" is SERVING, "b" is SERVING'),
    ("cancels at its deadline", "-rpc-timeout=1s", 3, RPC_LATE.replace("200ms", "1s"), r"gRPC: .*did not answer.*"),
    ("is cancelled at its deadline", "-rpc-timeout=1s", 3, RPC_LATE.replace("200ms", "1s"), r"gRPC: .*answer.*"),
    ("has news, and cancels", "-watch -rpc-timeout=1s", 4, unhealthy("NOT_SERVING"), None),
    ("no gzip", "-gzip", 3, NO_HEALTH + "no gzip here", r"gRPC: .*does not take gzip: probe without -gzip"),
    ("no gzip, no health", "-gzip", 3, NO_HEALTH + "no gzip here", r"gRPC: .*no health service: add .*"),
    ("no gzip, no List", "-gzip -list", 3, failed("Unimplemented", "no gzip here"), r"gRPC: .*without List.*"),
    ("no List", "-list", 3, failed("Unimplemented", "no List"), r"gRPC: .*without List, an old one.*"),
    ("no Watch", "-watch", 3, failed("Unimplemented", "no Watch"), r"gRPC: .*without Watch: probe without -watch"),
    ("grpcio", "-service='readiness'", 3, STOCK_NOT_FOUND, r"""gRPC: .*the name "'readiness'" \(the quotes .*"""),
    ("an interim answer", "", 0, UP, None),
    ("a long text", "", 3, failed("Internal", ".*") + r" [cut]", r"gRPC: .*see its log"),
]

# A malformed address; no resolver is asked.
ADDRESSES = [
    ("localhost", r"the address has no port: use host:port"),
    ("localhost:http", r"the address has a bad port .*"),
    ("::1:80", r"the address has too many colons: use brackets.*"),
    ("http://localhost:80", r"the address has an unknown scheme .*"),
    ("unix:", r"the address has no path: use unix:PATH"),
    ("unix:/nonexistent/socket", r"connect: unix:/nonexistent/socket does not exist: .*"),
    ("unix:/" + "x" * 200, r"connect: unix:.*: File name too long"),
    ("no-such-host.invalid:1", r"resolve: .*no-such-host\.invalid.*"),
]


def run(*flags):
    result = subprocess.run([PROBE, *flags], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert len(result.stderr) <= 4096
    errors = result.stderr.decode()
    assert all(c.isprintable() or c == "\n" for c in errors), errors
    return result.returncode, result.stdout.decode(), errors.splitlines()


@pytest.fixture(scope="module")
def address_of():
    """Gives a peer's address; each is started once, when it is first wanted."""
    addresses = {}
    with contextlib.ExitStack() as stack:

        def find(name):
            if name not in addresses:
                addresses[name] = stack.enter_context(PEERS[name]())
            return addresses[name]

        yield find


def matches(line, expected):
    """Equal, except that `.*` stands for anything."""
    return re.fullmatch(".*".join(re.escape(part) for part in expected.split(".*")), line)


@pytest.mark.parametrize("peer, flags, code, first, cause", SCENARIOS, ids=lambda value: str(value)[:40])
def test_scenario(address_of, peer, flags, code, first, cause):
    address = address_of(peer)
    # A busy machine is given more of the time that the scenario limits.
    for time in ("200ms", "2s", "20s"):
        flags, first = flags.replace("200ms", time), first.replace("200ms", time)
        status, output, lines = run(f"-addr={address}", *LONG_TIMEOUTS, *flags.split())
        if status == code and is_cause(lines[1:], cause) or not has_waited_in_vain(lines):
            break
    assert (status, output) == (code, ""), lines
    assert matches(lines[0].rstrip(), first.format(address=address).rstrip()), lines
    assert is_cause(lines[1:], cause), lines


def check_cause(lines, cause):
    assert is_cause(lines, cause), lines


def is_cause(lines, cause):
    """These are all the lines of the cause."""
    if cause is None:
        return lines == []
    prefix = "" if cause.startswith("services: ") else "cause: "
    return len(lines) == 1 and re.fullmatch(prefix + cause, lines[0])


@pytest.mark.parametrize("address, cause", ADDRESSES)
def test_an_address_that_leads_nowhere(address, cause):
    status, output, lines = run("-addr", address, FAST)
    assert (status, output, lines[0]) == (2, "", NOT_CONNECTED.format(address=address))
    check_cause(lines[1:], cause)


def test_the_table_is_as_large_as_it_should_be():
    assert len(SCENARIOS) + len(ADDRESSES) >= 80


def test_alts_says_where_it_works_at_once():
    status, output, lines = run("-addr=localhost:1", "-alts", "-connect-timeout=1m")
    assert (status, output) == (2, "")
    assert lines[0] == 'timeout: failed to connect service "localhost:1" within 1m0s'
    check_cause(lines[1:], r"ALTS: it only works on Google Cloud.*")


def test_list_prints_names_and_statuses(address_of):
    output = 'SERVING ""\nSERVING "a\\x1b[31m"\nNOT_SERVING "b"\n'
    assert run("-addr", address_of("lists"), "-list") == (0, output, [UP])
    code, output, lines = run("-addr", address_of("lists, not serving"), "-list")
    assert (code, output) == (4, 'NOT_SERVING ""\nSERVING "a"\n')
    assert lines == [unhealthy("NOT_SERVING")]
    code, output, lines = run("-addr", address_of("lists no whole"), "-list")
    assert (code, output, lines) == (4, 'SERVING "a"\n', [unhealthy("SERVICE_UNKNOWN")])
    code, output, lines = run("-addr", address_of("ours"), "-list", "-gzip")
    assert (code, lines) == (0, [UP])
    assert 'SERVING "liveness"' in output.splitlines()


def json_of(*flags):
    code, output, lines = run("-json", *flags)
    value = json.loads(output)
    assert output.count("\n") == 1 and value["code"]["exit"] == code and value["message"] == lines[0]
    assert set(value["phases"]) == {"resolve_us", "connect_us", "handshake_us", "rpc_us"}
    assert all(isinstance(time, int) and time >= 0 for time in value["phases"].values())
    cause = value["cause"]
    assert lines[1:] == ([] if cause is None else [f"cause: {cause}"])
    return value


def test_json(address_of):
    value = json_of("-addr", address_of("grpcio"))
    assert (value["status"], value["code"], value["cause"]) == ("SERVING", {"exit": 0, "grpc": "OK"}, None)
    assert value["phases"]["rpc_us"] > 0
    value = json_of("-addr", address_of("grpcio"), "-service=nobody", "-exit-profile=docker")
    assert (value["status"], value["code"]) == (None, {"exit": 1, "grpc": "NotFound"})
    value = json_of("-addr", address_of("a closed port"), FAST)
    assert (value["status"], value["code"]) == (None, {"exit": 2, "grpc": None})
    assert value["cause"].startswith("connect: ") and value["phases"]["connect_us"] >= 100_000
    value = json_of("-addr", address_of("stuck"), QUICK)
    assert value["code"]["grpc"] == "DeadlineExceeded"
    # The server counts, too, and from the request on, which goes out before the handshake is over.
    assert value["phases"]["handshake_us"] + value["phases"]["rpc_us"] >= 200_000


def test_json_of_several_names(address_of):
    value = json_of("-addr", address_of("grpcio"), "-services=up,down,nobody")
    assert [(one["service"], one["status"], one["grpc"]) for one in value["services"]] == [
        ("up", "SERVING", "OK"), ("down", "NOT_SERVING", "OK"), ("nobody", None, "NotFound"),
    ]
    value = json_of("-addr", address_of("lists"), "-list")
    assert [one["service"] for one in value["services"]] == ["", "a\x1b[31m", "b"]


def test_a_signal_with_json_leaves_an_object():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        flags = [f"-addr=127.0.0.1:{listener.getsockname()[1]}", "-connect-timeout=20s", "-exit-profile=docker"]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen([PROBE, "-json", *flags], text=True, **streams) as process:
            with listener.accept()[0]:
                process.terminate()
                output, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (1, "cancellation received (signal: terminated)\n")
    assert json.loads(output)["cause"] == errors.strip()
