# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks that look at this machine, with real programs, files and disks."""

import os
import pathlib
import signal
import socket
import time

from checked import QUICK, checked, process
from conftest import free_port, poll


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def replace(path, text):
    """Changes a script that may be running."""
    new = script(path.with_suffix(".new"), text)
    new.rename(path)


def running(word):
    """Processes with this word in their command line."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if word.encode() in words:
            found.append(int(folder.name))
    return found


def children(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_the_exit_status_of_a_program_decides(runtime, tmp_path):
    program = script(tmp_path / "check", "exit 0")
    strict = script(tmp_path / "strict", "exit 1")
    checks = checked(
        runtime, f"exec:{program},{QUICK},critical,arg=--flag", f"exec:{strict},{QUICK},name=strict,degraded-on-1=false",
        f"exec:{tmp_path}/missing,{QUICK},name=missing")
    checks.wait_for("exec", "healthy")
    checks.wait_for("strict", "unhealthy", "it exited with status 1")
    checks.wait_for("missing", "unhealthy", "No such file or directory")
    replace(program, 'echo "queue is long: $1"; exit 1')
    checks.wait_for("exec", "degraded", "queue is long: --flag")
    replace(program, "echo broken >&2; exit 3")
    checks.wait_for("exec", "unhealthy", "broken")
    replace(program, "kill -SEGV $$")
    checks.wait_for("exec", "unhealthy", "it was ended by signal 11")
    replace(program, "exec >&- 2>&-; exit 0")
    checks.wait_for("exec", "healthy")


def test_a_program_that_hangs_is_ended_with_all_that_it_started(runtime, tmp_path):
    word = f"86397.{os.getpid()}"
    program = script(tmp_path / "check", f"trap '' TERM\nsleep {word} &\n(sleep {word} & sleep {word}) &\nwait")
    flood = script(tmp_path / "flood", "exec yes flood")
    checks = checked(runtime, f"exec:{program},{QUICK},critical", f"exec:{flood},{QUICK},name=flood")
    checks.wait_for("exec", "unhealthy", "timed out after")
    checks.wait_for("flood", "unhealthy", "timed out after")
    # It never overlaps itself: one run has three of them.
    assert len(running(word)) <= 3
    replace(program, "exit 0")
    replace(flood, "yes flood | head -c 3000000; exit 1")
    checks.wait_for("exec", "healthy")
    checks.wait_for("flood", "degraded", "flood")
    assert poll(lambda: not running(word), "no grandchild is left")


def test_runs_leave_no_descriptor_and_no_process(runtime, tmp_path):
    count = tmp_path / "count"
    program = script(tmp_path / "check", f"echo x >> {count}\nsleep 5 &\nexit 0")
    checks = checked(runtime, f"exec:{program},interval=10ms,timeout=1s")
    checks.wait_for("exec", "healthy")
    pid = checks.server.process.pid

    def descriptors():
        return len(os.listdir(f"/proc/{pid}/fd"))

    before = descriptors()
    poll(lambda: count.stat().st_size > 200, "100 runs")
    # A run has three descriptors at most.
    assert abs(descriptors() - before) <= 4
    os.kill(pid, signal.SIGTERM)
    checks.server.process.wait(timeout=20)


def test_a_file_is_watched(runtime, tmp_path):
    state = tmp_path / "state"
    checks = checked(runtime, f"file:{state},{QUICK},critical,max-age=60s,contains=ready,max-size=100")
    checks.wait_for("file", "unhealthy", "it is missing")
    state.write_text("ready\n")
    checks.wait_for("file", "healthy")
    state.write_text("starting\n")
    checks.wait_for("file", "unhealthy", 'it does not contain "ready"')
    state.write_text("ready" * 50)
    checks.wait_for("file", "degraded", "it has 250 bytes, more than 100")
    state.write_text("ready\n")
    old = time.time() - 3600
    os.utime(state, (old, old))
    checks.wait_for("file", "unhealthy", "more than 1m0s")
    os.utime(state)
    checks.wait_for("file", "healthy")


def test_a_disk_is_measured_as_df_does(runtime, tmp_path):
    usage = os.statvfs(tmp_path)
    used = usage.f_blocks - usage.f_bfree
    percent = 100 * used / (used + usage.f_bavail)
    checks = checked(
        runtime, f"disk:{tmp_path},{QUICK},degraded={min(100, percent + 3):.2f}",
        f"disk:{tmp_path},{QUICK},name=full,degraded={max(0, percent - 3):.2f}",
        f"disk:{tmp_path}/gone,{QUICK},name=gone")
    checks.wait_for("full", "degraded", "of the disk are used")
    checks.wait_for("disk", "healthy")
    checks.wait_for("gone", "unhealthy", "No such file or directory")


def test_a_process_is_found_by_its_name_and_by_its_file(runtime, tmp_path):
    program = tmp_path / f"worker-with-a-long-name-{os.getpid()}"
    program.symlink_to("/usr/bin/sleep")
    file = tmp_path / "worker.pid"
    checks = checked(
        runtime, f"process:{program.name},{QUICK},critical", f"process:{file},{QUICK},name=file,program={program.name}")
    checks.wait_for("process", "unhealthy", "no process of this name runs")
    checks.wait_for("file", "unhealthy", "its file is missing")
    with process(program, "86396") as worker:
        file.write_text(f"{worker.pid}\n")
        checks.wait_for("process", "healthy")
        checks.wait_for("file", "healthy")
        worker.send_signal(signal.SIGSTOP)
        checks.wait_for("process", "unhealthy", f"process {worker.pid} is stopped")
        worker.send_signal(signal.SIGCONT)
        checks.wait_for("process", "healthy")
        # Killed and not yet waited for.
        worker.kill()
        checks.wait_for("file", "unhealthy", f"process {worker.pid} does not run")
    file.write_text(f"{os.getpid()}\n")
    checks.wait_for("file", "unhealthy", "is another program")


def test_memory_and_the_system_are_measured(runtime):
    checks = checked(
        runtime, f"memory,{QUICK},name=enough,degraded=100", f"memory,{QUICK},name=low,degraded=0.01",
        f"system,{QUICK},name=busy,cpu=0,memory=0,disk=0")
    checks.wait_for("enough", "healthy")
    checks.wait_for("low", "degraded", "of the memory are used (limit 0.01 %)")
    checks.wait_for("busy", "degraded", "of the CPU are used (limit 0 %); ")


def test_a_command_is_a_list_in_a_file_of_settings(runtime, tmp_path):
    program = script(tmp_path / "check", 'echo "$#: $1|$2"; exit 1')
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"""
checks:
  - kind: exec
    name: listed
    command: [{program}, "a, b", c d]
    detect-within: 1s
""")
    checks = checked(runtime, flags=["--config", settings])
    checks.wait_for("listed", "degraded", "2: a, b|c d")


def test_a_name_server_is_asked(runtime):
    port = free_port()
    flags = ["--no-hosts", "--no-resolv", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root", "--pid-file="]
    command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", f"--port={port}", "--local=/example.test/", *flags]
    host = ["--host-record=db.example.test,10.1.2.3,fd00::7", "--srv-host=_db._tcp.example.test,db.example.test,5432",
            "--txt-record=version.example.test,v1 of 2"]
    options = f"{QUICK},server=127.0.0.1:{port}"
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    checks = checked(
        runtime, f"dns:db.example.test,{options},critical", f"dns:db.example.test,{options},name=right,expect=10.1.2.3",
        f"dns:db.example.test,{options},name=wrong,expect=10.1.2.4", f"dns:gone.example.test,{options},name=gone",
        f"dns:db.example.test,{options},name=ipv6,record=AAAA,expect=fd00:0::7", f"dns:db.example.test,{options},name=ipv4,record=A,expect=10.1.2.3",
        f"dns:_db._tcp.example.test,{options},name=srv,record=SRV,expect=DB.example.test:5432",
        f"dns:_db._tcp.example.test,{options},name=srv-other,record=SRV,expect=db.example.test:5433",
        f"dns:version.example.test,{options},name=txt,record=TXT,expect=v1 of 2",
        f"dns:db.example.test,{options},name=no-txt,record=TXT",
        f"dns:db.example.test,{QUICK},name=silent,server=127.0.0.1:{silent.getsockname()[1]}", f"dns:localhost,{QUICK},name=local")
    checks.wait_for("dns", "unhealthy", f"the server 127.0.0.1:{port}: ")
    checks.wait_for("local", "healthy")
    with process(*command, *host) as server:
        checks.wait_for("dns", "healthy")
        for name in ("right", "ipv4", "ipv6", "srv", "txt"):
            checks.wait_for(name, "healthy")
        checks.wait_for("srv-other", "unhealthy", "db.example.test:5433 is not among its SRV records")
        checks.wait_for("no-txt", "unhealthy", "has no TXT record for it")
        checks.wait_for("wrong", "unhealthy", "10.1.2.4 is not among its addresses")
        checks.wait_for("gone", "unhealthy", "has no address for it")
        checks.wait_for("silent", "unhealthy", "is silent")
        server.send_signal(signal.SIGSTOP)
        checks.wait_for("dns", "unhealthy", "is silent")
        server.send_signal(signal.SIGCONT)
        checks.wait_for("dns", "healthy")
    silent.close()


def test_a_service_of_dns_is_a_target(runtime):
    """The place with the lowest priority is dead: the next one is tried."""
    port, dead, live = free_port(), free_port(), socket.create_server(("127.0.0.1", 0))
    flags = ["--no-hosts", "--no-resolv", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root", "--pid-file="]
    records = ["--host-record=here.example.test,127.0.0.1", f"--srv-host=_x._tcp.example.test,here.example.test,{dead},1,9",
               f"--srv-host=_x._tcp.example.test,here.example.test,{live.getsockname()[1]},2,1"]
    command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", f"--port={port}", "--local=/example.test/", *flags]
    options = f"{QUICK},dns-server=127.0.0.1:{port}"
    with live, process(*command, *records):
        checks = checked(runtime, f"tcp:srv:_x._tcp.example.test,{options},name=place", f"tcp:srv:_y._tcp.example.test,{options},name=none",
                         f"grpc:srv:_y._tcp.example.test/name,{options},name=no-grpc", f"http:http+srv://_y._tcp.example.test/,{options},name=no-http")
        checks.wait_for("place", "healthy")
        for name in ("none", "no-grpc", "no-http"):
            checks.wait_for(name, "unhealthy", "has no SRV record of _y._tcp.example.test")
