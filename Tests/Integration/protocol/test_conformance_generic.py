# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What every server has to accept: the cases 1 to 5 of the public suite's generic part."""

import pytest
from conformance import *
from conformance import client, dial, ports  # noqa: F401 (fixtures)


def test_generic_1_1_the_server_sends_its_preface(dial):
    peer = dial()
    peer.send(http2.PREFACE + settings())
    assert peer.read_frame()[:3] == (SETTINGS, 0, 0)


# 2: frames that every state of a stream allows.


def test_generic_2_1_priority_on_an_idle_stream(client):
    client.send(priority(1))
    client.lives()


def blocked(client):
    """A stream half-closed by the client, whose answer waits for the window."""
    client.send(settings((INITIAL_WINDOW_SIZE, 0)) + client.complete(1))
    client.read_until(lambda kind, _, stream, __: (kind, stream) == (HEADERS, 1))


def test_generic_2_2_window_update_on_a_half_closed_stream(client):
    blocked(client)
    client.send(window_update(1, 1))
    assert client.read_until(lambda kind, *_: kind == DATA)[-1][2:] != (1, b"")


def test_generic_2_3_priority_on_a_half_closed_stream(client):
    blocked(client)
    client.send(priority(1) + window_update(1, 1))
    (*_, (kind, _, stream, payload)) = client.read_until(lambda kind, *_: kind in (DATA, RST_STREAM, GOAWAY))
    assert (kind, stream, len(payload)) == (DATA, 1, 1)


def test_generic_2_4_reset_on_a_half_closed_stream(client):
    client.send(client.complete(1) + reset(1))
    client.lives()
    client.works(3)


def test_generic_2_5_priority_on_a_closed_stream(client):
    client.works(1)
    client.send(priority(1))
    client.lives()


# 3: one frame of each type.


def test_generic_3_1_1_data(client):
    client.sends_and_answers(client.begun() + data(1, client.way.body(), end=True))


def test_generic_3_1_2_several_data_frames(client):
    raw = client.way.body(7)
    client.sends_and_answers(client.begun() + data(1, raw[:3]) + data(1, raw[3:]) + data(1, end=True))


def test_generic_3_1_3_data_with_padding(client):
    raw = frame(DATA, END_STREAM | PADDED, 1, padded(client.way.body(), 6))
    client.sends_and_answers(client.begun() + raw)


def finish(client, stream=1):
    """What is left to send after HEADERS without END_STREAM."""
    return data(stream, client.way.body(), end=True)


def test_generic_3_2_1_headers(client):
    client.sends_and_answers(client.complete())


def test_generic_3_2_2_headers_with_padding(client):
    raw = padded(block(client.way.fields(method=b"POST")), 9)
    client.sends_and_answers(frame(HEADERS, END_HEADERS | PADDED, 1, raw) + finish(client))


def test_generic_3_2_3_headers_with_priority(client):
    raw = struct.pack(">IB", 0, 255) + block(client.way.fields(method=b"POST"))
    client.sends_and_answers(frame(HEADERS, END_HEADERS | PRIORITY_FLAG, 1, raw) + finish(client))


@pytest.mark.parametrize(
    "raw",
    [priority(1, weight=0), priority(1, weight=255), priority(1, 3), priority(1, 3, exclusive=True), priority(7, 5)],
    ids=["3_3_1_weight_1", "3_3_2_weight_256", "3_3_3_dependency", "3_3_4_exclusive", "3_3_5_idle_dependency"],
)
def test_generic_3_3_priority(client, raw):
    client.sends_and_answers(raw + client.complete())


def test_generic_3_4_1_reset(client):
    client.send(client.begun() + reset(1))
    client.lives()


def test_generic_3_5_1_settings(client):
    client.send(settings((MAX_CONCURRENT_STREAMS, 100)))
    assert any(kind == SETTINGS and flags & ACK for kind, flags, *_ in client.lives())


def test_generic_3_7_1_ping(client):
    client.lives()


def test_generic_3_8_1_goaway(client):
    client.send(client.complete() + frame(GOAWAY, 0, 0, bytes(8)))
    client.answers(1)
    assert [kind for kind, *_ in client.rest()] in ([], [GOAWAY])


def test_generic_3_9_1_window_update_of_the_connection(client):
    client.sends_and_answers(window_update(0, 1) + client.complete())


def test_generic_3_9_2_window_update_of_a_stream(client):
    client.sends_and_answers(client.begun() + window_update(1, 1) + finish(client))


@pytest.mark.parametrize("count", [1, 5], ids=["3_10_1", "3_10_2"])
def test_generic_3_10_continuation(client, count):
    raw = block(client.way.fields(method=b"POST"))
    size = len(raw) // (count + 1)
    frames = client.headers(1, [], flags=0, before=raw[:size])
    for index in range(1, count):
        frames += frame(CONTINUATION, 0, 1, raw[index * size : (index + 1) * size])
    client.sends_and_answers(frames + frame(CONTINUATION, END_HEADERS, 1, raw[count * size :]) + finish(client))


# 4: messages.


@pytest.mark.parametrize("method", [b"GET", b"POST"], ids=["4_1_get", "4_3_post"])
def test_generic_4_methods(client, method):
    fields = client.way.fields(method=method)
    client.sends_and_answers(client.headers(1, fields) + finish(client))


def test_generic_4_2_head_has_no_content(client):
    client.send(client.headers(1, client.way.fields(method=b"HEAD"), end=True))
    frames = client.read_until(lambda kind, flags, stream, _: stream == 1 and client.ends(kind, flags))
    client.in_order(frames)
    assert not any(kind == DATA and payload for kind, _, __, payload in frames)
    client.works(3)


def test_generic_4_4_post_with_trailers(client):
    trailers = client.headers(1, [(b"x-trailer", b"1")], end=True)
    client.sends_and_answers(client.begun() + data(1, client.way.body()) + trailers)


# 5: header fields as HPACK writes them. Huffman codes are those of RFC 7541, Appendix B.

AGENT, AGENT_HUFFMAN = text(b"user-agent"), bytes.fromhex("87b505b161cc5a93")
NEW, NEW_HUFFMAN = text(b"x-test"), bytes.fromhex("85f2b24a84ff")
VALUE, VALUE_HUFFMAN = text(b"h2spec"), bytes.fromhex("849c48aca4")
FIELDS = {
    "5_1_indexed": b"\xba",
    "5_2_incremental_indexed_name": b"\x7a" + VALUE,
    "5_3_incremental_indexed_name_huffman": b"\x7a" + VALUE_HUFFMAN,
    "5_4_incremental_new_name": b"\x40" + NEW + VALUE,
    "5_5_incremental_new_name_huffman": b"\x40" + NEW_HUFFMAN + VALUE_HUFFMAN,
    "5_6_without_indexing_indexed_name": b"\x0f\x2b" + VALUE,
    "5_7_without_indexing_indexed_name_huffman": b"\x0f\x2b" + VALUE_HUFFMAN,
    "5_8_without_indexing_new_name": b"\x00" + NEW + VALUE,
    "5_9_without_indexing_new_name_huffman": b"\x00" + NEW_HUFFMAN + VALUE_HUFFMAN,
    "5_10_never_indexed_indexed_name": b"\x1f\x2b" + VALUE,
    "5_11_never_indexed_indexed_name_huffman": b"\x1f\x2b" + VALUE_HUFFMAN,
    "5_12_never_indexed_new_name": b"\x10" + NEW + VALUE,
    "5_13_never_indexed_new_name_huffman": b"\x10" + NEW_HUFFMAN + VALUE_HUFFMAN,
    "literal_name_that_the_table_has": b"\x40" + AGENT + VALUE,
    "literal_name_that_the_table_has_huffman": b"\x00" + AGENT_HUFFMAN + VALUE_HUFFMAN,
    "empty_value": b"\x00" + NEW + b"\x00",
    "entry_of_the_dynamic_table": b"\x40" + NEW + VALUE + b"\xbe\xbe\x7e" + VALUE,
}


@pytest.mark.parametrize("raw", FIELDS.values(), ids=FIELDS.keys())
def test_generic_5_header_fields(client, raw):
    client.sends_and_answers(client.headers(1, client.way.fields(method=b"POST"), after=raw) + finish(client))


@pytest.mark.parametrize("raw", [b"\x20", b"\x20" + integer(4096, 5, 0x20)], ids=["5_14", "5_15_two"])
def test_generic_5_table_size_updates(client, raw):
    client.sends_and_answers(client.headers(1, client.way.fields(method=b"POST"), before=raw) + finish(client))
