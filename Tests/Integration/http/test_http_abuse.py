# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What clients of HTTP do wrong, on purpose or not: each is answered or dropped, and others are served meanwhile."""

import contextlib
import pathlib
import socket
import time

import interop
import pytest
from conftest import poll
from http2 import Peer, frame, header_block


@pytest.fixture(scope="module")
def server():
    with interop.process(INTEROP_IMPATIENT="1") as (address, process):
        yield address, process.pid


@pytest.fixture
def address(server):
    yield server[0]
    # Whatever was done to it, it serves.
    assert exchange(server[0], b"GET /ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").endswith(b"\r\n\r\nok\n")


def connect(address, receive_buffer=None):
    host, port = address.rsplit(":", 1)
    client = socket.socket()
    client.settimeout(20)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.connect((host, int(port)))
    return client


def read_all(client):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(65536):
            data += part
    return data


def exchange(address, *pieces):
    """All that the server says to these pieces until it closes."""
    with connect(address) as client:
        for piece in pieces:
            client.sendall(piece)
        return read_all(client)


def left(address):
    text = exchange(address, b"GET /left HTTP/1.0\r\n\r\n")
    return int(text.rsplit(b"\n", 2)[1])


def memory(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0])


@pytest.mark.parametrize("request_text, status", [
    (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n", 414),
    (b"GET /ok HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 17_000, 431),
    (b"GET /ok HTTP/1.1\r\n" + b"X: y\r\n" * 65, 431),
    (b"GET /ok HTTP/1.1\r\n\r\n", 400),
    (b"GET /ok HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
    (b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", 400),
    (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
    (b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n", 413),
    (b"GET /ok HTTP/3.0\r\nHost: x\r\n\r\n", 505),
], ids=range(9))
def test_bad_requests_are_refused(address, request_text, status):
    text = exchange(address, request_text)
    assert text.startswith(b"HTTP/1.1 %d " % status), text
    assert b"\r\nconnection: close\r\n" in text


@pytest.mark.parametrize("request_text", [b"GET /ok HTTP/1.1\r\nHos", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"])
def test_a_slow_request_is_told_and_dropped(address, request_text):
    start = time.monotonic()
    assert exchange(address, request_text).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - start < 15


def test_drips_do_not_extend_the_time_of_a_head(address):
    with connect(address) as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for byte in b"GET /ok HTTP/1.1\r\n" + b"X" * 100_000:
                client.sendall(bytes([byte]))
                time.sleep(0.02)
        assert read_all(client)[:13] in (b"HTTP/1.1 408 ", b"")


def test_a_flood_of_refused_requests_is_429(address):
    with connect(address) as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(200):
                client.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
        text = read_all(client)
    assert text.count(b" 404 ") >= 500 and text.count(b" 429 ") == 1


def test_a_flood_of_large_answers_is_429(address):
    with connect(address) as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" * 40)
        text = read_all(client)
    assert 10 < text.count(b"HTTP/1.1 200 ") < 30 and text.count(b" 429 ") == 1


def test_a_half_closed_client_has_its_answers(address):
    with connect(address) as client:
        client.sendall(b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n" * 3 + b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        text = read_all(client)
    assert text.count(b"HTTP/1.1 200 OK") == 4 and text.count(b"x" * 1000) == (1 << 20) // 1000


@pytest.mark.parametrize("path", [b"/later?60000", b"/stream"])
def test_a_client_that_leaves_is_noticed(address, path):
    before = left(address)
    with connect(address) as client:
        client.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        if path == b"/stream":
            assert client.recv(1000)
        else:
            time.sleep(0.1)
    poll(lambda: left(address) == before + 1, "the handler is told")


def test_a_deferred_client_that_resets_its_stream_is_noticed(address):
    before = left(address)
    fields = [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/later?60000"), (b":authority", b"x")]
    with Peer(int(address.rsplit(":", 1)[1])) as peer:
        peer.open()
        peer.send(frame(1, 0x5, 1, header_block(*fields)))
        time.sleep(0.1)
        peer.send(frame(3, 0, 1, b"\0\0\0\x08"))
        poll(lambda: left(address) == before + 1, "the handler is told")


def test_a_stream_whose_client_stops_reading_is_cut_off_and_costs_little(server, address):
    _, pid = server
    before, memory_before = left(address), memory(pid)
    clients = [connect(address, receive_buffer=4096) for _ in range(20)]
    for client in clients:
        client.sendall(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
    poll(lambda: left(address) == before + 20, "all are cut off")
    assert memory(pid) - memory_before < 20_000
    for client in clients:
        client.close()


def test_many_clients_that_wait_are_served(address):
    clients = [connect(address) for _ in range(200)]
    for client in clients:
        client.sendall(b"GET /later?300 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert exchange(address, b"GET /ok HTTP/1.0\r\n\r\n").endswith(b"ok\n")
    assert all(read_all(client).endswith(b"later\n") for client in clients)
    for client in clients:
        client.close()
