"""Recall against what hiding costs, one line per dial, as one self-contained SVG.

The combined sweep is large at the left, because it spans the whole range; the single dials, which mostly stay near the
top, have a small panel each with the combined sweep in grey for comparison. Colour is never the only mark: every line is
alone in its panel or named at its points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from xml.sax.saxutils import escape

from jobs.views.report.colours import SERIES
from tests.lab.accuracy.points import Point
from tests.lab.accuracy.sweeps import Sweep

WIDTH = 1_180
LARGE = (70.0, 110.0, 400.0, 330.0)  # left, top, width, height
PANEL_WIDTH, PANEL_HEIGHT, COLUMNS = 124.0, 104.0, 4
FIRST_LEFT, GAP_X, GAP_Y = 530.0, 38.0, 78.0
COSTS = (2.0, 150.0)  # dollars per 1,000 exchanges, logarithmic
TICKS = (2, 5, 10, 20, 50, 100)
FOUND, SUSPECTED, PALE, INK, GRID = "#1c2430", "#D55E00", "#b4bcc6", "#1c2430", "#e3e7ec"
STYLE = "text{font-family:system-ui,Helvetica,Arial,sans-serif;font-size:12px;fill:#1c2430}.s{font-size:10.5px;fill:#4a5462}"
Box = tuple[float, float, float, float]


def picture(sweeps: list[tuple[Sweep, list[Point]]]) -> str:
    """The whole picture; sweeps that were not run are left out, as are those without an order."""
    ordered = [(sweep, steps) for sweep, steps in sweeps if sweep.is_ordered]
    whole = next((steps for sweep, steps in ordered if sweep.name == "everything"), [])
    single = [(sweep, steps) for sweep, steps in ordered if sweep.name != "everything"]
    parts = [_frame(LARGE, TICKS, (0.0, 0.25, 0.5, 0.75, 1.0)), *_combined(whole)]
    for place, (sweep, steps) in enumerate(single):
        left = FIRST_LEFT + (place % COLUMNS) * (PANEL_WIDTH + GAP_X)
        top = LARGE[1] + 16 + (place // COLUMNS) * (PANEL_HEIGHT + GAP_Y)
        parts += _panel((left, top, PANEL_WIDTH, PANEL_HEIGHT), sweep, steps, whole, SERIES[place % 6])
    parts += _words()
    height = LARGE[1] + LARGE[3] + 78
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        'aria-label="Recall against what hiding costs the operator">'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _words() -> Iterable[str]:
    left, top, _, height = LARGE
    yield _text(
        left - 46, 30, "What hiding costs an operator, and what is still found", 'font-size="17" font-weight="600"'
    )
    yield _text(left - 46, 50, "share of operated accounts found (upwards) against dollars per 1,000 exchanges kept, "
                "on top of the tokens (to the right, logarithmic)", 'class="s"')  # fmt: skip
    yield _text(left, top - 26, "everything at once", 'font-weight="600"')
    yield _text(FIRST_LEFT, top - 26, "one dial at a time, the rest as careless as the roster", 'font-weight="600"')
    below = top + height + 44
    for at, colour, dash, name in ((left, FOUND, "", "found (deliberate)"), (left + 150, SUSPECTED, "5 4", "suspected or found"),
                                   (FIRST_LEFT, PALE, "", "everything at once, for comparison")):  # fmt: skip
        yield _line([(at, below), (at + 24, below)], colour, 2.2, dash)
        yield _text(at + 30, below + 4, name, 'class="s"')
    yield _line([(FIRST_LEFT + 230, below), (FIRST_LEFT + 254, below)], SERIES[0], 2.2)
    yield f'<circle cx="{FIRST_LEFT + 242}" cy="{below}" r="3" fill="{SERIES[0]}"/>'
    yield _text(FIRST_LEFT + 260, below + 4, "the dial; filled point: last value", 'class="s"')


def _combined(steps: list[Point]) -> Iterable[str]:
    yield _line(_places(LARGE, [(step.cost.per_thousand, step.suspected) for step in steps]), SUSPECTED, 2.2, "5 4")
    yield _line(_places(LARGE, [(step.cost.per_thousand, step.recall) for step in steps]), FOUND, 2.6)
    for step in steps:
        ((x, y),) = _places(LARGE, [(step.cost.per_thousand, step.recall)])
        (_, low), (_, high) = _places(LARGE, [(step.cost.per_thousand, step.low), (step.cost.per_thousand, step.high)])
        yield _line([(x, low), (x, high)], FOUND, 1.0)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{FOUND}"><title>{_title(step)}</title></circle>'
        yield _text(x + 8, y - 8, f"{step.label}, ${step.cost.per_thousand:.0f}", 'class="s"')


def _panel(box: Box, sweep: Sweep, steps: list[Point], whole: list[Point], colour: str) -> Iterable[str]:
    left, top, _, _ = box
    yield _frame(box, (2, 10, 50), (0.0, 0.5, 1.0))
    yield _line(_places(box, [(step.cost.per_thousand, step.recall) for step in whole]), PALE, 1.6)
    placed = _places(box, [(step.cost.per_thousand, step.recall) for step in steps])
    yield _line(placed, colour, 2.2)
    for place, (step, (x, y)) in enumerate(zip(steps, placed, strict=True)):
        fill = colour if place == len(steps) - 1 else "#ffffff"
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{fill}" stroke="{colour}" stroke-width="1.4">'
            f"<title>{_title(step)}</title></circle>"
        )
    ends = f"{steps[0].label.split(',')[0]} to {steps[-1].label.split(',')[0]}"
    yield _text(left, top - 20, sweep.title, 'font-weight="600"')
    yield _text(left, top - 7, ends, 'style="font-size:9.5px;fill:#4a5462"')


def _title(step: Point) -> str:
    return escape(
        f"{step.label}: {step.recall:.1%} found, {step.suspected:.1%} suspected, ${step.cost.per_thousand:.1f}"
    )


def _frame(box: Box, ticks: tuple[int, ...], levels: tuple[float, ...]) -> str:
    left, top, width, height = box
    parts = []
    for level in levels:
        ((_, y),) = _places(box, [(COSTS[0], level)])
        parts.append(_line([(left, y), (left + width, y)], GRID, 1.0))
        parts.append(_text(left - 6, y + 4, f"{level:g}", 'class="s" text-anchor="end"'))
    for tick in ticks:
        ((x, _),) = _places(box, [(tick, 0.0)])
        parts.append(_line([(x, top + height), (x, top + height + 4)], PALE, 1.0))
        parts.append(_text(x, top + height + 17, f"${tick}", 'class="s" text-anchor="middle"'))
    return "".join(parts)


def _places(box: Box, values: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Places in a box of (dollars, share)."""
    left, top, width, height = box
    low, high = (math.log(each) for each in COSTS)
    return [
        (left + width * (math.log(min(max(cost, COSTS[0]), COSTS[1])) - low) / (high - low), top + height * (1 - share))
        for cost, share in values
    ]


def _line(places: list[tuple[float, float]], colour: str, width: float, dash: str = "") -> str:
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'


def _text(x: float, y: float, words: str, attributes: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(words)}</text>'
