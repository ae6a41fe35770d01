"""What a build records comes back as it was, from builds of earlier versions with defaults."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jobs.lake.builds import Build
from jobs.nights.records import Judged, Staged, Transformed

NIGHT = date(2026, 3, 5)
DELIVERY = {"table_name": "logins", "staged": 5, "rejected": 2}


def build(properties: dict[str, str]) -> Build:
    return Build("staged.logins", NIGHT, "made", 5, 1, 0, properties)


@pytest.mark.parametrize(
    "record",
    [
        Staged("k1", NIGHT, DELIVERY),
        Staged("k1", NIGHT, DELIVERY, {"raw/f": (1, 2, "abc")}, ("r.parquet",), {"2026-03-06": "d"}, {}, "gone"),
        Staged("k1", NIGHT, DELIVERY, brings_late={"2026-03-04": (3, "d")}),
    ],
)
def test_a_staged_night_comes_back_as_it_was(record: Staged) -> None:
    assert Staged.of(build(record.properties())) == record


@pytest.mark.parametrize(
    "record", [Transformed({"a.b": {"2026-03-05": 7}}), Judged(True, {}), Judged(False, {"a": {"d": 1}})]
)
def test_what_was_read_comes_back_as_it_was(record: Any) -> None:
    assert type(record).of(build(record.properties())) == record


def test_a_build_that_says_nothing_of_a_delivery_is_not_staged() -> None:
    assert Staged.of(build({"inputs": "{}"})) is None


def test_a_build_of_an_earlier_version_knows_its_own_night_and_nothing_of_late_rows() -> None:
    old = Staged.of(build({"key": "k1", "delivery": "{}"}))
    assert old is not None
    assert (old.knows, old.brings_late, old.left_out) == (NIGHT, None, None)


def test_erased_rows_move_from_what_they_were_to_erased() -> None:
    left = Staged("k1", NIGHT, DELIVERY, rejected_files=("a", "b")).without(2, 1, ["b"])
    assert (left.delivery["staged"], left.delivery["rejected"], left.delivery["erased"]) == (3, 1, 3)
    assert left.rejected_files == ("b",)
