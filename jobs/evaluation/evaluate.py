"""How right the published tables are, against known truth.

The published tables are those of the output contract, all nights; the truth is what a simulated world wrote. Everything
is measured on the last night unless it is about time. An account is *accused* when it is a member with role `operated`
of a campaign whose verdict is `deliberate`; at `suspicious` or above, of one whose verdict is either. Being linked in
an `incidental` or `benign` campaign, or as `victim` or `shared_infrastructure`, accuses nobody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.errors import IolausError, UsageError
from jobs.evaluation.chronicles import chronicle
from jobs.evaluation.histories import attributed_volume, detection_days, persistence
from jobs.evaluation.scores import (  # fmt: skip
    Number,
    account_scores,
    b_cubed,
    calibration,
    lookalikes,
    pairwise,
    ratio,
    told_apart,
    victims,
)
from jobs.evaluation.sides import DELIBERATE, SUSPECTED, found_campaigns, innocent, match, said_on, truth_on


@dataclass(frozen=True)
class Report:
    """Metrics of one world: over everything, by tier, by kind of look-alike, by true campaign."""

    as_of_date: str
    nights: int
    overall: dict[str, Number]
    by_tier: dict[str, dict[str, Number]]
    lookalikes: dict[str, dict[str, int]]
    campaigns: list[dict[str, Any]]
    calibration: list[dict[str, Number]] = field(default_factory=list)

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True)

    def rows(self) -> list[tuple[str, ...]]:
        """Text for a table: a heading (`metric`, `all`, each tier), then one row per metric."""
        tiers = sorted(self.by_tier)
        lines = [("metric", "all", *tiers)]
        for name, value in self.overall.items():
            lines.append((name, shown(value), *(shown(self.by_tier[tier].get(name)) for tier in tiers)))
        return lines

    def lookalike_rows(self) -> list[tuple[str, ...]]:
        """Text for a table: a heading, then one row per kind of look-alike."""
        heading = ("look-alike", "accounts", "accused", "suspected", "campaigns accused")
        columns = ("accounts", "accused", "suspected", "campaigns_accused")
        return [heading, *((kind, *(str(row[c]) for c in columns)) for kind, row in sorted(self.lookalikes.items()))]


PUBLISHED = ("campaigns", "campaign_members", "account_verdicts", "campaign_daily", "campaign_lineage")
TRUTH = ("accounts", "campaigns", "daily")
OF_LIVES = ("moves", "successions", "events")  # what takes many nights to judge


def read_truth(folder: Path) -> dict[str, pa.Table]:
    """The truth tables that `iolaus simulate` wrote; those of OF_LIVES where they are there.

    Raises `UsageError` naming the first file of TRUTH that is missing.
    """
    files = {name: folder / f"{name}.parquet" for name in (*TRUTH, *OF_LIVES)}
    for name in TRUTH:
        if not files[name].is_file():
            raise UsageError(
                f"The truth has no file {files[name]}: --truth takes a folder that `iolaus simulate` wrote."
            )
    return {name: pq.ParquetFile(path).read() for name, path in files.items() if path.is_file()}


def shown(value: Number) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def evaluate(published: Mapping[str, pa.Table], truth: Mapping[str, pa.Table]) -> Report:
    """Compare the tables PUBLISHED with the truth tables, those of OF_LIVES where they are there.

    Raises IolausError if no night was published.
    """
    nights = sorted(set(published["campaigns"].column("as_of_date").to_pylist()))
    nights = sorted({*nights, *published["account_verdicts"].column("as_of_date").to_pylist()})
    if not nights:
        raise IolausError("No published night to evaluate in campaigns; run a night first with iolaus run.")
    last = nights[-1]
    known = truth_on(truth, last)
    said = said_on(published, last)
    tiers = sorted(set(known.tier.values()))
    history = [(night, truth_on(truth, night), said_on(published, night)) for night in nights]
    matched = match(said.operated(), known.operated)
    found = found_campaigns(said, known)
    delays = detection_days(history, truth["daily"])
    kept = persistence(history)
    volumes = attributed_volume(published["campaign_daily"], truth["daily"], said, matched, last)
    bins, error = calibration(published["account_verdicts"], known, last)

    def metrics(tier: str | None) -> dict[str, Number]:
        mine = {campaign for campaign, name in known.tier.items() if tier in (None, name)}
        values: dict[str, Number] = {}
        for name, verdicts in (("account", DELIBERATE), ("suspected_account", SUSPECTED)):
            values |= account_scores(name, said.operated(verdicts), known, matched, None if tier is None else mine)
        scope = None if tier is None else {account for account, own in known.operated.items() if own in mine}
        partition = said.partition(SUSPECTED)
        values |= pairwise(known.operated, partition, scope)
        values |= b_cubed(known.operated, partition, scope)
        values["campaigns"] = len(mine)
        values["campaigns_found"] = len(found & mine)
        ours = [delays[campaign] for campaign in sorted(mine)]
        seen = [days for days in ours if days is not None]
        values["median_days_to_detection"] = float(median(seen)) if seen else None
        values["id_persistence"] = ratio(sum(kept[c][0] for c in mine), sum(kept[c][1] for c in mine))
        attributed = sum(volumes[campaign][0] for campaign in mine) if tier else volumes[None][0]
        values["volume_attributed"] = ratio(attributed, sum(volumes[campaign][1] for campaign in mine))
        return values

    overall = metrics(None)
    overall["innocent_campaigns"] = len(innocent(said.operated(DELIBERATE), known))
    overall["innocent_campaigns_suspected"] = len(innocent(said.operated(SUSPECTED), known))
    blob = max((len(members) for members in said.operated().values()), default=0)
    overall["largest_blob"] = blob
    overall["largest_blob_share"] = ratio(blob, len(known.accounts))
    overall["calibration_error"] = error
    overall |= victims(said, known)
    if set(OF_LIVES) <= set(truth):
        overall |= chronicle(history, published["campaign_lineage"], truth)
    overall["operators_told_apart"] = told_apart(truth["campaigns"], known, said.partition(SUSPECTED))
    detail = [
        {"campaign_id": campaign, "tier": known.tier[campaign], "found": campaign in found,
         "days_to_detection": delays[campaign], "published_as": matched.get(campaign),
         "exchanges_attributed": volumes[campaign][0], "exchanges": volumes[campaign][1]}
        for campaign in sorted(known.tier)
    ]  # fmt: skip
    return Report(
        str(last), len(nights), overall, {t: metrics(t) for t in tiers}, lookalikes(said, known), detail, bins
    )
