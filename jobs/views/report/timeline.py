"""Exchanges per day, stacked by model, as an SVG picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from jobs.views.report.colours import SERIES
from jobs.views.texts import in_markup

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 170, 56, 22
LETTERS = 'font-size="11" font-family="Source Sans Pro, system-ui, sans-serif"'  # where a page's style does not reach a picture
NAMED = 5  # models with a colour of their own; the rest is one


def timeline(daily: Sequence[dict[str, Any]]) -> str:
    """`daily` rows: activity_date, model, exchanges. Days without activity stay as gaps, so a pause shows."""
    if not daily:
        return "<p>No activity within the window.</p>"
    volumes: dict[str, int] = defaultdict(int)
    for row in daily:
        volumes[row["model"]] += row["exchanges"]
    named = sorted(volumes, key=lambda model: (-volumes[model], model))[:NAMED]
    per_day: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in daily:
        per_day[row["activity_date"]][row["model"] if row["model"] in named else "other"] += row["exchanges"]
    series = [*named, *(["other"] if len(volumes) > len(named) else [])]
    first, last = min(per_day), max(per_day)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    peak = max(sum(models.values()) for models in per_day.values())
    step = (WIDTH - LEFT - 8) / len(days)
    scale = (HEIGHT - BOTTOM - 10) / peak
    parts = [_axis(peak, scale)]
    for place, day in enumerate(days):
        base = float(HEIGHT - BOTTOM)
        for index, model in enumerate(series):
            height = per_day[day][model] * scale if day in per_day else 0.0
            if height:
                base -= height
                title = f"{day}: {model} {per_day[day][model]:,}"
                parts.append(
                    f'<rect x="{LEFT + place * step + 1:.1f}" y="{base:.1f}" width="{max(step - 2, 1):.1f}" '
                    f'height="{height:.1f}" fill="{SERIES[index % len(SERIES)]}"><title>{in_markup(title)}</title></rect>'
                )
    for day, anchor, x in ((first, "start", LEFT), (last, "end", WIDTH - 8)):
        parts.append(f'<text x="{x}" y="{HEIGHT - 6}" text-anchor="{anchor}">{day}</text>')
    keys = "".join(
        f'<li><i style="background:{SERIES[index % len(SERIES)]}"></i>{in_markup(model)}</li>'
        for index, model in enumerate(series)
    )
    label = f"Exchanges per day from {first} to {last}, at most {peak:,} on one day"
    return (
        f'<svg class="plot" role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {HEIGHT}" {LETTERS}>{"".join(parts)}</svg>'
        f'<ul class="keys">{keys}</ul>'
    )


def _axis(peak: int, scale: float) -> str:
    lines = []
    for value in (0, peak // 2, peak):
        y = HEIGHT - BOTTOM - value * scale
        lines.append(f'<line x1="{LEFT}" x2="{WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}" class="grid" stroke="#ccc"/>')
        lines.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>')
    return "".join(lines)
