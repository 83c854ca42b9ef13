# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The check of kind gpu, with the shipped helper, and a library that plays NVIDIA's (nvml.c)."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
from checked import checked
from conftest import DIST, poll

# One result decides, and comes soon.
FAST = "interval=50ms,timeout=1s,fall=1,rise=1"
HELPER = DIST / "nvml-helper"
LIBRARY = "libnvidia-ml.so.1"


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    """The library as `new`, `old` and `broken`."""
    folder = tmp_path_factory.mktemp("nvml")
    for name, define in {"new": "-DNEW", "old": "-DOLD", "broken": "-DBROKEN"}.items():
        source = pathlib.Path(__file__).with_name("nvml.c")
        command = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", define, source, "-o", folder / name]
        subprocess.run(command, check=True)
    return folder


class GPUs:
    """What the driver plays."""

    # Two healthy devices.
    HEALTHY = {"devices": 2, "temperature.0": 41, "temperature.1": 43, "utilisation.0": 7, "reasons.0": 4, "field.4.0": 0}

    def __init__(self, folder, libraries):
        self.libraries = libraries
        self.folder = folder
        self.scenario = folder / "scenario"
        self.variables = {"NVML_SCENARIO": str(self.scenario), "LD_LIBRARY_PATH": str(folder)}
        self.play()

    def play(self, values=None, **names):
        """Healthy devices, but for these."""
        new = self.scenario.with_suffix(".new")
        new.write_text("".join(f"{name}={value}\n" for name, value in (self.HEALTHY | (values or {}) | names).items()))
        new.rename(self.scenario)

    def install(self, name="new"):
        """Installs the library, or another one in its place."""
        new = self.folder / "new.so"
        shutil.copy(self.libraries / name, new)
        new.rename(self.folder / LIBRARY)


@pytest.fixture
def gpus(tmp_path, libraries):
    gpus = GPUs(tmp_path, libraries)
    gpus.install()
    return gpus


def helpers(checks):
    """The helpers of a runtime: process numbers. Threads and children may end meanwhile."""
    pid = checks.server.process.pid
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for child in (task / "children").read_text().split():
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == HELPER.name:
                    found.append(int(child))
    return found


def test_what_the_driver_says_of_its_devices_is_judged(runtime, gpus):
    checks = checked(
        runtime, f"gpu,{FAST},critical,xid-hold=1s,memory=95", f"gpu:1,{FAST},name=second", f"gpu:GPU-1,{FAST},name=uuid",
        variables=gpus.variables)
    checks.wait_for("gpu", "healthy")
    checks.wait_for("second", "healthy")
    checks.wait_for("uuid", "healthy")
    pids = helpers(checks)
    assert len(pids) == 3
    for values, status, text in [
        ({"temperature.0": 92}, "degraded", "GPU 0 has 92 °C, and slows down at 92 °C: cool it"),
        ({"reasons.1": "0x40"}, "degraded", "GPU 1 is slowed down by heat"),
        ({"reasons.1": "0x88"}, "degraded", "GPU 1 is slowed down by the power supply"),
        ({"field.4.0": 3}, "unhealthy", "GPU 0 has 3 memory errors that could not be corrected"),
        ({"field.29.0": 60, "field.30.0": 3}, "unhealthy", "GPU 0 has 63 retired pages of memory: exchange it"),
        ({"field.30.0": 16}, "degraded", "GPU 0 has 16 pages of memory retired for double errors"),
        ({"field.31.0": 1}, "degraded", "GPU 0 retires pages of memory at its next reset"),
        ({"field.145.1": 1}, "unhealthy", "GPU 1 has a row of memory that could not be replaced"),
        ({"field.144.1": 1}, "degraded", "GPU 1 replaces rows of memory at its next reset"),
        ({"field.143.1": 512}, "degraded", "GPU 1 has 512 replaced rows of memory"),
        ({"field.230.1": 2}, "unhealthy", "GPU 1 needs a restart of the machine"),
        ({"field.230.0": 1, "temperature.1": 99}, "unhealthy", "nvidia-smi --gpu-reset; GPU 1 has 99 °C"),
        ({"memory.1": 23 << 30}, "degraded", "GPU 1 has 95 % of its memory in use (limit 95 %)"),
        ({"devices": 0}, "unhealthy", "0 of 1 GPUs are there"),
    ]:
        gpus.play(values)
        checks.wait_for("gpu", status, text)
    checks.wait_for("second", "unhealthy", "GPU 1 is not there: nvidia-smi -L")
    checks.wait_for("uuid", "unhealthy", "the GPU GPU-1 is not there")
    gpus.play()
    checks.wait_for("gpu", "healthy")
    checks.wait_for("uuid", "healthy")
    assert helpers(checks) == pids


def test_a_device_that_is_lost_comes_back(runtime, gpus):
    checks = checked(runtime, f"gpu,{FAST},critical", f"gpu:0,{FAST},name=first", variables=gpus.variables)
    checks.wait_for("gpu", "healthy")
    checks.wait_for("first", "healthy")
    pids = helpers(checks)
    for calls, code, text in [
        (["MemoryInfo"], 15, "GPU 1 is lost: it no longer answers on its bus"),
        (["MemoryInfo"], 16, "GPU 1 has to be reset: end what uses it, then nvidia-smi --gpu-reset -i 1"),
        (["FieldValues"], 15, "GPU 1 is lost"),
        (["FieldValues", "HandleByIndex_v2"], 15, "GPU 1 is lost"),
        (["Temperature"], 999, "GPU 1 does not work: nvmlDeviceGetTemperature failed with UNKNOWN; see dmesg"),
        (["MemoryInfo", "UUID"], 1234, "failed with 1234"),
    ]:
        gpus.play({f"nvmlDeviceGet{call}.1": code for call in calls})
        checks.wait_for("gpu", "unhealthy", text)
        assert checks.result("first")[0] == "healthy"
        gpus.play()
        checks.wait_for("gpu", "healthy")
    # The driver was started anew in the same process.
    assert helpers(checks) == pids


def test_an_xid_counts_for_a_while(runtime, gpus):
    checks = checked(
        runtime, f"gpu,{FAST},critical,xid-hold=1s", f"gpu:0,{FAST},name=first",
        f"gpu:1,{FAST},name=strict,xid-hold=1m,critical-xid=13,ignore-xid=31", variables=gpus.variables)
    for name in ("gpu", "first", "strict"):
        checks.wait_for(name, "healthy")
    gpus.play(xid="1:1:79")
    checks.wait_for("gpu", "unhealthy", "GPU 1 had Xid 79 0 s ago: see dmesg")
    checks.wait_for("strict", "unhealthy", "Xid 79")
    checks.wait_for("gpu", "healthy")
    gpus.play(xid="2:1:31")
    checks.wait_for("gpu", "degraded", "GPU 1 had Xid 31")
    checks.wait_for("gpu", "healthy")
    gpus.play(xid="3:1:13")
    checks.wait_for("strict", "unhealthy", "Xid 13")
    assert "Xid 31" not in checks.result("strict")[1]
    assert checks.result("gpu")[0] == "healthy"


def test_what_a_device_does_not_know_is_absent(runtime, gpus):
    """As with MIG, on old cards and drivers, and in virtual machines."""
    absent = ["GetMemoryInfo", "GetUtilizationRates", "GetTemperature", "GetTemperatureThreshold", "GetFieldValues",
              "GetCurrentClocksEventReasons", "RegisterEvents", "GetUUID", "GetName"]
    gpus.play({f"nvmlDevice{name}": 3 for name in absent} | {"nvmlEventSetCreate": 3})
    checks = checked(runtime, f"gpu,{FAST},critical", f"gpu:1,{FAST},name=second", variables=gpus.variables)
    checks.wait_for("gpu", "healthy")
    checks.wait_for("second", "healthy")
    # Others' devices are counted, and may not be used.
    gpus.play({"nvmlDeviceGetHandleByIndex_v2.1": 4, "devices": 3})
    checks.wait_for("second", "unhealthy", "GPU 1 may not be used: give this user, or the container, its device")
    assert checks.result("gpu")[0] == "healthy"
    gpus.play({"nvmlDeviceGetHandleByIndex_v2": 4, "devices": 4})
    checks.wait_for("gpu", "unhealthy", "none of the 4 GPUs may be used")


def test_an_old_driver_has_fewer_functions(runtime, gpus):
    gpus.install("old")
    gpus.play({"reasons.0": "0x20", "temperature.1": 30})
    checks = checked(runtime, f"gpu,{FAST},xid-hold=1s", f"gpu:1,{FAST},name=second", variables=gpus.variables)
    checks.wait_for("gpu", "degraded", "GPU 0 is slowed down by heat")
    checks.wait_for("second", "healthy")
    gpus.play(xid="1:1:74")
    checks.wait_for("second", "unhealthy", "Xid 74")


def test_what_is_wrong_with_the_driver_is_told(runtime, gpus):
    (gpus.folder / LIBRARY).unlink()
    checks = checked(runtime, f"gpu,{FAST},critical,count=2", variables=gpus.variables)
    checks.wait_for("gpu", "unhealthy", f"cannot be loaded ({LIBRARY}: cannot open shared object file: No such file")
    gpus.install("broken")
    checks.wait_for("gpu", "unhealthy", "the library of NVIDIA's driver has no nvmlInit_v2: update the driver")
    gpus.install()
    checks.wait_for("gpu", "healthy")
    gpus.play(devices=1)
    checks.wait_for("gpu", "unhealthy", "1 of 2 GPUs are there: see nvidia-smi -L and dmesg")
    # While it runs, the driver is only asked for what it has: the process is another one when it cannot be started.
    for code, text in [
        (9, "NVIDIA's driver is not loaded"), (18, "have different versions: an update waits for a restart"),
        (4, "no permission to use NVIDIA's driver: give this user, or the container, /dev/nvidiactl"),
        (999, "NVML cannot be used: nvmlInit_v2 failed with UNKNOWN; see dmesg"),
    ]:
        gpus.play({"nvmlInit_v2": code, "nvmlDeviceGetCount_v2": 1})
        checks.wait_for("gpu", "unhealthy", text)
    gpus.play()
    checks.wait_for("gpu", "healthy")


def test_a_driver_that_hangs_or_crashes_does_so_alone(runtime, gpus):
    options = FAST.replace("timeout=1s", "timeout=200ms")
    checks = checked(runtime, f"gpu,{options},critical", variables=gpus.variables)
    checks.wait_for("gpu", "healthy")
    (pid,) = helpers(checks)
    gpus.play({"nvmlDeviceGetMemoryInfo.1": "hang"})
    checks.wait_for("gpu", "unhealthy", "NVIDIA's driver does not answer: a call hangs, see dmesg")
    gpus.play()
    checks.wait_for("gpu", "healthy")
    assert pid not in helpers(checks)
    gpus.play({"nvmlDeviceGetTemperature.0": "crash", "say": "NVRM: oops"})
    checks.wait_for("gpu", "unhealthy", "nvml-helper was ended by signal 11")
    checks.wait_for("gpu", "unhealthy", ": NVRM: oops; the driver may be broken, see dmesg")
    gpus.play()
    checks.wait_for("gpu", "healthy")
    # Stopped as in the kernel: it is killed; and one that was killed by others is there again.
    (pid,) = helpers(checks)
    os.kill(pid, signal.SIGSTOP)
    poll(lambda: helpers(checks) not in ([], [pid]), "another helper")
    (pid,) = helpers(checks)
    os.kill(pid, signal.SIGKILL)
    poll(lambda: helpers(checks) not in ([], [pid]), "another helper")
    checks.wait_for("gpu", "healthy")
    checks.server.process.kill()
    checks.server.process.wait(timeout=10)
    poll(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "no helper is left")


def test_a_driver_may_take_longer_to_start_than_a_run(runtime, gpus):
    gpus.play(delay=700)
    options = FAST.replace("timeout=1s", "timeout=100ms")
    checks = checked(
        runtime, f"gpu,{options},critical", f"gpu,{options},name=never,start=1s", variables=gpus.variables)
    checks.wait_for("gpu", "unknown", "no result yet")
    checks.wait_for("gpu", "healthy")
    assert len(helpers(checks)) == 2
    checks.wait_for("never", "healthy")


def test_the_helper_is_found_or_missed(runtime, gpus, tmp_path):
    helper = tmp_path / "helper"
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\nread line; echo gpu 2; echo end; read line\n")
    flood = tmp_path / "flood"
    flood.write_text("#!/bin/sh\nread line; exec yes no answer\n")
    for script in (other, flood):
        script.chmod(0o755)
    checks = checked(
        runtime, f"gpu,{FAST},critical,helper={helper}", f"gpu,{FAST},name=other,helper={other}",
        f"gpu,{FAST},name=flood,helper={flood}", f"gpu,{FAST},name=text,helper={tmp_path}/scenario",
        f"gpu,{FAST},name=true,helper=/bin/true", variables=gpus.variables)
    checks.wait_for("gpu", "unhealthy", f"{helper} is missing: install nvml-helper beside this program, or name it with helper=PATH")
    checks.wait_for("other", "unhealthy", f"{other} is of another release (it writes version 2): install the one of this release")
    checks.wait_for("flood", "unhealthy", "nvml-helper writes what is no answer")
    checks.wait_for("text", "unhealthy", "scenario: Permission denied")
    checks.wait_for("true", "unhealthy", "nvml-helper ended with status 0")
    helper.symlink_to(HELPER)
    checks.wait_for("gpu", "healthy")


def test_the_example_of_the_manual_runs(runtime, gpus, tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text("checks:\n  - kind: gpu\n    count: 8\n    temperature: 85\n    critical: true\n    detect-within: 1s\n")
    gpus.play({"temperature.7": 84}, devices=8)
    checks = checked(runtime, flags=["--config", settings], variables=gpus.variables)
    checks.wait_for("gpu", "healthy")
    gpus.play({"temperature.7": 85}, devices=8)
    checks.wait_for("gpu", "degraded", "GPU 7 has 85 °C (limit 85 °C): cool it")


def test_runs_leave_no_descriptor_and_no_process(runtime, gpus):
    options = "interval=10ms,timeout=1s,fall=1,rise=1"
    checks = checked(runtime, f"gpu,{options},critical", variables=gpus.variables)
    checks.wait_for("gpu", "healthy")
    pid = checks.server.process.pid
    before = len(os.listdir(f"/proc/{pid}/fd"))
    for _ in range(20):
        (child,) = poll(lambda: helpers(checks), "a helper")
        os.kill(child, signal.SIGKILL)
        poll(lambda child=child: helpers(checks) not in ([], [child]), "another helper")
    checks.wait_for("gpu", "healthy")
    assert abs(len(os.listdir(f"/proc/{pid}/fd")) - before) <= 4
    assert len(helpers(checks)) == 1
