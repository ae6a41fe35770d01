"""One row per published figure about an earlier incident in the snapshot in force.

An incident may have a floor and a ceiling for one metric and be revised later: bound and `as_of` are part of the key.
"""

from __future__ import annotations

import pyarrow as pa

from jobs.landing.landed import Landed
from jobs.landing.shapes import SNAPSHOT, Field, RawTable

GRADES = tuple(f"{reliability}{credibility}" for reliability in "ABCDEF" for credibility in "123456")  # Admiralty
MAX_VALUE = 10**17  # tokens: what the largest provider answers in years


def derive(landed: Landed) -> dict[str, pa.Array]:
    return {"stated": landed["value"]}


RAW = RawTable(
    name="known_campaigns",
    kind=SNAPSHOT,
    fields=(
        Field("incident_id", required=True),
        Field("name", required=True),
        Field("actor"),
        Field("provider"),
        Field("metric", required=True, one_of=("exchanges", "accounts", "tokens")),
        Field("bound", required=True, one_of=("floor", "ceiling", "about", "exact")),
        Field("value", "long", required=True, low=0, high=MAX_VALUE),
        Field("first_day", "date"),
        Field("last_day", "date"),
        Field("as_of", "date", required=True),
        Field("scope", required=True, one_of=("campaign", "aggregate")),
        Field("source", required=True),
        Field("source_grade", one_of=GRADES),
        Field("response"),
    ),
    key=("incident_id", "metric", "scope", "bound", "as_of"),
    derive=derive,
    made_from={"stated": ("value",)},
)
