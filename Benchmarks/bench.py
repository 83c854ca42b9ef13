# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmarks of Vitals beside a C yardstick and its peers. Wrong answers fail it; timings never do.

`scripts/bench` builds what this needs and calls it. Every figure is measured in alternating rounds of one run, so that a ratio
says more than a time: machines differ, and a busy one slows all contenders."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import time

from measure import certificates, checks_served, curves, engine, http_pages, instructions, programs, rest, starts, watches
from measure.figures import Bench
from measure.servers import ANSWER

PARTS = {
    "shapes": checks_served.shapes, "connections": checks_served.connections, "watches": watches.watches, "idle": rest.idle,
    "crowds": rest.after_crowds, "starts": starts.starts, "programs": programs.programs, "pages": http_pages.pages,
    "checks": engine.engine, "curves": curves.curves, "instructions": instructions.instructions,
}
QUICK_ROUNDS, WHOLE_ROUNDS = 5, 7


def machine():
    """What a reader has to know of where this was measured."""
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "cores": len(os.sched_getaffinity(0)), "CPU": model.group(1).strip() if model else platform.machine(),
        "kernel": f"{platform.system()} {re.match(r'[0-9.]+', platform.release()).group(0)}",
    }


def vitals(dist):
    """The version and commit of the binaries."""
    told = subprocess.run([dist / "grpc_health_probe", "-version"], capture_output=True, text=True, check=True).stdout
    return told.split()[0]


def versions():
    def first(*command):
        result = subprocess.run(command, capture_output=True, text=True)
        found = re.search(r"\d+\.\d+(\.\d+)?", result.stdout + result.stderr)
        return found.group(0) if found else None

    import grpc

    known = {
        "nghttpd": first("nghttpd", "--version"), "nginx": first("nginx", "-v"), "grpcio": grpc.__version__,
        "gRPC C++": first("pkg-config", "--modversion", "grpc++"), "curl": first("curl", "--version"),
    }
    return {name: version for name, version in known.items() if version}


def as_text(results):
    """JSON with a line for each figure, so that a difference can be read."""
    lines = []
    for name, value in results.items():
        text = json.dumps(value, ensure_ascii=False)
        if name in ("figures", "curves"):
            text = "[\n" + ",\n".join("  " + json.dumps(item, ensure_ascii=False) for item in value) + "\n ]"
        lines.append(f" {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds and fewer points")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, with commas: {','.join(PARTS)}")
    parser.add_argument("--rounds", type=int, help="rounds of each figure, at least 5 for figures that are shown")
    parser.add_argument("--output", type=pathlib.Path, help="write the results there (JSON)")
    parser.add_argument("dist", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    options = parser.parse_args()
    wanted = options.only.split(",")
    if unknown := set(wanted) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}")
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else WHOLE_ROUNDS)
    bench = Bench(options.dist.resolve(), options.work.resolve(), rounds, options.quick)
    (bench.work / "htdocs").mkdir(exist_ok=True)
    (bench.work / "htdocs" / "file").write_bytes(b"x" * ANSWER)
    (bench.work / "request").write_bytes(bytes(5))
    certificates.make(bench.work)
    begin = time.monotonic()
    for part in wanted:
        start = time.monotonic()
        PARTS[part](bench)
        print(f"-- {part}: {time.monotonic() - start:.0f} s", flush=True)
    took = time.monotonic() - begin
    print(f"-- all: {took:.0f} s")
    if options.output:
        results = {
            "date": datetime.date.today().isoformat(), "form": "quick" if options.quick else "whole", "rounds": rounds,
            "minutes": round(took / 60, 1), "Vitals": vitals(bench.dist), "machine": machine(), "versions": versions(),
            "figures": bench.figures, "curves": bench.curves,
        }
        options.output.write_text(as_text(results))


if __name__ == "__main__":
    main()
