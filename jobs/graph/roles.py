"""Which part an account plays in its campaign, from how much of its traffic carries the campaign's templates."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

MICRO = 1_000_000
ROLES = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("account_id", pa.string()),
        ("microbits", pa.int64()),
        ("families", pa.int32()),
        ("role", pa.string()),
        ("membership", pa.float64()),
        ("footprint_share", pa.float64()),
        ("exchanges", pa.int64()),
        ("exchanges_attributed", pa.int64()),
        ("first_activity_date", pa.date32()),
        ("last_activity_date", pa.date32()),
    ]
)
VICTIM_BELOW = 0.6  # of the traffic a typical member gives to the campaign's templates: the rest is somebody's own work
MIN_TYPICAL = 0.05  # template events per request; below, templates do not mark the campaign's traffic
SURE = 0.9


def assign_roles(members: pa.Table) -> pa.Table:
    """Roles of one campaign's members.

    `members`: campaign_id, account_id, microbits, families, is_made_alike, exchanges, sketched, core_events and the
    two activity dates. The footprint is an account's template events per sketched request against the campaign's
    median, at most 1: how much of its traffic is the campaign's.
    """
    members = members.sort_by("account_id")
    sketched = np.maximum(members["sketched"].to_numpy(), 1)
    rate = members["core_events"].to_numpy() / sketched
    typical = float(np.median(rate)) if len(rate) else 0.0
    marked = typical >= MIN_TYPICAL
    footprint = np.minimum(rate / typical, 1.0) if marked else np.ones(len(rate))
    made_alike = np.array([bool(value) for value in members["is_made_alike"].to_pylist()])
    victim = marked & (footprint < VICTIM_BELOW) & ~made_alike
    membership = np.round(1.0 / (1.0 + np.exp2(-members["microbits"].to_numpy() / MICRO)), 6)
    role = np.where(victim, "victim", np.where(membership < SURE, "shared_infrastructure", "operated"))
    exchanges = members["exchanges"].to_numpy()
    attributed = np.where(role == "operated", exchanges, np.floor(exchanges * footprint)).astype(np.int64)
    columns = {
        **{name: members[name] for name in members.column_names},
        "role": pa.array(role.tolist(), pa.string()),
        "membership": pa.array(membership),
        "footprint_share": pa.array(np.round(footprint, 6)),
        "exchanges_attributed": pa.array(attributed),
    }
    return pa.table([columns[name] for name in ROLES.names], schema=ROLES)
