"""Fits the bits of the features to groups with known truth, and judges every cause by a fit that never saw it.

    python -m tests.lab.judging.fit FILE.parquet [FILE ...]      files that `tests.lab.judging.groups` wrote

Prints the fitted bits beside those in force, and for each cause, the worst first, what the groups of it come to: their log-odds
under a fit without the cause, and what the rule in force calls them. Logistic regression of "an operator's" on the strengths
of the features; of features that one cause explains the strongest counts; a feature speaks for or against by the sign it has
in force, never otherwise; ridge shrinkage towards no evidence; every cause weighs alike, and both sides weigh alike.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from scipy.optimize import minimize

from jobs.campaigns.registry import DELIBERATE, MIN_DELIBERATE_ACCOUNTS, SUSPICIOUS
from jobs.graph.intent.base_rates import Rates, others, shown
from jobs.graph.intent.features import FEATURES
from jobs.graph.intent.hypotheses import weigh
from jobs.graph.intent.lines import ceiling
from jobs.vocabulary import LINES, Verdict

SHRINKAGE, EACH_SIDE, MOST = (
    0.05,
    20.0,
    8.0,
)  # ridge on natural log-odds; weight of all groups of a side; largest weight
CAUSES = sorted({feature.cause for feature in FEATURES if feature.bits})
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """One group that a night found: strengths of its features, and what is true of it.

    `pure`: share (0..1) of its accounts that are of its cause and group; `operated`: that any operator works.
    """

    world: str
    is_operators: bool
    cause: str
    accounts: int
    pure: float
    operated: float
    strengths: dict[str, float]

    def row(self) -> list[float]:
        """The strongest feature of each cause, signed as it speaks."""
        best = dict.fromkeys(CAUSES, 0.0)
        for feature in FEATURES:
            mine = self.strengths.get(feature.name, 0.0) * np.sign(feature.bits)
            if feature.bits and abs(mine) > abs(best[feature.cause]):
                best[feature.cause] = mine
        return [best[cause] for cause in CAUSES]

    def judged(self, rates: Rates) -> tuple[str, float]:
        """Verdict and likelihood by the rule in force in a night of these rates; see `jobs.campaigns.registry`."""
        found = weigh(self.strengths, others(rates, self.strengths))
        bits = {line: sum(piece.bits for piece in found.pieces if piece.line == line) for line in LINES}
        odds = min(found.log_odds_bits, ceiling(bits, found.log_odds_bits)[0])
        likelihood = 1 / (1 + 2**-odds)
        if likelihood >= DELIBERATE and self.accounts >= MIN_DELIBERATE_ACCOUNTS:
            return Verdict.DELIBERATE, likelihood
        return Verdict.SUSPICIOUS if likelihood >= SUSPICIOUS else Verdict.INCIDENTAL, likelihood


def read(paths: Iterable[Path]) -> list[Group]:
    """Groups of innocents, of ordinary accounts and of operators; those of stolen accounts are none of the three."""
    known = {feature.name: feature for feature in FEATURES}
    found: dict[tuple[Any, ...], dict[str, float]] = defaultdict(dict)
    for path in paths:
        for row in pq.read_table(path).to_pylist():
            if row["kind"] != "victim" and row["feature"] in known:
                key = (
                    row["world"],
                    row["campaign_id"],
                    row["kind"],
                    row["cause"],
                    row["accounts"],
                    row["pure"],
                    row.get("operated", row["pure"]),
                )
                found[key][row["feature"]] = known[row["feature"]].strength(row["figure"])
    return [
        Group(world, kind == "operator", f"{kind}: {cause}", accounts, pure, operated, each)
        for (world, _, kind, cause, accounts, pure, operated), each in sorted(found.items())
    ]


def rates(groups: Iterable[Group]) -> Rates:
    """How ordinary each feature is among the groups of one night."""
    shows = [(name, is_shown) for group in groups for name, is_shown in shown(group.strengths).items()]
    looked, found = Counter(name for name, _ in shows), Counter(name for name, is_shown in shows if is_shown)
    return {name: (looked[name], found[name]) for name in looked}


def fit(groups: list[Group]) -> Floats:
    """Intercept and one weight (>= 0, natural log-odds) per cause."""
    rows, is_theirs = np.array([group.row() for group in groups]), np.array([group.is_operators for group in groups])
    alike = {group.cause: sum(each.cause == group.cause for each in groups) for group in groups}
    weight = np.array([1 / alike[group.cause] for group in groups])
    weight = EACH_SIDE * np.where(is_theirs, weight / weight[is_theirs].sum(), weight / weight[~is_theirs].sum())

    def loss(beta: Floats) -> float:
        log_odds = beta[0] + rows @ beta[1:]
        wrong = np.logaddexp(0, np.where(is_theirs, -log_odds, log_odds))
        return float(weight @ wrong + SHRINKAGE / 2 * (beta[1:] ** 2).sum())

    bounds = [(None, None), *[(0.0, MOST)] * len(CAUSES)]
    found: Floats = minimize(loss, np.zeros(len(bounds)), bounds=bounds, method="L-BFGS-B").x
    return found


def main(paths: list[Path]) -> None:
    groups = read(paths)
    in_force = {cause: max((f.bits for f in FEATURES if f.cause == cause), key=abs) for cause in CAUSES}
    for cause, weight in zip(CAUSES, fit(groups)[1:] / np.log(2), strict=True):
        print(f"{cause:24} fitted {np.sign(in_force[cause]) * weight:+5.1f}   in force {in_force[cause]:+5.1f}")
    nights = {name: rates(group for group in groups if group.world == name) for name in {g.world for g in groups}}
    rows = []
    for cause in sorted({group.cause for group in groups}):
        mine = [group for group in groups if group.cause == cause]
        beta = fit([group for group in groups if group.cause != cause]) / np.log(2)
        odds = np.array([beta[0] + np.array(group.row()) @ beta[1:] for group in mine])
        called = [group.judged(nights[group.world])[0] for group in mine]
        worst = -odds.min() if mine[0].is_operators else odds.max()
        counts = " ".join(f"{called.count(verdict)} {verdict}" for verdict in list(Verdict)[:3])
        rows.append(
            (
                -worst,
                f"{cause:36} {len(mine):4} groups, left out {odds.min():+5.1f} to {odds.max():+5.1f} bits; {counts}",
            )
        )
    print("\n".join(["", *(text for _, text in sorted(rows))]))


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
