"""Agreement of the published accounts, clusters and likelihoods with the truth, counted without listing pairs.

A ratio without a denominator is None, never 0 or 1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from jobs.evaluation.sides import DELIBERATE, SUSPECTED, Published, Truth, innocent, on, owner
from jobs.vocabulary import Role

CALIBRATION_BINS = 10

Number = float | int | None


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def account_scores(name: str, clusters: Mapping[str, set[str]], known: Truth, matched: Mapping[str, str],
                   mine: set[str] | None) -> dict[str, Number]:  # fmt: skip
    """Precision and recall over accounts.

    Within a tier, recall is over its accounts, and precision over the published campaigns whose owner is of the tier.
    """
    accused = {account for members in clusters.values() for account in members}
    wanted = {account for account, campaign in known.operated.items() if mine is None or campaign in mine}
    ours = accused
    if mine is not None:
        ours = {a for members in clusters.values() if owner(members, known.operated) in mine for a in members}
    return {
        f"{name}_precision": ratio(len(ours & known.operated.keys()), len(ours)),
        f"{name}_recall": ratio(len(accused & wanted), len(wanted)),
    }


def pairs(count: int) -> int:
    return count * (count - 1) // 2


def pairwise(truth: Mapping[str, str], said: Mapping[str, str], scope: set[str] | None = None) -> dict[str, Number]:
    """Precision, recall and F1 over pairs of accounts in one cluster; accounts in no cluster are alone.

    With a `scope` (a union of true clusters) only pairs with at least one account of it count.
    """
    sizes_true = Counter(c for account, c in truth.items() if scope is None or account in scope)
    sizes_said = Counter(said.values())
    outside = Counter(c for account, c in said.items() if scope is not None and account not in scope)
    both = Counter((c, said[a]) for a, c in truth.items() if a in said and (scope is None or a in scope))
    right = sum(pairs(n) for n in both.values())
    true_pairs = sum(pairs(n) for n in sizes_true.values())
    said_pairs = sum(pairs(n) - pairs(outside[c]) for c, n in sizes_said.items())
    return {
        "pairwise_precision": ratio(right, said_pairs),
        "pairwise_recall": ratio(right, true_pairs),
        "pairwise_f1": ratio(2 * right, true_pairs + said_pairs),
    }


def b_cubed(truth: Mapping[str, str], said: Mapping[str, str], scope: set[str] | None = None) -> dict[str, Number]:
    """B-cubed (Bagga and Baldwin 1998) over accounts in a true or a published cluster, or over `scope`."""
    sizes_true, sizes_said = Counter(truth.values()), Counter(said.values())
    both = Counter((c, said[account]) for account, c in truth.items() if account in said)
    accounts = sorted({*truth, *said} if scope is None else scope)
    precision = recall = 0.0
    for account in accounts:
        true, cluster = truth.get(account), said.get(account)
        common = both[true, cluster] if true is not None and cluster is not None else 1
        precision += common / (sizes_said[cluster] if cluster is not None else 1)
        recall += common / (sizes_true[true] if true is not None else 1)
    if not accounts:
        return {"b_cubed_precision": None, "b_cubed_recall": None, "b_cubed_f1": None}
    precision, recall = precision / len(accounts), recall / len(accounts)
    return {
        "b_cubed_precision": precision,
        "b_cubed_recall": recall,
        "b_cubed_f1": 2 * precision * recall / (precision + recall),
    }


def lookalikes(said: Published, known: Truth) -> dict[str, dict[str, int]]:
    """By kind: accounts there are, accused, suspected; innocent deliberate campaigns in which the kind is largest."""
    deliberate = said.operated(DELIBERATE)
    accused = {account for members in deliberate.values() for account in members}
    suspected = {account for members in said.operated(SUSPECTED).values() for account in members}
    blamed: Counter[str] = Counter()
    for campaign in innocent(deliberate, known):
        kinds = Counter(known.lookalike.get(a, "none") for a in deliberate[campaign] if a not in known.operated)
        blamed[min(kinds, key=lambda kind: (-kinds[kind], kind))] += 1
    groups: dict[str, list[str]] = defaultdict(list)
    for account in known.accounts - known.operated.keys() - known.victims:
        groups[known.lookalike.get(account, "none")].append(account)
    return {
        kind: {
            "accounts": len(members),
            "accused": sum(account in accused for account in members),
            "suspected": sum(account in suspected for account in members),
            "campaigns_accused": blamed[kind],
        }
        for kind, members in sorted(groups.items())
    }


def victims(said: Published, known: Truth) -> dict[str, Number]:
    """Victims not suspected as operated (named a victim, or left out), and those named with the role `victim`."""
    suspected = {account for members in said.operated(SUSPECTED).values() for account in members}
    named = {account for _, account, role, _ in said.members if role == Role.VICTIM}
    return {
        "victims": len(known.victims),
        "victims_spared_share": ratio(len(known.victims - suspected), len(known.victims)),
        "victims_named_share": ratio(len((known.victims & named) - suspected), len(known.victims)),
    }


def told_apart(campaigns: pa.Table, known: Truth, said: Mapping[str, str]) -> float | None:
    """Share of published account pairs of two operators on one proxy network that are in different campaigns.

    Pairs are one account of each operator, both in some suspected campaign; None when there is no such pair.
    """
    networks: dict[str, list[str]] = defaultdict(list)
    for campaign, name in zip(
        campaigns.column("campaign_id").to_pylist(), campaigns.column("proxy_network").to_pylist(), strict=True
    ):
        if name is not None:
            networks[name].append(campaign)
    together = total = 0
    for sharing in networks.values():
        if len(sharing) < 2:
            continue
        inside: dict[str, Counter[str]] = defaultdict(Counter)
        for account, campaign in known.operated.items():
            if campaign in sharing and account in said:
                inside[said[account]][campaign] += 1
        placed: Counter[str] = Counter()
        for counts in inside.values():
            together += pairs(counts.total()) - sum(pairs(n) for n in counts.values())
            placed.update(counts)
        total += pairs(placed.total()) - sum(pairs(n) for n in placed.values())
    return ratio(total - together, total)


def calibration(verdicts: pa.Table, known: Truth, night: date) -> tuple[list[dict[str, Number]], float | None]:
    """Ten equal bins of `account_verdicts.likelihood` (mean said, share operated), and their expected error."""
    rows = sorted(on(verdicts, night, "account_id", "likelihood"), key=lambda row: str(row[0]))
    scored = [(float(likelihood), account in known.operated) for account, likelihood in rows if likelihood is not None]
    if not scored:
        return [], None
    said, true = (np.array(column, float) for column in zip(*scored, strict=True))
    place = np.minimum((said * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    bins: list[dict[str, Number]] = []
    error = 0.0
    for number in range(CALIBRATION_BINS):
        inside = place == number
        count = int(inside.sum())
        if count:
            mean_said, share = float(said[inside].mean()), float(true[inside].mean())
            error += count / len(said) * abs(mean_said - share)
            bins.append({"from": number / CALIBRATION_BINS, "accounts": count, "said": mean_said, "operated": share})
    return bins, error
