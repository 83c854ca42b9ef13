# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The probe in an empty root (FROM scratch): names, several addresses of one name, and an end whatever is stuck.

Needs root, for chroot, port 53 and networks of its own; without it all of this is skipped, and the run says so.
"""

import contextlib
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import textwrap
import threading
import time

import health_servers
import pytest
from conftest import DIST, free_port
from test_probe_scenarios import check_cause

UP = "status: SERVING"


@pytest.fixture(autouse=True)
def root_user():
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: THE PROBE IN AN EMPTY ROOT IS NOT TESTED")


@pytest.fixture
def root(tmp_path):
    """A root with nothing but the probe in it."""
    shutil.copy(DIST / "grpc_health_probe", tmp_path / "probe")
    (tmp_path / "probe").chmod(0o755)
    return tmp_path


def etc(root, **files):
    (root / "etc").mkdir(exist_ok=True)
    for name, text in files.items():
        (root / "etc" / name.replace("_", ".")).write_text(text)


def run(root, *flags):
    """Exit code, standard output, lines of standard error and seconds."""

    # Not with preexec_fn: grpcio's threads do not stand a fork without an exec.
    command = ["env", "-i", shutil.which("chroot", path="/usr/sbin:/sbin:/usr/bin"), root, "/probe", *flags]
    started = time.monotonic()
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    took = time.monotonic() - started
    return result.returncode, result.stdout, result.stderr.splitlines(), took


@pytest.mark.parametrize("flags", [[], ["-gzip"], ["-json"], ["-service=up"]])
def test_an_empty_root_is_enough(root, flags):
    with health_servers.serve(health_servers.stock()) as port:
        assert run(root, f"-addr=127.0.0.1:{port}", *flags)[::2] == (0, [UP])


def test_localhost_needs_no_hosts_file(root):
    with health_servers.serve(health_servers.stock()) as port:
        assert run(root, f"-addr=:{port}")[::2] == (0, [UP])
        assert run(root, f"-addr=localhost:{port}")[::2] == (0, [UP])


@pytest.mark.parametrize("address", ["dns:///backend.local:{}", "DNS:///backend.local.:{}", "backend.local.:{}", "localhost.:{}"])
def test_a_name_of_the_hosts_file(root, address):
    etc(root, hosts="127.0.0.1 backend backend.local\n")
    with health_servers.serve(health_servers.stock()) as port:
        assert run(root, f"-addr={address.format(port)}")[::2] == (0, [UP])


@pytest.mark.parametrize("address", ["[::]:{}", "0.0.0.0:{}", "dns:///[0::0]:{}"])
def test_an_unspecified_address_is_this_machine_in_either_family(root, address):
    with health_servers.serve(health_servers.stock()) as port:  # on 127.0.0.1 alone
        assert run(root, f"-addr={address.format(port)}")[::2] == (0, [UP])


def test_an_ipv6_zone_is_an_interface(root):
    code, _, lines, _ = run(root, "-addr=[fe80::1%lo]:1", "-connect-timeout=300ms")
    assert code == 2 and "[fe80::1%lo]:1" in lines[1], lines
    code, _, lines, _ = run(root, "-addr=[fe80::1%25nope]:1", "-connect-timeout=300ms")
    assert code == 2
    check_cause(lines[1:], r"resolve: fe80::1%nope is no IPv6 address of this machine's networks: is its zone .*")


def test_of_many_addresses_the_last_one_is_tried_too(root):
    """20 addresses that do not answer, and one more: it is tried in time."""
    many = [f"127.0.0.{number}" for number in range(100, 140)]
    etc(root, hosts="".join(f"{one} many\n" for one in [*many, "127.0.0.1"]))
    with health_servers.serve(health_servers.stock()) as port:
        assert run(root, f"-addr=many:{port}")[::2] == (0, [UP])


RECORDS = {"A": (1, socket.inet_aton("127.0.0.1")), "AAAA": (28, socket.inet_pton(socket.AF_INET6, "::1"))}


@contextlib.contextmanager
def name_server(address, answers=True, has=("A",), silent=(), asked=None):
    """DNS at port 53 of a loopback address: this machine for every name, by the records that it has, or silence."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 53))

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    query, client = server.recvfrom(512)
                    if not query:
                        return
                    end = query.index(b"\0", 12) + 5
                    [kind] = struct.unpack(">H", query[end - 4 : end - 2])
                    name = next(name for name, (number, _) in RECORDS.items() if number == kind)
                    if asked is not None:
                        asked.append(name)
                    if name in silent:
                        continue
                    data = RECORDS[name][1]
                    record = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data
                    head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, int(name in has), 0, 0)
                    server.sendto(head + query[12:end] + (record if name in has else b""), client)

        thread = threading.Thread(target=serve, daemon=True)
        if answers:
            thread.start()
        yield
        if answers:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(b"", (address, 53))
            thread.join()


def test_a_name_of_dns(root):
    etc(root, resolv_conf="nameserver 127.0.0.77\n")
    with name_server("127.0.0.77"), health_servers.serve(health_servers.stock()) as port:
        assert run(root, f"-addr=backend.example:{port}")[::2] == (0, [UP])


def test_an_answer_for_ipv6_that_never_comes_is_not_waited_for(root):
    """RFC 8305, 3. The last question for AAAA is asked again 400 ms after the first: that there is one is enough."""
    etc(root, resolv_conf="nameserver 127.0.0.80\n")
    asked = []
    with name_server("127.0.0.80", silent=("AAAA",), asked=asked), health_servers.serve(health_servers.stock()) as port:
        assert run(root, f"-addr=backend.example:{port}", "-connect-timeout=5s")[::2] == (0, [UP])
    assert asked.count("AAAA") == 1


@pytest.mark.parametrize("has, silent", [(("AAAA",), ("A",)), (("A", "AAAA"), ("A",))])
def test_an_answer_for_ipv4_that_never_comes_is_not_waited_for_where_ipv6_works(root, has, silent):
    etc(root, resolv_conf="nameserver 127.0.0.81\n")
    asked = []
    with name_server("127.0.0.81", has=has, silent=silent, asked=asked), health_servers.serve(health_servers.stock(), "[::1]:0") as port:
        assert run(root, f"-addr=backend.example:{port}", "-connect-timeout=5s")[::2] == (0, [UP])
    assert asked.count("A") == 1


def test_a_first_answer_without_an_address_does_not_end_the_wait(root):
    """AAAA is answered at once with nothing, and A only when it is asked for the second time."""
    etc(root, resolv_conf="nameserver 127.0.0.82\n")
    asked = []

    class OnlyTheFirst:
        def __contains__(self, name):
            return name == "A" and asked.count("A") == 1

    with name_server("127.0.0.82", silent=OnlyTheFirst(), asked=asked), health_servers.serve(health_servers.stock()) as port:
        assert run(root, f"-addr=backend.example:{port}", "-connect-timeout=5s")[::2] == (0, [UP])


def test_a_dns_black_hole_ends_with_the_connect_timeout(root):
    etc(root, resolv_conf="nameserver 127.0.0.78\n")
    with name_server("127.0.0.78", answers=False):
        code, output, lines, took = run(root, "-addr=backend.example:1", "-connect-timeout=300ms")
    # A resolver that keeps its own time would take 5 s and more.
    assert (code, output, 0.25 < took < 4) == (2, "", True)
    assert lines[0] == 'timeout: failed to connect service "backend.example:1" within 300ms'
    check_cause(lines[1:], r"resolve: no answer in time for the name backend\.example: .*resolv\.conf.*")


def test_a_dns_server_that_is_not_there(root):
    etc(root, resolv_conf="nameserver 127.0.0.79\n")
    code, _, lines, took = run(root, "-addr=backend.example:1", "-connect-timeout=300ms")
    assert (code, took < 4) == (2, True)
    check_cause(lines[1:], r"resolve: .*backend\.example.*resolv\.conf.*")


@pytest.mark.parametrize("profile, code", [("standard", 2), ("docker", 1)])
def test_the_hard_deadline_ends_what_is_stuck(root, profile, code):
    """A hosts file that never opens stands for anything that blocks where no time-out reaches."""
    etc(root)
    os.mkfifo(root / "etc" / "hosts")
    flags = ["-addr=b.example:1", "-connect-timeout=200ms", "-rpc-timeout=200ms", "-json"]
    status, output, lines, took = run(root, *flags, f"-exit-profile={profile}")
    assert (status, 0.4 < took < 5) == (code, True)
    assert lines[0] == 'timeout: failed to connect service "b.example:1" within 200ms'
    check_cause(lines[1:], r"the probe itself was stuck.*")
    assert json.loads(output)["code"] == {"exit": code, "grpc": None}


def test_a_reader_that_does_not_read_keeps_no_probe_alive(root):
    """Standard error is a pipe that is full: the first line of -v can never be written."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, bytes(4096))
    flags = ["-v", "-addr=127.0.0.1:1", "-connect-timeout=200ms", "-rpc-timeout=200ms"]
    started = time.monotonic()
    process = subprocess.Popen([root / "probe", *flags], stdin=subprocess.DEVNULL, stderr=writer)
    os.close(writer)
    try:
        assert process.wait(timeout=20) == 2
    finally:
        process.kill()
        process.wait()
        os.close(reader)
    assert time.monotonic() - started > 0.4


# Several addresses of one name.


@contextlib.contextmanager
def full(address, port):
    """A listener at this address whose backlog is full: a connection attempt gets no answer."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex((address, port))
        time.sleep(0.1)
        yield


@contextlib.contextmanager
def silent(address, port):
    """The kernel accepts connections, and nothing is ever sent on them."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family):
        yield


TWINS = {
    "the other family, after a silent one": (silent, "::1", "127.0.0.1:{port}"),
    "the other family, after a refusal": (None, "::1", "127.0.0.1:{port}"),
    "the next address, after one that takes no connection": (full, "127.0.0.5", "127.0.0.6:{port}"),
    "the next address, after a silent one": (silent, "127.0.0.5", "127.0.0.6:{port}"),
    "IPv6, after IPv4 that takes no connection": (full, "127.0.0.5", "[::1]:{port}"),
}


@pytest.mark.parametrize("bad, bad_host, good", TWINS.values(), ids=TWINS.keys())
def test_the_first_address_that_works_wins(root, bad, bad_host, good):
    port = free_port()
    good_host = good.rsplit(":", 1)[0].strip("[]")
    etc(root, hosts=f"{bad_host} twin\n{good_host} twin\n")
    with contextlib.ExitStack() as stack:
        if bad is not None:
            stack.enter_context(bad(bad_host, port))
        stack.enter_context(health_servers.serve(health_servers.stock(), good.format(port=port)))
        code, _, lines, took = run(root, f"-addr=twin:{port}", "-connect-timeout=30s", "-rpc-timeout=20s")
        assert (code, lines) == (0, [UP])
        # 250 ms for the first, and what a loaded machine takes; half of the time would be 15 s.
        assert took < 5
        # Every address is tried, however short the time, though a busy machine needs more time for each.
        times = ["400ms", "1s", "3s"]
        assert 0 in (run(root, f"-addr=twin:{port}", f"-connect-timeout={time}")[0] for time in times)


def test_of_several_addresses_the_one_that_got_furthest_is_told(root):
    port = free_port()
    etc(root, hosts="127.0.0.5 twin\n127.0.0.6 twin\n")
    with silent("127.0.0.6", port):
        code, _, lines, _ = run(root, f"-addr=twin:{port}", "-connect-timeout=300ms")
    assert code == 2
    check_cause(lines[1:], r"HTTP/2: connected, but the server sent no SETTINGS.*")


# In a network of its own (unshare): what an address does that leads nowhere.


def run_in_network(script, *flags):
    """Runs a Python script in a new network namespace; gives the exit code and the lines of standard error."""
    command = ["unshare", "--net", sys.executable, "-c", textwrap.dedent(script), DIST / "grpc_health_probe", *flags]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return result.returncode, result.stderr.splitlines()


@pytest.mark.parametrize("address", ["10.9.9.2:80", "[2001:db8::1]:80"])
def test_an_address_without_a_route(root, address):
    script = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
    code, lines = run_in_network(script, "-addr", address, "-connect-timeout=100ms")
    assert (code, lines[0]) == (2, f'timeout: failed to connect service "{address}" within 100ms')
    check_cause(lines[1:], r"connect: .* is unreachable: no route to it from here.*")


def test_a_black_hole(root):
    """The listener drops every packet (a BPF program of one instruction: return 0)."""
    script = """
        import ctypes, socket, struct, subprocess, sys
        subprocess.run("ip link set lo up && ip address add 10.9.9.1/24 dev lo", shell=True, check=True)
        with socket.create_server(("10.9.9.2", 80)) as listener:
            program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
            filters = struct.pack("HL", 1, ctypes.addressof(program))
            listener.setsockopt(socket.SOL_SOCKET, 26, filters)
            sys.exit(subprocess.run(sys.argv[1:]).returncode)
    """
    code, lines = run_in_network(script, "-addr=10.9.9.2:80", "-connect-timeout=300ms")
    assert (code, lines[0]) == (2, 'timeout: failed to connect service "10.9.9.2:80" within 300ms')
    check_cause(lines[1:], r"connect: no answer from 10\.9\.9\.2:80: wrong address, a firewall that drops.*")
