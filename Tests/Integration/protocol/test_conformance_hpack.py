# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Header blocks that do not decode: an error of the connection, COMPRESSION_ERROR (RFC 7541; RFC 9113, 4.3)."""

import pytest
from conformance import *
from conformance import client, dial, ports  # noqa: F401 (fixtures)

NAME = text(b"x")
BROKEN = {
    "2_3_3_1_static_index_out_of_range": integer(70, 7, 0x80),
    "2_3_3_2_name_index_out_of_range": integer(70, 6, 0x40) + b"\x01a",
    "index_just_behind_the_tables": integer(62, 7, 0x80),
    "name_index_not_indexed": integer(62, 4) + b"\x01a",
    "name_index_never_indexed": integer(62, 4, 0x10) + b"\x01a",
    "6_1_1_index_0": b"\x80",
    "5_2_1_huffman_padding_of_8_bits": b"\x00" + NAME + bytes.fromhex("8418ff") + b"\xff\xff",
    "huffman_padding_of_an_byte": b"\x00" + NAME + bytes.fromhex("821fff"),
    "5_2_2_huffman_padding_of_zeros": b"\x00" + NAME + bytes.fromhex("8118"),
    "5_2_3_huffman_end_of_string": b"\x00" + NAME + bytes.fromhex("84ffffffff"),
    "huffman_end_of_string_behind_a_symbol": b"\x00" + NAME + bytes.fromhex("851fffffffff"),
    "huffman_name": b"\x00" + bytes.fromhex("82ffff") + b"\x01a",
    "4_2_1_size_update_at_the_end": b"\x20",
    "size_update_in_the_middle": b"\x20" + literal(b"x", b"y"),
    "value_longer_than_the_block": b"\x00" + NAME + b"\x05abcd",
    "name_longer_than_the_block": b"\x00\x05abcd",
    "length_without_end": b"\x00" + NAME + b"\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    "length_of_32_bits": b"\x00" + NAME + b"\x7f\x80\xff\xff\xff\x0f",
    "index_of_many_bytes": b"\xff" + b"\xff" * 12,
    "no_value": b"\x00" + NAME,
    "no_name": b"\x40",
    "index_cut": b"\xff",
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN.keys())
def test_hpack_broken(client, raw):
    client.sends_and_ends(client.headers(1, end=True, after=raw), COMPRESSION_ERROR)


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN.keys())
def test_hpack_broken_in_trailers(client, raw):
    frames = client.begun() + data(1, client.way.body()) + client.headers(1, [(b"x", b"y")], end=True, after=raw)
    client.sends_and_ends(frames, COMPRESSION_ERROR)


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN.keys())
def test_hpack_broken_on_a_stream_that_is_passed_over(client, raw):
    """A block of an ignored stream is decoded, since the tables belong to the connection."""
    client.send(client.headers(1, client.way.fields(extra=[(b"X", b"y")])))
    client.read_until(lambda kind, *_: kind == RST_STREAM)
    client.sends_and_ends(client.headers(1, [(b"x", b"y")], end=True, after=raw), COMPRESSION_ERROR)


@pytest.mark.parametrize("size", [4097, 2**32 - 1, 2**64])
def test_hpack_6_3_1_a_table_larger_than_allowed(client, size):
    client.sends_and_ends(client.headers(1, end=True, before=integer(size, 5, 0x20)), COMPRESSION_ERROR)


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_hpack_4_2_a_size_update_cut_by_a_continuation(client, cut):
    raw = integer(4096, 5, 0x20) + block(client.way.fields(method=b"POST"))
    frames = frame(HEADERS, 0, 1, raw[:cut]) + frame(CONTINUATION, END_HEADERS, 1, raw[cut:])
    client.sends_and_answers(frames + data(1, client.way.body(), end=True))


def test_hpack_4_4_entries_are_evicted(client):
    """An entry is out of the table when it does not fit; its index is then one too many."""
    entry = literal(b"x", b"v" * 3000, 0x40)
    fields = client.way.fields(method=b"POST")
    client.send(client.headers(1, fields, after=entry + literal(b"y", b"w" * 3000, 0x40) + b"\xbe"))
    client.send(data(1, client.way.body(), end=True))
    client.answers(1)
    client.sends_and_ends(client.headers(3, end=True, after=b"\xbf"), COMPRESSION_ERROR)


def test_hpack_4_4_an_entry_larger_than_the_table_empties_it(client):
    fields = client.way.fields(method=b"POST")
    after = literal(b"x", b"y", 0x40) + literal(b"z", b"v" * 5000, 0x40)
    client.send(client.headers(1, fields, after=after) + data(1, client.way.body(), end=True))
    client.answers(1)
    client.sends_and_ends(client.headers(3, end=True, after=b"\xbe"), COMPRESSION_ERROR)


def test_hpack_4_3_a_smaller_table_evicts(client):
    fields = client.way.fields(method=b"POST")
    client.send(client.headers(1, fields, after=literal(b"x", b"y", 0x40)) + data(1, client.way.body(), end=True))
    client.answers(1)
    client.sends_and_ends(client.headers(3, end=True, before=b"\x20", after=b"\xbe"), COMPRESSION_ERROR)


def test_hpack_the_servers_own_table_follows_our_settings(client):
    """With a table of 0 the server's blocks refer to static entries only, after it has said so once."""
    client.send(settings((HEADER_TABLE_SIZE, 0)))
    client.lives()
    for stream in (1, 3):
        client.send(client.complete(stream))
        blocks = [payload for kind, _, payload in client.answers(stream) if kind == HEADERS]
        # An indexed field of the dynamic table would be 0xbe or above.
        assert (blocks[0][0] == 0x20) == (stream == 1)
        assert not any(payload and payload[0] >= 0xBE for payload in blocks)
