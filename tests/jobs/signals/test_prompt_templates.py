from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.prompt_templates import transform
from tests.jobs.signals.rows import NIGHT, Observed, given, observed


def sketch(*values: int) -> str:
    """16 values as a staged sketch."""
    assert len(values) == 16
    return "".join(f"{value:08x}" for value in values)


def bands(spark: SparkSession, *requests: tuple[str, str, str | None]) -> list[Observed]:
    rows = given(spark, "api_requests", "account_id requested_at prompt_sketch", *requests)
    return observed("prompt_templates", transform(NIGHT, rows))


TEMPLATE = list(range(16))
# A variant that keeps positions 0..5 and 15 of the template: bands 0 and 1 agree, and position 15 is in no band.
VARIANT = [value if place < 6 or place == 15 else value + 900 for place, value in enumerate(TEMPLATE)]
# A text that keeps two of the three positions of every band: similar, but no band agrees.
NEAR_MISS = [value if place % 3 else value + 800 for place, value in enumerate(TEMPLATE)]
BAND_0 = "b0:000000000000000100000002"
BAND_1 = "b1:000000030000000400000005"


def test_variants_of_one_template_share_the_bands_in_which_all_three_values_agree(spark: SparkSession) -> None:
    found = bands(
        spark,
        ("ann", "10:00", sketch(*TEMPLATE)),
        ("bob", "11:00", sketch(*VARIANT)),
        ("cid", "12:00", sketch(*NEAR_MISS)),
    )
    assert found == [
        ("2026-03-05", account, "prompt_template", band, 1) for account in ("ann", "bob") for band in (BAND_0, BAND_1)
    ]


def test_the_same_three_values_in_another_band_are_another_entity(spark: SparkSession) -> None:
    shifted = TEMPLATE[3:6] + [value + 700 for value in TEMPLATE[3:]]
    assert bands(spark, ("ann", "10:00", sketch(*TEMPLATE)), ("bob", "11:00", sketch(*shifted))) == []


def test_a_band_stays_when_it_repeats_in_the_day_even_if_nobody_else_met_it(spark: SparkSession) -> None:
    found = bands(
        spark,
        ("ann", "10:00", sketch(*TEMPLATE)),
        ("ann", "11:00", sketch(*VARIANT)),
        ("ann", "12:00", None),
    )
    assert found == [("2026-03-05", "ann", "prompt_template", band, 2) for band in (BAND_0, BAND_1)]


def test_one_account_that_met_a_band_once_on_each_of_two_days_is_not_two_accounts(spark: SparkSession) -> None:
    assert bands(spark, ("ann", "10:00", sketch(*TEMPLATE)), ("ann", "2026-03-04 10:00", sketch(*TEMPLATE))) == []


def test_partners_on_different_days_of_one_delivery_are_kept(spark: SparkSession) -> None:
    found = bands(spark, ("ann", "10:00", sketch(*TEMPLATE)), ("bob", "2026-03-04 10:00", sketch(*VARIANT)))
    assert [(day, account) for day, account, _, entity, _ in found if entity == BAND_0] == [
        ("2026-03-04", "bob"),
        ("2026-03-05", "ann"),
    ]
