# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""killed_clients.py PORT STATE...: a client with some connections in each of these states, until it is killed; says
`ready` when all of them are. States: `silent`, `preface` (in the midst of it), `half:PATH` (in the midst of a request),
`asked:PATH=HEX` (the server has the request, with this message), `PATH=HEX` (its answer has begun)."""

import signal
import socket
import sys

import http2

PER_STATE = 5


def begin(port, name):
    """A connection in this state."""
    if name in ("silent", "preface"):
        peer = http2.Peer(port)
        peer.send(http2.PREFACE[:10] if name == "preface" else b"")
        return peer
    state, _, call = name.rpartition(":")
    path, _, message = call.partition("=")
    peer = http2.Peer(port)
    peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.open(initial_window=1 << 20)
    stream = peer.start_call(path)
    if state == "half":
        # Within the message of one call, and within the header block of the next.
        peer.send(http2.frame(http2.DATA, 0, stream, b"\0\0\0\1\0half a message"))
        peer.send(http2.frame(http2.HEADERS, 0, stream + 2, b"\x82"))
        return peer
    peer.send_message(stream, bytes.fromhex(message), end=True)
    if state == "asked":
        peer.ping()
        return peer
    while peer.read_frame()[0] != http2.HEADERS:
        pass
    return peer


def main(port, *names):
    peers = [begin(int(port), name) for name in names for _ in range(PER_STATE)]
    # What is unread when the process ends has the kernel send a reset in place of an end.
    for peer in peers[::2]:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
    print("ready", flush=True)
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
