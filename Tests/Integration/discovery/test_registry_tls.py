# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""`--register` over TLS, to a real Redis, a real etcd and the stand-in for an agent of Consul, which all want a certificate of
the client: what works, and what is said of what does not."""

import contextlib
import pathlib
import subprocess
import sys

import pytest
from certificates import Authority
from checked import accepts, process
from conftest import SERVING, free_port, poll, stop_process

AGENT = pathlib.Path(__file__).parent.parent / "support" / "consul_agent.py"
SCHEMES = ["rediss", "etcds", "consuls"]


class Stores:
    """The URL of each store, and the options with which it takes us."""

    def __init__(self, ca, stranger, client, ports):
        self.urls = {scheme: f"{scheme}://127.0.0.1:{port}" for scheme, port in ports.items()}
        self.identity = f"cert={client.certificate},key={client.key}"
        self.ca = f"ca={ca.file}"
        self.other_ca = f"ca={stranger.file}"

    def flags(self, *options):
        """All of them, with these options."""
        return [word for url in self.urls.values() for word in ("--register", ",".join([url, *options]))]


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    ca, stranger = Authority(folder, "Test CA"), Authority(folder, "Stranger")
    server, client = ca.issue("server", "DNS:localhost,IP:127.0.0.1"), ca.issue("client")
    files = {"cert": server.certificate, "key": server.key, "ca": ca.file}
    with contextlib.ExitStack() as stack:
        ports = {"rediss": free_port(), "etcds": free_port()}
        redis = ["redis-server", "--port", "0", "--tls-port", ports["rediss"], "--save", "", "--dir", folder]
        redis += ["--tls-cert-file", files["cert"], "--tls-key-file", files["key"], "--tls-ca-cert-file", files["ca"]]
        stack.enter_context(process(*redis, "--tls-auth-clients", "yes"))
        url, peer = f"https://127.0.0.1:{ports['etcds']}", f"http://127.0.0.1:{free_port()}"
        etcd = ["etcd", "--data-dir", folder / "etcd", "--log-level", "error", "--listen-client-urls", url]
        etcd += ["--advertise-client-urls", url, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
        etcd += ["--initial-cluster", f"default={peer}", "--cert-file", files["cert"], "--key-file", files["key"]]
        stack.enter_context(process(*etcd, "--trusted-ca-file", files["ca"], "--client-cert-auth"))
        words = [word for name, file in files.items() for word in (f"--{name}", file)]
        agent = subprocess.Popen([sys.executable, AGENT, *words], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        stack.callback(stop_process, agent)
        ports["consuls"] = int(agent.stdout.readline())
        poll(lambda: all(accepts(port) for port in ports.values()), "all listen")
        yield Stores(ca, stranger, client, ports)


def test_all_are_registered_in_over_tls_with_certificates_of_both_sides(runtime, stores):
    server = runtime(*stores.flags(stores.ca, stores.identity))

    def registered():
        return {line["store"] for line in server.lines() if line["message"] == "registered"}

    poll(lambda: registered() == set(stores.urls.values()), f"registered in all: {server.complaints()}")


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [("ca", "issued by an unknown authority"), ("name", "other.example"), ("identity", "refused with the alert")])
def test_what_is_wrong_with_tls_is_said(runtime, stores, wrong, cause):
    options = {
        "ca": [stores.other_ca, stores.identity], "name": [stores.ca, stores.identity, "server-name=other.example"],
        "identity": [stores.ca]}
    server = runtime(*stores.flags(*options[wrong]))

    def reasons():
        return {line["store"]: line["reason"] for line in server.lines() if line["message"].startswith("the registry cannot be written")}

    def are_told():
        return all(cause in reasons().get(url, "") for url in stores.urls.values())

    try:
        poll(are_told, cause)
    except AssertionError:
        raise AssertionError(f"{cause}: {reasons()}") from None
    # Whoever has the address is served all the same.
    assert server.check() == SERVING
