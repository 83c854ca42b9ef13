# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Calls of the kernel that fail, one after the other, in a server that lives on: what passes is not noticed, what does
not ends its own connection and nothing else, and nothing is left of it."""

import contextlib
import os
import pathlib
import signal
from errno import EAGAIN, ECONNABORTED, ECONNRESET, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC, EPIPE, EPROTO, ETIMEDOUT

import gguf
import interop
import pytest
from conftest import Runtime, poll
from faults import CHECK, DEBUG, LIST, SHORT, WATCH, client_tls, library, name_of
from faults import Bystander, Client, Faults, Subject, WebClient
from tls_setup import ca, folder, good, server_flags  # noqa: F401 (fixtures)

PASSING = {"send": [SHORT, EINTR, EAGAIN], "recv": [SHORT, EINTR, EAGAIN], "epoll_wait": [EINTR]}
FATAL = {"send": [ECONNRESET, EPIPE, ENOBUFS], "recv": [ECONNRESET, ETIMEDOUT, ENOMEM]}
# One connection besides the bystander's, and one Watch: what is not given back is missed by the next scenario.
LIMITS = ["--loops", "1", "--max-connections", "2", "--max-streams", "2"]


def named(service):
    return b"\x0a" + bytes([len(service)]) + service.encode()


class Maintenance:
    """Switches a server's maintenance on and off again, and knows from its log that it is done."""

    def __init__(self, server):
        self.server = server
        self.log = open(server.log)

    def toggle(self, state):
        self.log.seek(0, 2)
        self.server.toggle_maintenance()
        text = ""

        def is_done():
            nonlocal text
            text += self.log.read()
            return f"maintenance was switched {state}" in text

        poll(is_done, f"maintenance is {state}", 10, interval=0.0005)

    def __enter__(self):
        self.toggle("on")

    def __exit__(self, *_):
        self.toggle("off")


def start_runtime(stack, library, folder, tls=None, pair=None, web=False):
    """A Subject that asks for its health in every way; or, with `web`, for a page that is not there."""
    folder.mkdir()
    gguf.write(folder / "demo.gguf", name="demo")
    faults = Faults(library, folder / "faults")
    flags = LIMITS + (server_flags(pair) if pair else [])
    server = Runtime(folder, *flags, build=DEBUG, variables=faults.variables)
    stack.callback(server.stop)
    maintenance = Maintenance(server)

    def scenario(client):
        client.call(CHECK)
        client.call(LIST)
        watch = client.begin(WATCH, named("readiness"))
        client.next_message(watch)
        with maintenance:
            client.next_message(watch)
        client.next_message(watch)
        client.ping()

    def web_scenario(client):
        client.get()
        client.get("Connection: close")
        assert client.closed_by_server()

    def is_serving():
        with Client(server.port, tls) as client:
            client.open()
            # No name is NOT_SERVING any more.
            return b"\x08\x02" not in client.call(LIST)[0]

    poll(is_serving, "SERVING", 10)
    bystander = Bystander(server.port, LIST, b"", (WATCH, named("liveness")), tls)
    if web:
        return Subject(faults, server.process.pid, bystander, lambda: WebClient(server.port), web_scenario)
    return Subject(faults, server.process.pid, bystander, lambda: Client(server.port, tls), scenario)


def start_interop(stack, library, folder):
    """A Subject that streams, both ways."""
    folder.mkdir()
    faults = Faults(library, folder / "faults")
    address, process = stack.enter_context(interop.process(**faults.variables))
    port = int(address.rsplit(":", 1)[1])
    service = "/grpc.testing.TestService/"
    output = interop.OutputRequest()
    for size in (300_000, 5, 200_000):
        output.response_parameters.add(size=size)
    pong = interop.OutputRequest()
    pong.response_parameters.add(size=1000)
    upload = interop.InputRequest()
    upload.payload.body = bytes(20_000)

    def scenario(client):
        client.update_window(0, 1 << 20)
        client.call(service + "StreamingOutputCall", output.SerializeToString())
        stream = client.start_call(service + "StreamingInputCall")
        for isLast in (False, False, True):
            client.send_message(stream, upload.SerializeToString(), end=isLast)
        client.notes.append(client.read_messages(stream))
        stream = client.start_call(service + "FullDuplexCall")
        for isLast in (False, False, True):
            client.send_message(stream, pong.SerializeToString(), end=isLast)
            client.next_message(stream)
        client.read_end(stream)

    class LargeClient(Client):
        def open(self):
            super().open(initial_window=1 << 20)

    watch = service + "FullDuplexCall", pong.SerializeToString(), False
    bystander = Bystander(port, service + "EmptyCall", b"", watch)
    return Subject(faults, process.pid, bystander, lambda: LargeClient(port), scenario)


@pytest.fixture(scope="module", params=["plaintext", "TLS", "streams", "HTTP/1.1"])
def subject(request, library, ca, good, tmp_path_factory):
    place = tmp_path_factory.mktemp("faulty") / "server"
    with contextlib.ExitStack() as stack:
        if request.param == "streams":
            yield start_interop(stack, library, place)
        elif request.param == "TLS":
            yield start_runtime(stack, library, place, client_tls(ca), good)
        else:
            yield start_runtime(stack, library, place, web=request.param == "HTTP/1.1")


def trials(subject, faults):
    """Each call of a scenario with each of these faults."""
    for call, errors in faults.items():
        count = subject.count(call)
        assert count > 0, f"no {call} is made"
        for number in range(1, count + 1):
            for error in errors:
                yield call, error, number


def test_a_fault_that_passes_is_not_noticed(subject):
    hits = [subject.assert_harmless(*trial) for trial in trials(subject, PASSING)]
    # Where the server reads two frames at once in place of one after the other, the last call does not come.
    print(f"{sum(hits)} of {len(hits)} trials had their fault")
    assert sum(hits) > 0.8 * len(hits), f"{sum(hits)} of {len(hits)}"


@pytest.mark.parametrize("call, fault", [(c, f) for c, faults in PASSING.items() for f in faults], ids=name_of)
def test_many_faults_that_pass_are_not_noticed(subject, call, fault):
    for first in (1, 2):
        assert subject.assert_harmless(call, fault, first, 100) > 0


def test_a_fault_that_does_not_pass_ends_one_connection(subject):
    hits = [subject.assert_fatal(*trial) for trial in trials(subject, FATAL)]
    print(f"{sum(hits)} of {len(hits)} trials had their fault")
    assert sum(hits) > 0.8 * len(hits), f"{sum(hits)} of {len(hits)}"


@pytest.mark.parametrize("fault", [ENOMEM, ENOSPC], ids=name_of)
def test_a_connection_that_cannot_be_waited_for_is_closed(subject, fault):
    for number in range(1, subject.count("epoll_ctl") + 1):
        assert subject.assert_fatal("epoll_ctl", fault, number) == 1


@pytest.mark.parametrize("fault", [EINTR, EAGAIN, ECONNABORTED, EPROTO, ENOMEM, ENOBUFS], ids=name_of)
@pytest.mark.parametrize("length", [1, 3])
def test_an_accept_that_fails_is_made_again(subject, fault, length):
    assert subject.assert_harmless("accept4", fault, 1, length) > 0
    # The next accept finds no client, if it is made: a loop does not always have time for it.
    subject.assert_harmless("accept4", fault, 2, length)


@pytest.mark.parametrize("subject", ["plaintext", "streams"], indirect=True)
def test_a_client_like_an_earlier_one_needs_no_memory_of_a_library(subject):
    """nghttp2 has what the earlier one left. That each of its own allocations may fail is shown by ScarceMemoryTests, in Swift."""
    assert subject.count("malloc") == 0


@pytest.mark.parametrize("subject", ["TLS"], indirect=True)
@pytest.mark.parametrize("length", [1, 1 << 30], ids=["once", "until the end"])
def test_a_library_that_gets_no_memory_harms_nobody_else(subject, length):
    count = subject.count("malloc")
    step = max(1, count // 100)
    hits = [subject.assert_fatal("malloc", ENOMEM, number, length) for number in range(1, count + 1, step)]
    print(f"{len(hits)} of {count} allocations")
    assert len(hits) > 3 and 0 not in hits[: len(hits) // 2]


def test_a_listener_that_paused_goes_on_when_that_fails_too(subject):
    # First the end of the pause, then its beginning: of that one nothing is seen, and it ends unobserved.
    for number in (2, 1):
        subject.faults.arm("epoll_ctl", ENOMEM, number)
        assert subject.assert_fatal("accept4", ENOMEM, 1) == 1
        assert subject.faults.hits("epoll_ctl") == 1
        subject.faults.disarm("epoll_ctl")


@pytest.mark.parametrize("fault", [EMFILE, ENFILE], ids=name_of)
def test_who_comes_when_descriptors_have_run_out_is_turned_away(subject, fault):
    assert subject.assert_fatal("accept4", fault, 1) == 1
    # At the second call no client waits, but the client of the first is idle, and is evicted.
    subject.assert_fatal("accept4", fault, 2)


@pytest.mark.parametrize("subject", ["plaintext"], indirect=True)
def test_all_who_wait_when_descriptors_have_run_out_are_turned_away_before_the_pause(subject):
    """Left in the backlog, many clients would make later ones wait until their kernel tries again."""
    def is_stopped():
        tasks = pathlib.Path(f"/proc/{subject.pid}/task").iterdir()
        return all(task.joinpath("stat").read_text().rsplit(") ", 1)[1].startswith("T") for task in tasks)

    os.kill(subject.pid, signal.SIGSTOP)
    try:
        # Its threads stop one after the other: until then the first of the clients may be accepted.
        poll(is_stopped, "the server has stopped", interval=0.0005)
        clients = [subject.connect() for _ in range(300)]
        subject.faults.arm("accept4", EMFILE, 1)
        subject.faults.arm("epoll_ctl", 0, 0)
    finally:
        os.kill(subject.pid, signal.SIGCONT)
    for client in clients:
        with client, pytest.raises((EOFError, ConnectionError)):
            client.read_frame()
    # The pause's beginning and its end; each accepted client has one of its own.
    assert subject.faults.calls("epoll_ctl") <= 2
    subject.settle()
    assert subject.faults.hits("accept4") == 1
    subject.faults.disarm("accept4")
    subject.look_after()
