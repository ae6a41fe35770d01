from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from jobs.campaigns.link_audit import transform
from tests.tables import NIGHT, frame, rows_of


def entity(name: str, accounts: int, is_hub: bool = False) -> dict[str, Any]:
    return {"signal": "device", "entity": name, "family": "device", "accounts": accounts,
            "population": 100, "is_hub": is_hub}  # fmt: skip


def clustered(account: str, signal: str, name: str, cluster: str = "k") -> dict[str, Any]:
    return {"cluster_id": cluster, "account_id": account, "signal": signal, "entity": name, "family": signal, "microbits": 1,
            "line": "prior" if signal == "prior" else "membership",
            "accounts_sharing": 3, "cluster_accounts": 3}  # fmt: skip


def test_every_entity_that_links_fewer_than_share_it_is_listed_with_the_reason(spark: SparkSession) -> None:
    met = {"everywhere": "abcdefgh", "by chance": "abc", "bridge": "abcx", "once": "abc", "used": "abc"}
    cell = {"signal_a": "device", "signal_b": "phone_prefix", "entity_b": "p", "accounts": 3}
    found = transform(
        NIGHT,
        frame(spark, "links.entities", *[entity(n, len(a), n == "everywhere") for n, a in met.items()]),
        frame(spark, "links.cells", *[cell | {"entity_a": name} for name in ("bridge", "once", "used")]),
        frame(spark, "links.incidences",
              *[{"account_id": a, "signal": "device", "entity": n} for n, accounts in met.items() for a in accounts]),
        frame(spark, "links.placeholders",
              {"signal": "device", "entity": "NO-DEVICE", "accounts": 40, "tied_accounts": 0}),
        frame(spark, "campaigns.clusters", *[clustered(a, "prior", "prior") for a in "abc"],
              *[clustered(a, "device", "used") for a in "abc"], clustered("a", "device", "bridge")),
        frame(spark, "staged.accounts", {"account_id": "x", "placeholders": "phone,signup_device_id,country"},
              {"account_id": "y", "placeholders": "phone"}, {"account_id": "z"}),
    )  # fmt: skip
    said = {row["entity"]: (row["reason"], row["links_dropped"]) for row in rows_of("campaigns.link_audit", found)}
    assert said == {
        "everywhere": ("hub", 8),
        "by chance": ("not_significant", 3),
        "bridge": ("component_split", 3),
        "once": ("family_counted_once", 3),
        "NO-DEVICE": ("placeholder", 40),
        "phone": ("placeholder", 2),
        "signup_device_id": ("placeholder", 1),
    }
