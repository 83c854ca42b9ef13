# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Malformed requests: errors of their stream, of type PROTOCOL_ERROR (RFC 9113, 8)."""

import pytest
from conformance import *
from conformance import client, dial, ports  # noqa: F401 (fixtures)


def malformed(client, fields, end=True):
    client.sends_and_resets(client.headers(1, fields, end=end), PROTOCOL_ERROR)


def test_http2_8_1_1_headers_again_without_the_end(client):
    again = client.headers(1, [(b"x", b"y")])
    client.sends_and_resets(client.begun() + again, PROTOCOL_ERROR)


def test_http2_8_1_2_1_upper_case_names(client):
    malformed(client, client.way.fields(extra=[(b"X-TEST", b"ok")]))


NAMES = {
    "empty": b"", "space": b"x y", "space_after": b"x ", "colon": b"x:y", "nul": b"x\0y", "new_line": b"x\ny",
    "return": b"x\ry", "tab": b"x\ty", "upper": b"xY", "del": b"x\x7fy", "high": b"x\xffy", "comma": b"x,y",
    "slash": b"x/y", "brace": b"x{y", "quote": b'x"y', "only_colon": b":",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
@pytest.mark.parametrize("place", ["headers", "trailers"])
def test_8_2_1_bytes_that_no_name_has(client, name, place):
    if place == "headers":
        return malformed(client, client.way.fields(extra=[(name, b"ok")]))
    client.sends_and_resets(client.begun() + client.headers(1, [(name, b"ok")], end=True), PROTOCOL_ERROR)


VALUES = {
    "nul": b"a\0b", "new_line": b"a\nb", "return": b"a\rb", "space_before": b" a", "space_after": b"a ",
    "tab_before": b"\ta", "tab_after": b"a\t", "only_space": b" ", "del": b"a\x7fb", "control": b"a\x01b",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_8_2_1_bytes_that_no_value_has(client, value):
    malformed(client, client.way.fields(extra=[(b"x", value)]))


@pytest.mark.parametrize("value", [b"a\tb", b"a b", b"\x80\xff", "ü".encode(), b"!~", b""])
def test_8_2_1_values_that_are_good(client, value):
    client.sends_and_answers(client.complete(1, (b"x", value)))


PSEUDO = {
    "8_1_2_1_1_unknown": lambda way: [(b":test", b"ok"), *way.fields()],
    "8_1_2_1_2_of_a_response": lambda way: [(b":status", b"200"), *way.fields()],
    "8_1_2_1_4_after_regular_fields": lambda way: [(b"x", b"y"), *way.fields()],
    "last_after_regular_fields": lambda way: [*way.fields(without=["path"]), (b"x", b"y"), (b":path", b"/")],
    "8_1_2_3_1_empty_path": lambda way: way.fields(path=b""),
    "8_1_2_3_2_no_method": lambda way: way.fields(without=["method"]),
    "8_1_2_3_3_no_scheme": lambda way: way.fields(without=["scheme"]),
    "8_1_2_3_4_no_path": lambda way: way.fields(without=["path"]),
    "8_1_2_3_5_method_twice": lambda way: [(b":method", b"GET"), *way.fields()],
    "8_1_2_3_6_scheme_twice": lambda way: [(b":scheme", b"http"), *way.fields()],
    "8_1_2_3_7_path_twice": lambda way: [(b":path", b"/"), *way.fields()],
    "authority_twice": lambda way: [(b":authority", b"other"), *way.fields()],
    "path_without_slash": lambda way: way.fields(path=b"index"),
    "asterisk_without_options": lambda way: way.fields(path=b"*"),
    "empty_method": lambda way: way.fields(method=b""),
    "space_in_method": lambda way: way.fields(method=b"GE T"),
    "control_in_path": lambda way: way.fields(path=b"/\x01"),
    "space_in_path": lambda way: way.fields(path=b"/a b"),
    "space_in_authority": lambda way: way.fields(authority=b"a b"),
    "no_fields": lambda way: [],
    "connect_with_path": lambda way: way.fields(method=b"CONNECT"),
    "protocol_without_extended_connect": lambda way: [(b":protocol", b"websocket"), *way.fields(method=b"CONNECT")],
}


@pytest.mark.parametrize("fields", PSEUDO.values(), ids=PSEUDO.keys())
def test_http2_8_3_pseudo_header_fields(client, fields):
    malformed(client, fields(client.way))


@pytest.mark.parametrize("name", [b":path", b":method", b":status", b":test"])
def test_http2_8_1_2_1_3_pseudo_header_fields_in_trailers(client, name):
    client.sends_and_resets(client.begun() + client.headers(1, [(name, b"/")], end=True), PROTOCOL_ERROR)


CONNECTION_FIELDS = {
    "8_1_2_2_1_connection": (b"connection", b"keep-alive"),
    "keep_alive": (b"keep-alive", b"timeout=5"),
    "proxy_connection": (b"proxy-connection", b"keep-alive"),
    "transfer_encoding": (b"transfer-encoding", b"chunked"),
    "upgrade": (b"upgrade", b"foo/2"),
    "8_1_2_2_2_te": (b"te", b"trailers, deflate;q=0.5"),
    "te_gzip": (b"te", b"gzip"),
}


@pytest.mark.parametrize("field", CONNECTION_FIELDS.values(), ids=CONNECTION_FIELDS.keys())
def test_http2_8_2_2_fields_of_the_connection(client, field):
    fields = [known for known in client.way.fields() if known[0] != field[0]]
    malformed(client, [*fields, field])


def test_8_2_2_te_trailers_is_good(client):
    fields = [known for known in client.way.fields(method=b"POST") if known[0] != b"te"]
    raw = client.headers(1, [*fields, (b"te", b"trailers")])
    client.sends_and_answers(raw + data(1, client.way.body(), end=True))


def lengths(client, *values):
    return client.begun(1, *[(b"content-length", value) for value in values])


LENGTHS = {
    "8_1_2_6_1_too_little": lambda client: lengths(client, b"1") + data(1, b"test", end=True),
    "8_1_2_6_2_too_little_of_several": lambda client: lengths(client, b"1") + data(1, b"te") + data(1, b"st", end=True),
    "too_much": lambda client: lengths(client, b"5") + data(1, b"test", end=True),
    "too_much_and_no_data": lambda client: lengths(client, b"1") + data(1, end=True),
    "too_much_at_trailers": lambda client: lengths(client, b"9") + data(1, b"test") + client.headers(1, [(b"x", b"y")], end=True),
    "ended_by_headers": lambda client: client.headers(1, client.way.fields(extra=[(b"content-length", b"1")]), end=True),
    "negative": lambda client: lengths(client, b"-1"),
    "no_number": lambda client: lengths(client, b"four"),
    "empty": lambda client: lengths(client, b""),
    "plus": lambda client: lengths(client, b"+4"),
    "list": lambda client: lengths(client, b"4, 4"),
    "hexadecimal": lambda client: lengths(client, b"0x4"),
    "beyond_64_bits": lambda client: lengths(client, b"9" * 20),
    "twice": lambda client: lengths(client, b"4", b"4"),
    "twice_and_different": lambda client: lengths(client, b"4", b"5"),
}


@pytest.mark.parametrize("raw", LENGTHS.values(), ids=LENGTHS.keys())
def test_http2_8_1_1_content_length(client, raw):
    client.sends_and_resets(raw(client), PROTOCOL_ERROR)


def test_8_1_1_content_length_that_is_right(client):
    raw = client.way.body(9)
    frames = data(1, raw[:4]) + frame(DATA, END_STREAM | PADDED, 1, padded(raw[4:], 3))
    client.sends_and_answers(lengths(client, b"9") + frames)


def test_8_1_a_body_without_content_length(client):
    client.sends_and_answers(client.begun() + data(1, client.way.body(9), end=True))


def test_8_1_nothing_of_a_malformed_request_is_served(client):
    """Its message is complete and good; only a field is not."""
    client.send(client.headers(1, client.way.fields(extra=[(b"X", b"y")])) + data(1, client.way.body(), end=True))
    frames = client.read_until(lambda kind, *_: kind == RST_STREAM)
    assert not any(kind == HEADERS for kind, *_ in frames)
    assert not any(kind in (HEADERS, DATA) for kind, *_ in client.lives())


def test_8_a_stream_error_leaves_the_others_alone(client):
    client.send(client.begun(1) + client.headers(3, client.way.fields(extra=[(b"X", b"y")])))
    client.read_until(lambda kind, _, stream, __: (kind, stream) == (RST_STREAM, 3))
    client.send(data(1, client.way.body(), end=True))
    client.answers(1)
    client.lives()


def test_8_1_the_compression_state_survives_a_malformed_request(client):
    """The dynamic table is the connection's: what a refused block put there is there."""
    entry = literal(b"x-kept", b"value", 0x40)
    client.send(client.headers(1, client.way.fields(extra=[(b"X", b"y")]), end=True, after=entry))
    client.read_until(lambda kind, *_: kind == RST_STREAM)
    raw = client.headers(3, client.way.fields(method=b"POST"), after=b"\xbe")
    client.send(raw + data(3, client.way.body(), end=True))
    client.answers(3)
