"""What drawn groups are is what they do: each way of running accounts, and each innocent cause, in the world itself."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.simulate import guises, people, worlds
from jobs.simulate.drawing import drawn
from jobs.simulate.people import DAY_US, NEVER, Column
from jobs.simulate.population import Builder
from jobs.simulate.specs import PRESETS
from jobs.simulate.traffic import batches

FIRST = date(2026, 3, 2)
FIRST_US = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) * 1_000_000
DAYS = 10


def built(*only: str, seed: int = 1, preset: str = "causes") -> Builder:
    plan = drawn(PRESETS[preset], worlds.generator(seed, 4), 2_000, (), only)
    return worlds.populate(plan, worlds.generator(seed, 0), 2_000, FIRST_US, DAYS)


def operated(build: Builder) -> Column:
    return np.flatnonzero(build.accounts.role == "operated")


def innocents(build: Builder, number: int = 1) -> Column:
    return np.flatnonzero(build.accounts.lookalike_group == f"innocent-{number}")


def works_on(build: Builder, index: Column, day: int) -> set[int]:
    """Accounts that work for a campaign on a day."""
    everything = people.joined([build.streams, *build.extra])
    here = (everything.campaign >= 0) & (everything.first_day <= day) & (day < everything.last_day)
    return set(everything.account[here].tolist()) & set(index.tolist())


@pytest.mark.parametrize("way", sorted(guises.OPERATED["way"]))
def test_a_world_of_each_way_keeps_the_contract_and_says_who_is_who(tmp_path: Path, way: str) -> None:
    worlds.write_world(tmp_path, "causes", 2, 800, 6, FIRST, only=[f"way={way}"])
    (last,) = (tmp_path / "raw" / "accounts" / "ds=2026-03-07").glob("*.parquet")
    created = {row["account_id"]: row["created_at"] for row in pq.ParquetFile(last).read().to_pylist()}
    parts = sorted((tmp_path / "raw" / "api_requests").glob("*/*.parquet"))
    made = pa.concat_tables(pq.ParquetFile(part).read(["account_id", "requested_at"]) for part in parts).to_pylist()
    assert not [row for row in made if row["account_id"] and created[row["account_id"]] > row["requested_at"]]
    groups = {row["group_id"]: row for row in pq.ParquetFile(tmp_path / "truth" / "groups.parquet").read().to_pylist()}
    accounts = pq.ParquetFile(tmp_path / "truth" / "accounts.parquet").read().to_pylist()
    mine = [row["campaign_id"] if row["role"] == "operated" else row["lookalike_group"] for row in accounts]
    sizes = Counter(mine)
    assert {name: sizes[name] for name in groups} == {name: row["accounts"] for name, row in groups.items()}
    (operator,) = [row for row in groups.values() if row["kind"] == "operator"]
    assert operator["way"] == way
    assert operator["cause"].startswith(f"way={way};")
    (campaign,) = pq.ParquetFile(tmp_path / "truth" / "campaigns.parquet").read().to_pylist()
    assert (campaign["campaign_id"], campaign["tier"]) == (operator["group_id"], way)
    assert campaign["exchanges"] > 0
    assert not [row for row in accounts if row["role"] == "operated" and row["lookalike"] is not None]


def test_accounts_that_live_two_days_follow_each_other() -> None:
    build = built("way=two_days", "resilience=none")
    index = operated(build)
    days = [works_on(build, index, day) for day in range(DAYS)]
    start = next(day for day, here in enumerate(days) if here)
    assert all(days[day] for day in range(start, DAYS - 1))
    assert not any(days[day] & days[day + 2] for day in range(DAYS - 2))
    ahead = build.first_us + build.streams.first_day[index] * DAY_US - build.accounts.created_us[index]
    assert (ahead > 0).all()
    assert (ahead < DAY_US).all()


def test_who_returns_after_a_pause_has_everything_new_but_the_prompts() -> None:
    build = built("way=pause_and_return", "payment=shared_batch", seed=3)
    index = operated(build)
    active = [works_on(build, index, day) for day in range(DAYS)]
    assert not active[4] | active[5]
    before, after = (np.array(sorted(active[day])) for day in (3, 8))
    assert len(before)
    assert len(after)
    accounts, streams = build.accounts, build.streams
    for column in (accounts.card, accounts.device, accounts.email, streams.client, streams.address[:, 0]):
        assert not set(column[before]) & set(column[after])
    assert set(streams.template[after].ravel()) <= set(streams.template[before].ravel())


def test_a_bought_account_is_somebodys_until_one_day_and_pays_anew_from_then() -> None:
    build = built("way=bought_past")
    index = operated(build)
    (day,) = set(build.streams.first_day[index].tolist())
    assert 0 < day < DAYS
    (past,) = [part for part in build.extra if set(part.account) == set(index)]
    assert set(past.campaign) == {-1}
    assert set(past.last_day) == {day}
    assert (past.first_day < day).all()
    assert len({tuple(row) for row in past.template.tolist()}) > 0.8 * len(
        index
    )  # prompts of their own or a framework's
    accounts = build.accounts
    assert (accounts.created_us[index] < build.first_us).all()
    assert not set(accounts.cards_on(day)[index]) & set(accounts.cards_on(day - 1)[index])


def test_a_handful_works_at_high_volume() -> None:
    build = built("way=handful")
    index = operated(build)
    assert 8 <= len(index) <= 15
    assert build.streams.rate[index].min() > 150


def test_a_relayed_account_carries_customers_with_prompts_of_their_own_through_its_exits() -> None:
    build = built("way=relay")
    index = operated(build)
    (customers,) = [part for part in build.extra if set(part.account) == set(index)]
    assert min(Counter(customers.account.tolist()).values()) >= 10
    assert (customers.address == build.streams.address[customers.account]).all()
    assert len(set(customers.template[:, 0])) > len(index)
    assert not set(build.streams.template[index].ravel()) & set(customers.template.ravel())


def test_an_operator_inside_a_reseller_shares_all_but_the_work_with_honest_customers() -> None:
    build = built("way=inside_reseller", "payment=one_payer", "software=app", "content=free")
    index = operated(build)
    (name,) = {group.inside for group in build.groups if group.inside}
    honest = np.flatnonzero(build.accounts.lookalike_group == name)
    assert len(honest) >= 8
    both = np.concatenate([index, honest])
    for column in (build.accounts.card, build.accounts.device, build.streams.client, build.streams.system_prompt):
        assert len(set(column[both])) == 1
    assert not set(build.streams.template[index].ravel()) & set(build.streams.template[honest].ravel())
    assert build.streams.template_share[index].min() > build.streams.template_share[honest].max()


def test_sleeping_and_rotating_accounts_take_their_turns() -> None:
    build = built("way=pauses", "resilience=none")
    active = [bool(works_on(build, operated(build), day)) for day in range(3, DAYS)]
    assert active == [True, False, False, False, True, True, True]
    assert built("way=rotates").successions


def test_rewritten_requests_have_nothing_left_of_their_template() -> None:
    build = built("content=rewritten")
    assert build.streams.template_keep[operated(build)].max() < 0.05


def test_jobs_at_two_fire_at_two_whatever_other_beats_there_are() -> None:
    build = built("schedule=at_two", seed=2)
    starts = batches(worlds.generator(1, 2), build.beats)
    for group in build.groups:
        if group.spec is None:
            (beat,) = set(build.streams.beat[np.flatnonzero(build.accounts.lookalike_group == group.group_id)])
            assert set(starts[beat]) == {7_200.0}


def test_an_event_is_of_one_day_or_two() -> None:
    build = built("schedule=event")
    streams, index = build.streams, innocents(build)
    (day,) = set(streams.first_day[index].tolist())
    assert set((streams.last_day[index] - day).tolist()) <= {1, 2}


def test_a_seller_makes_series_and_buyers_write_what_they_like() -> None:
    build = built("origin=account_seller", "network=foreign", seed=4)
    accounts, index = build.accounts, innocents(build)
    assert len({mail.split("@")[1] for mail in accounts.email[index]}) == 1
    assert set(accounts.card_funding[index]) == {"prepaid"}
    assert len(set(accounts.device[index])) < len(index)
    assert len(set(accounts.country[index].tolist())) > 1
    assert (build.streams.last_day[index] == NEVER).all()


def test_a_class_is_marked_as_education_only_where_it_asked() -> None:
    for origin, programme in (("class_programme", {"education"}), ("class_quiet", {None})):
        build = built(f"origin={origin}", "purpose=none")
        accounts, index = build.accounts, innocents(build)
        assert set(accounts.access_program[index]) == programme
        assert np.ptp(accounts.created_us[index].astype(np.int64)) < DAY_US // 8 + 1
        assert len(set(accounts.country[index].tolist())) == 1


def test_a_world_that_is_quiet_operates_nobody() -> None:
    build = built(preset="quiet_causes")
    assert not len(operated(build))
    assert len(innocents(build)) >= 8
