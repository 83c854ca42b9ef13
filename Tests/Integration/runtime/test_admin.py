# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The operators' address: models are loaded and unloaded with the Open Inference Protocol's own calls, by grpcio."""

import fcntl
import os
import socket as socket_module
import stat
import subprocess
import sys
import tempfile

import gguf
import grpc
import pytest
import threads
from conftest import DIST, NOT_SERVING, SERVING, clean_environment, free_port, poll
from grpc_health.v1 import health_pb2, health_pb2_grpc
from inference import inference_pb2, inference_pb2_grpc
from sarai.skills import skills_pb2


@pytest.fixture
def socket():
    """The path of a socket; short, for a path has 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="vitals-") as folder:
        yield f"{folder}/admin"


class Operator:
    def __init__(self, address):
        self.channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
        self.stub = inference_pb2_grpc.GRPCInferenceServiceStub(self.channel)

    def load(self, name="demo", **fields):
        request = inference_pb2.RepositoryModelLoadRequest(model_name=name, **fields)
        return self.stub.RepositoryModelLoad(request, timeout=30)

    def unload(self, name="demo", **fields):
        request = inference_pb2.RepositoryModelUnloadRequest(model_name=name, **fields)
        return self.stub.RepositoryModelUnload(request, timeout=30)

    def index(self, **fields):
        answer = self.stub.RepositoryIndex(inference_pb2.RepositoryIndexRequest(**fields), timeout=30)
        return [(model.name, model.state, model.reason) for model in answer.models]

    def failure(self, call, *arguments, **fields):
        """The status code and the details with which a call fails."""
        with pytest.raises(grpc.RpcError) as caught:
            call(*arguments, **fields)
        return caught.value.code(), caught.value.details()


@pytest.fixture
def operated(runtime, socket):
    """A server that is SERVING, and its operator."""
    server = runtime("--admin", f"unix:{socket}").wait_for(SERVING)
    operator = Operator(f"unix:{socket}")
    with operator.channel:
        yield server, operator


def skill_check(server, name=""):
    return server.skill.Check(skills_pb2.HealthCheckRequest(service=name), timeout=10)


def model_of(server):
    """The own name (general.name) of the file that was loaded last."""
    return [line["name"] for line in server.lines() if line["message"] in ("model loaded", "model reloaded")][-1]


def test_a_load_answers_when_the_new_file_serves(operated):
    server, operator = operated
    assert operator.index() == [("demo", "READY", "")]
    gguf.write(server.model, name="second")
    assert model_of(server) == "demo"
    operator.load()
    assert model_of(server) == "second"
    assert skill_check(server).reload_count == 1


def test_a_bad_file_fails_the_load_with_its_reason_and_the_old_model_serves(operated):
    server, operator = operated
    gguf.put(server.model, b"no model")
    code, details = operator.failure(operator.load)
    assert code == grpc.StatusCode.FAILED_PRECONDITION
    assert str(server.model) in details and "goes on serving" in details
    assert server.check() == SERVING and model_of(server) == "demo"
    state = operator.index()
    assert state[0][:2] == ("demo", "READY") and "not a GGUF file" in state[0][2]
    assert "the last reload failed" in skill_check(server).message
    gguf.write(server.model, name="third")
    operator.load()
    assert operator.index() == [("demo", "READY", "")]


def test_an_unload_is_told_to_watchers_and_a_load_brings_the_model_back(operated):
    server, operator = operated
    watch = server.watch()
    assert next(watch).status == SERVING
    operator.unload()
    assert next(watch).status == NOT_SERVING
    assert server.check("liveness") == SERVING
    assert operator.index() == [("demo", "UNAVAILABLE", "the model is not loaded")]
    assert operator.index(ready=True) == []
    operator.unload()
    operator.load()
    assert next(watch).status == SERVING
    server.model.unlink()
    operator.unload()
    code, details = operator.failure(operator.load)
    assert code == grpc.StatusCode.FAILED_PRECONDITION and "no model is loaded" in details


@pytest.mark.parametrize("name", ["nope", "", "demo\0", "model/demo"])
def test_an_unknown_model_is_not_found(operated, name):
    _, operator = operated
    for call in [operator.load, operator.unload]:
        assert operator.failure(call, name) == (grpc.StatusCode.NOT_FOUND, "unknown model: there are demo")


def test_what_cannot_be_done_as_asked_is_refused(operated):
    server, operator = operated
    value = inference_pb2.ModelRepositoryParameter(string_param="{}")
    for call, fields in [
            (operator.load, {"repository_name": "x"}), (operator.load, {"parameters": {"config": value}}),
            (operator.unload, {"repository_name": "x"}), (operator.index, {"repository_name": "x"})]:
        assert operator.failure(call, **fields)[0] == grpc.StatusCode.INVALID_ARGUMENT
    assert server.check() == SERVING
    # This one every client of Triton sends.
    operator.unload(parameters={"unload_dependents": inference_pb2.ModelRepositoryParameter(bool_param=False)})


def test_a_load_beside_one_that_hangs_is_refused_and_health_goes_on(operated):
    server, operator = operated
    files = next(number for number, name in threads.threads(server.process.pid).items() if name == "files")
    with threads.frozen(files):
        hanging = operator.stub.RepositoryModelLoad.future(
            inference_pb2.RepositoryModelLoadRequest(model_name="demo"), timeout=60)
        # On the same connection: answered after the load has come.
        assert operator.index()[0][0] == "demo"
        assert operator.failure(operator.load)[0] == grpc.StatusCode.ABORTED
        assert operator.failure(operator.unload)[0] == grpc.StatusCode.ABORTED
        assert server.check() == SERVING
    hanging.result(30)
    operator.load()
    assert skill_check(server).reload_count == 2


def refusal(*flags):
    """What a server says that does not start."""
    command = [DIST / "skill-runtime", "--demo", "--port", f"{free_port()}", *flags]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, env=clean_environment())
    assert result.returncode == 1, result.stderr
    return result.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed")
@pytest.mark.parametrize("kind", ["folder", "file", "fifo", "link"])
def test_another_user_cannot_stop_a_start(runtime, socket, kind):
    folder = os.path.dirname(socket)
    os.chmod(folder, 0o1777)
    script = {
        "folder": "fd = os.open(os.path.dirname(path), os.O_RDONLY)",
        "file": "fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)",
        "fifo": "os.mkfifo(path, 0o666); fd = os.open(path, os.O_RDWR)",
        "link": "os.symlink('/etc/passwd', path); fd = os.open('/etc/passwd', os.O_RDONLY)",
    }[kind]
    script = (
        f"import fcntl, os, time; path = {socket + '.lock'!r}; os.setgroups([]); os.setgid(65534); os.setuid(65534); "
        f"{script}; fcntl.flock(fd, fcntl.LOCK_EX); print(1, flush=True); time.sleep(99)")
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"1\n"
            server = runtime("--admin", f"unix:{socket}").wait_for(SERVING)
            with Operator(f"unix:{socket}").channel as channel:
                grpc.channel_ready_future(channel).result(20)
            assert [text for text in server.complaints() if "every user may make files" in text]
        finally:
            other.kill()


def test_files_that_every_user_may_change_or_read_are_warnings(runtime, socket, tmp_path):
    key = tmp_path / "key"
    key.write_text("k")
    flags = ["--admin", f"unix:{socket}", "--backend", "openai", "--openai-url", "http://127.0.0.1:1", "--openai-key-file", key]
    command = [DIST / "skill-runtime", "--demo", "--check-config", *flags]
    for folder_mode, key_mode, said in [
            (0o700, 0o600, []), (0o777, 0o600, [f"--admin unix:{socket}: every user may make files"]),
            (0o755, 0o644, [f"--openai-key-file {key} can be read by every user (mode 644)"]),
            (0o700, 0o602, [f"--openai-key-file {key} can be changed by every user (mode 602)"])]:
        os.chmod(os.path.dirname(socket), folder_mode)
        key.chmod(key_mode)
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, env=clean_environment())
        lines = result.stderr.splitlines()
        assert result.returncode == 0 and len(lines) == len(said), lines
        for line, part in zip(lines, said):
            assert line.startswith(f"skill-runtime: warning: {part}"), line


def test_a_server_that_is_just_being_started_is_not_taken_for_a_dead_one(runtime, socket):
    folder = os.open(f"{socket}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with socket_module.socket(socket_module.AF_UNIX) as other:
        other.bind(socket)  # and does not listen yet
        assert f"{socket}.lock is locked" in refusal("--admin", f"unix:{socket}")
        assert os.path.exists(socket)
        other.listen()
        fcntl.flock(folder, fcntl.LOCK_UN)
        assert "Address already in use" in refusal("--admin", f"unix:{socket}")
    os.close(folder)
    server = runtime("--admin", f"unix:{socket}").wait_for(SERVING)
    with Operator(f"unix:{socket}").channel as channel:
        grpc.channel_ready_future(channel).result(20)
    # Another server's socket is not ours to take away.
    os.unlink(socket)
    second = runtime("--admin", f"unix:{socket}").wait_for(SERVING)
    server.exit()
    assert server.process.returncode == 0
    with Operator(f"unix:{socket}").channel as channel:
        grpc.channel_ready_future(channel).result(20)
    second.exit()
    assert second.process.returncode == 0
    assert not os.path.exists(socket)


def test_a_folder_that_cannot_be_locked_stops_no_start(runtime, socket):
    # As on a file system without locks, by a filter of system calls: flock fails with EOPNOTSUPP.
    script = (
        "import ctypes, errno, os, struct, sys\n"
        "number = {'x86_64': 73, 'aarch64': 32}[os.uname().machine]\n"
        "steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x50000 | errno.EOPNOTSUPP), (6, 0, 0, 0x7fff0000)]\n"
        "code = b''.join(struct.pack('=HBBI', *step) for step in steps)\n"
        "code = ctypes.create_string_buffer(code)\n"
        "program = struct.pack('@HP', len(steps), ctypes.addressof(code))\n"
        "prctl = ctypes.CDLL(None).prctl\n"
        "assert prctl(38, *map(ctypes.c_ulong, (1, 0, 0, 0))) == 0\n"
        "assert prctl(22, ctypes.c_ulong(2), program) == 0\n"
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    wrapper = [sys.executable, "-c", script]
    runtime("--admin", f"unix:{socket}", wrapper=wrapper).wait_for(SERVING)
    with Operator(f"unix:{socket}").channel as channel:
        grpc.channel_ready_future(channel).result(20)


def test_each_of_several_models_is_loaded_alone_and_counted_alone(runtime, socket, tmp_path):
    for name in "ab":
        gguf.write(tmp_path / f"{name}.gguf", name=name)
    models = [word for name in "ab" for word in ("--model", f"{name}={tmp_path}/{name}.gguf")]
    server = runtime(*models, "--admin", f"unix:{socket}").wait_for(SERVING)
    operator = Operator(f"unix:{socket}")
    with operator.channel:
        operator.load("b")
        operator.load("b")
        assert [skill_check(server, f"model/{name}").reload_count for name in "ab"] == [0, 2]
        gguf.put(tmp_path / "a.gguf", b"")
        operator.failure(operator.load, "a")
        operator.load("b")
        # What became of b hides nothing of a.
        assert "a: the model file is empty" in skill_check(server).message
        assert "empty" in skill_check(server, "model/a").message
        assert skill_check(server, "model/b").message == "ready"
        operator.unload("b")
        assert server.check("model/a") == SERVING and server.check("model/b") == NOT_SERVING
        assert server.check() == NOT_SERVING
        assert skill_check(server, "model/b").message == "the model is not loaded"


def test_others_cannot_change_anything(operated, socket):
    server, operator = operated
    code, _ = operator.failure(Operator(server.address).load)
    assert code == grpc.StatusCode.UNIMPLEMENTED
    assert stat.S_IMODE(os.stat(socket).st_mode) == 0o600
    health = health_pb2_grpc.HealthStub(operator.channel)
    assert health.Check(health_pb2.HealthCheckRequest(), timeout=10).status == SERVING


def test_a_loopback_port_will_do(runtime):
    server = runtime("--admin", "127.0.0.1:0").wait_for(SERVING)
    line = next(line for line in server.lines() if line["message"] == "listening for admin")
    Operator(line["address"]).load()
    assert skill_check(server).reload_count == 1


@pytest.mark.parametrize(
    "address", ["0.0.0.0:9", "[::]:9", "10.0.0.1:9", "9", ":9", "::1:9", "localhost:9", "unix:", "unix:" + "x" * 200])
def test_an_address_that_others_may_reach_is_refused(address):
    command = [DIST / "skill-runtime", "--demo", "--admin", address]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, env=clean_environment())
    assert result.returncode == 1
    assert "for --admin" in result.stderr and "use unix:/path" in result.stderr


def test_the_socket_goes_with_the_server_and_one_left_behind_is_taken_over(runtime, socket):
    flags = ("--admin", f"unix:{socket}", "--drain-grace", "0s")
    server = runtime(*flags).wait_for(SERVING)
    command = [DIST / "skill-runtime", "--demo", "--port", f"{free_port()}", *flags]
    second = subprocess.run(command, capture_output=True, text=True, timeout=20, env=clean_environment())
    assert second.returncode == 1 and f"--admin unix:{socket}" in second.stderr
    server.process.kill()
    server.process.wait()
    assert os.path.exists(socket)
    third = runtime(*flags).wait_for(SERVING)
    Operator(f"unix:{socket}").load()
    third.terminate()
    assert third.process.wait(timeout=30) == 0
    assert not os.path.exists(socket)


def test_a_start_that_fails_leaves_no_socket_behind(socket):
    with socket_module.create_server(("127.0.0.1", 0)) as taken:
        flags = ["--host", "127.0.0.1", "--port", f"{taken.getsockname()[1]}"]
        assert "Address already in use" in refusal(*flags, "--admin", f"unix:{socket}")
    assert not os.path.exists(socket)


def test_while_draining_nothing_is_loaded(runtime, socket):
    server = runtime("--admin", f"unix:{socket}", "--drain-grace", "30s").wait_for(SERVING)
    operator = Operator(f"unix:{socket}")
    server.terminate()
    server.wait_for(NOT_SERVING)
    assert operator.failure(operator.load) == (grpc.StatusCode.UNAVAILABLE, "the server is draining")
    poll(lambda: operator.index() != [], "the index is told all the same")
