# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""bench.py DIST WORK: runs the benchmarks and prints one table. Wrong answers fail it; timings never do."""

import contextlib
import http.client
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

DIST, WORK = map(pathlib.Path, sys.argv[1:3])
ROUNDS = int(os.environ.get("ROUNDS", "5"))
RUNS = int(os.environ.get("RUNS", "2000"))
REQUESTS = 200_000
# A message of seven bytes: what a Check answers, and the file that nghttpd serves.
ANSWER = 7


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(command, port):
    """Runs a server on 127.0.0.1 until the block ends; gives its process id."""
    with open(WORK / "server.log", "wb") as log:
        streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        process = subprocess.Popen(command, **streams)
    try:
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"bench: {command[0]} does not run:\n{(WORK / 'server.log').read_text()}")
            time.sleep(0.01)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def vitals(port, *flags):
    return server([DIST / "skill-runtime", "--demo", "--host", "127.0.0.1", "--port", str(port), *flags], port)


def nghttpd(port):
    (WORK / "htdocs").mkdir(exist_ok=True)
    (WORK / "htdocs" / "file").write_bytes(b"x" * ANSWER)
    command = ["nghttpd", "--no-tls", "-n1", "-a", "127.0.0.1", "-d", WORK / "htdocs", str(port)]
    return server(command, port)


def wait_for_serving(port):
    """The demo model is loaded when the probe says so."""
    deadline = time.monotonic() + 10
    probe = [DIST / "grpc_health_probe", "-addr", f"127.0.0.1:{port}"]
    while (result := subprocess.run(probe, capture_output=True, text=True)).returncode != 0:
        if time.monotonic() > deadline:
            sys.exit(f"bench: the server is not SERVING: {result.stderr}")
        time.sleep(0.05)


def cpu_nanoseconds(pid):
    """CPU time of all threads of a process (the first field of schedstat), user and kernel."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as fields:
            total += int(fields.read().split()[0])
    return total


def load(pid, url, *flags, requests=REQUESTS):
    """Runs h2load; gives CPU microseconds per request and requests per second, all answers checked."""
    before = cpu_nanoseconds(pid)
    command = ["h2load", "-n", str(requests), "-c", "10", "-m", "100", "-t", "1", *flags, url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = cpu_nanoseconds(pid) - before
    succeeded = int(re.search(r"(\d+) succeeded", output).group(1))
    size = int(re.search(r"\((\d+)\) data$", output, re.MULTILINE).group(1))
    # A gRPC error is HTTP 200 too, but it carries no message.
    if succeeded != requests or size != requests * ANSWER:
        sys.exit(f"bench: wrong answers from {url}:\n{output}")
    return spent / 1000 / requests, float(re.search(r"([\d.]+) req/s", output).group(1))


def check(pid, port, **keywords):
    (WORK / "request").write_bytes(bytes(5))
    flags = ["-d", WORK / "request", "-H", "content-type: application/grpc", "-H", "te: trailers"]
    return load(pid, f"http://127.0.0.1:{port}/grpc.health.v1.Health/Check", *flags, **keywords)


def get(pid, port, **keywords):
    return load(pid, f"http://127.0.0.1:{port}/file", **keywords)


def measure_servers():
    """CPU and throughput of Check, with one loop and with the default, beside nghttpd's GET, in turns."""
    ports = [free_port() for _ in range(3)]
    with vitals(ports[0], "--loops", "1") as one, vitals(ports[1]) as all_loops, nghttpd(ports[2]) as other:
        for port in ports[:2]:
            wait_for_serving(port)
        contenders = {
            "skill-runtime --loops 1": lambda **more: check(one, ports[0], **more),
            "skill-runtime": lambda **more: check(all_loops, ports[1], **more),
            "nghttpd -n1 (GET, 7 bytes)": lambda **more: get(other, ports[2], **more),
        }
        for contender in contenders.values():
            contender(requests=20_000)
        results = {name: [] for name in contenders}
        for _ in range(ROUNDS):
            for name, contender in contenders.items():
                results[name].append(contender())
    return {
        name: [statistics.median(values) for values in zip(*rounds)] for name, rounds in results.items()
    }


NGINX = """
daemon off; pid {work}/nginx.pid; error_log stderr; worker_processes 1; master_process off;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; client_body_temp_path {work}; proxy_temp_path {work};
  fastcgi_temp_path {work}; uwsgi_temp_path {work}; scgi_temp_path {work};
  server {{ listen 127.0.0.1:{port}; location / {{ default_type application/json; return 200 '{body}'; }} }}
}}
"""


def page(pid, port, *flags, requests=REQUESTS):
    """Runs h2load with HTTP/1.1 on /healthz; gives CPU microseconds per request and requests per second."""
    before = cpu_nanoseconds(pid)
    url = f"http://127.0.0.1:{port}/healthz"
    command = ["h2load", "--h1", "-n", str(requests), "-c", "16", "-t", "1", *flags, url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = cpu_nanoseconds(pid) - before
    if f" {requests} 2xx" not in output:
        sys.exit(f"bench: wrong answers from {url}:\n{output}")
    return spent / 1000 / requests, float(re.search(r"([\d.]+) req/s", output).group(1))


def measure_pages():
    """CPU and throughput of /healthz at keep-alive load, one request at a time and pipelined, beside nginx returning a
    static 200 of the same body, in turns. One loop, one worker."""
    ours, theirs = free_port(), free_port()
    with vitals(ours, "--loops", "1") as pid:
        wait_for_serving(ours)
        with urllib.request.urlopen(f"http://127.0.0.1:{ours}/healthz") as response:
            body = response.read().decode()
        (WORK / "nginx.conf").write_text(NGINX.format(work=WORK, port=theirs, body=body))
        with server(["nginx", "-c", WORK / "nginx.conf", "-e", "stderr"], theirs) as other:
            results = {}
            for load, flags in [("keep-alive", []), ("10 pipelined", ["-m", "10"])]:
                contenders = {f"skill-runtime, {load}": (pid, ours), f"nginx, {load}": (other, theirs)}
                for contender in contenders.values():
                    page(*contender, *flags, requests=20_000)
                rounds = {name: [] for name in contenders}
                for _ in range(ROUNDS):
                    for name, contender in contenders.items():
                        rounds[name].append(page(*contender, *flags))
                for name, values in rounds.items():
                    results[name] = [statistics.median(column) for column in zip(*values)]
    return results


def exec_to_exit(names, *flags, runs=RUNS):
    """Median and 90th percentile in us and resident KiB of two programs, in turns with the same flags."""
    command = [WORK / "exec_to_exit", str(runs), *(WORK / name for name in names), *flags]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit("bench: a probe failed")
    return [list(map(float, line.split())) for line in result.stdout.splitlines()]


def measure_probes():
    """Time from exec to exit and resident memory, in turns against one server."""
    names = ["grpc_health_probe", "probe_baseline"]
    port = free_port()
    with vitals(port):
        wait_for_serving(port)
        return dict(zip(names, exec_to_exit(names, "-addr", f"127.0.0.1:{port}")))


# What asks for a page in a container that has an interpreter.
PYTHON = "import sys, urllib.request; urllib.request.urlopen(sys.argv[2], timeout=5)"


def measure_one_shots():
    """The same for checks that run once, beside a static C program; then beside curl and Python."""
    names, port, results = ["healthcheck", "oneshot_baseline"], free_port(), {}
    url = f"http://127.0.0.1:{port}/healthz"
    (WORK / "curl").write_text('#!/bin/sh\nexec curl -sf -o /dev/null "$2"\n')
    (WORK / "python").write_text(f"#!/usr/bin/python3\n{PYTHON}\n")
    with vitals(port):
        wait_for_serving(port)
        for flags in (["--tcp", f"127.0.0.1:{port}"], ["--http", url]):
            for name, values in zip(names, exec_to_exit(names, *flags)):
                results[f"{name} {flags[0]}"] = (WORK / name, values)
        for other in ("curl", "python"):
            (WORK / other).chmod(0o755)
            values = exec_to_exit(["healthcheck", other], "--http", url, runs=max(1, RUNS // 20))[1]
            results[f"{other} --http"] = (WORK / other, values)
    return results


def make_certificates():
    """A CA, a server's certificate of it, and the system's bundle with the CA in its midst."""
    file = {name: WORK / name for name in ["ca.key", "ca.pem", "server.key", "server.csr", "server.pem", "big.pem"]}
    (WORK / "extensions").write_text("subjectAltName=IP:127.0.0.1")

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    rsa = ["-newkey", "rsa:2048", "-nodes"]
    openssl("req", "-x509", *rsa, "-keyout", file["ca.key"], "-out", file["ca.pem"], "-subj", "/CN=Bench CA")
    openssl("req", *rsa, "-keyout", file["server.key"], "-out", file["server.csr"], "-subj", "/CN=server")
    issuer = ["-CA", file["ca.pem"], "-CAkey", file["ca.key"], "-CAcreateserial", "-extfile", WORK / "extensions"]
    openssl("x509", "-req", "-in", file["server.csr"], "-out", file["server.pem"], *issuer)
    system = pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_text()
    half = system.index("-----BEGIN", len(system) // 2)
    file["big.pem"].write_text(system[:half] + file["ca.pem"].read_text() + system[half:])
    return file


def measure_tls_probes():
    """The same with TLS: with a file of one CA, and with one of the system's roots."""
    names = ["grpc_health_probe", "probe_baseline_tls"]
    file, port, results = make_certificates(), free_port(), {}
    with vitals(port, "--tls-cert", file["server.pem"], "--tls-key", file["server.key"]):
        flags = ["-addr", f"127.0.0.1:{port}", "-tls", "-tls-ca-cert"]
        poll = [DIST / "grpc_health_probe", *flags, file["ca.pem"], "-connect-timeout", "10s"]
        while subprocess.run(poll, capture_output=True).returncode == 4:
            time.sleep(0.05)
        for roots in ["ca.pem", "big.pem"]:
            count = file[roots].read_text().count("-----BEGIN")
            what = "1 root" if count == 1 else f"{count} roots"
            for name, values in zip(names, exec_to_exit(names, *flags, file[roots])):
                results[f"{name}, {what}"] = (WORK / name, values)
    return results


def measure_scrapes():
    """CPU of the server for a scrape of some 2,000 series: many models have many checks and health names."""
    port, size = free_port(), 115
    model = WORK / "scraped.gguf"
    # An empty model: magic, version 3, no tensors, no metadata.
    model.write_bytes(b"GGUF" + (3).to_bytes(4, "little") + bytes(16))
    models = [flag for number in range(size) for flag in ("--model", f"m{number}={model}")]
    command = [DIST / "skill-runtime", *models, "--host", "127.0.0.1", "--port", str(port)]
    results = {}
    with server(command, port) as pid:
        client = http.client.HTTPConnection("127.0.0.1", port)

        def scrape(accept):
            client.request("GET", "/metrics", headers={"accept": accept})
            return client.getresponse().read().decode()

        for name, accept in [("text 0.0.4", "text/plain"), ("OpenMetrics 1.0", "application/openmetrics-text")]:
            page = scrape(accept)
            before, scrapes = cpu_nanoseconds(pid), 200
            for _ in range(scrapes):
                scrape(accept)
            spent = (cpu_nanoseconds(pid) - before) / 1000 / scrapes
            series = sum(not line.startswith("#") for line in page.splitlines())
            results[name] = (spent, series, len(page))
    return results


def main():
    servers, pages = measure_servers(), measure_pages()
    probes, tls_probes = measure_probes(), measure_tls_probes()
    one_shots, scrapes = measure_one_shots(), measure_scrapes()
    reference = servers["nghttpd -n1 (GET, 7 bytes)"][0]
    print(f"\nServer: {REQUESTS} requests, 10 connections x 100 streams, median of {ROUNDS} rounds")
    print(f"{'':30}{'CPU us/request':>16}{'ratio':>8}{'requests/s':>13}")
    for name, (cpu, rate) in servers.items():
        print(f"{name:30}{cpu:16.2f}{cpu / reference:8.2f}{rate:13,.0f}")
    print(f"\nPages: {REQUESTS} GET /healthz of HTTP/1.1, 16 connections, median of {ROUNDS} rounds, in turns")
    print(f"{'':30}{'CPU us/request':>16}{'ratio':>8}{'requests/s':>13}")
    for name, (cpu, rate) in pages.items():
        print(f"{name:30}{cpu:16.2f}{cpu / pages['nginx, ' + name.split(', ')[1]][0]:8.2f}{rate:13,.0f}")
    reference = probes["probe_baseline"][0]
    print(f"\nProbe: exec to exit, {RUNS} runs each, in turns")
    print(f"{'':30}{'median us':>16}{'ratio':>8}{'p90 us':>13}{'max RSS KiB':>13}{'bytes':>12}")
    for name, (median, p90, resident) in probes.items():
        size = (WORK / name).stat().st_size
        print(f"{name:30}{median:16.0f}{median / reference:8.2f}{p90:13.0f}{resident:13.0f}{size:12,}")
    print(f"\nProbe with TLS: the same, verified; the ratio is to the baseline with the same file")
    print(f"{'':32}{'median us':>14}{'ratio':>8}{'p90 us':>13}{'max RSS KiB':>13}{'bytes':>12}")
    reference = {name.split(", ")[1]: values[0] for name, (_, values) in tls_probes.items()}
    for name, (file, (median, p90, resident)) in tls_probes.items():
        ratio = median / reference[name.split(", ")[1]]
        print(f"{name:32}{median:14.0f}{ratio:8.2f}{p90:13.0f}{resident:13.0f}{file.stat().st_size:12,}")
    print(f"\nhealthcheck: a check that runs once, exec to exit; the ratio is to the static C program")
    print(f"{'':32}{'median us':>14}{'ratio':>8}{'p90 us':>13}{'max RSS KiB':>13}{'bytes':>12}")
    reference = {name.split()[1]: values[0] for name, (_, values) in one_shots.items() if "baseline" in name}
    for name, (file, (median, p90, resident)) in one_shots.items():
        ratio = median / reference[name.split()[1]]
        print(f"{name:32}{median:14.0f}{ratio:8.2f}{p90:13.0f}{resident:13.0f}{file.stat().st_size:12,}")
    print(f"\n/metrics: CPU of all threads for a scrape")
    print(f"{'':30}{'us/scrape':>16}{'series':>8}{'bytes':>13}{'us/2,000':>13}")
    for name, (spent, series, size) in scrapes.items():
        print(f"{name:30}{spent:16.0f}{series:8}{size:13,}{spent * 2000 / series:13.0f}")
    print(f"\nskill-runtime: {(DIST / 'skill-runtime').stat().st_size:,} bytes")


main()
