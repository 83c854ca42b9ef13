# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""docs/benchmarks.md and its plots are made from the committed results; a ratio is made of figures of one round."""

import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "Benchmarks"))
from measure import figures  # noqa: E402

RESULTS = json.loads((ROOT / "Benchmarks" / "results.json").read_text())


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "docs" / "images").mkdir(parents=True)
    subprocess.run([ROOT / "scripts" / "draw-benchmarks", folder], check=True)
    return folder


def test_the_page_is_made_from_the_committed_results(fresh):
    made = sorted(path.relative_to(fresh) for path in fresh.rglob("*.*"))
    assert len(made) == 5
    for path in made:
        assert (fresh / path).read_text() == (ROOT / path).read_text(), f"run scripts/draw-benchmarks: {path}"


def test_a_ratio_that_is_noise_is_not_shown_as_one():
    page = (ROOT / "docs" / "benchmarks.md").read_text()
    ratios = [(float(least.replace(",", "")), float(most.replace(",", ""))) for least, most in
              re.findall(r"\*\*[\d.,]+\*\* \(([\d.,]+) to ([\d.,]+)\)", page)]
    assert len(ratios) > 20 and [ratio for ratio in ratios if ratio[1] > 2.02 * ratio[0]] == []


def test_the_page_has_the_instructions_of_today():
    """A row of the page, and what `make counts` has for it: one or the other number of its cell is within 5 per cent."""
    counts = json.loads((ROOT / "Benchmarks" / "counts.json").read_text())["counts"]
    page = (ROOT / "docs" / "benchmarks.md").read_text()
    for row, count in {"A new connection with a Check": "a connection with a Check", "Plain": "a run of the probe",
                       "10 connections, 100 calls at a time on each": "a Check, 10x100",
                       "100 connections with 1 watch each: telling one": "a change to one of 100 watchers"}.items():
        cell = re.search(rf"^\| {row}, instructions \|[^|]*\|([^|]*)\|", page, re.MULTILINE)[1]
        shown = float(re.findall(r"([\d,]+): \*\*", cell)[-1].replace(",", ""))
        assert shown == pytest.approx(counts[f"instructions: {count}"], rel=0.06), f"run scripts/draw-benchmarks: {row}"


def test_the_plots_are_whole(fresh):
    for picture in fresh.rglob("*.svg"):
        drawn = xml.etree.ElementTree.parse(picture).getroot()
        text = " ".join(part for part in drawn.itertext())
        assert "Vitals" in text and "nan" not in text and "prefers-color-scheme:dark" in text
        assert picture.name in (fresh / "docs" / "benchmarks.md").read_text()


def test_the_results_say_where_they_are_from_and_nothing_else_of_the_machine():
    assert set(RESULTS["machine"]) == {"cores", "CPU", "kernel"}
    home = str(pathlib.Path.home())
    assert home not in json.dumps(RESULTS)


def test_every_figure_that_is_a_ratio_has_the_rounds_that_it_is_made_of():
    for figure in RESULTS["figures"]:
        for spread in [*figure["values"].values(), *figure["ratios"].values()]:
            assert spread["least"] <= spread["median"] <= spread["most"] and spread["rounds"] >= 1
        assert figure["reference"] in figure["values"]


def test_a_ratio_is_of_one_round():
    """The machine is twice as slow in the second round: the ratio stays."""
    bench = figures.Bench(ROOT, ROOT, 3, True)
    bench.add("a subject", "a title", "µs", {"C": [1, 2, 1.5], "ours": [1.2, 2.4, 1.8]})
    assert bench.figures[0]["ratios"] == {"ours": {"median": 1.2, "least": 1.2, "most": 1.2, "rounds": 3}}


def test_each_round_begins_with_another():
    order = []
    results = figures.in_turns(3, {name: lambda name=name: order.append(name) or len(order) for name in "abc"}, warm_up=False)
    assert "".join(order) == "abcbcacab"
    assert results == {"a": [1, 6, 8], "b": [2, 4, 9], "c": [3, 5, 7]}
