# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What a server uses of CPU and memory for one request."""

import contextlib
import fcntl
import pathlib
import socket
import struct
import termios
import time

import conftest
import gguf
import threads


class Meter:
    """One server with one loop, and what it has used."""

    def __init__(self, folder, *flags):
        gguf.write(folder / "demo.gguf", name="demo")
        self.folder, self.flags, self.starts = folder, flags, 0
        self.start()

    def start(self):
        self.starts += 1
        self.server = conftest.Runtime(self.folder, "--loops", "1", *self.flags)
        conftest.poll(lambda: any(line["message"] == "serving" for line in self.server.lines()), "serving", 30)
        self.server.channel.close()
        self.process = pathlib.Path(f"/proc/{self.server.process.pid}")
        tasks = threads.threads(self.server.process.pid)
        self.loop = next(number for number, name in tasks.items() if name == "loop")

    def check_alive(self):
        if self.server.process.poll() is None:
            return True
        print(f"THE SERVER ENDED with {self.server.process.returncode}", flush=True)
        self.start()
        return False

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def cpu(self):
        """Seconds of the loop, and of all threads."""
        used = {}
        for task in (self.process / "task").iterdir():
            with contextlib.suppress(OSError):
                used[int(task.name)] = int((task / "schedstat").read_text().split()[0]) / 1e9
        return used.get(self.loop, 0), sum(used.values())

    def rests(self):
        """Every thread waits for something."""
        states = [(task / "stat").read_text().rpartition(")")[2].split()[0] for task in (self.process / "task").iterdir()]
        return all(state == "S" for state in states)

    def rest(self, connection=None, grace=20):
        """Waits until the server has taken all and rests; returns what it has used by then."""
        deadline = time.monotonic() + grace
        before, calm = None, 0
        while calm < 3 and time.monotonic() < deadline:
            now = self.cpu()
            taken = connection is None or unsent(connection) == 0
            calm = calm + 1 if now == before and taken and self.rests() else 0
            before = now
            time.sleep(0.0005)
        return before

    def memory(self, name):
        line = next(line for line in (self.process / "status").read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) << 10

    def forget_peak(self):
        (self.process / "clear_refs").write_text("5")


def unsent(connection):
    """Bytes that the server's kernel has not taken."""
    return struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0]


def send(connection, data):
    """All of it, unless the server has had enough; and drops what it has answered."""
    with contextlib.suppress(OSError):
        connection.sendall(data)
    drop(connection)


def drop(connection):
    connection.setblocking(False)
    with contextlib.suppress(OSError):
        while connection.recv(1 << 16):
            pass
    connection.settimeout(30)


def cost_alone(meter, shape, pause=0):
    """CPU seconds and bytes of memory for one request on its own connection."""
    time.sleep(pause)
    with contextlib.closing(meter.connect()) as connection:
        connection.sendall(shape.opening)
        meter.rest()
        meter.forget_peak()
        resident, before = meter.memory("VmRSS"), meter.cpu()
        send(connection, shape.data)
        after = meter.rest(connection)
        peak = meter.memory("VmHWM")
    meter.rest()
    return after[0] - before[0], after[1] - before[1], max(0, peak - resident)
