"""A night's figures against those of the week: empty columns, factors, hours that are missing, everything on one account.

Each check has the severity that a careful owner would choose: what makes strangers of accounts, or judgements of noise, refuses the
night; what a Sunday, a new customer or a new model may do is told. Medians of the week's nights, so that one bad night changes
nothing; without three earlier nights nothing is compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from jobs.quality.outcomes import Outcome

MIN_NIGHTS = 3  # earlier nights: fewer have no usual
MIN_BASE = 50.0  # rows: shares and means of fewer vary by chance
PRESENT, LEFT = 0.2, 0.5  # a column that usually has values has lost them where half of them is gone
SCORE, ALL_ONE = "elicitation_score", 0.9  # a classifier that answers 1 to everything is broken, whatever the factor
FACTORS = {"warning": 3.0, "critical": 10.0}  # of a mean: another unit, or the wrong column
ACCOUNTS_LEFT = {"warning": 0.6, "critical": 0.2}  # of the accounts that are usually at work
ONE, USUALLY = 0.5, 5.0  # everything on one account or address: half of all rows, five times what the largest has
HOURS_LOST = {"warning": 0.08, "critical": 0.3}  # of a day's usual traffic, in hours that are all but empty
EMPTY = 0.1  # of an hour's usual share
HOURS_MOVED = 0.35  # of the traffic is at another hour than usually (total variation): clocks of another zone
NEW_NAMES = 0.5  # of the requests are for models or tasks that the week did not have
NEGATIVE = 0.2  # of charges that take back, where a hundredth does
AGE_DAYS = {"warning": 60.0, "critical": 180.0}  # charges older than usual: corrections, or an archive
CRITICAL = {  # lost columns that accounts are linked by, or judged by
    ("api_requests", "client_address"), ("api_requests", "prompt_sketch"), ("accounts", "email"),
    ("accounts", "signup_device_id"), ("accounts", "country"),
}  # fmt: skip
Figures = Mapping[tuple[str, str], tuple[float, float]]  # table and figure to amount and base


def of_rows(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[float, float]]:
    """Figures of one night from rows of `signals.delivery_figures`."""
    return {(row["table_name"], row["measure"]): (row["amount"], row["base"]) for row in rows}


def compare(now: Figures, earlier: Sequence[Figures]) -> list[Outcome]:
    """Outcomes for tonight's figures; none without MIN_NIGHTS nights before."""
    if len(earlier) < MIN_NIGHTS:
        return []
    found: list[Outcome] = []
    for (table, figure), (amount, base) in sorted(now.items()):
        values = [night[table, figure] for night in earlier if (table, figure) in night]
        usual = [value / of for value, of in values if of >= MIN_BASE or figure.startswith("count")]
        if len(usual) < MIN_NIGHTS:
            continue
        kind, _, rest = figure.partition(" ")
        found += _one(table, kind, rest, amount, base, median(usual))
    return [*found, *_hours(now, earlier), *_names(now, earlier)]


def _one(table: str, kind: str, rest: str, amount: float, base: float, usual: float) -> list[Outcome]:
    value, many = amount / base, base >= MIN_BASE
    told = f"{value:.4g}, usually {usual:.4g}"
    match kind:
        case "share" if rest == "on the night":
            return [_said(table, "rows are of the night", "critical", not many or value >= LEFT * usual, told)]
        case "share" if rest.startswith("negative"):
            ok = not many or value < NEGATIVE or value < USUALLY * usual
            return [_said(table, f"{rest.split()[1]} is negative as seldom as usual", "critical", ok, told)]
        case "share":
            severity = "critical" if (table, rest) in CRITICAL else "warning"
            ok = not many or usual < PRESENT or value >= LEFT * usual
            return [_said(table, f"{rest} has values as usual", severity, ok, told)]
        case "mean":
            if rest == SCORE and many and value >= ALL_ONE > usual:
                return [_said(table, f"mean {rest} below {ALL_ONE:g} as usual", "critical", False, told)]
            ratio = max(value, 0.0) / usual if usual > 0 else 1.0
            return [
                _said(
                    table,
                    f"mean {rest} within {factor:g} times the usual",
                    severity,
                    not many or 1 / factor <= ratio <= factor,
                    told,
                )
                for severity, factor in FACTORS.items()
            ]
        case "count":
            return [
                _said(
                    table,
                    f"{rest} at least {least:g} times the usual",
                    severity,
                    usual < MIN_BASE or value >= least * usual,
                    told,
                )
                for severity, least in ACCOUNTS_LEFT.items()
            ]
        case "most":
            return [
                _said(
                    table,
                    f"requests spread over {rest}",
                    "critical",
                    not many or value < ONE or value < USUALLY * usual,
                    told,
                )
            ]
        case "days":
            return [
                _said(
                    table,
                    f"charges at most {days:g} days older than usual",
                    severity,
                    not many or value <= usual + days,
                    told,
                )
                for severity, days in AGE_DAYS.items()
            ]
    return []


def _hours(now: Figures, earlier: Sequence[Figures]) -> list[Outcome]:
    """Hours of the day that usually have requests and have none tonight, and traffic that is at other hours."""
    names = [key for key in sorted({key for night in earlier for key in night}) if key[1].startswith("hour ")]
    if not names or any(now.get(name, (0.0, 0.0))[1] < MIN_BASE for name in names):
        return []
    usual = {name: median([night[name][0] / night[name][1] for night in earlier if name in night]) for name in names}
    tonight = {name: now[name][0] / now[name][1] for name in names}
    lost = sum(share for name, share in usual.items() if tonight[name] < EMPTY * share)
    moved = sum(abs(tonight[name] - share) for name, share in usual.items()) / 2
    table = names[0][0]
    return [
        *[_said(table, f"hours without requests have at most {most:g} of the usual ones", severity, lost <= most, f"{lost:.3f}")
          for severity, most in HOURS_LOST.items()],
        _said(table, "requests at the usual hours", "critical", moved <= HOURS_MOVED or lost > HOURS_LOST["warning"],
              f"{moved:.3f} at other hours"),
    ]  # fmt: skip


def _names(now: Figures, earlier: Sequence[Figures]) -> list[Outcome]:
    """Models and tasks that no night of the week had."""
    known = {key for night in earlier for key in night}
    new: dict[tuple[str, str], float] = defaultdict(float)
    for (table, figure), (amount, base) in now.items():
        if figure.startswith("name "):
            new[table, figure.split(" ")[1]] += (
                amount / base if (table, figure) not in known and base >= MIN_BASE else 0.0
            )
    return [
        _said(table, f"{column} mostly as in the last week", "warning", share < NEW_NAMES, f"{share:.3f} new")
        for (table, column), share in sorted(new.items())
    ]


def _said(table: str, expectation: str, severity: str, success: bool, observed: str) -> Outcome:
    return Outcome(f"staged.{table}", expectation, severity, success, observed)
