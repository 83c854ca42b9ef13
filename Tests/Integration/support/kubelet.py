# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What the kubelet does with the probes of one container: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/

A probe fails when it does not answer within its time; an exec probe that overruns is killed. `failureThreshold` failures
in a row are the end of the container (startup, liveness) or make it unready; one success makes it ready. Nothing else is
probed until the startup probe has succeeded once, and a new container begins with all of that anew. A pod that is deleted is
unready at once; SIGTERM follows after preStop, and SIGKILL when the grace period, which has begun with preStop, is over."""

import contextlib
import signal
import subprocess
import threading
import time

import grpc
from conftest import SERVING, stop_process
from grpc_health.v1 import health_pb2, health_pb2_grpc

DEFAULTS = {"initialDelaySeconds": 0, "periodSeconds": 10, "timeoutSeconds": 1, "failureThreshold": 3}


class Kubelet:
    """Runs one container of a rendered Deployment. `ports` has the port here of each of the container's; `start` starts its
    process and gives it; `command` makes the command of an exec probe one for here; periods and delays pass `speed` times as fast, times for one answer do not."""

    def __init__(self, container, ports, start, command, speed=1, grace=30):
        """`grace` is in seconds here."""
        self.container = container
        self.ports = ports
        self.command = command
        self.speed = speed
        self.grace = grace
        self.start = start
        self.ready = False
        self.started = False
        self.restarts = 0
        self.events = []
        self.life = [(time.monotonic(), "started")]
        self.stopped = threading.Event()
        self.process = start()
        self.threads = [threading.Thread(target=self._run, daemon=True)]
        self.threads[0].start()

    def between(self, first, second):
        """Seconds from one event of its life to another, each the first of its kind; None before both have come."""
        times = [[moment for moment, word in self.life if word == wanted] for wanted in (first, second)]
        return times[1][0] - times[0][0] if all(times) else None

    def _note(self, word):
        self.life.append((time.monotonic(), word))

    def terminate(self):
        """The pod is deleted. Gives its exit code."""
        self.stopped.set()
        self.ready = False
        for thread in self.threads:
            thread.join()
        return self._end()

    def _end(self):
        end = time.monotonic() + self.grace
        self._note("ending")
        time.sleep(min(self._pre_stop(), self.grace))
        self._note("terminated")
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0, end - time.monotonic()))
        stop_process(self.process)
        return self.process.returncode

    def _pre_stop(self):
        hook = self.container.get("lifecycle", {}).get("preStop", {})
        assert hook.keys() <= {"sleep"}, hook
        return hook["sleep"]["seconds"] / self.speed if hook else 0

    def _run(self):
        while not self.stopped.is_set():
            self.started = self.ready = False
            if self._until_failed("startupProbe", stop_at_success=True):
                self.started = True
                over = threading.Event()
                readiness = threading.Thread(target=self._readiness, args=[over], daemon=True)
                readiness.start()
                self._until_failed("livenessProbe")
                over.set()
                readiness.join()
            if self.stopped.is_set():
                return
            self.ready = False
            self.restarts += 1
            self.process.send_signal(signal.SIGCONT)  # a frozen process is not killed by SIGTERM; a hung one is, in the end
            self._end()
            self.process = self.start()
            self._note("started")

    def _until_failed(self, name, stop_at_success=False):
        """True when the probe has succeeded and that is what was waited for."""
        failures = 0
        for good in self._probe(name, self.stopped):
            if good and stop_at_success:
                return True
            failures = 0 if good else failures + 1
            if failures >= self._spec(name)["failureThreshold"]:
                return False
        return False

    def _readiness(self, over):
        failures = 0
        for good in self._probe("readinessProbe", over):
            failures = 0 if good else failures + 1
            if good and not self.ready and not self.stopped.is_set():
                self.ready = True
                self._note("ready")
            elif failures >= self._spec("readinessProbe")["failureThreshold"]:
                self.ready = False

    def _spec(self, name):
        return DEFAULTS | self.container[name]

    def _probe(self, name, over):
        """Probes again and again, until `over` is set; gives whether each was good."""
        spec = self._spec(name)
        # The delay counts from the start of the container.
        started = [moment for moment, word in self.life if word == "started"][-1]
        due = started + spec["initialDelaySeconds"] / self.speed
        while not over.wait(max(0, due - time.monotonic())) and not self.stopped.is_set():
            due = time.monotonic() + spec["periodSeconds"] / self.speed
            good, text = self._exec(spec) if "exec" in spec else self._grpc(spec)
            self.events.append((name, good, text))
            yield good

    def _exec(self, spec):
        try:
            command = self.command(spec["exec"]["command"])
            result = subprocess.run(command, capture_output=True, text=True, timeout=spec["timeoutSeconds"])
        except subprocess.TimeoutExpired:
            return False, "killed"
        return result.returncode == 0, result.stdout + result.stderr

    def _grpc(self, spec):
        # A connection of its own each time, as the kubelet has it.
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.primary_user_agent", "kube-probe/1.34")]
        address = f"127.0.0.1:{self.ports[spec['grpc']['port']]}"
        with grpc.insecure_channel(address, options=options) as channel:
            request = health_pb2.HealthCheckRequest(service=spec["grpc"].get("service", ""))
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=spec["timeoutSeconds"])
            except grpc.RpcError as failure:
                return False, failure.code().name
            return answer.status == SERVING, str(answer.status)
