# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A CA, a server's certificate of it (both P-256), and the system's roots with the CA in their midst."""

import pathlib

from measure.load import run

SYSTEM = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")


def make(work):
    file = {name: work / name for name in ["ca.key", "ca.pem", "server.key", "server.csr", "server.pem", "roots.pem"]}
    (work / "extensions").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run("openssl", "req", "-x509", *key, "-keyout", file["ca.key"], "-out", file["ca.pem"], "-subj", "/CN=Bench CA")
    run("openssl", "req", *key, "-keyout", file["server.key"], "-out", file["server.csr"], "-subj", "/CN=server")
    issuer = ["-CA", file["ca.pem"], "-CAkey", file["ca.key"], "-CAcreateserial", "-extfile", work / "extensions"]
    run("openssl", "x509", "-req", "-in", file["server.csr"], "-out", file["server.pem"], *issuer)
    system = SYSTEM.read_text()
    half = system.index("-----BEGIN", len(system) // 2)
    file["roots.pem"].write_text(system[:half] + file["ca.pem"].read_text() + system[half:])
