from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from jobs.campaigns.lineage import transform
from tests.tables import NIGHT, frame, rows_of


def cluster(name: str, accounts: str) -> list[dict[str, Any]]:
    return [
        {"cluster_id": name, "account_id": account, "signal": "prior", "entity": "prior", "family": "prior", "line": "prior",
         "microbits": -1,
         "accounts_sharing": len(accounts), "cluster_accounts": len(accounts)}
        for account in accounts
    ]  # fmt: skip


def events(spark: SparkSession, clusters: list[dict[str, Any]], **before: str) -> set[tuple[str, str, str | None]]:
    members = [
        {"campaign_id": name, "account_id": a, "is_current": True}
        for name, accounts in before.items()
        for a in accounts
    ]
    found = transform(NIGHT, frame(spark, "campaigns.clusters", *clusters), frame(spark, "campaigns.members", *members))
    return {(row["event"], row["campaign_id"], row["cluster_id"]) for row in rows_of("campaigns.lineage", found)}


def test_a_cluster_continues_the_campaign_it_has_most_accounts_of(spark: SparkSession) -> None:
    assert events(spark, cluster("k", "abcdefg"), c1="abcdex", c2="fghijkl") == {("continued", "c1", "k")}


def test_a_campaign_that_goes_whole_into_another_is_merged(spark: SparkSession) -> None:
    found = events(spark, cluster("k", "abcdefg"), c1="abcdex", c2="fg")
    assert found == {("continued", "c1", "k"), ("absorbed", "c1", "k"), ("merged_into", "c2", None)}


def test_a_cluster_without_a_past_is_born_with_an_id_of_the_night(spark: SparkSession) -> None:
    found = events(spark, cluster("k", "abcde"))
    assert len(found) == 1
    event, campaign, of = found.pop()
    assert (event, of) == ("born", "k")
    assert campaign.startswith("c20260305-")


def test_what_four_accounts_do_is_no_campaign(spark: SparkSession) -> None:
    assert events(spark, cluster("k", "abcd")) == set()
