# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A steady stream of requests to runtimes, of which none may be lost."""

import threading

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sarai.skills import skills_pb2, skills_pb2_grpc


class Traffic:
    """Checks and inferences without a pause, from several threads on one channel."""

    THREADS = 4

    def __init__(self, channel, metadata=()):
        self.metadata = metadata
        self.health = health_pb2_grpc.HealthStub(channel)
        self.skill = skills_pb2_grpc.SkillServiceStub(channel)
        self.failures = []
        self.answers = 0
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self._run) for _ in range(self.THREADS)]

    def _run(self):
        answers = 0
        while not self.is_over.is_set():
            try:
                # A Check at a server that drains is answered with NOT_SERVING, which is no failure.
                self.health.Check(health_pb2.HealthCheckRequest(), timeout=20)
                answer = self.skill.Infer(skills_pb2.InferRequest(prompt="a b c", max_tokens=4), timeout=20)
                assert answer.finish_reason in ("stop", "length"), answer
                answers += 2
            except (grpc.RpcError, AssertionError) as failure:
                self.failures.append(failure)
                if len(self.failures) > 20:
                    break
        self.answers += answers

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def assert_nothing_lost(self):
        assert self.failures == [] and self.answers > 100, (self.answers, self.failures[:5])
