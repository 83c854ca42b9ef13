# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""docs/log.md has each message that the programs log, with its level and its fields."""

import re

import pytest
from conftest import ROOT

PAGE = ROOT / "docs" / "log.md"
CALL = re.compile(r"(?:\blogger\.|\blog\(\s*\.)(debug|info|notice|warning|error|critical)[(,]|\b(?:Drop|Reset)Log\((?=\")|\bline\((?=\.)")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')


def arguments(source, start):
    """The text up to the parenthesis that closes a call."""
    depth, end = 1, start
    while depth:
        depth += {"(": 1, ")": -1}.get(source[end], 0)
        end += 1
    return source[start : end - 1]


def calls():
    """A message, its level (None where it is computed), the names of its fields that stand beside it, and where it is."""
    for file in sorted((ROOT / "Sources").rglob("*.swift")):
        source = "" if "Products" in file.parts else file.read_text()
        for call in CALL.finditer(source):
            head, _, fields = arguments(source, call.end()).partition("metadata:")
            if call[0].startswith("log("):  # ModelChange's own
                head, _, fields = head.partition("[")
            texts = [re.sub(r"\.\.\..*", "...", text) for text in TEXT.findall(re.sub(r"\\\([^)]*\)", "...", head))]
            names = re.findall(r'"([\w ]+)": ', fields)
            for text in texts[:1] if call[1] is None else texts:
                yield pytest.param(text, call[1], names, id=f"{file.stem}: {text}")


def table():
    """The level and the fields of each message."""
    return {message.replace("`", ""): (level, fields) for message, level, fields in
            re.findall(r"^\| `([^|]*)` \| ([^|]*) \| ?([^|]*) ?\|$", PAGE.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("message, level, fields", list(calls()))
def test_the_page_has_the_message(message, level, fields):
    said, named = table()[message]
    assert level is None or level in said
    if not named.startswith("the same"):
        assert [field for field in fields if f"`{field}`" not in named] == []


def test_the_page_has_no_message_that_is_not_logged():
    sources = "".join(file.read_text() for file in (ROOT / "Sources").rglob("*.swift"))
    assert len(table()) > 50
    assert [message for message in table() if f'"{message.removesuffix("...")}' not in sources] == []
