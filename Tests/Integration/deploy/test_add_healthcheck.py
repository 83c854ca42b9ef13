# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""scripts/add-healthcheck on Dockerfiles as people have them."""

import subprocess

import pytest
from conftest import ROOT

SCRIPT = ROOT / "scripts" / "add-healthcheck"
COPY = "COPY --from=localhost/vitals/healthcheck:latest /usr/local/bin/healthcheck /usr/local/bin/healthcheck"
ASKS = 'HEALTHCHECK CMD ["healthcheck", "status"]'
WRAP = '"healthcheck", "--export-prom", ":9091", "--"'
THREE = f"{COPY}\nEXPOSE 9091\n{ASKS}\n"

# A name, what is in the file, and what is in it afterwards.
CASES = [
    (
        "exec form",
        'FROM python:3.13\nCOPY . .\nEXPOSE 8080\nCMD ["uvicorn", "app.main:app", "--port", "8080"]\n',
        'FROM python:3.13\nCOPY . .\nEXPOSE 8080\n' + THREE + f'CMD [{WRAP}, "uvicorn", "app.main:app", "--port", "8080"]\n',
    ),
    ("shell form", "FROM a\nCMD python app.py\n", "FROM a\n" + THREE + "CMD exec healthcheck --export-prom :9091 -- python app.py\n"),
    (
        "shell form that needs a shell",
        "FROM a\nCMD migrate && serve --port $PORT\n",
        "FROM a\n" + THREE + f'CMD [{WRAP}, "/bin/sh", "-c", "migrate && serve --port $PORT"]\n',
    ),
    (
        "a shell of its own",
        'FROM a\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nCMD serve\n',
        'FROM a\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\n' + THREE + f'CMD [{WRAP}, "/bin/bash", "-o", "pipefail", "-c", "serve"]\n',
    ),
    (
        "entry point with default arguments",
        'FROM a\nENTRYPOINT ["/entry.sh"]\nCMD ["serve"]\n',
        "FROM a\n" + THREE + f'ENTRYPOINT [{WRAP}, "/entry.sh"]\nCMD ["serve"]\n',
    ),
    ("entry point in shell form", "FROM a\nENTRYPOINT serve\n", "FROM a\n" + THREE + "ENTRYPOINT exec healthcheck --export-prom :9091 -- serve\n"),
    (
        "entry point that was reset",
        'FROM a\nENTRYPOINT []\nCMD ["serve"]\n',
        "FROM a\nENTRYPOINT []\n" + THREE + f'CMD [{WRAP}, "serve"]\n',
    ),
    (
        "the last of two commands counts",
        'FROM a\nCMD ["old"]\nCMD ["new"]\n',
        'FROM a\nCMD ["old"]\n' + THREE + f'CMD [{WRAP}, "new"]\n',
    ),
    (
        "several stages",
        'FROM golang AS build\nCMD ["test"]\nRUN go build\n\nFROM scratch\nCOPY --from=build /app /app\nCMD ["/app"]\n',
        'FROM golang AS build\nCMD ["test"]\nRUN go build\n\nFROM scratch\nCOPY --from=build /app /app\n' + THREE + f'CMD [{WRAP}, "/app"]\n',
    ),
    (
        "the command is in a stage that the last one begins with",
        'FROM a AS base\nCMD ["serve"]\nFROM base\nRUN true\n',
        "FROM a AS base\n" + THREE + f'CMD [{WRAP}, "serve"]\nFROM base\nRUN true\n',
    ),
    (
        "comments and empty lines stay",
        '# syntax=docker/dockerfile:1\n\n# The base.\nFROM a\n\n# Start.\nCMD ["serve"]\n# The end.\n',
        "# syntax=docker/dockerfile:1\n\n# The base.\nFROM a\n\n# Start.\n" + THREE + f'CMD [{WRAP}, "serve"]\n# The end.\n',
    ),
    (
        "continued lines with a comment between",
        'FROM a\nCMD ["serve", \\\n# its port\n  "--port", "80"]\n',
        "FROM a\n" + THREE + f'# its port\nCMD [{WRAP}, "serve", "--port", "80"]\n',
    ),
    (
        "another escape character",
        "# escape=`\nFROM a\nRUN dir C:\\`\n & x\nCMD serve `\n  --fast\n",
        "# escape=`\nFROM a\nRUN dir C:\\`\n & x\n" + THREE + "CMD exec healthcheck --export-prom :9091 -- serve    --fast\n",
    ),
    (
        "a here-document with words of instructions",
        'FROM a\nRUN <<EOF\nCMD ["not this"]\nFROM nowhere\nEOF\nCMD ["serve"]\n',
        'FROM a\nRUN <<EOF\nCMD ["not this"]\nFROM nowhere\nEOF\n' + THREE + f'CMD [{WRAP}, "serve"]\n',
    ),
    (
        "here-documents with quotes, tabs, dots in their names, two at once, and after ONBUILD",
        'FROM a\nRUN <<-"END" cat >/x\n\tCMD no\n END\n\tEND\nCOPY <<robots.txt <<b /\nCMD a\nrobots.txt\nCMD b\nb\nONBUILD RUN <<E\nCMD c\nE\nCMD ["serve"]\n',
        'FROM a\nRUN <<-"END" cat >/x\n\tCMD no\n END\n\tEND\nCOPY <<robots.txt <<b /\nCMD a\nrobots.txt\nCMD b\nb\nONBUILD RUN <<E\nCMD c\nE\n'
        + THREE + f'CMD [{WRAP}, "serve"]\n',
    ),
    (
        "what only looks like a here-document",
        'FROM a\nRUN bash -c "cat <<< word" && cat <<< word && echo $((1<<2)) && echo "a <<EOF" # <<\nCMD ["serve"]\n',
        'FROM a\nRUN bash -c "cat <<< word" && cat <<< word && echo $((1<<2)) && echo "a <<EOF" # <<\n' + THREE + f'CMD [{WRAP}, "serve"]\n',
    ),
    (
        "a here-document without an end is the rest of the file",
        'FROM a\nCMD ["serve"]\nRUN <<EOF\nCMD no\n',
        "FROM a\n" + THREE + f'CMD [{WRAP}, "serve"]\nRUN <<EOF\nCMD no\n',
    ),
    (
        "an entry point in small letters, in shell form, over several lines",
        "FROM a\nentrypoint serve \\\n    --fast \\\n\n    --port 80\n# end\n",
        "FROM a\n" + THREE + "ENTRYPOINT exec healthcheck --export-prom :9091 -- serve      --fast      --port 80\n# end\n",
    ),
    (
        "a health check that was switched off stays so",
        'FROM a\nHEALTHCHECK NONE\nCMD ["serve"]\n',
        f'FROM a\nHEALTHCHECK NONE\n{COPY}\nEXPOSE 9091\nCMD [{WRAP}, "serve"]\n',
    ),
    (
        "a health check of a stage that the last one does not begin with",
        'FROM a AS test\nHEALTHCHECK CMD x\nEXPOSE 9091\nFROM b\nCMD ["serve"]\n',
        'FROM a AS test\nHEALTHCHECK CMD x\nEXPOSE 9091\nFROM b\n' + THREE + f'CMD [{WRAP}, "serve"]\n',
    ),
    (
        "an exec of its own, after a tab",
        "FROM a\nCMD\texec serve\n",
        "FROM a\n" + THREE + "CMD exec healthcheck --export-prom :9091 -- serve\n",
    ),
    (
        "small letters",
        'from a\ncmd ["serve"]\n',
        "from a\n" + THREE + f'CMD [{WRAP}, "serve"]\n',
    ),
    (
        "a health check of its own stays",
        'FROM a\nHEALTHCHECK --interval=5s CMD curl -f http://localhost/\nCMD ["serve"]\n',
        f'FROM a\nHEALTHCHECK --interval=5s CMD curl -f http://localhost/\n{COPY}\nEXPOSE 9091\nCMD [{WRAP}, "serve"]\n',
    ),
    (
        "the port is exposed already",
        'FROM a\nEXPOSE 80 9091/tcp\nCMD ["serve"]\n',
        f'FROM a\nEXPOSE 80 9091/tcp\n{COPY}\n{ASKS}\nCMD [{WRAP}, "serve"]\n',
    ),
    (
        "lines that end as on Windows",
        'FROM a\r\nCMD ["serve"]\r\n',
        ("FROM a\n" + THREE + f'CMD [{WRAP}, "serve"]\n').replace("\n", "\r\n"),
    ),
    ("no newline at the end", 'FROM a\nCMD ["serve"]', "FROM a\n" + THREE + f'CMD [{WRAP}, "serve"]'),
    (
        "words that are not ASCII, and quotes within",
        'FROM --platform=linux/amd64 a\nCMD ["say", "Grüße \\"you\\""]\n',
        "FROM --platform=linux/amd64 a\n" + THREE + f'CMD [{WRAP}, "say", "Grüße \\"you\\""]\n',
    ),
]


def run(file, *flags):
    return subprocess.run([SCRIPT, file, *flags], capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize("before, after", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_command_is_wrapped_and_nothing_else_changes(before, after, tmp_path):
    file = tmp_path / "Dockerfile"
    file.write_bytes(before.encode())
    shown = run(file)
    assert shown.returncode == 0 and f"+{COPY}" in shown.stdout
    assert file.read_bytes().decode() == before
    assert run(file, "--write").returncode == 0
    assert file.read_bytes().decode() == after
    # Once more: nothing to do.
    again = run(file, "--write")
    assert (again.returncode, again.stdout) == (0, "") and "already" in again.stderr
    assert file.read_bytes().decode() == after


def test_a_command_under_healthcheck_stays(tmp_path):
    file = tmp_path / "Dockerfile"
    file.write_text('FROM a\nENTRYPOINT ["/usr/local/bin/healthcheck", "--"]\nCMD ["serve"]\n')
    result = run(file, "--write")
    assert (result.returncode, result.stdout) == (0, "") and "already" in result.stderr


@pytest.mark.parametrize(
    "text, problem",
    [
        ("", "has no FROM"),
        ("RUN true\n", "has no FROM"),
        ("FROM postgres:17\nCOPY init.sql /\n", "has neither CMD nor ENTRYPOINT"),
        ('FROM a AS b\nCMD ["x"]\nFROM c\n', "has neither CMD nor ENTRYPOINT"),
        (b"FROM a\nCMD \xff\n", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_changed_says_why(text, problem, tmp_path):
    file = tmp_path / "Dockerfile"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = run(file, "--write")
    assert result.returncode == 1 and problem in result.stderr and result.stdout == ""
