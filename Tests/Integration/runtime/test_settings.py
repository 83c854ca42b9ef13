# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Settings of the runtime: flags, environment and file, what is printed and what is refused."""

import contextlib
import os
import re
import subprocess
import termios

import gguf
import grpc
import pytest
from conftest import DIST, FEW_DESCRIPTORS, ROOT, SERVING, clean_environment, poll, stop_process

SERVER = DIST / "skill-runtime"


def run(*flags, **variables):
    """Exit code, standard output and the lines of standard error."""
    result = subprocess.run(
        [SERVER, *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
        env=clean_environment(**variables),
    )
    return result.returncode, result.stdout, result.stderr.splitlines()


def printed(*flags, **variables):
    """What is in force, as (value, origin) by name; without a value, None."""
    code, output, lines = run("--print-config", *flags, **variables)
    assert (code, lines) == (0, [])
    found = re.findall(r"^(# )?([a-z-]+):(?: (.*?))?  # (.+)$", output, re.MULTILINE)
    return {name: (None if comment else value, origin) for comment, name, value, origin in found}


def test_a_flag_beats_a_variable_a_variable_the_file_and_the_file_the_default(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("demo: true\nport: 1001\ndrain:\n  grace: 1s\nmin-available-ram: 1MiB\n")
    settings = printed("--config", file, "--port", "1003", VITALS_PORT="1002", VITALS_DRAIN_GRACE="2s")
    assert settings["port"] == ("1003", "--port")
    assert settings["drain-grace"] == ("2s", "VITALS_DRAIN_GRACE")
    assert settings["min-available-ram"] == ("1MiB", f"{file}:5:1")
    assert settings["loops"] == ("0", "default")
    assert settings["tls-cert"] == (None, "default")
    assert settings["skill"] == ("demo", "follows from the others")


def test_the_file_may_be_named_by_a_variable(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("skill: one\nlog-level: debug\n")
    assert printed(VITALS_CONFIG=str(file))["log-level"] == ("debug", f"{file}:2:1")
    assert printed(VITALS_CONFIG=str(file), SKILL_NAME="two")["skill"] == ("two", "SKILL_NAME")
    both = printed(VITALS_CONFIG=str(file), SKILL_NAME="two", VITALS_SKILL="three")
    assert both["skill"] == ("three", "VITALS_SKILL")


def test_a_key_is_taken_from_the_environment_and_printed_nowhere(tmp_path):
    (tmp_path / "settings.yaml").write_text("demo: true\nbackend: openai\nopenai: {url: 'http://a'}\n")
    for variable in ["OPENAI_API_KEY", "VITALS_OPENAI_KEY"]:
        secret = {variable: "s3cret"}
        code, output, lines = run("--print-config", "--config", tmp_path / "settings.yaml", **secret)
        assert (code, lines) == (0, [])
        assert f"the secret itself is in {variable}" in output
        assert "s3cret" not in output


def test_a_limit_is_the_one_that_was_set(runtime):
    server = runtime("--max-streams-per-connection", "1").wait_for(SERVING)
    first = server.watch()
    assert next(first).status == SERVING
    with pytest.raises(grpc.RpcError) as failure:
        next(server.watch("readiness"))
    assert failure.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    first.cancel()


CONFIGURATIONS = {
    "defaults": (["--skill", "x"], {}),
    "flags": (["--model", "/a b/c.gguf", "--host", "::1", "--drain-grace", "1m30.5s"], {}),
    "strange text": (["--skill", '#"\\ \té: ', "--port", "0"], {"VITALS_LOG_LEVEL": "error"}),
    "TLS": (["--demo", "--tls-cert", "1", "--tls-key", "~", "--tls-client-ca", "true"], {}),
    "text like numbers": (["--skill", "1e3", "--min-available-ram", "123456789"], {}),
}


@pytest.mark.parametrize("flags, variables", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_what_is_printed_and_given_back_is_the_same(tmp_path, flags, variables):
    def values(output):
        return re.sub(r"  # .*$", "", output, flags=re.MULTILINE)

    code, first, lines = run("--print-config", *flags, **variables)
    assert (code, lines) == (0, [])
    file = tmp_path / "settings.yaml"
    file.write_text(first)
    code, second, lines = run("--print-config", "--config", file)
    assert (code, lines) == (0, [])
    assert values(second) == values(first)
    # The check can fail: one value changed is seen.
    file.write_text(re.sub("(?m)^port: .*", "port: 7", first))
    assert values(run("--print-config", "--config", file)[1]) != values(first)


def test_a_check_tells_all_problems_with_their_places(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("prot: 1\nport: many\ndrain-grace: &a 1s\n")
    code, output, lines = run("--check-config", "--config", file, "--loops=x", VITALS_LOG_LEVEL="loud")
    assert (code, output) == (1, "")
    assert len(lines) == 6, lines
    for part in [
        f'{file}:1:1: unknown setting "prot": did you mean port?',
        f'{file}:2:7: invalid value "many" for port',
        f"{file}:3:14: anchors are not read",
        'invalid value "loud" for VITALS_LOG_LEVEL',
        'invalid value "x" for --loops',
        "no skill to serve",
    ]:
        assert [line for line in lines if line.startswith("skill-runtime: ") and part in line], (part, lines)
    # A run refuses the same, and does not start.
    assert run("--config", file, "--loops=x", VITALS_LOG_LEVEL="loud") == (1, "", lines)


def test_a_check_of_what_is_right_says_so_and_serves_nothing(tmp_path):
    code, output, lines = run("--check-config", "--demo", "--port", "1")
    assert (code, lines) == (0, [])
    assert output == "skill-runtime: configuration OK\n"
    code, _, lines = run("--check-config", "--demo", "--tls-cert", "/no/c", "--tls-key", "/no/k")
    assert code == 1
    assert len(lines) == 1 and "--tls-cert: open /no/c" in lines[0], lines


def test_a_check_looks_at_every_file_and_tells_all_of_them_with_their_lines(tmp_path):
    gguf.write(tmp_path / "good.gguf", name="good")
    (tmp_path / "bad.gguf").write_bytes(b"no model")
    file = tmp_path / "settings.yaml"
    file.write_text(
        f"model:\n  - good={tmp_path}/good.gguf\n  - bad={tmp_path}/bad.gguf\n  - gone={tmp_path}/gone.gguf\n"
        f"tls:\n  cert: {tmp_path}/cert\n  key: {tmp_path}/key\nbackend: openai\nopenai-url: http://127.0.0.1:1\n")
    code, output, lines = run("--check-config", "--config", file, VITALS_OPENAI_KEY_FILE="/no/key", VITALS_HOST="256.1.1.1")
    assert (code, output) == (1, "")
    for start, part, end in [
        (f"{file}:6:3: ", f"--tls-cert: open {tmp_path}/cert", ""),
        ("", "--openai-key-file \"/no/key\"", "(set by VITALS_OPENAI_KEY_FILE)"),
        ("", '--host "256.1.1.1"', "(set by VITALS_HOST)"),
        (f"{file}:1:1: ", "--model bad=", ""),
        (f"{file}:1:1: ", "--model gone=", ""),
    ]:
        [line] = [line for line in lines if part in line]
        assert line.startswith("skill-runtime: " + start) and line.endswith(end), line
    assert len(lines) == 5, lines
    found = run("--check-config", "--model", f"bad={tmp_path}/bad.gguf,optional", "--skill", "s", "--model", "/no/s.gguf")
    assert found[0] == 1 and len([line for line in found[2] if "warning" in line and "bad.gguf" in line]) == 1, found


def test_a_check_of_settings_that_do_not_fit_together_tells_all_of_them(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("tls-key: /k\nopenai-model: x\nmin-available-ram-high: 1MiB\ntls-ticket-lifetime: 169h\n")
    code, _, lines = run("--check-config", "--demo", "--config", file, VITALS_TLS_CLIENT_AUTH="require")
    assert code == 1
    assert lines == [
        f"skill-runtime: {file}:3:1: --min-available-ram-high must not be less than --min-available-ram",
        f"skill-runtime: {file}:1:1: --tls-cert and --tls-key need each other",
        "skill-runtime: --tls-client-auth require needs --tls-client-ca (set by VITALS_TLS_CLIENT_AUTH)",
        f"skill-runtime: {file}:4:1: --tls-ticket-lifetime is at most 168h (RFC 8446, 4.6.1)",
        f"skill-runtime: {file}:2:1: --openai-model needs --backend openai",
    ]


@pytest.mark.parametrize("how", ["flag", "variable", "file"])
@pytest.mark.parametrize("url", ["http://user:s3cr3t@host:1", "user:s3cr3t@host", "https://host/v1?key=s3cr3t", "ftp:s3cr3t@h"])
def test_a_url_that_is_refused_does_not_show_its_password(tmp_path, how, url):
    file = tmp_path / "settings.yaml"
    file.write_text(f"openai-url: '{url}'\n" if how == "file" else "")
    flags = ["--openai-url", url] if how == "flag" else []
    variables = {"VITALS_OPENAI_URL": url} if how == "variable" else {}
    code, output, lines = run("--demo", "--backend", "openai", "--config", file, *flags, **variables)
    assert code == 1 and "s3cr3t" not in output + "".join(lines)
    assert [line for line in lines if "openai-url" in line.lower().replace("_", "-") and "use http://host:port" in line], lines


def test_an_unknown_flag_is_told_with_the_nearest_one():
    code, _, lines = run("--demo", "--drain-grase", "1s", "--zzzzzzzzzz")
    assert code == 1
    assert lines == [
        "skill-runtime: unknown flag --drain-grase: did you mean --drain-grace?",
        "skill-runtime: unknown flag --zzzzzzzzzz (see --help)",
    ]


@pytest.mark.parametrize("flag", ["--help", "-h", "-help"])
def test_the_help_is_for_a_person(flag):
    code, output, lines = run(flag)
    assert (code, lines) == (0, [])
    # What it is, three examples, every setting, and what the exit codes mean.
    assert output.startswith("skill-runtime serves one skill")
    assert len(re.findall("^  skill-runtime --", output, re.MULTILINE)) == 3
    assert "\nExit codes: 0 " in output and "\nskill-runtime --help-all has more settings: " in output
    assert max(map(len, output.splitlines())) <= 80
    headings = re.findall("^([A-Z].*):$", output, re.MULTILINE)
    assert headings == ["Model", "Addresses", "Readiness", "Checks", "Registries", "Inference", "Stopping", "TLS", "Log", "Commands"]
    assert "--max-connections" not in output


def test_the_full_help_has_every_setting_that_there_is():
    code, output, lines = run("--help-all")
    assert (code, lines) == (0, [])
    assert max(map(len, output.splitlines())) <= 80
    listed = re.findall("^  --([a-z-]+)", output.replace(output[output.index("Commands:"):output.index("Limits of ")], ""), re.MULTILINE)
    # In the order of the settings in force, which come from the table that reads them.
    names = [{"check": "checks", "register": "registries"}.get(flag, flag) for flag in listed]  # a flag for each, a list in the file
    assert names == list(printed("--demo")) and len(listed) > 50


def test_the_help_is_as_wide_as_the_terminal():
    widths = {}
    for columns in [60, 100, 300]:
        reader, terminal = os.openpty()
        termios.tcsetwinsize(terminal, (24, columns))
        with subprocess.Popen([SERVER, "--help"], stdin=subprocess.DEVNULL, stdout=terminal, env=clean_environment()) as process:
            os.close(terminal)
            text = b""
            with contextlib.suppress(OSError):  # the end of a terminal is EIO
                while part := os.read(reader, 1 << 16):
                    text += part
            os.close(reader)
            assert process.wait(20) == 0
        # The examples at the top are not wrapped.
        widths[columns] = max(map(len, text.decode().partition("Model:")[2].splitlines()))
    assert 50 <= widths[60] <= 60 and 80 < widths[100] <= 100 and 100 < widths[300] <= 120, widths


@pytest.mark.parametrize(
    "text",
    [
        b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n",
        b"[" * 60_000,
        b"{a: " * 15_000,
        b"#" * 200_000,
        b"\x00\xff\xfe" * 100,
        b"- " * 30_000,
        b"? " * 30_000,
        b"".join(b"%s%d:\n" % (b"a" * 90, number) for number in range(600)),
    ],
    ids=["aliases", "brackets", "braces", "large", "binary", "lists", "keys", "names"],
)
def test_no_file_can_hurt(tmp_path, text):
    file = tmp_path / "settings.yaml"
    file.write_bytes(text)
    code, output, lines = run("--check-config", "--demo", "--config", file)
    assert (code, output) == (1, "")
    assert 1 <= len(lines) <= 60
    assert all(str(file) in line and len(line) < 500 for line in lines), lines


def test_an_inference_that_may_outlive_a_drain_is_a_warning():
    code, output, lines = run("--check-config", "--demo", "--infer-timeout", "31s", "--drain-deadline", "30s")
    assert code == 0 and "OK" in output
    text = "--infer-timeout 31s is longer than --drain-deadline 30s: a drain may cut off requests that still have time"
    assert lines == [f"skill-runtime: warning: {text}"]
    for flags in [[], ["--infer-timeout", "1m", "--drain-deadline", "1m"], ["--drain-deadline", "31s"]]:
        assert run("--check-config", "--demo", *flags)[::2] == (0, [])


def test_a_grace_period_that_leaves_no_time_is_shortened_and_a_warning():
    code, _, lines = run("--check-config", "--demo", "--infer-timeout", "1s", "--drain-deadline", "4s")
    text = "--drain-deadline 4s counts from SIGTERM, as --drain-grace 5s does: the grace period is 3s"
    assert (code, lines) == (0, [f"skill-runtime: warning: {text}"])


def test_a_model_for_infer_that_readiness_does_without_is_a_warning(tmp_path):
    for name in "xy":
        gguf.write(tmp_path / name, name=name)
    optional, required = f"a={tmp_path}/x,optional", f"b={tmp_path}/y"
    code, _, lines = run("--check-config", "--model", optional, "--model", required)
    text = f"--model {optional} is the one that Infer uses, and readiness does without: name a required one first"
    assert (code, lines) == (0, [f"skill-runtime: warning: {text}"])
    assert run("--check-config", "--model", required, "--model", optional)[::2] == (0, [])


def test_an_unknown_variable_is_a_warning_in_the_log(tmp_path):
    log = tmp_path / "log"
    variables = {"VITALS_DRAIN_GRACES": "1s", "VITALS_PORT": "tcp://10.0.0.1:80"}
    with open(log, "wb") as stream:
        process = subprocess.Popen(
            [SERVER, "--demo", "--host", "127.0.0.1", "--port", "0", "--drain-deadline", "1s"],
            stdin=subprocess.DEVNULL, stderr=stream, env=clean_environment(**variables),
        )

    def warnings():
        lines = log.read_text().splitlines()
        return [line for line in lines if '"warning"' in line and FEW_DESCRIPTORS not in line]

    try:
        # They come after the line that says that it listens.
        poll(lambda: len(warnings()) >= 4, "four warnings", 20)
        process.terminate()
        process.wait(20)
    finally:
        stop_process(process)
    text = "".join(warnings())
    assert len(warnings()) == 4 and "--infer-timeout 30s is longer" in text, text
    assert "did you mean VITALS_DRAIN_GRACE?" in text
    assert "VITALS_PORT is not read" in text


@pytest.mark.parametrize("program, page, words", [("skill-runtime", "runtime.md", []), ("healthcheck", "wrapper.md", ["--"])])
def test_the_table_in_the_documentation_is_what_the_binary_says(program, page, words, tmp_path):
    text = (ROOT / "docs" / page).read_text()
    (tmp_path / page).write_text(text)
    command = [ROOT / "scripts" / "settings-table", DIST / program, tmp_path / page, *words]
    subprocess.run(command, check=True, timeout=20)
    assert (tmp_path / page).read_text() == text, "stale: run 'make docs'"
    assert text.count("\n| `--") > 20
