"""The intent judgement of one campaign as rows that sum: prior, features, rivals, analysts' decisions, posterior."""

from __future__ import annotations

import pyarrow as pa

from jobs.graph.intent.decisions import decision_microbits
from jobs.graph.intent.hypotheses import Weighing, weigh
from jobs.graph.rows import table_of

MICRO = 1_000_000
PIECES = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("piece", pa.string()),
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


def judge(features: pa.Table) -> pa.Table:
    """Rows of PIECES of one campaign, by place.

    `features`: campaign_id, feature, strength, figure, and for a row whose feature is `decision`: decision, decision_id
    and held (see `jobs.graph.intent.decisions`). At most one decision.
    """
    rows = sorted(features.to_pylist(), key=lambda row: row["feature"])
    observed = {row["feature"]: row["figure"] for row in rows}
    weighing: Weighing = weigh({row["feature"]: row["strength"] for row in rows if row["decision_id"] is None})
    pieces = [(name, round(bits * MICRO), observed.get(name), reason, None) for name, bits, reason in weighing.pieces]
    for row in rows:
        if row["decision_id"]:
            evidence = sum(piece[1] for piece in pieces)
            micro = decision_microbits(row["decision"], evidence, row["held"])
            text = f"an analyst decided {row['decision']} (decision {row['decision_id']})"
            pieces.append((f"decision:{row['decision']}", micro, None, text, row["decision_id"]))
    posterior = sum(piece[1] for piece in pieces)
    campaign = rows[0]["campaign_id"]
    made = [
        (campaign, name, place, micro, posterior, weighing.best, weighing.rival, figure, text, decision)
        for place, (name, micro, figure, text, decision) in enumerate(pieces)
    ]
    return table_of(made, PIECES)
