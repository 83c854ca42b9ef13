# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A drain under load: NOT_SERVING first, and no request that was accepted is lost."""

import concurrent.futures
import threading
import time

import grpc
from conftest import NOT_SERVING, SERVING, poll
from sarai.skills import skills_pb2, skills_pb2_grpc

CLIENTS = 8


class Client:
    """Asks without a pause, on a connection of its own, until the server is gone."""

    def __init__(self, server, start):
        self.channel = server.connect()
        self.start = start
        self.answered = []
        self.refusals = []

    def run(self):
        stub = skills_pb2_grpc.SkillServiceStub(self.channel)
        self.start.wait(30)
        with self.channel:
            while not self.refusals:
                try:
                    stub.Infer(skills_pb2.InferRequest(prompt="hello"), timeout=30)
                    self.answered.append(time.monotonic())
                except grpc.RpcError as error:
                    self.refusals.append((error.code(), error.details()))
        return self


def test_requests_under_way_are_waited_for_after_the_grace_period(runtime):
    server = runtime("--drain-grace", "100ms", "--stub-token-delay", "100ms").wait_for(SERVING)
    slow = server.skill.Infer.future(skills_pb2.InferRequest(prompt="word " * 20), timeout=60)
    server.check()  # on the same connection, so answered after the request has come
    server.terminate()
    assert slow.result(60).tokens_generated > 20
    assert server.process.wait(timeout=30) == 0


def test_a_drain_past_its_deadline_is_cut_off_and_says_so(runtime):
    flags = ("--drain-grace", "100ms", "--drain-deadline", "300ms", "--stub-token-delay", "1s")
    server = runtime(*flags).wait_for(SERVING)
    slow = server.skill.Infer.future(skills_pb2.InferRequest(prompt="word " * 100), timeout=60)
    server.check()  # on the same connection, so answered after the request has come
    server.terminate()
    assert server.process.wait(timeout=30) == 1
    assert slow.exception(30).code() == grpc.StatusCode.UNAVAILABLE
    assert server.lines()[-1]["message"] == "stopped: requests were cut off"


def test_a_drain_under_load_loses_no_accepted_request(runtime):
    for _ in range(2):
        # So long that all have an answer after the news, however busy the machine is.
        server = runtime("--drain-grace", "2s").wait_for(SERVING)
        watch = server.watch()
        assert next(watch).status == SERVING
        start = threading.Barrier(CLIENTS + 1)
        clients = [Client(server, start) for _ in range(CLIENTS)]
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            runs = [pool.submit(client.run) for client in clients]
            start.wait(30)
            poll(lambda: all(len(client.answered) > 20 for client in clients), "all are at work", 30)
            server.terminate()
            assert next(watch).status == NOT_SERVING
            told = time.monotonic()
            for run in runs:
                run.result(60)
        assert server.process.wait(timeout=30) == 0
        for client in clients:
            # Served on after the news, and then turned away before anything was accepted.
            assert client.answered[-1] > told
            [(code, text)] = client.refusals
            assert code == grpc.StatusCode.UNAVAILABLE
            assert "onnection refused" in text, text
        assert [line["message"] for line in server.lines()[-2:]] == ["draining", "stopped"]
