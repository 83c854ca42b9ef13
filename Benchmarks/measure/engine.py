# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""1,000 checks a second, of one target that accepts: what they take of a core, and of memory."""

import socket
import threading
import time

from measure.figures import in_turns
from measure.load import Crowd
from measure.servers import VITALS, contender

CHECKS = 1000


class Target:
    """A port that accepts, and closes what has been closed."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self.listener.getsockname()[1]
        self.count = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            connection.close()

    def close(self):
        self.listener.close()


def engine(bench):
    target = Target()
    names = (f"tcp:127.0.0.1:{target.port},name=c{number},dry,interval=1s,timeout=900ms" for number in range(CHECKS))
    file = bench.work / "checks.yaml"
    file.write_text("checks:\n" + "".join(f"  - {name}\n" for name in names))
    with contender(bench, VITALS) as calm, contender(bench, VITALS, flags=["--config", file]) as busy:
        time.sleep(3)
        held = (busy.memory() - calm.memory()) / CHECKS / 1024
        shares = []
        for _ in range(bench.rounds):
            before, start, count = busy.cpu() - calm.cpu(), time.monotonic(), target.count
            time.sleep(bench.pick(1, 2))
            took = time.monotonic() - start
            spent = (busy.cpu() - calm.cpu() - before) / 1e9 / took
            shares.append(100 * spent / ((target.count - count) / took) * CHECKS)
        bench.add("checks", f"{CHECKS:,} checks of tcp in a second, on one loop", "per cent of a core", {VITALS: shares})
        bench.add("checks", "a check: memory", "KiB", {VITALS: [held]})

        def slow(server):
            with Crowd(bench, server, 1, 0) as client:
                return client.ask("beside", 0, 500)[1]

        names = {"without checks": calm, "beside 1,000 checks a second": busy}
        results = in_turns(bench.rounds, {name: lambda server=server: slow(server) for name, server in names.items()})
        bench.add("checks", "a Check meanwhile, the 99th percentile of half a second", "µs, by the clock", results)
    target.close()
