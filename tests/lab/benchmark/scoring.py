"""What a detector's answers on one world are worth, whoever gave them.

An answer is a row: account_id, group (any text; accounts said to belong together), verdict (`deliberate`, `suspicious` or anything
else) and likelihood (0..1, or null) of the group. The truth says of every account its kind (ordinary, innocent, operator, victim),
cause and group. Counts, not ratios, so that worlds add up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from jobs.evaluation.scores import pairs
from jobs.vocabulary import Verdict
from tests.lab.judging.groups import majority

Answer = tuple[str, str, str, float | None]  # account, group, verdict, likelihood
Known = Mapping[str, tuple[str, str, str]]  # account to kind, cause and group
APART = 0.1  # of a told group's operated accounts: a second operator with fewer is a stray, not two told as one
TENTHS = 10


@dataclass(frozen=True)
class Score:
    """Counts over worlds: of accounts, groups and pairs of accounts."""

    accounts: int = 0
    operated: int = 0
    accused: int = 0
    accused_operated: int = 0
    suspected_operated: int = 0
    innocent_groups_accused: int = 0
    innocent_groups_suspected: int = 0
    operators_told_as_one: int = 0
    pairs_right: int = 0
    pairs_true: int = 0
    pairs_said: int = 0
    groups_judged: int = 0
    calibration_gap: float = 0.0

    def __add__(self, other: Score) -> Score:
        return Score(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def score(answers: Iterable[Answer], known: Known) -> Score:
    """One world's. Raises `ValueError` for an account that the world does not have, or one in two groups."""
    members: dict[str, list[str]] = defaultdict(list)
    verdict: dict[str, str] = {}
    likelihood: dict[str, float | None] = {}
    group_of: dict[str, str] = {}
    for account, group, called, likely in answers:
        if account not in known:
            raise ValueError(f"the world has no account {account}")
        if group_of.setdefault(account, group) != group:
            raise ValueError(f"account {account} is in two groups, {group_of[account]} and {group}")
        members[group].append(account)
        verdict[group], likelihood[group] = called, likely
    operated = {account: group for account, (kind, _, group) in known.items() if kind == "operator"}
    whose = {group: majority([known[account] for account in accounts])[0] for group, accounts in members.items()}
    called = {each: {g for g in members if verdict[g] == each} for each in (Verdict.DELIBERATE, Verdict.SUSPICIOUS)}
    deliberate, suspicious = called[Verdict.DELIBERATE], called[Verdict.SUSPICIOUS]
    accused = [account for group in deliberate for account in members[group]]
    told = {account: group for account, group in group_of.items() if group in deliberate | suspicious}
    both = Counter((operated[account], group) for account, group in told.items() if account in operated)
    return Score(
        accounts=len(known),
        operated=len(operated),
        accused=len(accused),
        accused_operated=sum(account in operated for account in accused),
        suspected_operated=sum(account in operated for account in told),
        innocent_groups_accused=sum(whose[group] in _INNOCENT for group in deliberate),
        innocent_groups_suspected=sum(whose[group] in _INNOCENT for group in suspicious),
        operators_told_as_one=_told_as_one(both),
        pairs_right=sum(pairs(n) for n in both.values()),
        pairs_true=sum(pairs(n) for n in Counter(operated.values()).values()),
        pairs_said=sum(pairs(n) for n in Counter(told.values()).values()),
        groups_judged=sum(likelihood[group] is not None for group in members),
        calibration_gap=_gap([(likelihood[group], whose[group] == "operator") for group in sorted(members)]),
    )


_INNOCENT = ("ordinary", "innocent")


def _told_as_one(both: Mapping[tuple[str, str], int]) -> int:
    """Told groups in which a second operator has its share."""
    inside: dict[str, list[int]] = defaultdict(list)
    for (_, group), accounts in both.items():
        inside[group].append(accounts)
    return sum(sorted(counts)[-2] >= APART * sum(counts) for counts in inside.values() if len(counts) > 1)


def _gap(judged: Iterable[tuple[float | None, bool]]) -> float:
    """Expected calibration error over tenths, times the groups."""
    tenths: dict[int, float] = defaultdict(float)
    for likely, is_theirs in judged:
        if likely is not None:
            tenths[min(int(likely * TENTHS), TENTHS - 1)] += likely - is_theirs
    return sum(abs(gap) for gap in tenths.values())
