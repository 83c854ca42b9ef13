# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""deploy/docker: the images, built by buildah from the binaries under test, and what is in them run alone."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile

import pytest
from conftest import DIST, ROOT, free_port, poll
from support.checked import process

BINARIES = {"probe": ["/bin/grpc_health_probe"], "healthcheck": ["/usr/local/bin/healthcheck"],
            "runtime": ["/bin/skill-runtime"]}
MIB = 1 << 20


class Builder:
    """scripts/image with a store and a folder of binaries of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.dist = folder / "dist"
        self.dist.mkdir()
        storage = {"driver": "vfs", "graphroot": str(folder / "store"), "runroot": str(folder / "run")}
        lines = [f'{name} = "{value}"' for name, value in storage.items()]
        (folder / "storage.conf").write_text("[storage]\n" + "\n".join(lines) + "\n")
        for name in ("grpc_health_probe", "healthcheck", "skill-runtime", "nvml-helper"):
            if (DIST / name).exists():
                shutil.copy(DIST / name, self.dist / name)

    def run(self, *command, **variables):
        environment = os.environ | variables | {
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"), "IMAGE_TOOL": "buildah", "DIST": str(self.dist)
        }
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr

    def archive(self, *targets, **variables):
        """The archives that `make image-archive` writes, by the image's name."""
        self.run(ROOT / "scripts" / "image", "archive", *targets, **variables)
        return {file.stem: file for file in (self.dist / "images").iterdir()}


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: NO IMAGES ARE BUILT")
    return Builder(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def archives(builder):
    return builder.archive()


def unpacked(archive, folder):
    """The image's configuration; its files are unpacked into the folder."""
    with tarfile.open(archive) as outer:
        (manifest,) = json.load(outer.extractfile("manifest.json"))
        for layer in manifest["Layers"]:
            with tarfile.open(fileobj=outer.extractfile(layer)) as files:
                files.extractall(folder, filter="fully_trusted")
        return json.load(outer.extractfile(manifest["Config"]))["config"]


def files_in(folder):
    return sorted("/" + str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def children_of(process):
    file = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(word) for word in file.read_text().split()] if file.exists() else []


@contextlib.contextmanager
def running(root, config, **variables):
    """The image's command as in a container: the files of the image and /proc, nothing else, as its user, with the file
    system read-only. Gives its process, and what runs the image's health check."""
    (root / "proc").mkdir(exist_ok=True)
    root.chmod(0o755)  # for the image's user
    port = str(free_port())
    script = (
        'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount -t proc proc "$0/proc" '
        '&& exec chroot --userspec=65532:65532 "$0" "$@"'
    )
    start = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", script, root]
    environment = {"PATH": os.environ["PATH"] + ":/usr/sbin"} | variables
    words = [word.replace(":50051", f"127.0.0.1:{port}") for word in config["Healthcheck"]["Test"][1:]]

    def probe():
        command = ["chroot", "--userspec=65532:65532", root, *words]
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=10)

    flags = ["--host", "127.0.0.1", "--port", port]
    with process(*start, *config["Entrypoint"], *config["Cmd"], *flags, env=environment) as container:
        try:
            yield container, probe
        finally:
            # The end of unshare is not that of its child.
            for child in children_of(container):
                os.kill(child, signal.SIGKILL)


def test_no_file_names_an_image_that_a_stranger_could_publish():
    """`vitals/NAME` alone is of Docker's registry. `localhost/vitals/NAME` is what scripts/image builds, and has no registry."""
    listing = subprocess.run(["git", "ls-files", "README.md", "docs", "deploy", "scripts", ".github"], cwd=ROOT, capture_output=True,
                             text=True, check=True, timeout=20).stdout
    name = re.compile(r"(?P<registry>[\w./$\"{}:-]*?)vitals/(?:runtime|healthcheck|probe|\$name|\$target)\b")
    found = {match["registry"] for path in listing.split() if (ROOT / path).suffix not in (".png", ".svg")
             for match in name.finditer((ROOT / path).read_text())}
    # The last one is a folder of a pod.
    assert found == {"localhost/", "\"localhost/", "ghcr.io/OWNER/", "/"}


@pytest.mark.parametrize("name, limit", [("probe", 6), ("healthcheck", 12), ("runtime", 20)])
def test_an_image_is_small_and_runs_as_nobody(archives, name, limit, tmp_path):
    config = unpacked(archives[name], tmp_path)
    extra = {"runtime": ["/bin/grpc_health_probe", "/etc/ssl/certs/ca-certificates.crt"]}.get(name, [])
    assert files_in(tmp_path) == sorted(BINARIES[name] + extra)
    if DIST == ROOT / "dist":
        assert archives[name].stat().st_size < limit * MIB
    assert config["User"] == "65532:65532" and config["Entrypoint"] == BINARIES[name]


def test_the_runtime_is_probed_as_docker_does_it(archives, tmp_path):
    config = unpacked(archives["runtime"], tmp_path)
    second = 10**9
    check = config["Healthcheck"]
    assert (check["Interval"], check["Timeout"], check["StartPeriod"]) == (15 * second, 2 * second, 5 * second)
    assert check["Retries"] == 3 and check["Test"][0] == "CMD" and "50051/tcp" in config["ExposedPorts"]
    # The rest of Docker's health check, which buildah does not know yet.
    assert "--start-interval=1s" in (ROOT / "deploy" / "docker" / "Dockerfile").read_text()

    with running(tmp_path, config) as (container, probe):
        poll(lambda: probe().returncode == 0, "the probe in the image finds the runtime SERVING")
        (child,) = children_of(container)
        os.kill(child, signal.SIGTERM)
        assert container.wait(20) == 0
    assert "refused the connection" in probe().stderr


def test_an_image_for_gpus_has_the_helper_and_what_it_needs(builder, tmp_path):
    """On a base that the test makes: glibc, and a library that plays the driver's, which NVIDIA's toolkit would bring."""
    if not (DIST / "nvml-helper").exists():
        pytest.skip("there is no helper in a sanitized build")
    base = tmp_path / "base"
    libraries = base / "usr" / "lib"
    libraries.mkdir(parents=True)
    listing = subprocess.run(["ldd", DIST / "nvml-helper"], capture_output=True, text=True, check=True, timeout=20).stdout
    for path in map(pathlib.Path, re.findall(r"(/\S+) \(", listing)):
        place = base / path.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    source = ROOT / "Tests" / "Integration" / "checks" / "nvml.c"
    command = ["gcc", "-shared", "-fPIC", "-DNEW", source, "-o", libraries / "libnvidia-ml.so.1"]
    subprocess.run(command, check=True, timeout=60)
    (base / "etc").mkdir()
    (base / "etc" / "scenario").write_text("devices=1\ntemperature.0=41\nfield.4.0=0\n")
    (base / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    builder.run("buildah", "bud", "--quiet", "-t", "localhost/base", base)
    archive = builder.archive("runtime-gpu", GPU_BASE="localhost/base")["runtime-gpu"]
    root = tmp_path / "root"
    root.mkdir()
    config = unpacked(archive, root)
    assert config["User"] == "65532:65532" and "NVIDIA_DRIVER_CAPABILITIES=utility" in config["Env"]
    with running(root, config, NVML_SCENARIO="/etc/scenario") as (_, probe):
        poll(lambda: probe().returncode == 0, "SERVING: the helper finds the GPU")
        # Another one finds none: the check is what decides.
        (root / "etc" / "scenario").write_text("devices=0\n")
        poll(lambda: probe().returncode == 1, "NOT_SERVING without the GPU", 60)
