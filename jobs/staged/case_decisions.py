"""One row per decision an analyst made, in the snapshot in force: the feedback that corrects what is published."""

from __future__ import annotations

import pyarrow as pa

from jobs.landing.landed import Landed
from jobs.landing.shapes import SNAPSHOT, Field, RawTable
from jobs.vocabulary import Decision, SubjectKind


def derive(landed: Landed) -> dict[str, pa.Array]:
    return {"decision_id": landed.digests}


RAW = RawTable(
    name="case_decisions",
    kind=SNAPSHOT,
    fields=(
        Field("decided_at", "timestamp", required=True),
        Field("subject_kind", required=True, one_of=tuple(map(str, SubjectKind))),
        Field("subject_id", required=True),
        Field("decision", required=True, one_of=tuple(map(str, Decision))),
        Field("analyst", required=True),
        Field("note"),
    ),
    key=("decision_id",),
    derive=derive,
)
