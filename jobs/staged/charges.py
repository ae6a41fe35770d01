"""One row per charge line (FinOps FOCUS). A line has no id of its own, so the record's digest is it.

Charges have no limit of lateness: a monthly line starts weeks before it is delivered, and a refund or charge-back
comes later still.
"""

from __future__ import annotations

import pyarrow as pa

from jobs.landing.landed import Landed
from jobs.landing.shapes import FACT, Field, RawTable
from jobs.privacy import pseudonyms

MAX_COST = 10**9  # of one line, in any currency; sums of such lines keep their six decimal places


def derive(landed: Landed) -> dict[str, pa.Array]:
    return {
        "charge_id": landed.digests,
        "x_instrument_fingerprint": landed.tokens("instrument", "x_instrument_fingerprint", pseudonyms.plain),
    }


RAW = RawTable(
    name="charges",
    kind=FACT,
    fields=(
        Field("billing_account_id", required=True),
        Field("invoice_id", required=True),
        Field("charge_period_start", "timestamp", required=True),
        Field("charge_period_end", "timestamp", required=True),
        Field("charge_category", required=True, one_of=("Usage", "Purchase", "Credit", "Adjustment", "Tax")),
        Field("sku_meter"),
        Field("consumed_quantity", "decimal(18,6)"),
        Field("consumed_unit"),
        Field("billed_cost", "decimal(18,6)", required=True, low=-MAX_COST, high=MAX_COST),
        Field("billing_currency", required=True),
        Field("x_instrument_fingerprint"),
        Field("x_payment_status"),
    ),
    key=("charge_id",),
    event_at="charge_period_start",
    derive=derive,
)
