# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Every peer of the probe's scenarios by name: a context that gives the address to probe. They are in
servers.py, bare.py and scripted.py."""

import contextlib
import socket
import threading

PEERS = {}
LOCAL = "127.0.0.1"


def peer(name):
    """Adds a peer: a generator function that yields the address."""

    def add(function):
        PEERS[name] = contextlib.contextmanager(function)
        return function

    return add


def served(converse):
    """A TCP server that runs `converse(connection)` for each client; yields its address."""
    with socket.create_server((LOCAL, 0)) as listener:

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=handle, args=listener.accept()[:1], daemon=True).start()

        def handle(connection):
            with connection, contextlib.suppress(OSError, EOFError):
                converse(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield "%s:%d" % listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
