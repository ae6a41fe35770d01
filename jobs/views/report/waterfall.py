"""How the judgement adds up: prior, evidence for and against, posterior, in bits, as an SVG picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.views.report.colours import AGAINST, FOR, SUM
from jobs.views.texts import in_markup

WIDTH, LABEL, ROW = 640, 190, 19


def waterfall(pieces: Sequence[dict[str, Any]]) -> str:
    """`pieces` about one campaign in the order in which they are drawn: signal, bits. The last bar is the sum."""
    if not pieces:
        return "<p>No judgement was made.</p>"
    bars: list[tuple[str, float, float, float]] = []
    running = 0.0
    for row in pieces:
        bars.append((row["signal"].replace("_", " "), running, running + row["bits"], row["bits"]))
        running += row["bits"]
    low = min(0.0, *(min(start, end) for _, start, end, _ in bars))
    high = max(0.0, *(max(start, end) for _, start, end, _ in bars))
    scale = (WIDTH - LABEL - 60) / max(high - low, 1e-9)

    def x(value: float) -> float:
        return LABEL + (value - low) * scale

    height = ROW * (len(bars) + 1) + 6
    parts = [f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{height}" class="grid"/>']
    for place, (name, start, end, bits) in enumerate([*bars, ("posterior", 0.0, running, running)]):
        y = place * ROW + 3
        colour = SUM if name == "posterior" else FOR if bits >= 0 else AGAINST
        left, width = x(min(start, end)), max(abs(end - start) * scale, 0.8)
        parts.append(f'<text x="{LABEL - 8}" y="{y + 12}" text-anchor="end">{in_markup(name)}</text>')
        parts.append(f'<rect x="{left:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 5}" fill="{colour}"/>')
        parts.append(f'<text x="{x(max(start, end)) + 4:.1f}" y="{y + 12}">{bits:+.1f}</text>')
    label = f"Evidence in bits; the sum is {running:+.1f}"
    return f'<svg class="plot" role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {height}">{"".join(parts)}</svg>'
