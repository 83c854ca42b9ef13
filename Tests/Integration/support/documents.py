# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The examples of documents, run out of the documents: what a reader types, and what it prints."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from conftest import DIST, ROOT, clean_environment, free_port, open_files, poll, stop_process

# Ports that documents name; each is another one here.
PORTS = re.compile(r"(?<![\w.])(50051|50052|50053|8080|8081|9091|9090|6379|5432)(?!\w)")
# What differs from run to run: times, dates, process IDs, memory.
CHANGING = re.compile(r"\d+(?:\.\d+)?(?: ?(?:ns|µs|ms|s|h|min)\b)|\b\d{4}-\d\d-\d\dT[\d:.]+Z?|\bprocess \d+|\d+ MiB\b|\b\d\d:\d\d:\d\d\b")


def section(page, title):
    """The text below a heading of a document, up to the next one of its level."""
    found, level, is_code = [], 0, False
    for line in (ROOT / page).read_text().splitlines(keepends=True):
        is_code ^= line.startswith("```")
        marks = 0 if is_code else len(re.match(r"#*", line)[0])
        if level and marks and marks <= level:
            break
        if level:
            found.append(line)
        elif marks and line.strip("# \n") == title:
            level = marks
    assert level, f"{page} has no heading {title!r}"
    return "".join(found)


def blocks(text, language):
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def headings(page, level):
    return re.findall(rf"^{'#' * level} (.*)$", (ROOT / page).read_text(), re.MULTILINE)


def transcript(block):
    """Pairs of a command (lines that end in a backslash, and here-documents, are one) and the lines that it prints."""
    pairs, ending = [], None
    for line in block.splitlines():
        if line.startswith("$ ") and ending is None:
            pairs.append((line[2:], []))
        elif pairs and (pairs[-1][0].endswith("\\") or ending):
            pairs[-1] = (pairs[-1][0] + "\n" + line, pairs[-1][1])
            ending = None if line == ending else ending
            continue
        else:
            pairs[-1][1].append(line)
        found = re.search(r"<< '?(\w+)'?$", line)
        ending = found[1] if found else ending
    return pairs


def matches(expected, actual):
    """Whether the lines are those, in this order, but for times; a line `...` is any number of lines."""
    pattern = "".join(
        r"(?:.*\n)*" if line == "..." else re.escape(CHANGING.sub("<N>", line.rstrip())) + r"\n" for line in expected)
    text = "".join(CHANGING.sub("<N>", line.rstrip()) + "\n" for line in actual)
    return re.fullmatch(pattern, text) is not None


def listens(pid):
    """Whether a process has a TCP socket that listens."""
    try:
        mine = set(open_files(pid))
        lines = [line.split() for name in ("tcp", "tcp6") for line in pathlib.Path(f"/proc/{pid}/net/{name}").open()]
    except OSError:
        return False
    return any(line[3] == "0A" and f"socket:[{line[9]}]" in mine for line in lines)


class Session:
    """A shell of a reader in a folder of his own. Commands that end in & run until the session ends."""

    def __init__(self, folder):
        self.folder, self.ports, self.running = folder, {}, []
        python = os.path.dirname(sys.executable)
        path = f"{DIST}:{ROOT / 'scripts'}:{python}:{os.environ['PATH']}:/usr/sbin:/sbin"
        # A runtime without --port listens where the document says that it does.
        self.environment = clean_environment(PATH=path, HOME=str(folder), VITALS=str(ROOT), VITALS_PORT=self.here("50051"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            process.terminate()
        for process in reversed(self.running):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                stop_process(process)

    def here(self, text):
        """With the ports that stand here for those of the document."""
        return PORTS.sub(lambda found: str(self.ports.setdefault(found[1], free_port())), text)

    def there(self, text):
        """With the ports of the document."""
        for old, new in self.ports.items():
            text = re.sub(rf"(?<!\d){new}(?!\d)", old, text)
        return text

    def run(self, command):
        """The lines that a command prints."""
        if command.endswith(" &"):
            with open(self.folder / f"log.{len(self.running)}", "wb") as log:
                process = subprocess.Popen(
                    ["bash", "-c", "exec " + self.here(command[:-2])], cwd=self.folder, env=self.environment,
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self.running.append(process)
            poll(lambda: listens(process.pid) or process.poll() is not None, f"{command} listens", 60)
            return []
        # A file and no pipe: what it leaves running may keep it open.
        with open(self.folder / "output", "w+b") as output:
            process = subprocess.Popen(
                ["bash", "-c", self.here(command)], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            output.seek(0)
            return self.there(output.read().decode()).splitlines()

    def follow(self, block):
        """Runs the commands of a block; each has to print what stands below it, now or soon."""
        for command, expected in transcript(block):
            deadline = time.monotonic() + 30
            actual = self.run(command)
            while not matches(expected, actual) and time.monotonic() < deadline:
                time.sleep(0.05)
                actual = self.run(command)
            assert matches(expected, actual), f"$ {command}\nexpected:\n" + "\n".join(
                expected) + "\nprinted:\n" + "\n".join(actual)
