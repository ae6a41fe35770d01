"""What `iolaus explain` says about a campaign besides its evidence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jobs import contracts
from jobs.views.explain import explain_campaign
from jobs.warehouse import Warehouse
from jobs.warehouse.duck import DuckDBWarehouse

NIGHT = date(2026, 3, 3)
CAMPAIGN = {"as_of_date": NIGHT, "campaign_id": "c1", "name": "amber-heron-0001", "verdict": "deliberate", "likelihood": 0.98,
            "accounts": 3, "exchanges": 500, "coordination_bits": 3.5, "concealment_bits": 4.0, "purpose_bits": -1.0}  # fmt: skip


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    ranks = [
        {"as_of_date": NIGHT, "campaign_id": campaign, "metric": metric, "statement": f"{campaign} by {metric}",
         "compared_with": "4 known incidents"}
        for campaign, metric in (("c1", "tokens"), ("c1", "exchanges"), ("c2", "exchanges"))
    ]  # fmt: skip
    made = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    rows = {"campaigns": [CAMPAIGN], "campaign_rankings": ranks}
    tables = [contracts.load(name).table for name in contracts.names("published")]
    made.publish(NIGHT, {name: contracts.arrow_rows(f"published.{name}", rows.get(name, [])) for name in tables})
    return made


def test_a_campaign_is_explained_with_what_may_be_claimed_of_its_size(warehouse: Warehouse) -> None:
    found = explain_campaign(warehouse, "amber-heron-0001", NIGHT)
    assert found.facts[2].startswith("Lines of evidence, in bits: coordination +3.5, concealment +4.0, purpose -1.0;")
    assert found.facts[3:] == (
        "c1 by exchanges (compared with 4 known incidents)",
        "c1 by tokens (compared with 4 known incidents)",
    )
