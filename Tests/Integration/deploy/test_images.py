# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""deploy/docker: the images, built by buildah from the binaries under test, and what is in them run alone."""

import json
import os
import pathlib
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


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The archives that `make image-archive` writes, by the image's name."""
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: NO IMAGES ARE BUILT")
    folder = tmp_path_factory.mktemp("images")
    storage = {"driver": "vfs", "graphroot": str(folder / "store"), "runroot": str(folder / "run")}
    lines = [f'{name} = "{value}"' for name, value in storage.items()]
    (folder / "storage.conf").write_text("[storage]\n" + "\n".join(lines) + "\n")
    dist = folder / "dist"
    dist.mkdir()
    for name in ("grpc_health_probe", "healthcheck", "skill-runtime"):
        shutil.copy(DIST / name, dist / name)
    environment = os.environ | {
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"), "IMAGE_TOOL": "buildah", "DIST": str(dist)
    }
    command = [ROOT / "scripts" / "image", "archive"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return {name: dist / "images" / f"{name}.tar" for name in BINARIES}


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


@pytest.mark.parametrize("name, limit", [("probe", 7), ("healthcheck", 14), ("runtime", 24)])
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

    (tmp_path / "proc").mkdir()
    tmp_path.chmod(0o755)  # for the image's user
    port = str(free_port())
    # As in a container: the files of the image and /proc, nothing else, as its user, with the file system read-only.
    script = (
        'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount -t proc proc "$0/proc" '
        '&& exec chroot --userspec=65532:65532 "$0" "$@"'
    )
    start = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", script, tmp_path]
    with process(*start, *config["Entrypoint"], *config["Cmd"], "--host", "127.0.0.1", "--port", port) as container:
        probe = [word.replace(":50051", f"127.0.0.1:{port}") for word in check["Test"][1:]]
        command = ["chroot", "--userspec=65532:65532", tmp_path, *probe]
        environment = {"PATH": os.environ["PATH"] + ":/usr/sbin"}

        def run():
            return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=10)

        poll(lambda: run().returncode == 0, "the probe in the image finds the runtime SERVING")
        children = pathlib.Path(f"/proc/{container.pid}/task/{container.pid}/children").read_text()
        os.kill(int(children), signal.SIGTERM)
        assert container.wait(20) == 0
    assert "refused the connection" in run().stderr
