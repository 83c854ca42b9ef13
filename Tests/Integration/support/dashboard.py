# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""The panels of a dashboard as one SVG, from its own queries against a Prometheus. Not Grafana: what it would show, drawn
with its layout, units, thresholds and colours."""

import html
import math
import re

COLUMN, ROW, GAP, HEAD = 50, 32, 6, 26
COLOURS = {"green": "#73bf69", "orange": "#ff9830", "red": "#f2495c", "gray": "#8e8e8e", "text": "#ccccdc", "dim": "#8d8f98"}
PALETTE = ["#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#5b9bd5", "#ba43a9", "#a0a0d8"]
STYLE = """
text { font: 11px 'DejaVu Sans', Inter, Helvetica, Arial, sans-serif; fill: #ccccdc }
.title { font-size: 13px; font-weight: 600 } .row { font-size: 15px } .dim { fill: #8d8f98 } .small { font-size: 9.5px }
"""


def figure(value, unit, decimals=None):
    """A number as the panel's unit has it."""
    if unit == "percentunit":
        places = 0 if abs(value) >= 10 else 2
        return f"{100 * value:.{places}f} %".replace(".00 %", " %")
    if unit == "bytes":
        step = min(4, max(0, int(math.log(max(abs(value), 1), 1024))))
        return f"{value / 1024**step:.3g} {['B', 'KiB', 'MiB', 'GiB', 'TiB'][step]}"
    if unit == "s":
        for factor, name in [(1, "s"), (1e3, "ms"), (1e6, "µs")]:
            if abs(value) * factor >= 1 or name == "µs" or value == 0:
                return f"{value * factor:.3g} {name}"
    suffix = {"reqps": " req/s", "cps": " c/s", "ops": " ops/s"}.get(unit, "")
    text = f"{value:.{decimals}f}" if decimals is not None else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return text + suffix


def words(x, y, text, kind="", **attributes):
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"' + (f' class="{kind}"' if kind else "") + f"{more}>{html.escape(str(text))}</text>"


def box(x, y, width, height, fill, **attributes):
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}" fill="{fill}"{more}/>'


class Dashboard:
    """Draws the panels of `model`. `query` asks Prometheus: the text, and perhaps the times; `over` are the first and the last
    second; `names` are shown in place of the addresses here."""

    def __init__(self, model, query, over, names):
        self.model = model
        self.query = query
        self.over = over
        self.names = names

    def drawn(self, caption):
        """The picture."""
        panels = self.model["panels"]
        height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels) * ROW + 40
        width = 24 * COLUMN + GAP
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">']
        parts += [f"<title>{html.escape(self.model['title'])}</title>", f"<style>{STYLE}</style>"]
        parts.append(box(0, 0, width, height, "#111217"))
        for panel in panels:
            parts += self._panel(panel)
        parts.append(words(GAP, height - 12, caption, "dim"))
        return "\n".join([*parts, "</svg>", ""])

    def _panel(self, panel):
        grid = panel["gridPos"]
        x, y = grid["x"] * COLUMN + GAP, grid["y"] * ROW + GAP
        width, height = grid["w"] * COLUMN - GAP, grid["h"] * ROW - GAP
        if panel["type"] == "row":
            return [words(x, y + 16, panel["title"], "row")]
        inner = (x + 10, y + HEAD + 2, width - 20, height - HEAD - 10)
        draw = {"stat": self._stat, "state-timeline": self._timeline, "nodeGraph": self._graph, "timeseries": self._series,
                "table": self._table}[panel["type"]]
        return [box(x, y, width, height, "#181b1f", stroke="#2c2f36"), words(x + 10, y + 18, panel["title"], "title"),
                *draw(panel, *inner)]

    def _ask(self, target, over=None):
        text = target["expr"].replace("$job", ".*").replace("$instance", ".*")
        found = self.query(text, (*self.over, max(1, int(self.over[1] - self.over[0]) // 100)) if over else None)
        assert found, f"no data: {text}"
        for item in found:
            item["metric"] = {name: self._shown(value) for name, value in item["metric"].items()}
        return sorted(found, key=lambda item: sorted(item["metric"].items()))

    def _shown(self, text):
        for here, name in self.names.items():
            text = text.replace(here, name)
        return text

    def _lines(self, panel):
        """Name and points of each series of the panel."""
        for target in panel["targets"]:
            for item in self._ask(target, over=True):
                legend = re.sub(r"\{\{(\w+)\}\}", lambda found: item["metric"].get(found[1], ""), target["legendFormat"])
                points = [(float(moment), float(value)) for moment, value in item["values"]]
                yield legend, [point for point in points if math.isfinite(point[1])]

    def _across(self, moment, x, width):
        first, last = self.over
        return x + (moment - first) / (last - first) * width

    def _stat(self, panel, x, y, width, height):
        found = self._ask(panel["targets"][0])
        defaults = panel["fieldConfig"]["defaults"]
        each = width / len(found)
        for number, item in enumerate(found):
            value = float(item["value"][1])
            steps = [step for step in defaults["thresholds"]["steps"] if step["value"] is None or value >= step["value"]]
            middle = x + (number + 0.5) * each
            text = figure(value, defaults["unit"], defaults.get("decimals"))
            size = min(26, 1.5 * each / len(text))
            colour = COLOURS[steps[-1]["color"]]
            yield words(middle, y + 34, text, text_anchor="middle", style=f"font-size:{size:.0f}px;fill:{colour}")
            yield words(middle, y + 60, item["metric"]["job"], "dim", text_anchor="middle")

    def _timeline(self, panel, x, y, width, height):
        states = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
        lines = sorted(self._lines(panel))
        left = 6 * max(len(name) for name, _ in lines) + 8
        each = min((height - 14) / len(lines), 40)
        size = min(9.5, each)
        for number, (name, points) in enumerate(lines):
            top = y + number * each
            yield words(x, top + each / 2 + 3, name, style=f"font-size:{size:.1f}px")
            for index, (moment, value) in enumerate(points):
                if index and points[index - 1][1] == value:
                    continue
                until = next((later for later, other in points[index:] if other != value), points[-1][0])
                start = self._across(moment, x + left, width - left)
                length = self._across(until, x + left, width - left) - start
                yield box(start, top + 1, length, each - 2, COLOURS[states[f"{value:g}"]["color"]], opacity="0.85")
        used = {f"{value:g}" for _, points in lines for _, value in points}
        for place, state in enumerate(state for state in sorted(states) if state in used):
            yield box(x + 110 * place, y + height - 6, 9, 9, COLOURS[states[state]["color"]])
            yield words(x + 110 * place + 14, y + height + 2, states[state]["text"], "small")

    def _series(self, panel, x, y, width, height):
        defaults = panel["fieldConfig"]["defaults"]
        # The largest first: the legend may have no room for all.
        lines = sorted(self._lines(panel), key=lambda line: -max((value for _, value in line[1]), default=0))
        top = max((value for _, points in lines for _, value in points), default=0) * 1.1 or 1
        left, plot = x + 66, height - 40
        for part in range(4):
            level = y + plot - part / 3 * plot
            yield f'<path d="M{left:.1f} {level:.1f}H{x + width:.1f}" stroke="#2c2f36"/>'
            yield words(left - 6, level + 4, figure(top * part / 3, defaults["unit"]), "dim small", text_anchor="end")
        for seconds in range(0, int(self.over[1] - self.over[0]) + 1, 15):
            place = self._across(self.over[0] + seconds, left, x + width - left)
            yield words(place, y + plot + 13, f"{seconds} s", "dim small", text_anchor="middle")
        for number, (name, points) in enumerate(lines):
            colour = PALETTE[number % len(PALETTE)]
            path = "".join(
                f"{'L' if index else 'M'}{self._across(moment, left, x + width - left):.1f} {y + plot - value / top * plot:.1f}"
                for index, (moment, value) in enumerate(points))
            yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
        yield from self._legend([name for name, _ in lines], x, y + height, width)

    def _legend(self, names, x, y, width):
        place = x
        for number, name in enumerate(names):
            if place + 18 + 6 * len(name) > x + width:
                yield words(place, y, "...", "dim small")
                return
            yield box(place, y - 7, 10, 3, PALETTE[number % len(PALETTE)])
            yield words(place + 14, y - 2, name, "small")
            place += 28 + 6 * len(name)

    def _graph(self, panel, x, y, width, height):
        nodes, edges = (self._ask(target) for target in panel["targets"])
        share = {item["metric"]["id"]: float(item["value"][1]) for item in nodes}
        title = {item["metric"]["id"]: item["metric"]["title"] for item in nodes}
        # Three columns: who is not called, who is called and calls, who does not call.
        sources, targets = ({item["metric"][name] for item in edges} for name in ("source", "target"))
        columns = [sorted(sources - targets), sorted(sources & targets), sorted(set(share) - sources)]
        used = [names for names in columns if names]
        places = {}
        for number, names in enumerate(used):
            column = x + (0.22 + 0.52 * number / max(len(used) - 1, 1)) * width
            # Not on the way from the first to the last.
            lift = 0.2 * height if 0 < number < len(used) - 1 else 0
            for row, name in enumerate(names):
                places[name] = (column, y + (row + 0.5) * height / len(names) - 8 - lift)
        for item in edges:
            (a, b), (c, d) = places[item["metric"]["source"]], places[item["metric"]["target"]]
            yield f'<path d="M{a:.1f} {b:.1f}C{(a + c) / 2:.1f} {b:.1f} {(a + c) / 2:.1f} {d:.1f} {c:.1f} {d:.1f}" fill="none" stroke="#8d8f98"/>'
        for name, (a, b) in places.items():
            value = share[name]
            colour = COLOURS["green" if value == 1 else "red" if value == 0 else "orange"]
            yield f'<circle cx="{a:.1f}" cy="{b:.1f}" r="24" fill="#111217" stroke="{colour}" stroke-width="3"/>'
            yield words(a, b + 4, figure(value, "percentunit"), text_anchor="middle")
            yield words(a, b + 39, title[name], text_anchor="middle")

    def _table(self, panel, x, y, width, height):
        found = self._ask(panel["targets"][0])
        for number, item in enumerate(found[: int(height / 30)]):
            labels = item["metric"]
            about = [labels[name] for name in ("job", "check", "instance") if name in labels]
            yield words(x, y + 12 + 30 * number, f"{labels['alertname']} ({labels['severity']})")
            yield words(x, y + 25 + 30 * number, ", ".join(about), "dim small")
