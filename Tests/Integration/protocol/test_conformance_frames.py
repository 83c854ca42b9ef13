# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The start of a connection, and the format of each frame (RFC 9113, 3, 4, 5.5, 6 and 7)."""

import pytest
from conformance import *
from conformance import client, dial, ports  # noqa: F401 (fixtures)


def test_http2_3_5_1_a_preface(dial):
    dial().greet().works(1)


@pytest.mark.parametrize("start", [b"INVALID CONNECTION PREFACE\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n"])
def test_http2_3_5_2_a_preface_that_is_none(dial, start):
    """GOAWAY may be left out, and the connection has to end; an answer in HTTP/1.1 is as good."""
    peer = dial()
    peer.send(start)
    assert peer.closed_by_server()


def test_3_4_settings_come_first(dial):
    for other in [ping(), priority(1), frame(SETTINGS, ACK, 0), window_update(0, 1)]:
        peer = dial()
        peer.send(http2.PREFACE + other)
        peer.ends_connection(PROTOCOL_ERROR)


# 4: frames.


def test_http2_4_1_1_an_unknown_type_is_passed_over(client):
    client.sends_and_answers(frame(UNKNOWN, 0xFF, 0, bytes(8)) + client.complete() + frame(UNKNOWN, 0xFF, 1, bytes(8)))


def test_http2_4_1_2_undefined_flags_are_ignored(client):
    client.send(ping(b"flagged!", flags=0xFE))
    client.read_until(lambda kind, flags, _, payload: (kind, flags, payload) == (PING, ACK, b"flagged!"))
    client.send(frame(SETTINGS, 0xFE, 0) + frame(WINDOW_UPDATE, 0xFF, 0, bytes([0, 0, 0, 1])))
    client.works(1)


def test_http2_4_1_3_reserved_bits_are_ignored(client):
    high = 1 << 31
    client.send(ping(b"reserved", stream=high))
    client.read_until(lambda kind, flags, _, payload: (kind, flags, payload) == (PING, ACK, b"reserved"))
    client.send(client.headers(high | 1, client.way.fields(method=b"POST")))
    client.send(window_update(0, high | 1) + data(high | 1, client.way.body(), end=True))
    client.answers(1)
    client.lives()


def test_http2_4_2_1_data_of_16384_bytes(client):
    client.sends_and_answers(client.begun_large() + data(1, client.way.body(16384), end=True))


def test_http2_4_2_2_data_above_the_largest_size(client):
    client.sends_and_ends(client.begun() + data(1, bytes(16385)), FRAME_SIZE_ERROR)


def test_http2_4_2_3_headers_above_the_largest_size(client):
    raw = client.headers(1, client.way.fields(extra=[(b"x-long", bytes([97]) * 16384)]))
    client.sends_and_ends(raw, FRAME_SIZE_ERROR)


@pytest.mark.parametrize("kind", [SETTINGS, PING, GOAWAY, UNKNOWN])
def test_4_2_any_frame_above_the_largest_size(client, kind):
    client.sends_and_ends(frame(kind, 0, 0, bytes(16386)), FRAME_SIZE_ERROR)


def test_http2_4_3_1_a_header_block_that_does_not_decode(client):
    client.sends_and_ends(frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x40"), COMPRESSION_ERROR)


INTERLEAVED = {
    "4_3_2_and_6_2_1_priority": priority(1),
    "4_3_3_headers_of_another_stream": frame(HEADERS, END_HEADERS, 3, b"\x82"),
    "5_5_2_unknown": frame(UNKNOWN, 0, 1, bytes(8)),
    "6_2_2_headers_again": frame(HEADERS, END_HEADERS, 1, b"\x82"),
    "6_10_2_data": data(1, b"x"),
    "6_10_3_continuation_on_stream_0": frame(CONTINUATION, END_HEADERS, 0, b""),
    "continuation_of_another_stream": frame(CONTINUATION, END_HEADERS, 3, b""),
    "ping": ping(),
    "settings": settings(),
    "window_update": window_update(0, 1),
    "reset": reset(1),
    "goaway": frame(GOAWAY, 0, 0, bytes(8)),
}


@pytest.mark.parametrize("other", INTERLEAVED.values(), ids=INTERLEAVED.keys())
@pytest.mark.parametrize("continued", [False, True], ids=["after_headers", "after_continuation"])
def test_6_10_nothing_comes_within_a_header_block(client, other, continued):
    start = client.headers(1, flags=0) + (frame(CONTINUATION, 0, 1, literal(b"x", b"y")) if continued else b"")
    client.sends_and_ends(start + other, PROTOCOL_ERROR)


def test_http2_5_5_1_an_extension_is_passed_over(client):
    client.send(frame(0x16, 0, 0, bytes(8)))
    client.lives()


# 6: each type of frame.


def test_http2_6_1_1_data_on_stream_0(client):
    client.sends_and_ends(data(0, b"x"), PROTOCOL_ERROR)


def test_http2_6_1_2_data_on_a_stream_that_is_not_open(client):
    client.sends_and_ends(client.complete() + data(1, b"x"), STREAM_CLOSED)


@pytest.mark.parametrize("length", [5, 6, 255])
def test_http2_6_1_3_padding_as_long_as_the_data(client, length):
    raw = frame(DATA, END_STREAM | PADDED, 1, bytes([length]) + b"test!")
    # As long as the rest is all that fits: there is no data, then.
    if length > 5:
        client.sends_and_ends(client.begun() + raw, PROTOCOL_ERROR)
    else:
        client.send(client.begun() + raw)
        client.read_until(lambda kind, flags, stream, _: stream == 1 and client.ends(kind, flags))
        client.works(3)


def test_6_1_padding_without_its_length(client):
    client.sends_and_ends(client.begun() + frame(DATA, PADDED, 1), PROTOCOL_ERROR)


def test_http2_6_2_3_headers_on_stream_0(client):
    client.sends_and_ends(client.headers(0), PROTOCOL_ERROR)


def test_http2_6_2_4_padding_longer_than_the_headers(client):
    raw = block(client.way.fields())
    client.sends_and_ends(frame(HEADERS, END_HEADERS | PADDED, 1, b"\xff" + raw), PROTOCOL_ERROR)


def test_6_2_padding_and_priority_without_room(client):
    flags = END_HEADERS | PADDED | PRIORITY_FLAG
    client.sends_and_ends(frame(HEADERS, flags, 1, b"\x05" + bytes(9)), PROTOCOL_ERROR)


def test_6_2_priority_without_room(client):
    client.sends_and_ends(frame(HEADERS, END_HEADERS | PRIORITY_FLAG, 1, bytes(4)), FRAME_SIZE_ERROR)


def test_http2_6_3_1_priority_on_stream_0(client):
    client.sends_and_ends(priority(0, 1), PROTOCOL_ERROR)


@pytest.mark.parametrize("length", [0, 4, 6])
def test_http2_6_3_2_priority_of_another_length(client, length):
    client.sends_and_ends(frame(PRIORITY, 0, 1, bytes(length)), FRAME_SIZE_ERROR)


def test_http2_6_4_1_reset_on_stream_0(client):
    client.sends_and_ends(reset(0), PROTOCOL_ERROR)


def test_http2_6_4_2_reset_on_an_idle_stream(client):
    client.sends_and_ends(reset(1), PROTOCOL_ERROR)


@pytest.mark.parametrize("length", [0, 3, 5])
def test_http2_6_4_3_reset_of_another_length(client, length):
    client.sends_and_ends(client.begun() + frame(RST_STREAM, 0, 1, bytes(length)), FRAME_SIZE_ERROR)


def test_http2_6_5_1_settings_acknowledged_with_values(client):
    client.sends_and_ends(frame(SETTINGS, ACK, 0, bytes(6)), FRAME_SIZE_ERROR)


def test_http2_6_5_2_settings_on_a_stream(client):
    client.sends_and_ends(frame(SETTINGS, 0, 1), PROTOCOL_ERROR)


def test_http2_6_5_3_settings_of_another_length(client):
    client.sends_and_ends(frame(SETTINGS, 0, 0, bytes(3)), FRAME_SIZE_ERROR)


VALUES = {
    "6_5_2_1_enable_push": (ENABLE_PUSH, 2, PROTOCOL_ERROR),
    "6_5_2_2_initial_window_size": (INITIAL_WINDOW_SIZE, 2**31, FLOW_CONTROL_ERROR),
    "6_5_2_3_max_frame_size_too_small": (MAX_FRAME_SIZE, 16383, PROTOCOL_ERROR),
    "6_5_2_4_max_frame_size_too_large": (MAX_FRAME_SIZE, 2**24, PROTOCOL_ERROR),
}


@pytest.mark.parametrize("name, value, code", VALUES.values(), ids=VALUES.keys())
def test_http2_6_5_2_settings_out_of_range(client, name, value, code):
    client.sends_and_ends(settings((name, value)), code)


def test_http2_6_5_2_5_unknown_settings_are_ignored(client):
    client.sends_and_answers(settings((0xFF, 1), (0x0A0A, 2**32 - 1)) + client.complete())


@pytest.mark.parametrize(
    "name, value",
    [(ENABLE_PUSH, 0), (ENABLE_PUSH, 1), (INITIAL_WINDOW_SIZE, MAX_WINDOW), (MAX_FRAME_SIZE, 16384),
     (MAX_FRAME_SIZE, 2**24 - 1), (HEADER_TABLE_SIZE, 0), (HEADER_TABLE_SIZE, 2**32 - 1),
     (MAX_HEADER_LIST_SIZE, 0), (MAX_CONCURRENT_STREAMS, 0)],
)
def test_6_5_2_settings_at_the_ends_of_their_ranges(client, name, value):
    client.sends_and_answers(settings((name, value)) + client.complete())


def test_6_5_2_many_settings_in_one_frame(client):
    client.sends_and_answers(settings(*[(0x0A0A + index, index) for index in range(100)]) + client.complete())


def test_http2_6_5_3_1_the_last_of_equal_settings_counts(client):
    client.send(settings((INITIAL_WINDOW_SIZE, 100), (INITIAL_WINDOW_SIZE, 1)) + client.complete())
    frames = client.read_until(lambda kind, *_: kind == DATA)
    assert len(frames[-1][3]) == 1


def test_http2_6_5_3_2_settings_are_acknowledged(client):
    client.send(settings())
    assert any(kind == SETTINGS and flags & ACK for kind, flags, *_ in client.lives())


def test_6_5_3_settings_acknowledged_once_too_often(client):
    # Nothing forbids it in so many words; it can be no honest mistake.
    client.sends_and_ends(frame(SETTINGS, ACK, 0), PROTOCOL_ERROR)


def test_http2_6_7_1_ping_comes_back_with_its_payload(client):
    client.lives(bytes(range(8)))


def test_http2_6_7_2_an_answered_ping_is_not_answered(client):
    client.send(ping(b"invalid!", flags=ACK))
    assert all(payload != b"invalid!" for *_, payload in client.lives())


def test_http2_6_7_3_ping_on_a_stream(client):
    client.sends_and_ends(ping(stream=1), PROTOCOL_ERROR)


@pytest.mark.parametrize("length", [0, 6, 9])
def test_http2_6_7_4_ping_of_another_length(client, length):
    client.sends_and_ends(frame(PING, 0, 0, bytes(length)), FRAME_SIZE_ERROR)


def test_http2_6_8_1_goaway_on_a_stream(client):
    client.sends_and_ends(frame(GOAWAY, 0, 1, bytes(8)), PROTOCOL_ERROR)


def test_6_8_goaway_that_is_too_short(client):
    client.sends_and_ends(frame(GOAWAY, 0, 0, bytes(7)), FRAME_SIZE_ERROR)


def test_6_8_after_goaway_what_has_begun_is_answered(client):
    client.send(client.begun() + frame(GOAWAY, 0, 0, bytes(8) + b"text") + finish(client))
    client.answers(1)
    assert [kind for kind, *_ in client.rest()] in ([], [GOAWAY])


def finish(client, stream=1):
    return data(stream, client.way.body(), end=True)


def test_http2_6_10_1_several_continuations(client):
    more = frame(CONTINUATION, 0, 1, literal(b"x", b"y"))
    frames = client.headers(1, client.way.fields(method=b"POST"), flags=0) + more + more
    client.sends_and_answers(frames + frame(CONTINUATION, END_HEADERS, 1, b"") + finish(client))


@pytest.mark.parametrize(
    "name", ["6_10_4_after_headers", "6_10_5_after_continuation", "6_10_6_after_data", "5_1_4_on_an_idle_stream"]
)
def test_http2_6_10_continuation_of_nothing(client, name):
    fields = client.way.fields(method=b"POST")
    last = frame(CONTINUATION, END_HEADERS, 1, literal(b"x", b"y"))
    before = {
        "6_10_4_after_headers": client.headers(1, fields),
        "6_10_5_after_continuation": client.headers(1, fields, flags=0) + last,
        "6_10_6_after_data": client.headers(1, fields) + finish(client),
        "5_1_4_on_an_idle_stream": b"",
    }
    client.sends_and_ends(before[name] + last, PROTOCOL_ERROR)


def test_6_10_continuations_without_end(client):
    more = frame(CONTINUATION, 0, 1, b"")
    assert "CONTINUATION" in client.sends_and_ends(client.headers(1, flags=0) + more * 100, ENHANCE_YOUR_CALM)


def test_8_4_push_promise_of_a_client(client):
    raw = struct.pack(">I", 2) + block(client.way.fields())
    client.sends_and_ends(client.begun() + frame(PUSH_PROMISE, END_HEADERS, 1, raw), PROTOCOL_ERROR)


def test_http2_8_2_1_push_promise_on_an_idle_stream(client):
    raw = struct.pack(">I", 2) + block(client.way.fields())
    client.sends_and_ends(frame(PUSH_PROMISE, END_HEADERS, 1, raw), PROTOCOL_ERROR)


# 7: error codes.


def test_http2_7_1_goaway_with_an_unknown_code(client):
    client.send(frame(GOAWAY, 0, 0, struct.pack(">II", 0, 0xFF)))
    # No stream is open, so the connection may end; it is no error.
    frames = client.rest()
    assert all(kind == GOAWAY and payload[4:8] == bytes(4) for kind, _, __, payload in frames)


def test_http2_7_2_reset_with_an_unknown_code(client):
    client.send(client.begun() + reset(1, 0xFF))
    client.lives()
    client.works(3)
