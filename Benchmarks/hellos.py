# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""hellos.py: the CPU time of the server (from /proc) for ClientHellos of each kind that is dear, and its longest hold.

HELLOS (300) of each, one after the other; `hold` is the longest of as many Checks on a connection beside them.
"""

import os
import pathlib
import socket
import struct
import sys
import tempfile
import threading
import time

INTEGRATION = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "Integration"
sys.path[:0] = [str(INTEGRATION), str(INTEGRATION / "support")]
import certificates  # noqa: E402
import conftest  # noqa: E402
import gguf  # noqa: E402
import hello  # noqa: E402

COUNT = int(os.environ.get("HELLOS", "300"))
TICK = os.sysconf("SC_CLK_TCK")


def many_shares():
    """The library searches each share in the list of groups: the most of both that fit into 16 KiB."""
    groups = [hello.P384] + [0x4000 + n for n in range(3500)]
    shares = hello.vector(2, b"".join(struct.pack(">H", groups[-1]) + hello.vector(2, b"x") for _ in range(1700)))
    return hello.client_hello(groups, key_shares=shares)


def many_identities():
    """Tickets that are not ours."""
    identities = hello.vector(2, (hello.vector(2, b"x") + bytes(4)) * 2000)
    binders = hello.vector(2, hello.vector(1, bytes(32)) * 3)
    modes = hello.extension(45, hello.vector(1, b"\x01"))
    return hello.client_hello([hello.P384], modes, hello.extension(41, identities + binders))


def one_byte_records():
    whole = hello.client_hello([hello.P384])
    return b"".join(b"\x16\x03\x01\0\x01" + whole[at:at + 1] for at in range(5, len(whole)))


KINDS = {
    "x25519": hello.client_hello([hello.X25519]),
    "p256": hello.client_hello([hello.P256]),
    "p384": hello.client_hello([hello.P384]),
    "p384 without a share": hello.client_hello([hello.P384], key_shares=hello.vector(2, b"")),
    "ffdhe8192": hello.client_hello([hello.FFDHE8192]),
    "7,000 signatures": hello.client_hello([hello.P384], signatures=[0x0203] * 7000),
    "3,500 groups, 1,700 shares": many_shares(),
    "2,000 tickets": many_identities(),
    "one-byte records": one_byte_records(),
}


def cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def send(port, data):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(data)
        return connection.recv(1 << 14)


def main():
    folder = pathlib.Path(tempfile.mkdtemp())
    gguf.write(folder / "demo.gguf", name="demo")
    authority = certificates.Authority(folder, "CA")
    for key in ("ECDSA", "RSA"):
        pair = authority.issue("server" + key, "IP:127.0.0.1", key=key)
        flags = ["--tls-cert", pair.certificate, "--tls-key", pair.key]
        server = conftest.Runtime(folder, *flags)
        try:
            time.sleep(1)
            print(f"certificate with {key}")
            for name, data in KINDS.items():
                before = cpu(server.process.pid)
                for _ in range(COUNT):
                    reply = send(server.port, data)
                spent = (cpu(server.process.pid) - before) / COUNT
                alert = hello.alert(reply)
                print(
                    f"  {name:28} {len(data):6} bytes {spent * 1e6:7.0f} us {spent * 1e9 / len(data):7.0f} ns a byte"
                    f"  {'alert ' + str(alert) if alert else 'answered'}", flush=True)
        finally:
            server.stop()


main()
