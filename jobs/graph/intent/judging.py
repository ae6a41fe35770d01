"""The intent judgement of one campaign as rows that sum: prior, features, rivals, analysts' decisions, posterior."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from jobs.graph.intent.base_rates import others, shown
from jobs.graph.intent.decisions import decision_microbits
from jobs.graph.intent.hypotheses import Weighing, weigh
from jobs.graph.intent.lines import LINE_BITS
from jobs.graph.rows import MICRO, table_of
from jobs.vocabulary import LINES, Decision, Line

# Of 2,365 innocent groups of causes and seeds that no fit saw none had three lines and even four bits (docs/causes.md).
MOST_MICROBITS = 6_500_000
# Of groups that come to three bits and more on two lines eight in ten were operators': nine in ten is the most that is said.
MOST_OF_TWO_LINES_MICROBITS = 3_000_000
PIECES = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("piece", pa.string()),
        ("line", pa.string()),
        ("place", pa.int32()),
        ("microbits", pa.int64()),
        ("posterior_microbits", pa.int64()),
        ("hypothesis", pa.string()),
        ("rival", pa.string()),
        ("figure", pa.float64()),
        ("explanation", pa.string()),
        ("decision_id", pa.string()),
    ]
)
ORDINARY = pa.schema([("feature", pa.string()), ("is_shown", pa.bool_())])


def judge(features: pa.Table) -> pa.Table:
    """Rows of PIECES of one campaign, by place.

    `features`: campaign_id, feature, strength, figure, looked and shown (how many of tonight's groups, see
    `jobs.graph.intent.base_rates`; null where none), and for a row whose feature is `decision`: decision, decision_id
    and held (see `jobs.graph.intent.decisions`). At most one decision. Without an analyst's confirmation the sum is at most
    MOST_MICROBITS, and where a line of evidence does not stand MOST_OF_TWO_LINES_MICROBITS: a likelihood is never surer than
    what left-out causes support.
    """
    rows = sorted(features.to_pylist(), key=lambda row: row["feature"])
    observed = {row["feature"]: row["figure"] for row in rows}
    strengths = {row["feature"]: row["strength"] for row in rows if row["decision_id"] is None}
    counted = {row["feature"]: (row["looked"], row["shown"]) for row in rows if row["looked"] is not None}
    weighing: Weighing = weigh(strengths, others(counted, strengths))
    pieces = [
        (each.name, str(each.line), round(each.bits * MICRO), observed.get(each.name), each.reason, None)
        for each in weighing.pieces
    ]
    for row in rows:
        if row["decision_id"]:
            evidence = sum(piece[2] for piece in pieces)
            micro = decision_microbits(row["decision"], evidence, row["held"])
            text = f"an analyst decided {row['decision']} (decision {row['decision_id']})"
            pieces.append((f"decision:{row['decision']}", str(Line.DECISION), micro, None, text, row["decision_id"]))
    posterior = sum(piece[2] for piece in pieces)
    most, text = MOST_MICROBITS, "no judgement is surer than innocent groups of left-out causes support"
    if fallen := [line for line in LINES if _on_line(pieces, line) < round(LINE_BITS[line] * MICRO)]:
        most = MOST_OF_TWO_LINES_MICROBITS
        text = f"too little on {' and '.join(fallen)}: without three lines no judgement is surer"
    if posterior > most and not any(row["decision"] == Decision.CONFIRMED for row in rows):
        pieces.append(("support", str(Line.PRIOR), most - posterior, None, text, None))
        posterior = most
    campaign = rows[0]["campaign_id"]
    made = [
        (campaign, name, line, place, micro, posterior, str(weighing.best), str(weighing.rival), figure, text, decision)
        for place, (name, line, micro, figure, text, decision) in enumerate(pieces)
    ]
    return table_of(made, PIECES)


def _on_line(pieces: Sequence[tuple[Any, ...]], line: Line) -> int:
    return sum(micro for _, of, micro, *_ in pieces if of == line)


def ordinary(features: pa.Table) -> pa.Table:
    """Rows of ORDINARY of one campaign: the features it counts for among tonight's groups. `features`: feature, strength."""
    names, strengths = features["feature"].to_pylist(), features["strength"].to_pylist()
    return table_of(sorted(shown(dict(zip(names, strengths, strict=True))).items()), ORDINARY)
