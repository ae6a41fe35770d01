"""Colours that colour-blind people tell apart: Okabe and Ito (Color Universal Design, 2008), then four of Paul Tol's muted scheme.

A kind of evidence has one colour in every picture.
"""

from __future__ import annotations

from jobs.graph.sharing.families import FAMILIES

SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#7a8594",
          "#332288", "#882255", "#999933", "#000000")  # fmt: skip
OTHER = "#bbbbbb"
EVIDENCE = dict(zip(sorted(set(FAMILIES.values())), SERIES, strict=True))
FOR, AGAINST, SUM = "#0072B2", "#D55E00", "#5b6470"
ROLES = {"operated": "#D55E00", "victim": "#56B4E9", "shared_infrastructure": "#9aa3ad"}
