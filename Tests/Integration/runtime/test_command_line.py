# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The command lines: bad flags, a taken port, and `make run`'s script."""

import os
import re
import signal
import socket
import subprocess

import gguf
import pytest
from conftest import DIST, ROOT, SERVING, Runtime, free_port, poll, stop_process

BAD_FLAGS = {
    "unknown": (["--nope"], "nope"),
    "port without a value": (["--port"], "port"),
    "port that is no number": (["--port", "many"], "port"),
    "port out of range": (["--port", "70000"], "port"),
    "negative port": (["--port=-1"], "port"),
    "size without sense": (["--min-available-ram", "lots"], "min-available-ram"),
    "size with a strange unit": (["--min-available-ram", "5 potatoes"], "min-available-ram"),
    "duration without a unit": (["--drain-grace", "5"], "drain-grace"),
    "negative duration": (["--drain-grace", "-1s"], "drain-grace"),
    "loops that are no number": (["--loops", "two"], "loops"),
    "no loops": (["--loops", "-1"], "loops"),
    "level": (["--log-level", "loud"], "log-level"),
    "host": (["--host", "256.1.2.3"], "256.1.2.3"),
}


def run_server(*flags):
    command = [DIST / "skill-runtime", "--skill", "demo", "--model", "/nonexistent/demo.gguf", *flags]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)
    return result.returncode, result.stderr.splitlines()


@pytest.mark.parametrize("flags, culprit", BAD_FLAGS.values(), ids=BAD_FLAGS.keys())
def test_a_bad_flag_is_one_clear_line_and_exit_code_1(flags, culprit):
    if "--host" in flags:
        flags = [*flags, "--port", "0"]
    code, lines = run_server(*flags)
    assert code == 1, lines
    assert len(lines) == 1 and culprit in lines[0], lines


def test_a_taken_port_is_one_clear_line_and_exit_code_1():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, lines = run_server("--host", "127.0.0.1", "--port", str(port))
    assert code == 1, lines
    assert len([line for line in lines if str(port) in line]) == 1, lines
    assert "in use" in lines[-1].lower() or "taken" in lines[-1].lower(), lines


@pytest.mark.parametrize("place", ["models/skills", "models"])
def test_a_model_is_found_by_the_skill_name_of_the_environment(tmp_path, place):
    (tmp_path / place).mkdir(parents=True)
    gguf.write(tmp_path / place / "other.gguf", name="other")
    server = Runtime(tmp_path, skill="other", search=True)
    try:
        server.wait_for(SERVING)
    finally:
        server.stop()


def test_run_script_serves_until_interrupted():
    port = free_port()
    command = [ROOT / "scripts" / "run", str(port)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        text = "".join(lines)
        assert "status: SERVING" in text
        server = int(re.search(r"\(process (\d+)\)", text).group(1))
        again = subprocess.run(command, capture_output=True, text=True, timeout=10)
        assert again.returncode == 1
        assert f"port {port} is taken" in again.stderr and "make run PORT=" in again.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        poll(lambda: not os.path.exists(f"/proc/{server}"), "the server is gone")
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=10)
        stop_process(process)
