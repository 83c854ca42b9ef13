# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""search_costs.py [LAYER...]: searches for requests of at most 64 KiB that hold a loop, or take memory, for more than they
are worth, and for a megabyte of them that holds it without a pause.

Each shape of shapes.py and hello_shapes.py (Tests/Integration/support) is sent once to a server with one loop; those
that cost most are measured again, SEARCH_TIMES (7) times. Of times the least counts, since other processes disturb them. What is
measured: the CPU time of the loop, and of all threads, from the request to rest; for how long a neighbour's Check waits
when it comes right after the request; how far the peak of the memory rises. The exit code is 1 when a bar is passed.
"""

import collections
import contextlib
import os
import pathlib
import select
import socket
import sys
import tempfile
import time

INTEGRATION = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "Integration"
sys.path[:0] = [str(INTEGRATION), str(INTEGRATION / "support")]
import certificates  # noqa: E402
import hello_shapes  # noqa: E402
import http2  # noqa: E402
import shapes  # noqa: E402
from meter import Meter, cost_alone, drop, send  # noqa: E402

TIMES = int(os.environ.get("SEARCH_TIMES", "7"))
# How many of each layer are measured again, and how many of those are staged.
WORST, STAGED = int(os.environ.get("SEARCH_WORST", "20")), int(os.environ.get("SEARCH_STAGED", "3"))
LOOP_BAR, HANDSHAKE_BAR, MEMORY_BAR, PIECE_BAR = 2e-3, 3e-3, 2 << 20, 0.1
MEGABYTE = 1 << 20
# Between two requests: budgets of the loop are full again, and hide nothing.
REST = 0.6
LAYERS = ["TLS", "HTTP/2", "HTTP/1.1", "gzip", "protobuf", "packed"]

Cost = collections.namedtuple("Cost", "loop all memory wait")


class Neighbour:
    """Calls Check on the same loop; over TLS it is the port without."""

    def __init__(self, port):
        self.peer = http2.Peer(port)
        self.peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer.open(initial_window=1 << 20)
        self.stream = -1
        self.check()

    def check(self):
        """Seconds until the answer."""
        self.stream += 2
        start = time.perf_counter()
        self.peer.send(shapes.request(shapes.CHECK, b"", stream=self.stream))
        self.peer.read_message(self.stream)
        took = time.perf_counter() - start
        self.peer.update_window(0, 7)
        return took

    def longest(self, connections, seconds=10):
        """The longest wait until the server has answered the others, and a little longer."""
        longest, deadline, calm = 0, time.monotonic() + seconds, 0
        while calm < 50 and time.monotonic() < deadline:
            took = self.check()
            longest = max(longest, took)
            calm = calm + 1 if took < 1e-3 else 0
            connections = [each for each in connections if not select.select([each], [], [], 0)[0]]
            if not connections:
                calm += 9
        return longest


def wait_beside(meter, shape, neighbour):
    """The longest wait of a Check that comes right behind the request."""
    time.sleep(REST)
    with contextlib.closing(meter.connect()) as connection:
        connection.sendall(shape.opening)
        meter.rest()
        drop(connection)
        with contextlib.suppress(OSError):
            connection.sendall(shape.data)
        longest = neighbour.longest([connection])
    meter.rest()
    return longest


def staged(meter, shape, neighbour, streams):
    """A megabyte of requests that all want their last byte, which then comes: the longest wait of a Check. One request
    a connection, or as many streams on it as may be open."""
    size = len(shape.data) * streams
    count = max(1, min(150, MEGABYTE // size))
    time.sleep(REST)
    whole = [shapes.without_last_byte(shape.data, 2 * number + 1) for number in range(streams)]
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(contextlib.closing(meter.connect())) for _ in range(count)]
        for connection in connections:
            send(connection, shape.opening + b"".join(data for data, _ in whole))
        meter.rest()
        for connection in connections:
            drop(connection)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.sendall(b"".join(last for _, last in whole))
        longest = neighbour.longest(connections, 60)
    meter.rest()
    return longest, count * size


def measure(meter, shape):
    costs = [cost_alone(meter, shape, REST) for _ in range(TIMES)]
    neighbour = Neighbour(meter.server.port) if not shape.needs_tls else None
    wait = min(wait_beside(meter, shape, neighbour) for _ in range(TIMES)) if neighbour else float("nan")
    loops, sums, memory = zip(*costs)
    return Cost(min(loops), min(sums), max(memory), wait)


def verdict(shape, cost):
    """What is held: as long as all of it took, or as a neighbour waited, whichever is less."""
    held = min(cost.loop, cost.wait) if cost.wait == cost.wait else cost.loop
    bar = HANDSHAKE_BAR if shape.needs_tls else LOOP_BAR
    faults = [f"holds the loop {held * 1e3:.1f} ms"] if held > bar else []
    if cost.memory > MEMORY_BAR:
        faults.append(f"takes {cost.memory / MEGABYTE:.1f} MiB")
    return faults


def search(meter, layer, candidates, pause):
    """The most expensive shapes of a layer, measured well; the faults found."""
    first = []
    for count, shape in enumerate(candidates):
        loop, everything, memory = cost_alone(meter, shape, pause)
        alive = meter.check_alive()
        first.append((loop if alive else 60, everything, memory, count, shape))
        if len(first) > 1000:
            first = keep(first)
    faults = 0
    print(f"\n{layer}: {count + 1} shapes\n{'loop ms':>9} {'all ms':>8} {'wait ms':>8} {'MiB':>6} {'bytes':>6} {'ns/byte':>8}")
    for *_, shape in keep(first):
        cost = measure(meter, shape)
        found = verdict(shape, cost)
        faults += bool(found)
        per_byte = cost.loop * 1e9 / len(shape.data)
        print(
            f"{cost.loop * 1e3:9.2f} {cost.all * 1e3:8.2f} {cost.wait * 1e3:8.2f} {cost.memory / MEGABYTE:6.1f} "
            f"{len(shape.data):6} {per_byte:8.0f}  {shape.name} {'; '.join(found and ['TOO MUCH', *found])}", flush=True)
    return faults, [shape for *_, shape in keep(first)]


def keep(found):
    """The most expensive by time, by memory, and by time for each byte; of each kind only the first."""
    kept = {}
    for order in (lambda each: each[0], lambda each: each[2], lambda each: each[0] / (200 + len(each[4].data))):
        kinds = {}
        for each in sorted(found, key=order, reverse=True):
            kinds.setdefault(each[4].kind or each[4].name, each)
        for each in [*kinds.values()][: WORST // 2]:
            kept[each[3]] = each
    return sorted(kept.values(), key=lambda each: each[:3], reverse=True)


def search_stages(meter, worst):
    print(f"\nA megabyte, staged: {len(worst)} shapes\n{'wait ms':>9} {'bytes':>8} {'streams':>8}")
    faults = 0
    neighbour = Neighbour(meter.server.port)
    for shape in worst:
        # As many as the window of a connection lets go ahead.
        for streams in sorted({1, max(1, min(90, 60_000 // len(shape.data)))}):
            results = [staged(meter, shape, neighbour, streams) for _ in range(3)]
            wait, size = min(results)
            faults += wait > PIECE_BAR
            print(f"{wait * 1e3:9.1f} {size:8} {streams:8}  {shape.name}{' TOO LONG' * (wait > PIECE_BAR)}", flush=True)
            if not meter.check_alive():
                neighbour = Neighbour(meter.server.port)
    return faults


def candidates(layer, worst):
    if layer == "TLS":
        return hello_shapes.hello_shapes()
    if layer == "gzip":
        return shapes.gzip_shapes()
    if layer == "protobuf":
        return shapes.protobuf_shapes()
    if layer == "packed":
        return shapes.packed_shapes([shape.name for shape in worst])
    return (shape for shape in shapes.frame_shapes() if shape.layer == layer)


def main(*layers):
    folder = pathlib.Path(tempfile.mkdtemp())
    pair = certificates.Authority(folder, "CA").issue("server", "DNS:localhost,IP:127.0.0.1")
    faults, worst = 0, []
    for layer in layers or LAYERS:
        flags = ["--tls-cert", pair.certificate, "--tls-key", pair.key] if layer == "TLS" else []
        place = folder / layer.replace("/", "")
        place.mkdir()
        meter = Meter(place, *flags)
        try:
            found, worst = search(meter, layer, candidates(layer, worst), REST if layer == "packed" else 0)
            faults += found
            if layer in ("gzip", "protobuf", "packed"):
                faults += search_stages(meter, worst[:STAGED])
        finally:
            meter.server.stop()
    print(f"\n{faults} too expensive" if faults else "\nnothing is too expensive")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
