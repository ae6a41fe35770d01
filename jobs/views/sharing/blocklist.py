"""What a gateway may watch for a campaign's sake: CSV with the reason and the day on which it must be dropped.

What accounts of a group met that nobody accuses is left out: blocking it would hit them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from jobs.views.sharing.stix import Told
from jobs.views.texts import plain, without_formula

COLUMNS = (
    "kind",
    "value",
    "expires_on",
    "accounts",
    "campaign_id",
    "campaign",
    "verdict",
    "likelihood_words",
    "reason",
)


def blocklist(nights: Sequence[Told]) -> str:
    """One row per thing, in order of kind, value and campaign; `nights`: one of each campaign."""
    rows = []
    for night in nights:
        row = night.campaign
        for thing in (each for each in night.things if not each.others):
            reason = f"{thing.accounts} of {row['accounts']} accounts of {row['name']} used it up to {thing.last_seen}"
            where = (row["campaign_id"], row["name"], row["verdict"], row["likelihood_words"], reason)
            rows.append((thing.kind, thing.value, str(thing.valid_until), str(thing.accounts), *where))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([without_formula(plain(cell)) for cell in each] for each in sorted(rows))
    return text.getvalue()
