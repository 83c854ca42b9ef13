# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`--serve-registry`: a registry without a server of a store. Runtimes register there over HTTP, and curl reads and follows it."""

import http.client
import json
import queue
import signal
import socket
import subprocess
import threading
import time

import pytest
from certificates import Authority
from checked import process
from conftest import DIST, NOT_SERVING, SERVING, clean_environment, free_port, poll
from wrapped import wrapped

TTL = 3
TOKEN = "a-token-of-operators"


def curl(*words):
    """Status and body of a request."""
    arguments = ["curl", "-s", "--max-time", "10", "-w", "\n%{http_code}", *map(str, words)]
    output = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20).stdout
    body, _, status = output.rpartition("\n")
    return int(status), body.rstrip("\n")


class Registry:
    """What a registry at a port has, as clients see it."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def instances(self, service, query=""):
        """By id; none of a service that is not known."""
        status, body = curl(f"{self.url}/discover/{service}{query}")
        if status != 200:
            assert status in (0, 404), body
            return {}
        return {instance["instance_id"]: instance for instance in json.loads(body)["instances"]}

    def statuses(self, service):
        return sorted(instance["status"] for instance in self.instances(service).values())

    def wait_for(self, service, *statuses):
        poll(lambda: self.statuses(service) == sorted(statuses),
             f"{service} is {statuses}; it is {self.statuses(service)}", interval=0.05)


class Stream:
    """`curl -N` at the stream of a service."""

    def __init__(self, url):
        command = ["curl", "-sN", url]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            if line.startswith("data: "):
                self.lines.put(json.loads(line[6:])["instances"])

    def wait_for(self, *statuses):
        """The next list with these statuses, and when it came."""
        while True:
            instances = self.lines.get(timeout=20)
            if sorted(instance["status"] for instance in instances) == sorted(statuses):
                return time.monotonic()

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    file = tmp_path_factory.mktemp("token") / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    return file


@pytest.fixture(scope="module")
def served(tmp_path_factory, token):
    """A registry beside a command that has nothing to do with it."""
    flags = ["--serve-registry", "--registry-token-file", token]
    with wrapped(tmp_path_factory.mktemp("registry"), "sleep", "600", flags=flags) as wrapper:
        registry = Registry(wrapper.port)
        registry.wrapper = wrapper
        poll(lambda: curl(registry.url + "/discover")[0] == 200, "the registry answers")
        yield registry


@pytest.fixture
def registered(runtime, served, token):
    """Starts runtimes that register there under a name."""

    def start(service, *flags):
        url = f"{served.url},ttl={TTL}s,token-file={token}"
        return runtime("--register", url, "--service-name", service, "--drain-grace", "3s", *flags)

    return start


def test_two_runtimes_are_found_by_name_tag_and_status(served, registered):
    one = registered("found", "--tags", "gpu,eu", "--metadata", "zone=b")
    registered("found", "--tags", "cpu")
    served.wait_for("found", "available", "available")
    (instance,) = served.instances("found", "?tag=gpu&tag=eu&status=available").values()
    assert (instance["host"], instance["port"]) == ("127.0.0.1", one.port)
    assert (instance["tags"], instance["metadata"]) == (["gpu", "eu"], {"zone": "b"})
    assert set(instance) == {
        "service_name", "instance_id", "host", "port", "health_check_url", "metadata", "status", "last_health_check",
        "consecutive_failures", "registration_time", "version", "tags"}
    assert served.instances("found", "?status=draining") == {}
    names = json.loads(curl(served.url + "/discover")[1])["services"]
    assert {"service_name": "found", "instances": 2} in names
    status, body = curl(served.url + "/discover/nobody")
    assert status == 404 and 'no instance of \\"nobody\\" is registered here' in body
    # Unchanged is cheap, whatever was renewed meanwhile.
    head = subprocess.run(
        ["curl", "-sI", served.url + "/discover/found"], capture_output=True, text=True, timeout=20).stdout.lower()
    tag = head.split("etag: ")[1].splitlines()[0].replace("w/", "W/")
    renewed = time.monotonic() + TTL / 2
    poll(lambda: time.monotonic() > renewed, "a renewal")
    assert curl("-H", f"If-None-Match: {tag}", served.url + "/discover/found") == (304, "")
    metrics = served.wrapper.get("/metrics")[1]
    assert 'vitals_registry_instances{status="available"}' in metrics
    assert served.wrapper.value('vitals_registry_events_total{event="registration"}') >= 2


def test_a_stream_tells_of_a_drain_before_callers_are_told(served, registered):
    server = registered("followed")
    served.wait_for("followed", "available")
    stream = Stream(served.url + "/discover/followed?watch")
    try:
        stream.wait_for("available")
        watch = server.watch()
        assert next(watch).status == SERVING
        began = time.monotonic()
        server.terminate()
        told = stream.wait_for("draining")
        assert next(watch).status == NOT_SERVING
        print(f"the stream told of the drain after {told - began:.3f} s")
        assert served.wrapper.value("vitals_registry_watchers") == 1
        stream.wait_for()
    finally:
        stream.stop()
    poll(lambda: served.wrapper.value("vitals_registry_watchers") == 0, "the client has left")


def test_a_killed_runtime_is_forgotten(served, registered):
    server = registered("killed")
    served.wait_for("killed", "available")
    server.process.send_signal(signal.SIGKILL)
    began = time.monotonic()
    served.wait_for("killed")
    assert time.monotonic() - began < TTL + 5


def test_the_status_page_has_the_limit_of_a_registry(served):
    [connections] = json.loads(curl(served.url + "/status.json")[1])["connections"]
    assert (connections["address"], connections["limit"]) == ("port", 512)


def test_writing_needs_the_token(served, runtime, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("another-token")
    url = served.url + "/discover/closed/a"
    body = json.dumps({"host": "10.0.0.7", "port": 8080})
    for words in [[], ["-H", "Authorization: Bearer another-token"]]:
        status, text = curl("-X", "PUT", "-d", body, *words, url)
        assert status == 401 and "Bearer TOKEN" in text
    server = runtime("--register", f"{served.url},ttl={TTL}s,token-file={wrong}", "--service-name", "closed")
    poll(lambda: any("token-file" in line.get("reason", "") for line in server.lines()), "the log says why")
    assert served.instances("closed") == {}
    # With it, any program registers, and takes itself out.
    right = ["-H", f"Authorization: Bearer {TOKEN}"]
    assert curl("-X", "PUT", "-d", body, *right, url + "?ttl=30s") == (201, '{"outcome":"registered"}')
    assert served.statuses("closed") == ["available"]
    status, text = curl("-X", "PUT", "-d", '{"host":"10.0.0.7","prt":8080}', *right, url)
    assert status == 400 and "no member of an instance" in text
    assert curl("-X", "POST", "-d", body, *right, url)[0] == 405
    assert curl("-X", "PUT", "-d", "x" * 70_000, *right, url)[0] == 413
    # Of HTTP/2 as well.
    assert curl("--http2-prior-knowledge", "-X", "DELETE", *right, url) == (200, '{"message":"removed"}')
    assert served.instances("closed") == {}


def test_a_token_that_every_user_can_read_is_a_warning(tmp_path):
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o644)
    flags = ["--serve-registry", "--registry-token-file", token, "--export-prom", "127.0.0.1:0",
             "--register", f"http://127.0.0.1:1,token-file={token}", "--advertise", "127.0.0.1:1"]
    result = subprocess.run(
        [DIST / "healthcheck", *map(str, flags), "--", "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=20, env=clean_environment())
    for name in ("--registry-token-file", "--register http://127.0.0.1:1: token-file"):
        assert f"{name} {token} can be read by every user (mode 644)" in result.stderr


def test_a_runtime_serves_a_registry_and_is_in_it(runtime, tmp_path):
    admin = tmp_path / "admin"
    server = runtime("--serve-registry", "--admin", f"unix:{admin}", "--service-name", "itself", "--loops", "2")
    registry = Registry(server.port)
    registry.wait_for("itself", "available")
    body = json.dumps({"host": "10.0.0.7", "port": 8080, "status": "starting"})
    path = "/discover/other/a"
    status, text = curl("-X", "PUT", "-d", body, registry.url + path)
    assert status == 403 and "--registry-token-file" in text
    local = ["--unix-socket", admin, "-X", "PUT", "-d", body, "http://localhost" + path]
    status, text = curl("-H", "Origin: http://site.example", *local)
    assert status == 403 and "another site" in text
    assert curl(*local)[0] == 201
    assert registry.statuses("other") == ["starting"]
    server.toggle_maintenance()
    registry.wait_for("itself", "unavailable")


def put_all(port, service, count, document):
    """Writes instances on one connection; the statuses."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    statuses = []
    while len(statuses) < count:
        path = f"/discover/{service}/i{len(statuses)}?ttl=1h"
        connection.request("PUT", path, json.dumps(document), {"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status == 429:  # each connection has a budget of its own
            connection.close()
            continue
        statuses.append(answer.status)
        if answer.status == 507:
            break
    connection.close()
    return statuses


def test_strangers_that_ask_and_leave_stop_nothing(runtime, token):
    server = runtime("--serve-registry", "--registry-token-file", token, "--service-name", "busy")
    document = {"host": "10.0.0.7", "port": 80, "tags": ["gpu", *(f"t{n}" for n in range(7))], "metadata": {"zone": "b"}}
    assert set(put_all(server.port, "big", 700, document)) == {201}
    lists = 400
    for number in range(lists):
        tags = "&".join(f"tag=t{bit}" for bit in range(7) if number >> bit & 1)
        with socket.create_connection(("127.0.0.1", server.port)) as stranger:
            stranger.sendall(f"GET /discover/big?status=available&{tags} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    alive = set()

    def is_answered():
        alive.add(curl(f"http://127.0.0.1:{server.port}/livez")[0])
        return len(Registry(server.port).instances("big", "?tag=gpu")) == 700

    poll(is_answered, "the registry answers", seconds=60)
    assert alive == {200}
    assert put_all(server.port, "big", 1, document) == [200]
    assert not any("blocked" in line["message"] for line in server.lines())


def test_a_list_that_could_not_be_read_does_not_come_to_be(served):
    document = {"host": "h", "port": 80, "metadata": {f"m{n}": "x" * 1000 for n in range(57)}}
    statuses = put_all(served.wrapper.port, "fat", 400, document)
    assert statuses[-1] == 507 and set(statuses[:-1]) == {201} and len(statuses) > 250
    assert len(served.instances("fat")) == len(statuses) - 1


def test_a_registry_that_starts_again_is_filled_again(runtime, token):
    port = free_port()
    flags = ["--serve-registry", "--registry-token-file", token, "--port", port, "--service-name", "store"]
    first = runtime(*map(str, flags))
    registry = Registry(port)
    url = f"{registry.url},ttl={TTL}s,token-file={token}"
    clients = [runtime("--register", url, "--service-name", "again") for _ in range(2)]
    registry.wait_for("again", "available", "available")
    stream = Stream(registry.url + "/discover/again?watch")
    try:
        stream.wait_for("available", "available")
        first.process.kill()
        first.process.wait()
        for client in clients:
            poll(lambda client=client: any(line["message"].startswith("the registry cannot be written") for line in client.lines()), "it is missed")
        # That of a registry changes no health name.
        assert [client.check() for client in clients] == [SERVING, SERVING]
        runtime(*map(str, flags))
        registry.wait_for("again", "available", "available")
    finally:
        stream.stop()


def test_a_registry_in_tls_is_verified(runtime, token, tmp_path):
    authority = Authority(tmp_path, "ca")
    pair = authority.issue("server", "IP:127.0.0.1")
    port = free_port()
    files = ["--tls-cert", pair.certificate, "--tls-key", pair.key, "--registry-token-file", token]
    flags = [*files, "--demo", "--serve-registry", "--host", "127.0.0.1", "--port", port, "--service-name", "store"]
    with process(DIST / "skill-runtime", *flags):
        url = f"https://127.0.0.1:{port},ttl={TTL}s,token-file={token}"
        runtime("--register", f"{url},ca={authority.file}", "--service-name", "trusted")
        stranger = runtime("--register", url, "--service-name", "unverified")

        def instances(service):
            status, body = curl("--cacert", authority.file, f"https://127.0.0.1:{port}/discover/{service}")
            return json.loads(body).get("instances", []) if status in (200, 404) else None

        poll(lambda: instances("trusted"), "the registry has it")
        poll(lambda: any("TLS" in line.get("reason", "") for line in stranger.lines()), "the log says why")
        assert instances("unverified") == []


def test_settings_that_cannot_work_are_refused(tmp_path, token):
    def refusal(program, *words):
        result = subprocess.run(
            [DIST / program, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
            env=clean_environment())
        assert result.returncode != 0
        return result.stderr

    empty = tmp_path / "empty"
    empty.write_text("\n")
    demo = ["--demo", "--port", "0", "--host", "127.0.0.1"]
    assert "needs --serve-registry" in refusal("skill-runtime", *demo, "--registry-token-file", token)
    served = ["--serve-registry", "--registry-token-file"]
    assert "has no token in it" in refusal("skill-runtime", *demo, *served, empty)
    assert "cannot be read" in refusal("skill-runtime", *demo, *served, tmp_path / "none")
    assert "set --export-prom" in refusal("healthcheck", "--serve-registry", "--", "true")
    result = subprocess.run(
        [DIST / "skill-runtime", *demo, "--serve-registry", "--check-config"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=20, env=clean_environment())
    assert result.returncode == 0
    assert "no client can register at this registry" in result.stdout + result.stderr
    text = refusal("skill-runtime", *demo, "--register", "http://h?token=hidden")
    assert "token-file" in text and "hidden" not in text
