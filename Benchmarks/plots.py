# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""Plots as SVG: bars and curves on logarithmic axes, for light and for dark pages. The same results give the same bytes."""

import html
import math
import textwrap

# A contender has a colour (light, dark), and a mark of its own for those who see no colours.
LOOKS = {
    "Vitals": ("#0a5fd8", "#6cb2ff", "circle"), "C best": ("#57606a", "#b1bac4", "square"),
    "nghttpd": ("#b35900", "#ffa657", "diamond"), "gRPC C++": ("#8250df", "#d2a8ff", "triangle"),
    "grpcio": ("#1a7f37", "#56d364", "cross"), "nginx": ("#0f766e", "#5eead4", "triangle"),
}
# Yardsticks of programs, and what is only seen there.
SAME = {"C probe": "C best", "C": "C best", "C wrapper": "C best", "curl": "nghttpd", "Python": "grpcio", "tini": "nghttpd", "dumb-init": "gRPC C++"}
FONT = "font-family:'DejaVu Sans',Inter,Helvetica,Arial,sans-serif"


def look(name):
    return SAME.get(name, name) if name not in LOOKS else name


def kind(name):
    return "c" + str(list(LOOKS).index(look(name)))


def style():
    light = "".join(f".c{number}{{--c:{look[0]}}}" for number, look in enumerate(LOOKS.values()))
    dark = "".join(f".c{number}{{--c:{look[1]}}}" for number, look in enumerate(LOOKS.values()))
    return (
        f"text{{{FONT};font-size:12px;fill:#24292f}}.title{{font-size:14px;font-weight:600}}.dim{{fill:#57606a;font-size:11px}}"
        ".page{fill:#ffffff}.grid{stroke:#d0d7de}.fill{fill:var(--c)}.line{stroke:var(--c);fill:none;stroke-width:2}"
        f".range{{stroke:#24292f}}{light}"
        "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9198a1}.page{fill:#0d1117}.grid{stroke:#30363d}"
        f".range{{stroke:#e6edf3}}{dark}}}")


def picture(width, height, title, parts):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    page = f'<rect class="page" width="{width}" height="{height}" rx="6"/>'
    return "\n".join([head, f"<title>{html.escape(title)}</title>", f"<style>{style()}</style>", page, *parts, "</svg>", ""])


def words(x, y, text, name="", anchor=""):
    more = (f' class="{name}"' if name else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{html.escape(text, quote=False)}</text>'


def number(value):
    """Three digits, and all of those before the point."""
    return f"{value:,.0f}" if value >= 99.95 or value == 0 else f"{value:#.3g}"


class Scale:
    """From a value to a place, by its logarithm; a little wider than the values."""

    def __init__(self, values, start, end):
        self.low, self.high = math.log10(min(values)) - 0.1, math.log10(max(values)) + 0.1
        self.start, self.end = start, end

    def place(self, value):
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self):
        """1, 2, 5, 10... in it; fewer when they are many."""
        decades = range(math.floor(self.low), math.ceil(self.high) + 1)
        factors = (1, 2, 5) if self.high - self.low < 2.2 else (1, 3) if self.high - self.low < 4 else (1,)
        values = [factor * 10.0**decade for decade in decades for factor in factors]
        return [value for value in values if self.low - 1e-9 <= math.log10(value) <= self.high + 1e-9]


def mark(name, x, y, size=4):
    shape = LOOKS[look(name)][2]
    if shape == "circle":
        return f'<circle class="fill {kind(name)}" cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>'
    points = {
        "square": [(-1, -1), (1, -1), (1, 1), (-1, 1)], "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
        "triangle": [(0, -1.2), (1.2, 1), (-1.2, 1)],
        "cross": [(-1.2, -0.5), (-0.5, -0.5), (-0.5, -1.2), (0.5, -1.2), (0.5, -0.5), (1.2, -0.5), (1.2, 0.5), (0.5, 0.5),
                  (0.5, 1.2), (-0.5, 1.2), (-0.5, 0.5), (-1.2, 0.5)]}[shape]
    text = " ".join(f"{x + dx * size:.1f},{y + dy * size:.1f}" for dx, dy in points)
    return f'<polygon class="fill {kind(name)}" points="{text}"/>'


def legend(names, x, y):
    for name in names:
        yield mark(name, x + 5, y - 4)
        yield words(x + 15, y, name)
        x += 30 + 7.2 * len(name)


def bars(title, unit, figures):
    """A bar for each contender of each figure, with the least and the most as a line."""
    left, right, width, each, gap = 330, 110, 920, 16, 14
    values = [value for figure in figures for spread in figure["values"].values() for value in (spread["least"], spread["most"])]
    scale = Scale([value for value in values if value > 0], left, width - right)
    parts, y = [words(16, 24, title, "title"), words(16, 42, f"{unit}; logarithmic; the line is from the least to the most of the rounds", "dim")], 62
    top = y
    for figure in figures:
        y += gap
        lines = textwrap.wrap(figure["title"], 44)
        parts += [words(16, y + 10 + 15 * index, text) for index, text in enumerate(lines)]
        below = y + 15 * len(lines)
        for name, spread in figure["values"].items():
            if spread["median"] <= 0:
                continue
            end = scale.place(spread["median"])
            parts.append(f'<rect class="fill {kind(name)}" x="{left}" y="{y}" width="{max(1, end - left):.1f}" height="{each - 4}" rx="2"/>')
            least, most = scale.place(max(spread["least"], 10**scale.low)), scale.place(spread["most"])
            parts.append(f'<path class="range" d="M{least:.1f} {y + 6}H{most:.1f}"/>')
            parts.append(words(max(end, most) + 6, y + 10, f"{name} {number(spread['median'])}", "dim"))
            y += each
        y = max(y, below)
    grid = [f'<path class="grid" d="M{scale.place(tick):.1f} {top}V{y + 6}"/>' for tick in scale.ticks()]
    grid += [words(scale.place(tick), y + 20, f"{tick:,g}", "dim", "middle") for tick in scale.ticks()]
    return picture(width, y + 32, title, grid + parts)


def curves(title, found):
    """A panel for each curve, two in a row, all with one vertical axis."""
    width, panel, height, left = 920, 450, 250, 54
    rows = [found[index : index + 2] for index in range(0, len(found), 2)]
    values = [value for curve in found for line in curve["lines"].values() for point in line for value in (point["least"], point["most"])]
    parts = [words(16, 24, title, "title"), words(16, 42, f"{found[0]['unit']} a Check; both axes logarithmic; the thin lines are from the least to the most of the rounds", "dim")]
    parts += legend(found[0]["lines"], 16, 64)
    for row, pair in enumerate(rows):
        y = 84 + row * (height + 30)
        for column, curve in enumerate(pair):
            parts += one_curve(curve, column * panel + left, y, panel - left - 24, height - 50, values)
    return picture(width, 84 + len(rows) * (height + 30), title, parts)


def span(x, low, high):
    """A line from the least to the most, with its ends, so that it is no part of the curve."""
    return f"M{x:.1f} {low:.1f}V{high:.1f}" + "".join(f"M{x - 3:.1f} {end:.1f}h6" for end in (low, high))


def one_curve(curve, x, y, width, height, values):
    across = Scale([point["at"] for line in curve["lines"].values() for point in line], x, x + width)
    up = Scale(values, y + 20 + height, y + 20)
    loops = f"{curve['loops']} loop{'s' * (curve['loops'] > 1)}"
    yield words(x - 38, y + 8, f"{curve['title']}; {loops}")
    for tick in up.ticks():
        yield f'<path class="grid" d="M{x} {up.place(tick):.1f}H{x + width}"/>'
        yield words(x - 6, up.place(tick) + 4, f"{tick:,g}", "dim", "end")
    for point in next(iter(curve["lines"].values())):
        yield words(across.place(point["at"]), y + height + 36, f"{point['at']:,}", "dim", "middle")
    yield words(x + width / 2, y + height + 51, curve["axis"], "dim", "middle")
    for name, line in curve["lines"].items():
        path = "".join(f"{'L' if index else 'M'}{across.place(point['at']):.1f} {up.place(point['median']):.1f}" for index, point in enumerate(line))
        yield f'<path class="line {kind(name)}" d="{path}"/>'
        for point in line:
            place = across.place(point["at"])
            yield f'<path class="line {kind(name)}" style="stroke-width:1" d="{span(place, up.place(point["least"]), up.place(point["most"]))}"/>'
            yield mark(name, place, up.place(point["median"]))
