# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""source_costs.py: what an OpenAI server's answers and the headers of model files cost for a byte: CPU of the loop that
clients are on and of all threads, and memory. Those who write them are trusted more than strangers are, and less than the
program: no bar is judged here, the tests of models and of OpenAI servers have the limits."""

import pathlib
import sys
import tempfile

INTEGRATION = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "Integration"
sys.path[:0] = [str(INTEGRATION), str(INTEGRATION / "support")]
import conftest  # noqa: E402
import gguf  # noqa: E402
import grpc  # noqa: E402
from meter import Meter  # noqa: E402
from openai_upstream import Upstream, response  # noqa: E402
from sarai.skills import skills_pb2, skills_pb2_grpc  # noqa: E402

MEBIBYTE = 1 << 20
TIMES = 3
ANSWERS = {
    "a long text": b'{"choices":[{"text":"' + b"a" * MEBIBYTE + b'"}]}',
    "escapes": b'{"choices":[{"text":"' + b"\\u00e4" * (MEBIBYTE // 6) + b'"}]}',
    "numbers": b'{"a":[' + b"1," * (MEBIBYTE // 2) + b"1]}",
    "empty lists": b'{"a":[' + b"[]," * (MEBIBYTE // 3) + b"[]]}",
    "empty objects": b'{"a":[' + b"{}," * (MEBIBYTE // 3) + b"{}]}",
    "keys": b"{" + b",".join(b'"%x":0' % number for number in range(MEBIBYTE // 10)) + b"}",
    "lists in lists": b"[" * 1000 + b"]" * 1000,
}
HEADERS = {
    "a vocabulary of 3,200,000 texts": lambda: gguf.vocabulary(3_200_000),
    "131,072 tensors": lambda: gguf.many_tensors(1 << 17),
}


def cost(meter, action):
    """The least CPU of some runs, and the most memory."""
    costs = []
    for _ in range(TIMES):
        meter.rest()
        meter.forget_peak()
        resident, (loop, everything) = meter.memory("VmRSS"), meter.cpu()
        action()
        after = meter.rest()
        costs.append((after[0] - loop, after[1] - everything, meter.memory("VmHWM") - resident))
    loops, sums, memory = zip(*costs)
    return min(loops), min(sums), max(memory)


def show(name, size, costs):
    loop, everything, memory = costs
    print(f"{loop * 1e3:9.2f} {everything * 1e3:8.2f} {memory / MEBIBYTE:6.1f} {size:9} {everything * 1e9 / size:8.0f}  {name}")


def answers(folder):
    with Upstream() as upstream:
        meter = Meter(folder, "--backend", "openai", "--openai-url", upstream.url)
        with grpc.insecure_channel(meter.server.address) as channel:
            stub = skills_pb2_grpc.SkillServiceStub(channel)

            def infer():
                call = stub.Infer.future(skills_pb2.InferRequest(prompt="x"), timeout=60)
                call.exception()

            for name, body in ANSWERS.items():
                upstream.completions = response(200, body)
                show(f"JSON: {name}", len(body), cost(meter, infer))
        meter.server.stop()


def headers(folder):
    meter = Meter(folder)
    for name, make in HEADERS.items():
        data = make()
        gguf.put(meter.server.model, data)

        def reload():
            reloads = len([line for line in meter.server.lines() if line["message"] == "model reloaded"])
            meter.server.reload()
            conftest.poll(
                lambda: len([line for line in meter.server.lines() if line["message"] == "model reloaded"]) > reloads,
                "it is loaded", 60)

        show(f"model file: {name}", len(data), cost(meter, reload))
    meter.server.stop()


print(f"{'loop ms':>9} {'all ms':>8} {'MiB':>6} {'bytes':>9} {'ns/byte':>8}")
folder = pathlib.Path(tempfile.mkdtemp())
for measure in (answers, headers):
    place = folder / measure.__name__
    place.mkdir()
    measure(place)
