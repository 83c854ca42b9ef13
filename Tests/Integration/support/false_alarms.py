# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Load at the limit of the queue, in bursts of random size, beside probes, reloads and checks, with the conditions that
a runtime has by default: a watcher must never see NOT_SERVING. Exit code 1 if one does.
`--ready-depth 900` shows that the check can fail, and that the queue is really that long."""

import contextlib
import threading
import time

import grpc
from soak import Soak, conclude, flags, wait_until_serving  # isort: skip (it adds the folder of conftest.py)
from conftest import NAMES, SERVING
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sarai.skills import skills_pb2, skills_pb2_grpc

WORKERS, QUEUE = 4, 1000
# Fewer calls on each than its server allows (100), so that all of them are in the queue and none waits in its client.
CHANNELS = 16


class Room:
    """Requests that may be under way: one less than what makes the queue too long."""

    def __init__(self, size):
        self.size, self.used, self.most, self.released = size, 0, 0, 0
        self.changed = threading.Condition()

    def take(self, count, ending):
        """Waits for room for so many; false at the end."""
        with self.changed:
            while self.used + count > self.size:
                if ending.is_set():
                    return False
                self.changed.wait(0.5)
            self.used += count
            self.most = max(self.most, self.used)
        return True

    def release(self):
        with self.changed:
            self.used -= 1
            self.released += 1
            self.changed.notify()

    def wait_until_empty(self, seconds):
        with self.changed:
            return self.changed.wait_for(lambda: self.used == 0, seconds)


class Alarms(Soak):
    """A server, its load, and those who watch every one of its names."""

    def __init__(self, folder, arguments):
        self.room, self.watches = Room(WORKERS + QUEUE - 1), []
        super().__init__(folder, arguments)
        self.stack = contextlib.ExitStack()
        stubs = [self.stack.enter_context(self.channel()) for _ in range(CHANNELS)]
        self.stubs = [skills_pb2_grpc.SkillServiceStub(channel) for channel in stubs]

    def flags(self, arguments):
        return ["--stub-token-delay", "1ms", "--max-queue-depth", f"{arguments.ready_depth}", "--max-queue-share", "100"]

    def full(self):
        """A burst as soon as there is room for it; after a large one, small ones keep the queue full."""
        size = self.random.choice([1, 2, 10, 50, self.random.randint(1, self.room.size), self.room.size])
        if not self.room.take(size, self.ending):
            return
        request = skills_pb2.InferRequest(prompt="a b c d", max_tokens=4)
        for number in range(size):
            self.stubs[number % CHANNELS].Infer.future(request, timeout=120).add_done_callback(self.done)

    def done(self, call):
        self.room.release()
        error = call.exception()
        if error is not None:
            self.surprises.append(f"Infer: {error.code()}: {error.details()}")

    KINDS = [full, Soak.unary, Soak.probes, Soak.load, Soak.reloads]

    def watch(self, name):
        """Notes every word that `name` is not SERVING, and the end of the watch."""
        with self.channel() as channel:
            request = health_pb2.HealthCheckRequest(service=name)
            watch = health_pb2_grpc.HealthStub(channel).Watch(request)
            self.watches.append(watch)
            try:
                for answer in watch:
                    if answer.status != SERVING:
                        self.surprises.append(f"{name!r} was NOT_SERVING")
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.CANCELLED:
                    self.surprises.append(f"the watch of {name!r} ended: {error.code()}: {error.details()}")


def run(alarms, arguments):
    wait_until_serving(alarms)
    watchers = [threading.Thread(target=alarms.watch, args=[name]) for name in NAMES]
    for watcher in watchers:
        watcher.start()
    start = time.monotonic()
    alarms.churn(arguments.seconds)
    if not alarms.room.wait_until_empty(120):
        alarms.surprises.append(f"{alarms.room.used} requests were never answered")
    for watch in alarms.watches:
        watch.cancel()
    for watcher in watchers:
        watcher.join()
    alarms.stack.close()
    print(f"{time.monotonic() - start:.0f} s, rounds: {alarms.rounds}")
    print(f"{alarms.room.released} inferences, {alarms.room.most} at once at most; {len(NAMES)} names watched")
    failures = sorted(set(alarms.surprises))[:10]
    if alarms.room.most < alarms.room.size:
        failures.append("the queue was never full: the load proves nothing")
    if alarms.server.process.poll() is not None:
        failures.append(f"the server ended with code {alarms.server.process.returncode}")
    told = [line for line in alarms.server.lines() if line["message"] in ("not serving", "no progress")]
    return failures + [f"{line['message']}: {line.get('reason')}" for line in told[:10]]


def main():
    arguments = flags(__doc__, QUEUE).parse_args()
    arguments.kinds = ",".join(kind.__name__ for kind in Alarms.KINDS)
    arguments.timeout = 15
    conclude("false alarms", "none", Alarms, run, arguments)


if __name__ == "__main__":
    main()
