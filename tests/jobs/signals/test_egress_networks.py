from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.egress_networks import transform
from tests.jobs.signals.rows import NIGHT, given, observed, rows_of

PLACES = "account_id requested_at client_prefix client_network client_asn"


def test_a_request_tells_its_prefix_and_its_registered_network(spark: SparkSession) -> None:
    requests = given(
        spark, "api_requests", PLACES,
        ("ann", "10:00", "p1", "10.0.0.0/16", 64500),
        ("ann", "11:00", "p2", "10.0.0.0/16", 64500),
        ("bob", "11:00", "p1", None, None),
        ("cid", "11:00", None, "10.9.0.0/16", None),
    )  # fmt: skip
    assert observed("egress_networks", transform(NIGHT, requests)) == [
        ("2026-03-05", "ann", "egress_network", "10.0.0.0/16|AS64500", 2),
        ("2026-03-05", "ann", "egress_prefix", "p1", 1),
        ("2026-03-05", "ann", "egress_prefix", "p2", 1),
        ("2026-03-05", "bob", "egress_prefix", "p1", 1),
        ("2026-03-05", "cid", "egress_network", "10.9.0.0/16", 1),
    ]


def test_one_block_announced_by_two_systems_is_two_networks(spark: SparkSession) -> None:
    requests = given(
        spark, "api_requests", PLACES,
        ("ann", "10:00", None, "10.0.0.0/16", 64500),
        ("bob", "10:00", None, "10.0.0.0/16", 64501),
    )  # fmt: skip
    entities = [row["entity"] for row in rows_of("egress_networks", transform(NIGHT, requests))]
    assert entities == ["10.0.0.0/16|AS64500", "10.0.0.0/16|AS64501"]
