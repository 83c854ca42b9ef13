# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""ClientHellos of TLS 1.3 by hand: what no client would send, and what costs a server most (RFC 8446, 4.1.2)."""

import os
import struct

X25519, P256, P384, FFDHE2048, FFDHE8192 = 0x001D, 0x0017, 0x0018, 0x0100, 0x0104
# A generator of each curve is a good share, and so is any number in range of a finite field.
P256_POINT = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
P384_POINT = bytes.fromhex(
    "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7"
    "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f"
)
SHARES = {
    X25519: b"\x09" + bytes(31), P256: P256_POINT, P384: P384_POINT,
    FFDHE2048: b"\x02" * 256, FFDHE8192: b"\x02" * 1024,
}
SIGNATURES = [0x0403, 0x0503, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401]


def vector(size, data):
    """Data behind its length in `size` bytes."""
    return len(data).to_bytes(size, "big") + data


def extension(kind, data):
    return struct.pack(">H", kind) + vector(2, data)


def numbers(values):
    return vector(2, b"".join(struct.pack(">H", value) for value in values))


def shares(groups):
    return vector(2, b"".join(struct.pack(">H", group) + vector(2, SHARES[group]) for group in groups))


def client_hello(groups, *more, signatures=SIGNATURES, key_shares=None):
    """A record with a ClientHello that offers these groups, a share of each, and ALPN h2."""
    extensions = b"".join([
        extension(10, numbers(groups)), extension(13, numbers(signatures)),
        extension(43, vector(1, b"\x03\x04")), extension(16, vector(2, vector(1, b"h2"))),
        extension(51, shares(groups) if key_shares is None else key_shares), *more,
    ])
    suites = numbers([0x1301, 0x1302, 0x1303])
    body = b"\x03\x03" + os.urandom(32) + vector(1, os.urandom(32)) + suites + b"\x01\x00" + vector(2, extensions)
    message = b"\x01" + vector(3, body)
    parts = [message[at:at + 16384] for at in range(0, len(message), 16384)]
    return b"".join(b"\x16\x03\x01" + vector(2, part) for part in parts)


def alert(answer):
    """The number of the fatal alert that a server answers with in plaintext; None for any other answer."""
    return answer[6] if answer[:1] == b"\x15" and answer[5:6] == b"\x02" else None
