# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Certificates of the test run, made with the openssl command."""

import dataclasses
import pathlib
import subprocess

CONFIGURATION = """
[ca]
default_ca = test
[test]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = policy
unique_subject = no
copy_extensions = copy
[policy]
commonName = supplied
"""

KEYS = {
    "RSA": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ECDSA": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "P-521": ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "Ed25519": ["ED25519"],
}


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@dataclasses.dataclass
class Pair:
    """The files of a certificate and its key (PKCS#8)."""

    certificate: pathlib.Path
    key: pathlib.Path

    def bytes(self):
        return self.key.read_bytes(), self.certificate.read_bytes()


class Authority:
    """A CA in a folder."""

    def __init__(self, folder, name, dates=None, issuer=None):
        """A root of 30 days; with dates another term, with an issuer an intermediate."""
        self.folder = folder / name.replace(" ", "-")
        self.folder.mkdir()
        (self.folder / "index.txt").touch()
        self.configuration = self.folder / "ca.cnf"
        self.configuration.write_text(CONFIGURATION.format(folder=self.folder))
        self.root = Pair(self.folder / "ca.pem", self.folder / "ca.key")
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        files = ["-keyout", self.root.key, "-out", self.root.certificate]
        if issuer is None and dates is None:
            openssl("req", "-x509", *key, *files, "-days", 30, "-subj", f"/CN={name}")
            return
        request = self.folder / "ca.csr"
        files = ["-keyout", self.root.key, "-out", request]
        openssl("req", "-new", *key, *files, "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE")
        flags = ["-batch", "-notext"] + (["-startdate", dates[0], "-enddate", dates[1]] if dates else ["-days", "30"])
        configuration = (issuer or self).configuration
        signer = ["-selfsign", "-keyfile", self.root.key]
        if issuer:
            signer = ["-cert", issuer.file, "-keyfile", issuer.root.key]
        openssl("ca", "-config", configuration, *flags, "-in", request, "-out", self.root.certificate, *signer)

    @property
    def file(self):
        return self.root.certificate

    def issue(self, name, alternatives=None, key="ECDSA", dates=("20200101000000Z", "20991231235959Z"),
              usage=None):
        """A certificate of this authority; `key` is a kind of key, or the file of one."""
        pair = Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        request = self.folder / f"{name}.csr"
        if key in KEYS:
            openssl("genpkey", "-algorithm", *KEYS[key], "-out", pair.key)
        else:
            pair.key = key
        extension = ["-addext", f"subjectAltName={alternatives}"] if alternatives else []
        extension += ["-addext", f"extendedKeyUsage={usage}"] if usage else []
        openssl("req", "-new", "-key", pair.key, "-out", request, "-subj", f"/CN={name}", *extension)
        files = ["-in", request, "-out", pair.certificate, "-cert", self.file, "-keyfile", self.root.key]
        flags = ["-batch", "-notext", "-startdate", dates[0], "-enddate", dates[1]]
        openssl("ca", "-config", self.configuration, *flags, *files)
        return pair
