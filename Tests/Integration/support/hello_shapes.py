# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""First messages of TLS clients in many shapes: what a stranger may send before it has proved anything."""

import os
import struct

import hello
from hello import extension, numbers, vector
from shapes import MOST, Shape

# P-521, by its generator, and the other finite fields.
P521_POINT = bytes.fromhex(
    "0400c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de"
    "3348b3c1856a429bf97e7e31c2e5bd66011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c"
    "97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650"
)
GROUPS = {
    **hello.SHARES, 0x19: P521_POINT, 0x1E: b"\x05" + bytes(55),
    **{0x101 + number: b"\x02" * size for number, size in enumerate([384, 512, 768])},
}
X25519 = [hello.X25519]
CIPHERS_13 = [0x1301, 0x1302, 0x1303]
CIPHERS_12 = [0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0x9E, 0x9F, 0x9C, 0x2F]
TLS_12 = {"shares": None, "versions": (0x0303,), "ciphers": CIPHERS_12}


def client_hello(groups, shares, versions=(0x0304, 0x0303), ciphers=(), alpn=(b"h2",), more=b""):
    """A ClientHello of any version, without its records."""
    extensions = extension(0, vector(2, b"\0" + vector(2, b"localhost")))
    extensions += extension(10, numbers(groups)) + extension(11, b"\x01\0") + extension(13, numbers(hello.SIGNATURES))
    extensions += extension(16, vector(2, b"".join(vector(1, protocol) for protocol in alpn)))
    extensions += extension(43, vector(1, b"".join(struct.pack(">H", version) for version in versions)))
    if shares is not None:
        entries = (struct.pack(">H", group) + vector(2, GROUPS[group]) for group in shares)
        extensions += extension(51, vector(2, b"".join(entries)))
    suites = numbers(ciphers or CIPHERS_13 + CIPHERS_12)
    body = b"\x03\x03" + os.urandom(32) + vector(1, os.urandom(32)) + suites + b"\x01\0" + vector(2, extensions + more)
    return b"\x01" + vector(3, body)


def records(message, size=16384):
    parts = [message[start : start + size] for start in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + vector(2, part) for part in parts)


def tls_shapes():
    for group in GROUPS:
        yield f"a share of group {group:#x}", records(client_hello([group], [group]))
        yield f"group {group:#x} in TLS 1.2", records(client_hello([group], **TLS_12))
    yield "no share", records(client_hello(X25519, []))
    yield "shares of all groups", records(client_hello(list(GROUPS), list(GROUPS)))
    good = client_hello(X25519, X25519)
    yield "records of one byte", records(good, size=1)
    yield "many names of protocols", records(client_hello(X25519, X25519, alpn=[b"x"] * 7000))
    yield "many ciphers", records(client_hello(X25519, X25519, ciphers=[0x1301] * 7000))
    yield "a long extension", records(client_hello(X25519, X25519, more=extension(0xFAFA, bytes(15_000))))
    yield "many extensions", records(
        client_hello(X25519, X25519, more=b"".join(extension(0xA000 + n, b"") for n in range(3500))))
    ticket = vector(2, vector(2, os.urandom(1000)) + bytes(4)) + vector(2, vector(1, bytes(32)))
    yield "an unknown ticket", records(
        client_hello(X25519, X25519, more=extension(45, b"\x01\x01") + extension(41, ticket)))
    yield "a ticket of TLS 1.2", records(
        client_hello(X25519, **TLS_12, more=extension(35, os.urandom(1000))))
    yield "a long ClientHello", records(good[:4] + bytes(16_000))
    yield "warnings", bytes([21, 3, 3, 0, 2, 1, 90]) * 9000
    yield "changes of the cipher", bytes([20, 3, 3, 0, 1, 1]) * 10_000
    yield "empty records", bytes([22, 3, 3, 0, 0]) * 13_000
    yield "a hello and changes of the cipher", records(good) + bytes([20, 3, 3, 0, 1, 1]) * 10_000
    yield "a hello and records that cannot be read", records(good) + bytes([23, 3, 3, 0, 32]) + bytes(32)
    yield "two hellos", records(good) * 2


def hello_shapes():
    """Every one, for a port with TLS."""
    for name, data in tls_shapes():
        yield Shape("TLS", name, data[:MOST], opening=b"", needs_tls=True)
