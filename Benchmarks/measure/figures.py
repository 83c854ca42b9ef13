# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Alternating rounds, and what comes of them: for each contender, and for its ratio to the yardstick in the same round, the median
with the least and the most."""

import dataclasses
import pathlib
import statistics
import sys


@dataclasses.dataclass
class Bench:
    """What a run has to work with."""

    dist: pathlib.Path
    work: pathlib.Path
    rounds: int
    is_quick: bool
    figures: list = dataclasses.field(default_factory=list)
    curves: list = dataclasses.field(default_factory=list)

    def pick(self, quick, whole):
        return quick if self.is_quick else whole

    def add(self, subject, title, unit, rounds, reference=None, note=None, has_ratios=True):
        """`rounds` has for each contender its values, one a round. The first contender is the yardstick unless told. What is the
        worst of many has no ratios: they would say nothing."""
        reference = reference or next(iter(rounds))
        figure = {
            "subject": subject, "title": title, "unit": unit, "reference": reference,
            "values": {name: spread(values) for name, values in rounds.items()},
            "ratios": {
                name: spread([value / base for value, base in zip(values, rounds[reference])])
                for name, values in rounds.items()
                if has_ratios and name != reference and len(values) == len(rounds[reference]) and all(rounds[reference])
            },
        }
        if note:
            figure["note"] = note
        self.figures.append(figure)
        print(line(figure), flush=True)


def spread(values):
    """The median with the least and the most, as a results file has it."""
    return {
        "median": rounded(statistics.median(values)), "least": rounded(min(values)), "most": rounded(max(values)),
        "rounds": len(values),
    }


def rounded(value):
    """Four digits: more is noise."""
    return float(f"{value:.4g}")


def in_turns(count, contenders, warm_up=True):
    """Calls each contender once a round, each round beginning with another; its values, one a round."""
    names = list(contenders)
    results = {name: [] for name in names}
    if warm_up:
        for contender in contenders.values():
            contender()
    for number in range(count):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            results[name].append(contenders[name]())
    return results


def columns(results):
    """Contenders that return a tuple each round, as one such dictionary for each of its places."""
    width = len(next(iter(results.values()))[0])
    return [{name: [value[place] for value in values] for name, values in results.items()} for place in range(width)]


def line(figure):
    """A figure as text."""
    shown = []
    for name, value in figure["values"].items():
        ratio = figure["ratios"].get(name)
        beside = f" = {ratio['median']:.2f} ({ratio['least']:.2f} to {ratio['most']:.2f})" if ratio else ""
        shown.append(f"{name} {value['median']:,.5g}{beside}")
    return f"{figure['subject']}: {figure['title']}, {figure['unit']}: " + "; ".join(shown)


def fail(text):
    sys.exit(f"bench: {text}")
