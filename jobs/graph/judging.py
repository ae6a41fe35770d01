"""The intent judgement of one campaign as rows that sum: prior, features, rivals, analysts' decisions, posterior."""

from __future__ import annotations

import pyarrow as pa

from jobs.graph.hypotheses import FEATURES, Weighing, weigh
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
        ("observed", pa.float64()),
        ("explanation", pa.string()),
    ]
)
DECISION_BITS = {
    "confirmed": 10.0,
    "rejected": -20.0,
    "benign_reseller": -20.0,
    "benign_research": -20.0,
    "victim": 0.0,
}  # an analyst who looked outweighs any feature, in both directions; a rejection outweighs a confirmation


def judge(features: pa.Table) -> pa.Table:
    """`features`: campaign_id, feature, strength, observed, by (decision id or null). Gives rows of PIECES by place."""
    rows = sorted(features.to_pylist(), key=lambda row: (row["feature"], row["by"] or ""))
    observed = {row["feature"]: row["observed"] for row in rows}
    known = {feature.name for feature in FEATURES}
    weighing: Weighing = weigh({row["feature"]: row["strength"] for row in rows if row["feature"] in known})
    pieces = [(name, round(bits * MICRO), observed.get(name), reason) for name, bits, reason in weighing.pieces]
    decisions = [row for row in rows if row["by"]]
    if decisions:
        last = max(decisions, key=lambda row: (row["observed"], row["by"]))
        bits = DECISION_BITS[last["feature"].removeprefix("decision:")]
        text = f"an analyst decided {last['feature'].removeprefix('decision:')} (decision {last['by']})"
        pieces.append((last["feature"], round(bits * MICRO), None, text))
    posterior = sum(micro for _, micro, _, _ in pieces)
    campaign = rows[0]["campaign_id"]
    made = [
        (campaign, name, place, micro, posterior, weighing.best, weighing.rival, figure, text)
        for place, (name, micro, figure, text) in enumerate(pieces)
    ]
    return table_of(made, PIECES)
