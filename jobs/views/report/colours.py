"""Colours that colour-blind people tell apart: Okabe and Ito (Color Universal Design, 2008), then four of Paul Tol's muted scheme.

A kind of evidence has one colour in every picture.
"""

from __future__ import annotations

from jobs import signals

SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#7a8594",
          "#332288", "#882255", "#999933", "#000000")  # fmt: skip
OTHER = "#bbbbbb"


def series(place: int) -> str:
    """The colour of the nth of several things; beyond the list, hues a golden angle apart, which never meet."""
    return SERIES[place] if place < len(SERIES) else f"hsl({place * 137.508 % 360:.0f} 45% 35%)"


EVIDENCE = {family: series(place) for place, family in enumerate(sorted(set(signals.families().values())))}
FOR, AGAINST, SUM = "#0072B2", "#D55E00", "#5b6470"
