# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What Kubernetes does with a Deployment: the pods of a rolling update, and the endpoints that a proxy is told."""

import os
import re
import signal
import subprocess
import threading

from conftest import DIST, clean_environment, free_port, poll, stop_process
from support.kubelet import Kubelet

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log info;
events {{}}
http {{
    access_log off;
{temporary}
    include {folder}/upstream.conf;
    server {{
        listen 127.0.0.1:{port} http2;
        location / {{
            grpc_pass grpc://skill;
            # A request that meets a server that is not there is lost.
            grpc_next_upstream off;
        }}
    }}
}}
"""


def deployment_of(objects):
    """The Deployment's specification."""
    (spec,) = [item["spec"] for item in objects if item["kind"] == "Deployment"]
    return spec


# The binaries that the images have, and the port at which the Service finds the pods.
BINARIES = {
    "/bin/skill-runtime": DIST / "skill-runtime",
    "/bin/grpc_health_probe": DIST / "grpc_health_probe",
    "/usr/local/bin/healthcheck": DIST / "healthcheck",
}
# Of containers that name no command.
ENTRY_POINTS = {"localhost/vitals/runtime": "/bin/skill-runtime", "localhost/vitals/healthcheck": "/usr/local/bin/healthcheck"}
SERVICE = 50051


class Place:
    """A pod's own: the ports and folders here for those of its manifest."""

    def __init__(self, template, folder):
        self.ports = {port["containerPort"]: free_port() for port in template["containers"][0]["ports"]}
        self.folder = folder / f"pod-{self.ports[SERVICE]}"
        self.folder.mkdir()
        for volume in template.get("volumes", []):
            assert "emptyDir" in volume, volume
            (self.folder / volume["name"]).mkdir()

    def words(self, container, words):
        """Those of a command in this container, for here."""
        mounts = {mount["mountPath"]: self.folder / mount["name"] for mount in container.get("volumeMounts", [])}
        return [self._word(word, mounts) for word in words]

    def _word(self, word, mounts):
        if word in BINARIES:
            return str(BINARIES[word])
        for path, folder in mounts.items():
            if word.startswith(path + "/"):
                return str(folder) + word.removeprefix(path)
        for port, here in self.ports.items():
            word = re.sub(rf"(?:127\.0\.0\.1)?:{port}\b", f"127.0.0.1:{here}", word)
        return word

    def command(self, container):
        command = container.get("command") or [ENTRY_POINTS[container["image"]]]
        return self.words(container, [*command, *container["args"]])


def start_pod(objects, folder, speed, *flags, grace=30):
    """A pod of a Deployment of the runtime, as a process here: its init containers, and then its container."""
    template = deployment_of(objects)["template"]["spec"]
    place = Place(template, folder)
    for init in template.get("initContainers", []):
        subprocess.run(place.command(init), check=True, timeout=20)
    (container,) = template["containers"]
    variables = {entry["name"]: entry["value"] for entry in container["env"]}
    variables["HEALTHCHECK_SOCKET"] = str(place.folder / "socket")
    command = [*place.command(container), *flags, "--host", "127.0.0.1", "--port", str(place.ports[SERVICE])]

    def start():
        with open(place.folder / "log", "ab") as log:
            return subprocess.Popen(command, env=clean_environment(**variables), stdout=log, stderr=log)

    return Kubelet(container, place.ports, start, lambda words: place.words(container, words), speed, grace)


class Pod:
    """One of a revision of the Deployment."""

    def __init__(self, kubelet, revision):
        self.kubelet = kubelet
        self.revision = revision
        self.ending = None
        self.code = None

    def delete(self):
        """Begins to end it, as its kubelet does."""
        self.ending = threading.Thread(target=self._end)
        self.ending.start()

    def _end(self):
        self.code = self.kubelet.terminate()


class Deployment:
    """Its replicas, which `start` starts; `tell` is called with the ports of the pods that are ready, when these change."""

    def __init__(self, objects, start, tell):
        spec = deployment_of(objects)
        self.replicas = spec["replicas"]
        self.surge, self.unavailable = (spec["strategy"]["rollingUpdate"][name] for name in ("maxSurge", "maxUnavailable"))
        self.start = start
        self.tell = tell
        self.pods = []
        self.revision = 0
        self.endpoints = []
        # How many pods there were that were not ending, and how many of those were ready.
        self.history = []

    def update(self, seconds):
        """Another revision: returns when all replicas are of it and ready, and the others have ended."""
        self.revision += 1
        self.history = []
        poll(self._is_updated, f"revision {self.revision}: {self.history}", seconds)

    def stop(self):
        for pod in self.pods:
            if pod.ending is None:
                pod.delete()
        for pod in self.pods:
            pod.ending.join()

    def of(self, revision):
        return [pod for pod in self.pods if pod.revision == revision]

    def _is_updated(self):
        alive = [pod for pod in self.pods if pod.ending is None]
        ready = [pod for pod in alive if pod.kubelet.ready]
        ports = [pod.kubelet.ports[SERVICE] for pod in ready]
        if ports != self.endpoints:
            self.endpoints = ports
            self.tell(ports)
        self.history.append((len(alive), len(ready)))
        old = [pod for pod in alive if pod.revision != self.revision]
        new = [pod for pod in alive if pod.revision == self.revision]
        if len(new) < self.replicas and len(alive) < self.replicas + self.surge:
            self.pods.append(Pod(self.start(), self.revision))
        elif old and len(ready) > self.replicas - self.unavailable:
            old[0].delete()
        ended = all(pod.code is not None for pod in self.pods if pod.ending)
        return ended and not old and len(ready) == len(new) == self.replicas


class Nginx:
    """nginx before the pods; begins with the first that are ready, and reads its file again when others are."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.process = None
        kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        temporary = "".join(f"    {kind}_temp_path {folder}/{kind};\n" for kind in kinds)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=self.port, temporary=temporary))

    def tell(self, ports):
        if not ports:
            return
        servers = "".join(f"    server 127.0.0.1:{port} max_fails=0;\n" for port in ports)
        (self.folder / "upstream.conf").write_text(f"upstream skill {{\n{servers}    keepalive 32;\n}}\n")
        if self.process is not None:
            self.process.send_signal(signal.SIGHUP)
            return
        environment = os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin"}
        command = ["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf"]
        with open(self.folder / "nginx.out", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def stop(self):
        """Its workers are told by the first process; a SIGKILL would leave them."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            finally:
                stop_process(self.process)
