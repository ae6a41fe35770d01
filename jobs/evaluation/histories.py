"""What takes more than one night or one number to judge: volume over time, days to detection, ids that last."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

import pyarrow as pa

from jobs.columns import WINDOW_DAYS
from jobs.evaluation.sides import DELIBERATE, Published, Truth, found_campaigns, match, on

DETECTABLE_EXCHANGES = 50  # volume from which days to detection are counted


def attributed_volume(daily: pa.Table, true_daily: pa.Table, said: Published, matched: Mapping[str, str],
                      night: date) -> dict[str | None, tuple[int, int]]:  # fmt: skip
    """Exchanges (attributed, true) of each true campaign over the 28 days to that night.

    Attributed are those of the deliberate campaign matched to it, once: two true campaigns merged into one share it by
    their true volume. Key None sums every deliberate campaign, so blaming innocents shows as more than the truth.
    """
    start = night - timedelta(days=WINDOW_DAYS - 1)
    said_sum: Counter[str] = Counter()
    for campaign, day, exchanges in on(daily, night, "campaign_id", "activity_date", "exchanges"):
        if start <= day <= night and said.verdict.get(campaign) in DELIBERATE:
            said_sum[campaign] += exchanges
    true_sum: Counter[str] = Counter()
    for campaign, day, exchanges in zip(
        *(true_daily.column(name).to_pylist() for name in ("campaign_id", "activity_date", "exchanges")), strict=True
    ):
        if start <= day <= night:
            true_sum[campaign] += exchanges
    claims: Counter[str] = Counter()
    for true, campaign in matched.items():
        claims[campaign] += true_sum[true]
    volumes: dict[str | None, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for true, count in true_sum.items():
        mine = matched.get(true)
        volumes[true] = (said_sum[mine] * count // claims[mine] if mine is not None and claims[mine] else 0, count)
    volumes[None] = (said_sum.total(), true_sum.total())
    return volumes


def detection_days(history: list[tuple[date, Truth, Published]], daily: pa.Table) -> dict[str, int | None]:
    """Days from the night on which a true campaign has made 50 exchanges to the first night that finds it.

    Found means as in `found_campaigns`, among the accounts active by that night. Found earlier counts as 0; never
    found, or never 50 exchanges, is None.
    """
    made: dict[str, dict[date, int]] = defaultdict(dict)
    for campaign, day, exchanges in zip(
        *(daily.column(name).to_pylist() for name in ("campaign_id", "activity_date", "exchanges")), strict=True
    ):
        made[campaign][day] = exchanges
    first_found: dict[str, date] = {}
    for night, known, said in history:
        for campaign in found_campaigns(said, known):
            first_found.setdefault(campaign, night)
    days: dict[str, int | None] = {}
    for campaign in history[-1][1].tier:
        days[campaign] = None
        total = 0
        for day in sorted(made[campaign]):
            total += made[campaign][day]
            if total >= DETECTABLE_EXCHANGES:
                if campaign in first_found:
                    days[campaign] = max(0, (first_found[campaign] - day).days)
                break
    return days


def persistence(history: list[tuple[date, Truth, Published]]) -> dict[str, tuple[int, int]]:
    """For each true campaign: how often its published id of one night was its id on the next, and how often it could.

    Its published id is that of the campaign, of any verdict, that holds most of its accounts.
    """
    kept: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    ids = [match(said.operated(), known.operated) for _, known, said in history]
    for before, after in itertools.pairwise(ids):
        for campaign in before.keys() & after.keys():
            same, chances = kept[campaign]
            kept[campaign] = (same + (before[campaign] == after[campaign]), chances + 1)
    return kept
