# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Every way to ask a runtime how it is, each reduced to the same facts.

Facts: `ready`, `live`, `started`, `model` (the model `demo` can serve), `draining`. A dialect tells some of them."""

import contextlib
import http.client
import json
import re
import socket
import struct
import subprocess

import grpc
from conftest import NAMES, NOT_SERVING, SERVING
from grpc_health.v1 import health_pb2, health_pb2_grpc
from http2 import DATA, END_STREAM, HEADERS, Peer
from inference import inference_pb2, inference_pb2_grpc
from sarai.skills import skills_pb2, skills_pb2_grpc

MODEL = "demo"
HEALTH_NAMES = [*NAMES, f"model/{MODEL}"]
FACT_OF_NAME = dict.fromkeys(NAMES, "ready") | {"liveness": "live", "startup": "started", f"model/{MODEL}": "model"}


def facts_of(statuses):
    """The facts that health names with their serving statuses tell; names with one fact agree."""
    facts = {}
    for name, status in statuses.items():
        assert status in (SERVING, NOT_SERVING), (name, status)
        fact, value = FACT_OF_NAME[name], status == SERVING
        assert facts.setdefault(fact, value) == value, (name, statuses)
    return facts


class HTTP:
    """One connection, which stays."""

    def __init__(self, address):
        if address.startswith("unix:"):
            self.connection = http.client.HTTPConnection("localhost", timeout=20)
            self.connection.sock = socket.socket(socket.AF_UNIX)
            self.connection.sock.settimeout(20)
            self.connection.sock.connect(address.removeprefix("unix:"))
        else:
            self.connection = http.client.HTTPConnection(address, timeout=20)

    def ask(self, path, method="GET", **headers):
        """The status code and the text of the answer."""
        self.connection.request(method, path, headers=headers)
        response = self.connection.getresponse()
        return response.status, response.read().decode()

    def close(self):
        self.connection.close()


class Dialect:
    """One way to ask. `read` gives facts; what it opens is closed by `close`."""

    def __init__(self, name, read, close=lambda: None):
        self.name = name
        self.read = read
        self.close = close


def grpc_dialects(where, address):
    """Each on a connection of its own."""

    def channel():
        return grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])

    for name in HEALTH_NAMES:
        check_channel = channel()
        yield Dialect(f"Check {name!r} at {where}", checker(check_channel, name), check_channel.close)
    list_channel = channel()
    yield Dialect(f"List at {where}", lister(list_channel), list_channel.close)


def checker(channel, name):
    stub = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service=name)
    return lambda: facts_of({name: stub.Check(request, timeout=20).status})


def lister(channel):
    stub = health_pb2_grpc.HealthStub(channel)

    def read():
        answer = stub.List(health_pb2.HealthListRequest(), timeout=20).statuses
        assert set(answer) == set(HEALTH_NAMES), answer
        return facts_of({name: status.status for name, status in answer.items()})

    return read


class WatchReader:
    """The newest message of a Watch for each name. All bytes that were sent before the answer to a PING have been read
    when that has been read: no thread or timer decides what counts as newest."""

    def __init__(self, port):
        self.peer = Peer(port)
        self.peer.open()
        self.statuses = {}
        self.names = {}
        for name in HEALTH_NAMES:
            message = health_pb2.HealthCheckRequest(service=name).SerializeToString()
            self.names[self.peer.request("/grpc.health.v1.Health/Watch", message)] = name
        while len(self.statuses) < len(self.names):
            self._take(self.peer.read_frame())

    def _take(self, received):
        kind, _, stream, payload = received
        if kind == DATA and payload:
            assert payload[:1] == b"\0" and struct.unpack(">I", payload[1:5])[0] == len(payload) - 5
            answer = health_pb2.HealthCheckResponse.FromString(payload[5:])
            self.statuses[self.names[stream]] = answer.status

    def read(self):
        """The order is that of a Check on the same connection."""
        message = health_pb2.HealthCheckRequest().SerializeToString()
        stream = self.peer.request("/grpc.health.v1.Health/Check", message)
        while True:
            received = self.peer.read_frame()
            kind, flags, identifier, _ = received
            if identifier != stream:
                self._take(received)
            elif kind == HEADERS and flags & END_STREAM:
                return facts_of(self.statuses)

    def close(self):
        self.peer.socket.close()


def inference_dialects(address):
    """The Open Inference Protocol, and SkillService."""
    channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
    stub = inference_pb2_grpc.GRPCInferenceServiceStub(channel)
    live, ready = inference_pb2.ServerLiveRequest(), inference_pb2.ServerReadyRequest()
    model = inference_pb2.ModelReadyRequest(name=MODEL)
    yield Dialect("ServerLive", lambda: {"live": stub.ServerLive(live, timeout=20).live}, channel.close)
    yield Dialect("ServerReady", lambda: {"ready": stub.ServerReady(ready, timeout=20).ready})
    yield Dialect("ModelReady", lambda: {"model": stub.ModelReady(model, timeout=20).ready})
    skill = skills_pb2_grpc.SkillServiceStub(channel)
    for name in HEALTH_NAMES:
        request = skills_pb2.HealthCheckRequest(service=name)
        yield Dialect(
            f"SkillService/Check {name!r}",
            lambda name=name, request=request: facts_of({name: skill.Check(request, timeout=20).status}))


def http_dialects(where, address):
    http = HTTP(address)

    def code(path):
        status, text = http.ask(path)
        assert status in (200, 503), (path, status, text)
        return status == 200, text

    def document(path):
        passes, text = code(path)
        return passes, json.loads(text)

    def kubernetes(path, fact):
        passes, text = code(path)
        assert (text == "ok") == passes, text
        assert passes or text.endswith("check failed\n"), text
        return {fact: passes}

    def ready():
        passes, answer = document("/ready")
        assert answer["ready"] == passes, answer
        return {"ready": passes}

    def healthz():
        passes, answer = document("/healthz")
        assert (answer["status"] == "ok") == passes, answer
        return {"live": passes}

    def health():
        passes, answer = document("/health")
        is_draining = answer["status"] == "shutting_down"
        assert passes == (answer["status"] in ("healthy", "degraded")), answer
        return {"ready": passes, "draining": is_draining}

    def health_json():
        status, text = http.ask("/health", Accept="application/health+json")
        answer = json.loads(text)
        assert (status == 200) == (answer["status"] in ("pass", "warn")), text
        return {"ready": status == 200}

    def discovery():
        _, answer = document(f"/discover/{MODEL}")
        [instance] = answer["instances"]
        return {"ready": instance["status"] == "available", "draining": instance["status"] == "draining"}

    def verbose(path, fact):
        passes, text = code(path + "?verbose")
        assert text.endswith("check passed\n" if passes else "check failed\n"), text
        assert passes == ("[-]" not in text), text
        return {fact: passes}

    yield Dialect(f"/health at {where}", health, http.close)
    yield Dialect(f"/health as health+json at {where}", health_json)
    yield Dialect(f"/healthz at {where}", healthz)
    yield Dialect(f"/ready at {where}", ready)
    for path, fact in [("/livez", "live"), ("/readyz", "ready"), ("/startupz", "started")]:
        yield Dialect(f"{path} at {where}", lambda path=path, fact=fact: kubernetes(path, fact))
        yield Dialect(f"{path}?verbose at {where}", lambda path=path, fact=fact: verbose(path, fact))
    yield Dialect(f"/discover at {where}", discovery)
    yield Dialect(f"/metrics at {where}", lambda: metrics_facts(http.ask("/metrics")))
    yield Dialect(f"/status.json at {where}", lambda: status_facts(http.ask("/status.json")))
    yield Dialect(f"/ at {where}", lambda: page_facts(http.ask("/")))


def metrics_facts(answer):
    status, text = answer
    assert status == 200, text
    statuses = {}
    for name, value in re.findall(r'^vitals_health_serving\{name="([^"]*)"\} ([01])$', text, re.MULTILINE):
        statuses[name] = SERVING if value == "1" else NOT_SERVING
    assert set(statuses) == set(HEALTH_NAMES), statuses
    for name, word in re.findall(
        r'^vitals_health_status\{name="([^"]*)",vitals_health_status="([^"]*)"\} 1$', text, re.MULTILINE):
        assert (word == "SERVING") == (statuses[name] == SERVING), (name, word)
    facts = facts_of(statuses)
    [up] = re.findall(r"^service_up ([01])$", text, re.MULTILINE)
    assert facts["ready"] == (up == "1"), text
    return facts


def status_facts(answer):
    status, text = answer
    assert status == 200, text
    document = json.loads(text)
    words = {"SERVING": SERVING, "NOT_SERVING": NOT_SERVING}
    facts = facts_of({line["name"]: words[line["status"]] for line in document["names"]})
    assert facts["ready"] == (words[document["status"]] == SERVING), text
    return facts | {"draining": document["phase"] == "draining"}


def page_facts(answer):
    status, text = answer
    assert status == 200, text
    [word] = re.findall(r'class="word">([^<]*)<', text)
    [code] = re.findall(r"<code>(SERVING|NOT_SERVING)</code> since", text)
    assert (word == "Serving") == (code == "SERVING"), (word, code)
    return {"ready": word == "Serving", "draining": word == "Draining"}


class EventReader:
    """The newest of the events that have come. The server pauses between two: it may be behind for so long."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=20)
        self.socket.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.socket.setblocking(False)
        self.received = b""
        self.facts = {}

    def read(self):
        with contextlib.suppress(BlockingIOError):
            while part := self.socket.recv(65536):
                self.received += part
        *events, self.received = self.received.split(b"\n\n")
        for event in events:
            data = b"".join(re.findall(rb"^data: ?(.*)$", event, re.MULTILINE))
            if data:
                self.facts = status_facts((200, data.decode()))
        return self.facts

    def close(self):
        self.socket.close()


def http2_dialect(address):
    """A connection for each question: to any of the loops."""

    def read():
        command = ["curl", "-s", "--http2-prior-knowledge", "-m", "20", "-w", " %{http_code} %{http_version}", f"http://{address}/readyz"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        body, code, version = text.rsplit(" ", 2)
        assert version == "2" and (code, body == "ok") in (("200", True), ("503", False)), text
        return {"ready": code == "200"}

    return Dialect("/readyz over HTTP/2", read)


class JSONSocket:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rb")

    def ask(self, kind):
        self.socket.sendall(json.dumps({"type": "health_check", "check_type": kind}).encode() + b"\n")
        return json.loads(self.lines.readline())

    def read(self):
        # Its liveness is that it answers, whatever the health name says.
        assert self.ask("Liveness")["ok"] is True
        first, full = self.ask("Readiness")["ok"], self.ask("Full")
        assert full["ok"] == full["report"]["ready"]
        assert not full["ok"] or full["report"]["state"] in ("Healthy", "Degraded"), full
        # The three are questions of their own: only the last of them is what is true now.
        return {"ready": full["ok"]} if first == full["ok"] else self.read()

    def close(self):
        self.lines.close()
        self.socket.close()


DRAINING_STATUSES = ["Not serving: draining", "Not serving: stopping", "Not serving: stopped"]


class SystemdReader:
    """What the service manager knows from the datagrams that have come."""

    def __init__(self, manager, admin):
        self.manager = manager
        self.admin = admin
        # One that is not on: to end it changes nothing.
        self.idle_drill = "liveness"
        self.facts = {"ready": False, "draining": False}
        # An operator may take a drain back: STOPPING is told when that is too late.
        self.is_stopping = False

    def read(self):
        # A round trip through the loop that sends the datagrams; during a drain it is refused there.
        assert self.admin.ask(f"/admin/fail?for=0&name={self.idle_drill}", "POST")[0] in (200, 409)
        with contextlib.suppress(BlockingIOError):
            while True:
                text = self.manager.socket.recv(4096, socket.MSG_DONTWAIT).decode()
                message = dict(line.split("=", 1) for line in text.split("\n"))
                self.is_stopping |= message.get("STOPPING") == "1"
                if "STATUS" in message:
                    status = message["STATUS"]
                    self.facts = {"ready": status == "Serving", "draining": status in DRAINING_STATUSES}
        return dict(self.facts)
