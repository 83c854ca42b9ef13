# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What may come on a stream, and when (RFC 9113, 5 and 6.9)."""

import pytest
from conformance import *
from conformance import client, dial, ports  # noqa: F401 (fixtures)

IDLE = {
    "5_1_1_data": data(1, b"test", end=True),
    "5_1_2_reset": reset(1),
    "5_1_3_window_update": window_update(1, 100),
    "data_above_the_latest": data(7, b"test", end=True),
    "reset_above_the_latest": reset(7),
    "window_update_above_the_latest": window_update(7, 1),
    "data_of_the_server": data(2, b"x"),
    "reset_of_the_server": reset(2),
    "window_update_of_the_server": window_update(2, 1),
}


@pytest.mark.parametrize("raw", IDLE.values(), ids=IDLE.keys())
def test_http2_5_1_idle(client, raw):
    earlier = client.complete(5) if raw[8] == 7 else b""
    client.sends_and_ends(earlier + raw, PROTOCOL_ERROR)


# Half-closed by the client: the stream still waits for the window when the frame comes, or is answered.

LATE = {
    "data": lambda client: data(1, b"test", end=True),
    "headers": lambda client: client.headers(1, end=True),
    "continuation": lambda client: frame(CONTINUATION, END_HEADERS, 1, literal(b"x", b"y")),
    "empty_data": lambda client: data(1),
    "trailers": lambda client: client.headers(1, [(b"x", b"y")], end=True),
}
LATE_CODES = (STREAM_CLOSED, PROTOCOL_ERROR)


@pytest.mark.parametrize("kind", LATE, ids=["5_1_5_data", "5_1_6_headers", "5_1_7_continuation", "empty_data", "trailers"])
def test_http2_5_1_half_closed(client, kind):
    """An error of the stream in the RFC, of the connection here."""
    client.send(settings((INITIAL_WINDOW_SIZE, 0)))
    codes = LATE_CODES if kind == "continuation" else (STREAM_CLOSED,)
    client.sends_and_ends(client.complete() + LATE[kind](client), *codes)


@pytest.mark.parametrize("kind", LATE, ids=["5_1_8_data", "5_1_9_headers", "5_1_10_continuation", "empty_data", "trailers"])
def test_http2_5_1_closed_by_reset(client, kind):
    codes = LATE_CODES if kind == "continuation" else (STREAM_CLOSED,)
    client.sends_and_ends(client.begun() + reset(1) + LATE[kind](client), *codes)


@pytest.mark.parametrize("kind", LATE, ids=["5_1_11_data", "5_1_12_headers", "5_1_13_continuation", "empty_data", "trailers"])
@pytest.mark.parametrize("others", [0, 3, 300], ids=["at_once", "later", "much_later"])
def test_http2_5_1_closed(client, kind, others):
    client.works(1)
    for stream in range(3, 2 * others + 3, 2):
        client.works(stream)
    codes = LATE_CODES if kind == "continuation" else (STREAM_CLOSED,)
    client.sends_and_ends(LATE[kind](client), *codes)


@pytest.mark.parametrize("raw", [window_update(1, 1), reset(1), priority(1)], ids=["window_update", "reset", "priority"])
def test_5_1_closed_and_what_may_still_come(client, raw):
    client.works(1)
    client.send(raw)
    client.lives()
    client.works(3)


def test_5_1_closed_by_the_server_and_what_was_under_way(client):
    """The server ends the stream before the client does; it cannot know yet."""
    client.send(client.headers(1, client.way.fields(extra=[(b"X", b"y")])))
    client.read_until(lambda kind, *_: kind == RST_STREAM)
    client.send(data(1, client.way.body()) + client.headers(1, [(b"x", b"y")], end=True) + window_update(1, 1) + reset(1))
    client.lives()
    client.works(3)


def test_http2_5_1_1_1_an_even_stream(client):
    client.sends_and_ends(client.complete(2), PROTOCOL_ERROR)


@pytest.mark.parametrize("first, second", [(5, 3), (5, 1), (7, 5), (2**31 - 1, 1), (2**31 - 1, 2**31 - 3)])
def test_http2_5_1_1_2_a_lower_stream(client, first, second):
    client.sends_and_ends(client.complete(first) + client.headers(second, end=True), PROTOCOL_ERROR)


def test_5_1_1_streams_may_be_left_out(client):
    for stream in (5, 101, 2**31 - 1):
        client.works(stream)


def test_http2_5_1_2_1_more_streams_than_allowed(client):
    most = client.settings[MAX_CONCURRENT_STREAMS]
    client.send(b"".join(client.begun(stream) for stream in range(1, 2 * most, 2)))
    client.lives()
    client.sends_and_ends(client.begun(2 * most + 1), PROTOCOL_ERROR)


def test_5_1_2_more_streams_than_allowed_before_the_limit_is_known(dial):
    peer = dial()
    peer.send(http2.PREFACE + settings())
    most = dict(struct.iter_unpack(">HI", peer.read_frame()[3]))[MAX_CONCURRENT_STREAMS]
    peer.send(b"".join(peer.begun(stream) for stream in range(1, 2 * most + 2, 2)))
    refused = 2 * most + 1
    peer.read_until(lambda kind, *rest: (kind, *rest[1:]) == (RST_STREAM, refused, bytes([0, 0, 0, REFUSED_STREAM])))
    peer.send(data(refused, b"x", end=True) + data(1, peer.way.body(), end=True))
    peer.answers(1)
    peer.lives()


def test_5_1_2_an_ended_stream_makes_room(client):
    most = client.settings[MAX_CONCURRENT_STREAMS]
    client.send(b"".join(client.begun(stream) for stream in range(1, 2 * most, 2)))
    client.send(reset(1) + data(3, client.way.body(), end=True))
    client.answers(3)
    client.works(2 * most + 1)


def test_http2_5_3_1_1_headers_that_depend_on_themselves(client):
    raw = struct.pack(">IB", 1, 15) + block(client.way.fields())
    client.sends_and_ends(frame(HEADERS, END_HEADERS | END_STREAM | PRIORITY_FLAG, 1, raw), PROTOCOL_ERROR)


@pytest.mark.parametrize("exclusive", [False, True])
def test_http2_5_3_1_2_priority_that_depends_on_itself(client, exclusive):
    client.sends_and_ends(priority(3, 3, exclusive=exclusive), PROTOCOL_ERROR)


def test_http2_5_4_1_1_after_an_error_the_connection_ends(client):
    client.sends_and_ends(ping(stream=1), PROTOCOL_ERROR)


def test_http2_5_4_1_2_goaway_has_the_last_stream(client):
    client.works(1)
    client.works(5)
    client.send(data(0, b"x"))
    frames = client.read_until(lambda kind, *_: kind == GOAWAY)
    assert struct.unpack(">II", frames[-1][3][:8]) == (5, PROTOCOL_ERROR)


# 6.9: flow control.


def test_http2_6_9_1_no_increment_on_the_connection(client):
    client.sends_and_ends(window_update(0, 0), PROTOCOL_ERROR)


def test_http2_6_9_2_no_increment_on_a_stream(client):
    client.sends_and_ends(client.begun() + window_update(1, 0), PROTOCOL_ERROR)


@pytest.mark.parametrize("length", [0, 3, 5])
def test_http2_6_9_3_window_update_of_another_length(client, length):
    client.sends_and_ends(frame(WINDOW_UPDATE, 0, 0, bytes(length)), FRAME_SIZE_ERROR)


def body_bytes(client, count):
    """Reads so many bytes of the answer, and that there are no more now."""
    while count > 0:
        kind, flags, stream, payload = client.read_frame()
        assert kind in (HEADERS, DATA, SETTINGS, WINDOW_UPDATE)
        count -= len(payload) if kind == DATA else 0
    assert count == 0
    assert not any(kind == DATA and payload for kind, _, __, payload in client.lives())


def test_http2_6_9_1_1_a_window_of_one_byte(client):
    client.send(settings((INITIAL_WINDOW_SIZE, 1)) + client.complete())
    body_bytes(client, 1)
    client.send(window_update(1, 2))
    body_bytes(client, 2)


def test_http2_6_9_1_2_the_connections_window_grows_too_large(client):
    client.sends_and_ends(window_update(0, MAX_WINDOW) + window_update(0, MAX_WINDOW), FLOW_CONTROL_ERROR)


def test_http2_6_9_1_3_a_streams_window_grows_too_large(client):
    raw = window_update(1, MAX_WINDOW) + window_update(1, MAX_WINDOW)
    client.sends_and_resets(client.begun() + raw, FLOW_CONTROL_ERROR)


def test_6_9_1_windows_of_the_largest_size(client):
    raw = window_update(0, MAX_WINDOW - 65535) + window_update(1, MAX_WINDOW - 65535)
    client.sends_and_answers(client.begun() + raw + data(1, client.way.body(), end=True))


def test_http2_6_9_2_1_the_initial_window_changes_after_headers(client):
    client.send(settings((INITIAL_WINDOW_SIZE, 0)) + client.complete())
    client.read_until(lambda kind, *_: kind == HEADERS)
    body_bytes(client, 0)
    client.send(settings((INITIAL_WINDOW_SIZE, 1)))
    body_bytes(client, 1)


def test_http2_6_9_2_2_a_window_becomes_negative(client):
    client.send(settings((INITIAL_WINDOW_SIZE, 3)) + client.complete())
    body_bytes(client, 3)
    client.send(settings((INITIAL_WINDOW_SIZE, 2)) + window_update(1, 1))
    body_bytes(client, 0)
    client.send(window_update(1, 1))
    body_bytes(client, 1)


def test_http2_6_9_2_3_an_initial_window_above_the_largest(client):
    client.sends_and_ends(settings((INITIAL_WINDOW_SIZE, 2**31)), FLOW_CONTROL_ERROR)


def test_6_9_2_settings_make_a_streams_window_too_large(client):
    raw = client.begun() + window_update(1, 1) + settings((INITIAL_WINDOW_SIZE, MAX_WINDOW))
    assert "SETTINGS" in client.sends_and_ends(raw, FLOW_CONTROL_ERROR)


def test_6_9_data_beyond_a_window(client):
    """More than the windows, sent at once. By when it comes the server may have opened them; otherwise it resets the
    stream, or ends the connection, whose window is as large."""
    raw = client.way.body(5 * 16384)
    parts = (data(1, raw[start : start + 16384]) for start in range(0, len(raw), 16384))
    ends, lives = [], False
    try:
        client.send(client.begun_large() + b"".join(parts) + ping())
        while not lives:
            kind, flags, _, payload = client.read_frame()
            lives = kind == PING and flags & ACK
            if kind == RST_STREAM:
                ends.append((kind, payload))
            if kind == GOAWAY:
                ends.append((kind, payload[4:8]))
    except (EOFError, ConnectionResetError):
        pass
    code = bytes([0, 0, 0, FLOW_CONTROL_ERROR])
    if lives:
        assert ends in ([], [(RST_STREAM, code)])
        client.works(3)
    else:
        assert ends in ([(GOAWAY, code)], [(RST_STREAM, code), (GOAWAY, code)])


def test_6_9_the_server_gives_windows_back(client):
    """More than a window's worth on one connection, stream after stream."""
    for stream in range(1, 21, 2):
        client.send(client.begun_large(stream) + data(stream, client.way.body(16384), end=True))
        client.answers(stream)
    client.lives()
