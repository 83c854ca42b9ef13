# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for an agent of Consul: not Consul, but the documented rules of its HTTP API, kept strictly.

What is sent to the agent has to be a PUT. A check with a time to live becomes critical with the output `TTL expired`. The service of a check
that has been critical for its DeregisterCriticalServiceAfter is deregistered, whether the check is renewed or not. A question with an index waits for a change, up to its wait and a sixteenth of it more, and returns now and then without
one. The index may go backwards. Paths below /control are for tests.

`consul_agent.py [--token TOKEN] [--cert FILE --key FILE --ca FILE]` prints its port. With a certificate it speaks TLS, and wants one of a CA
from its clients.
"""

import argparse
import http.server
import json
import random
import ssl
import threading
import time
import urllib.parse


def seconds(text):
    """A duration as Go writes it, of one unit."""
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    for unit in ("ms", "s", "m", "h"):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * units[unit]
    raise ValueError(text)


class Agent:
    """Services with their checks, and the index of the latest change."""

    def __init__(self):
        self.changed = threading.Condition()
        self.index = 10
        self.services = {}
        self.checks = {}
        self.questions = []
        self.lost = None
        self.padding = 0

    def touch(self):
        self.index += 1
        self.changed.notify_all()

    def register(self, body):
        name, identity = body["Name"], body.get("ID") or body["Name"]
        unknown = body.keys() - {"Name", "ID", "Tags", "Address", "Port", "Meta", "Check", "Checks"}
        if unknown:
            raise ValueError(f"unknown fields {unknown}")
        meta = body.get("Meta") or {}
        if len(meta) > 64 or any(len(key) > 128 or len(value) > 512 for key, value in meta.items()):
            raise ValueError("too much metadata")
        self.checks = {key: check for key, check in self.checks.items() if check["ServiceID"] != identity}
        self.services[identity] = {
            "ID": identity, "Service": name, "Tags": body.get("Tags") or [], "Meta": meta, "Port": body.get("Port", 0),
            "Address": body.get("Address", "")}
        for check in body.get("Checks") or [body["Check"]]:
            after = seconds(check["DeregisterCriticalServiceAfter"]) if "DeregisterCriticalServiceAfter" in check else None
            if after is not None and after < 60:
                raise ValueError("DeregisterCriticalServiceAfter is less than a minute")
            key, now = check.get("CheckID", f"service:{identity}"), time.monotonic()
            self.checks[key] = {
                "CheckID": key, "ServiceID": identity, "Status": check.get("Status", "critical"), "Output": "", "ttl": seconds(check["TTL"]),
                "end": now + seconds(check["TTL"]), "after": after, "critical since": now}
        self.touch()

    def update(self, check, status, note):
        check["end"] = time.monotonic() + check["ttl"]
        self.set(check, status, note)

    def set(self, check, status, note):
        if (check["Status"], check["Output"]) != (status, note):
            if check["Status"] != "critical":
                check["critical since"] = time.monotonic()
            check["Status"], check["Output"] = status, note
            self.touch()

    def deregister(self, identity):
        del self.services[identity]
        self.checks = {key: check for key, check in self.checks.items() if check["ServiceID"] != identity}
        self.touch()

    def maintain(self, identity, enable, reason):
        name = f"_service_maintenance:{identity}"
        if enable:
            self.checks[name] = {"CheckID": name, "ServiceID": identity, "Status": "critical", "Output": reason}
        else:
            self.checks.pop(name, None)
        self.touch()

    def expire(self):
        """Ends what was not renewed, and takes out what has been critical for too long."""
        while True:
            time.sleep(0.02)
            with self.changed:
                self.reap()

    def reap(self):
        now = time.monotonic()
        for check in list(self.checks.values()):
            if "ttl" not in check:
                continue
            if check["end"] <= now:
                self.set(check, "critical", "TTL expired")
            is_over = check["Status"] == "critical" and check["after"] is not None and check["critical since"] + check["after"] < now
            if is_over and check["ServiceID"] in self.services:
                self.deregister(check["ServiceID"])

    def health(self, name):
        shown = ("CheckID", "ServiceID", "Status", "Output")
        return [
            {
                "Node": {"Node": "stand-in", "Address": "127.0.0.9"}, "Service": service,
                "Checks": [{key: check[key] for key in shown} for check in self.checks.values() if check["ServiceID"] == identity]}
            for identity, service in self.services.items() if service["Service"] == name]

    def wait(self, name, index, wait):
        """Waits for a change of the service; which change it was is not said."""
        end = time.monotonic() + min(wait, 600) * (1 + random.random() / 16)
        before = json.dumps(self.health(name))
        while index >= self.index or (json.dumps(self.health(name)) == before and random.random() < 0.9):
            left = end - time.monotonic()
            if left <= 0 or not self.changed.wait(left):
                return


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    agent = Agent()
    token = None

    def answer(self, status, body=b"", index=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if index is not None:
            self.send_header("X-Consul-Index", str(index))
        self.end_headers()
        self.wfile.write(body)

    def allowed(self):
        return self.token is None or self.headers.get("X-Consul-Token") == self.token

    def do_GET(self):
        path, _, query = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        path = urllib.parse.unquote(path)
        agent = self.agent
        if path == "/control/questions":
            return self.answer(200, json.dumps(agent.questions).encode())
        if not self.allowed():
            return self.answer(403, b"Permission denied")
        with agent.changed:
            if path.startswith("/v1/agent/service/"):
                service = agent.services.get(path.removeprefix("/v1/agent/service/"))
                return self.answer(200, json.dumps(service).encode() + b" " * agent.padding) if service else self.answer(404, b"unknown service ID")
            if path.startswith("/v1/health/service/"):
                name = path.removeprefix("/v1/health/service/")
                agent.questions.append(time.monotonic())
                if "index" in query:
                    if int(query["index"]) < 1:
                        return self.answer(400, b"an index is at least 1")
                    agent.wait(name, int(query["index"]), seconds(query.get("wait", "5m")))
                return self.answer(200, json.dumps(agent.health(name)).encode(), agent.index)
        return self.answer(405 if path.startswith("/v1/agent/") else 404)

    def do_PUT(self):
        path, _, query = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not path.startswith("/control/") and not self.allowed():
            return self.answer(403, b"Permission denied")
        with self.agent.changed:
            try:
                answer = self.put(urllib.parse.unquote(path), query, body)
                if self.agent.lost and self.agent.lost in path and not path.startswith("/control/"):
                    self.agent.lost, self.close_connection = None, True
                    return None
                return self.answer(*answer)
            except (KeyError, ValueError) as problem:
                return self.answer(400, str(problem).encode())

    def put(self, path, query, body):
        agent = self.agent
        words = path.split("/")[1:]
        match words:
            case ["v1", "agent", "service", "register"]:
                agent.register(json.loads(body))
            case ["v1", "agent", "service", "deregister", identity]:
                if identity not in agent.services:
                    return 404, b"Unknown service ID"
                agent.deregister(identity)
            case ["v1", "agent", "service", "maintenance", identity]:
                if identity not in agent.services:
                    return 404, b"Unknown service ID"
                agent.maintain(identity, {"true": True, "false": False}[query["enable"]], query.get("reason", ""))
            case ["v1", "agent", "check", ("pass" | "warn" | "fail") as word, check]:
                if check not in agent.checks:
                    return 404, b"Unknown check ID"
                status = {"pass": "passing", "warn": "warning", "fail": "critical"}[word]
                agent.update(agent.checks[check], status, query.get("note", ""))
            case ["control", "forget"]:
                # As an agent that starts without its data; its server counts from the beginning.
                agent.services, agent.checks, agent.index = {}, {}, 1
                agent.changed.notify_all()
            case ["control", "forget-checks"]:
                agent.checks = {}
                agent.touch()
            case ["control", "expire"]:
                for check in agent.checks.values():
                    check["end"] = 0
                agent.reap()
            case ["control", "older", seconds_more]:
                # As if all that is critical had been so for longer.
                for check in agent.checks.values():
                    if "critical since" in check:
                        check["critical since"] -= float(seconds_more)
                agent.reap()
            case ["control", "lose", word]:
                # The next answer to a path with the word.
                agent.lost = word
            case ["control", "pad", count]:
                agent.padding = int(count)
            case ["control", "backwards"]:
                agent.index = 1
                agent.changed.notify_all()
            case ["control", "garbage", name]:
                agent.services["no-port"] = {"ID": "no-port", "Service": name, "Tags": None, "Meta": None, "Port": 0, "Address": ""}
                agent.services["a b"] = {"ID": "a b", "Service": name, "Tags": ["x"], "Meta": {}, "Port": 70000, "Address": "h"}
                agent.services["\x01"] = {"ID": "\x01", "Service": name, "Tags": 7, "Meta": [], "Port": 80, "Address": "h"}
                agent.touch()
            case _:
                return 404, b""
        return 200, b""

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--token")
    parser.add_argument("--port", type=int, default=0)
    for name in ("--cert", "--key", "--ca"):
        parser.add_argument(name)
    options = parser.parse_args()
    Handler.token = options.token
    server = Server(("127.0.0.1", options.port), Handler)
    if options.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=options.ca)
        context.load_cert_chain(options.cert, options.key)
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=Handler.agent.expire, daemon=True).start()
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
