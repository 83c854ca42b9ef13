# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The part of systemd that services notify: a datagram socket, and what came to it."""

import socket
import time


class ServiceManager:
    """Listens at `address`, a path or an abstract name with `@` before it."""

    def __init__(self, address):
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        # What came, in order, each with its time.
        self.messages = []

    def variables(self, **others):
        return {"NOTIFY_SOCKET": self.address} | others

    def next(self, seconds=20):
        """The next datagram's assignments."""
        self.socket.settimeout(seconds)
        text = self.socket.recv(4096).decode()
        message = dict(line.split("=", 1) for line in text.split("\n"))
        self.messages.append((time.monotonic(), message))
        return message

    def until(self, name, value="1", seconds=20):
        """Receives up to the datagram that assigns this."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.next(max(0.001, deadline - time.monotonic()))
            if message.get(name) == value:
                return message

    def count(self, name, seconds):
        """How many datagrams of the next seconds assign this variable."""
        deadline, count = time.monotonic() + seconds, 0
        while (left := deadline - time.monotonic()) > 0:
            try:
                count += name in self.next(left)
            except TimeoutError:
                break
        return count

    def close(self):
        self.socket.close()
