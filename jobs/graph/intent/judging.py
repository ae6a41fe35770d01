"""The intent judgement of one campaign as rows that sum: prior, features, rivals, analysts' decisions, posterior."""

from __future__ import annotations

import pyarrow as pa

from jobs.graph.intent.base_rates import others, shown
from jobs.graph.intent.decisions import decision_microbits
from jobs.graph.intent.hypotheses import Weighing, weigh
from jobs.graph.intent.lines import ceiling
from jobs.graph.rows import MICRO, table_of
from jobs.vocabulary import LINES, Decision, Line

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
    and held (see `jobs.graph.intent.decisions`). At most one decision. Without an analyst's confirmation the sum is at most what
    the lines of evidence allow (`jobs.graph.intent.lines.ceiling`).
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
    said = {line: sum(micro for _, of, micro, *_ in pieces if of == line) / MICRO for line in LINES}
    bits, text = ceiling(said, posterior / MICRO)
    most = round(bits * MICRO)
    if posterior > most and not any(row["decision"] == Decision.CONFIRMED for row in rows):
        pieces.append(("support", str(Line.PRIOR), most - posterior, None, text, None))
        posterior = most
    campaign = rows[0]["campaign_id"]
    made = [
        (campaign, name, line, place, micro, posterior, str(weighing.best), str(weighing.rival), figure, text, decision)
        for place, (name, line, micro, figure, text, decision) in enumerate(pieces)
    ]
    return table_of(made, PIECES)


def ordinary(features: pa.Table) -> pa.Table:
    """Rows of ORDINARY of one campaign: the features it counts for among tonight's groups. `features`: feature, strength."""
    names, strengths = features["feature"].to_pylist(), features["strength"].to_pylist()
    return table_of(sorted(shown(dict(zip(names, strengths, strict=True))).items()), ORDINARY)
