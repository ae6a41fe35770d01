"""What happens in the life of simulated campaigns is in the raw zone, and the truth says so."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from jobs.simulate import truth, worlds
from jobs.simulate.population import Builder
from jobs.simulate.specs import HARD, NETWORK_FIRST, ONE_ADDRESS, PARTLY, SOFT, Preset, Turn

FIRST = date(2026, 3, 2)
DAYS = 10
LIFE = Preset(
    1_300, DAYS, (HARD, PARTLY, ONE_ADDRESS, SOFT, NETWORK_FIRST), (),
    turns=(Turn("pause", "borage", 2, until=7), Turn("merge", "clover", 5, into="dodder"), Turn("split", "gorse", 4),
           Turn("rotate", "aster", 3)),
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lives")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(worlds.PRESETS, "life", LIFE)
        worlds.write_world(root, "life", seed=3, first_day=FIRST)
    return root


def rows(root: Path, table: str, day: int) -> list[dict[str, object]]:
    file = root / "raw" / table / f"ds={FIRST + timedelta(days=day)}" / "part-0.parquet"
    return pq.ParquetFile(file).read().to_pylist()


def known(root: Path, table: str) -> list[dict[str, object]]:
    return pq.ParquetFile(root / "truth" / f"{table}.parquet").read().to_pylist()


def members(root: Path, campaign: str) -> set[object]:
    return {
        row["account_id"]
        for row in known(root, "accounts")
        if (row["campaign_id"], row["role"]) == (campaign, "operated")
    }


def made(root: Path, day: int) -> list[dict[str, object]]:
    """Requests of that day; what came late is of another."""
    return [row for row in rows(root, "api_requests", day) if row["requested_at"].date() == nth(day)]  # type: ignore[attr-defined]


def working(root: Path, day: int) -> set[object]:
    return {row["account_id"] for row in made(root, day)}


def nth(day: int) -> date:
    return FIRST + timedelta(days=day)


def test_a_campaign_that_pauses_does_nothing_until_it_comes_back(world: Path) -> None:
    mine = members(world, "true-borage")
    assert [bool(mine & working(world, day)) for day in range(DAYS)] == [day < 2 or day >= 7 for day in range(DAYS)]


def test_what_merges_takes_over_the_others_prompts_and_counts_for_it(world: Path) -> None:
    moved = {row["account_id"] for row in known(world, "moves") if row["campaign_id"] == "true-dodder"}
    assert moved == members(world, "true-clover")
    clients = [{row["tls_ja4"] for row in made(world, day) if row["account_id"] in moved} for day in (4, 6)]
    dodder = members(world, "true-dodder")
    others = {row["tls_ja4"] for row in made(world, 6) if row["account_id"] in dodder}
    assert not clients[0] & clients[1]
    assert clients[1] <= others
    counted = {row["activity_date"] for row in known(world, "daily") if row["campaign_id"] == "true-clover"}
    assert max(counted) == nth(4)  # type: ignore[type-var]


def test_what_splits_off_works_with_a_hand_of_its_own(world: Path) -> None:
    moved = {row["account_id"] for row in known(world, "moves") if row["campaign_id"] == "true-gorse-heir"}
    stayed = members(world, "true-gorse") - moved
    assert 0.3 < len(moved) / len(moved | stayed) < 0.5
    used: dict[bool, set[object]] = defaultdict(set)
    for row in made(world, 6):
        if row["account_id"] in moved | stayed:
            used[row["account_id"] in moved].add(row["system_prompt_hash"])
    assert len(used[True]) == len(used[False]) == 1
    assert used[True] != used[False]


def test_a_rotation_replaces_half_the_accounts_and_every_card_within_a_week(world: Path) -> None:
    mine = members(world, "true-aster")
    changed = [row for row in known(world, "successions") if row["account_id"] in mine]
    old, new = {row["replaces"] for row in changed}, {row["account_id"] for row in changed}
    before = mine & working(world, 2)
    assert 0.4 < len(old & before) / len(before) < 0.6
    assert not new & before
    states = {row["account_id"]: row["status"] for row in rows(world, "accounts", DAYS - 1)}
    assert {states[account] for account in old} == {"banned"}

    def cards(day: int) -> set[object]:
        here = mine & working(world, day)
        return {r["x_instrument_fingerprint"] for r in rows(world, "charges", day) if r["billing_account_id"] in here}

    assert cards(DAYS - 1)
    assert not cards(2) & cards(DAYS - 1)


def test_events_follow_from_the_days_on_which_exchanges_were_made() -> None:
    class World:
        campaigns = (HARD, PARTLY)
        moves: tuple[tuple[int, int, int], ...] = ()

    exchanges = np.zeros((2, 80), np.int64)
    exchanges[0, [3, 4, 30, 31]] = 5  # works, sleeps from day 18, wakes on day 30, sleeps on 45, retires on 73
    exchanges[1, 20:80] = 5
    told = truth.events(World(), exchanges, FIRST).to_pylist()  # type: ignore[arg-type]
    assert [(row["campaign_id"], row["event"], (row["day"] - FIRST).days) for row in told] == [
        ("true-aster", "born", 3),
        ("true-aster", "dormant", 18),
        ("true-aster", "dormant", 45),
        ("true-aster", "retired", 73),
        ("true-aster", "revived", 30),
        ("true-borage", "born", 20),
    ]


def test_who_merged_neither_sleeps_nor_retires() -> None:
    class World(Builder):
        def __init__(self) -> None:
            self.campaigns, self.moves = [HARD, PARTLY], [(0, 1, 10)]
            self.accounts = type("Accounts", (), {"campaign": np.array([0])})()

    exchanges = np.zeros((2, 80), np.int64)
    exchanges[0, :10] = exchanges[1, :] = 5
    told = truth.events(World(), exchanges, FIRST).to_pylist()
    assert {(row["campaign_id"], row["event"], row["other_campaign_id"]) for row in told} == {
        ("true-aster", "born", "true-aster"),
        ("true-aster", "merged_into", "true-borage"),
        ("true-borage", "born", "true-borage"),
    }
