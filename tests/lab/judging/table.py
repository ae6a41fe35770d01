"""What the rule in force says of groups with known truth: the tables of `docs/causes.md`, the worst first.

    python -m tests.lab.judging.table FILE.parquet [FILE ...]      files that `tests.lab.judging.groups` wrote of one round

Account recall is of all accounts that operators work in the worlds, those in no group included; precision is of the accounts of
campaigns called deliberate, whichever operator's they are. Likelihoods are the published ones, with their ceilings.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from jobs.vocabulary import Verdict
from tests.lab.judging.fit import Group, rates, read

BOUNDS = (0.0, 0.05, 0.45, 0.55, 0.75, 0.95, 1.01)
ACCUSING = (Verdict.DELIBERATE, Verdict.SUSPICIOUS)
PER = 8_000  # accounts of the world that false suspicions are counted by


@dataclass(frozen=True)
class Judged:
    """One group, what it is called and how likely."""

    group: Group
    verdict: str
    likelihood: float


def judged(groups: Sequence[Group]) -> list[Judged]:
    """Each in the night that it was found in."""
    nights = {world: rates(each for each in groups if each.world == world) for world in {g.world for g in groups}}
    return [Judged(group, *group.judged(nights[group.world])) for group in groups]


def accounts_of(paths: Sequence[Path]) -> tuple[int, int]:
    """Accounts of the worlds, and how many of them operators work."""
    counted = [pq.ParquetFile(path).schema_arrow.metadata or {} for path in paths]
    return sum(int(each[b"accounts"]) for each in counted), sum(int(each[b"operated"]) for each in counted)


def lines(found: Sequence[Judged], worlds: int, accounts: int, operated: int) -> list[str]:
    """The figures as text; `operated`: accounts that operators work in those worlds."""
    innocent = [each for each in found if not each.group.is_operators]
    theirs = [each for each in found if each.group.is_operators]
    accused = [each for verdict in ACCUSING for each in innocent if each.verdict == verdict]
    called = Counter(each.verdict for each in accused)
    said = [
        f"{worlds} worlds, {accounts:,} accounts, {len(innocent)} innocent groups: {called[Verdict.DELIBERATE]} deliberate, "
        f"{called[Verdict.SUSPICIOUS]} suspicious, {len(accused) / accounts * PER:.2f} per {PER:,} accounts"
    ]
    said += [
        f"    {each.verdict} {each.likelihood:.3f} {each.group.world} {each.group.cause} ({each.group.accounts})"
        for each in accused
    ]
    called, right = Counter(each.verdict for each in theirs), Counter[str]()
    for each in theirs:
        right[each.verdict] += round(each.group.accounts * each.group.operated)
    deliberate, suspicious = (right[verdict] for verdict in ACCUSING)
    everybody = sum(each.group.accounts for each in found if each.verdict == Verdict.DELIBERATE)
    of = max(operated, 1)
    said.append(
        f"{len(theirs)} groups of operators: {called[Verdict.DELIBERATE]} deliberate, {called[Verdict.SUSPICIOUS]} suspicious; "
        f"account recall {deliberate / of:.3f} deliberate, {(deliberate + suspicious) / of:.3f} suspicious and above, "
        f"{right.total() / of:.3f} in any group; precision {deliberate / max(everybody, 1):.4f}"
    )
    missed = Counter((each.group.cause.split(";")[0], each.verdict) for each in theirs)
    return said + [f"    {cause}: {times} {verdict}" for (cause, verdict), times in sorted(missed.items())]


def reliability(found: Sequence[Judged]) -> list[str]:
    """Likelihoods beside how often they were right, as text."""
    likelihood = np.array([each.likelihood for each in found])
    is_theirs = np.array([each.group.is_operators for each in found])
    said = []
    for low, high in pairwise(BOUNDS):
        here = (likelihood >= low) & (likelihood < high)
        if here.any():
            mean, share = likelihood[here].mean(), is_theirs[here].mean()
            said.append(f"    {low:.2f} to {high:.2f}: {here.sum():4} groups, mean {mean:.3f}, operators' {share:.3f}")
    place = np.minimum((likelihood * 10).astype(int), 9)
    gaps = [abs(likelihood[place == tenth].sum() - is_theirs[place == tenth].sum()) for tenth in range(10)]
    return [*said, f"expected calibration error {sum(gaps) / len(found):.3f}"]


def main(paths: list[Path]) -> None:
    found = judged(read(paths))
    print("\n".join([*lines(found, len(paths), *accounts_of(paths)), *reliability(found)]))


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
