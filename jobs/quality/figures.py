"""A night's figures against those of four weeks: empty columns, factors, missing hours, everything on one account, old facts again.

Each check has the severity that a careful owner would choose: what makes strangers of accounts, takes from the innocent what
speaks for them, or makes noise of judgements refuses the night; what a Sunday, a new customer or a new model may do is told.
A figure fails where it is both farther from the median than a floor that matters, and farther than it usually strays (median
absolute deviation), so that one bad night changes nothing and what varies by itself is not told. Without three earlier nights
only what needs no usual is checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import log2, sqrt
from statistics import median
from typing import Any

from jobs.quality.outcomes import Outcome

MIN_NIGHTS = 3  # earlier nights: fewer have no usual
MIN_BASE = 50.0  # rows: shares and means of fewer vary by chance
SPREADS = 6.0  # deviations (of a normal one) that are still chance or habit
DEVIATION = 1.4826  # of a normal distribution, in median absolute deviations
WARNING, CRITICAL = "warning", "critical"
PRESENT, LEFT = 0.05, 0.5  # a column that usually has values has lost them where half of them is gone
THINNED, FILLED = 0.15, 0.4  # of the rows: told where so many fewer have a value, or so many more
LOST_REFUSES = {  # what accounts are linked by, judged by, or excused by
    "api_requests": {"client_address", "client_network", "client_network_kind", "prompt_sketch"},
    "accounts": {"country", "email", "organization_id", "signup_address", "signup_device_id"},
}  # fmt: skip
ROWS_LEFT = {WARNING: 0.7, CRITICAL: 0.1}  # of the usual rows: a file that was cut off, and a table that is lost
ACCOUNTS_LEFT = {WARNING: 0.7, CRITICAL: 0.2}  # of the accounts that are usually at work
UNTIL_A_WEEK = 0.5  # of either while no weekday is known yet: weekends halve traffic
COUNT_NOISE = 5.0  # square roots of a count
FACTORS = {WARNING: 3.0, CRITICAL: 10.0}  # of a mean: another unit, or the wrong column
BITS = {WARNING: 1.0, CRITICAL: 3.0}  # of a typical value
RATIO_BITS = {
    WARNING: 0.6,
    CRITICAL: 2.5,
}  # of a price, of billed to used, of output to input: half as much again, and a factor of six
SAME = 0.1  # of the usual spread of values: all alike
SAME_REFUSES = {"elicitation_score", "input_tokens", "output_tokens", "billed_cost"}
SWAPPED, APART = 0.5, 1.0  # bits: two columns are each like the other usually is, and these are not alike
SCORE, ALL_ONE = "elicitation_score", 0.9  # a classifier that answers 1 to everything is broken, whatever the factor
ONE, USUALLY = {WARNING: 0.3, CRITICAL: 0.5}, 5.0  # of all rows have one value, five times what the largest has
OTHERS_LEFT = 0.1  # of the rows that the largest usually leaves to others
ONE_TOLD = {
    "user_agent",
    "tls_ja4",
    "system_prompt_hash",
    "organization_id",
    "bin",
    "asn",
}  # a gateway's, a customer's: told
OTHER_DAYS = {WARNING: 0.03, CRITICAL: 0.25}  # of the rows are of other days: clocks an hour off, and six
HOURS_LOST = {WARNING: 0.08, CRITICAL: 0.3}  # of a day's usual traffic, in hours that are all but empty
EMPTY, EXPECTED = 0.1, 10.0  # of an hour's usual share; rows that an hour must usually have
HOURS_MOVED = 0.35  # of the traffic is at another hour than usually (total variation)
CLOCKS_MOVED, CLOCKS_FIT = 0.05, 0.6  # as much as is told, and what turned clocks leave of it
MIN_ZONE = 300.0  # rows of a country
CLOCKS_REFUSE = 2  # hours; one is what a country does to its clocks
KINDS_MOVED = {WARNING: 0.3, CRITICAL: 0.4}  # of the rows are of another kind than usually
KINDS_REFUSE = {
    "accounts": {"country", "status"},
    "charges": {"billing_currency"},
    "ip_networks": {"kind"},
}  # fmt: skip
KIND_KNOWN, KIND_LARGE, KIND_ROWS = (
    0.03,
    0.1,
    30.0,
)  # of the rows, in a week without a weekend yet, and rows: missed where it is gone
KNOWN_LEFT = {WARNING: 0.95, CRITICAL: 0.8}  # of the references that usually lead somewhere
KNOWN_TOLD = {"usage": {WARNING: 0.8, CRITICAL: 0.45}, "client_country": {WARNING: 0.8, CRITICAL: 0.5},
              "device_id": {WARNING: 0.8, CRITICAL: 0.5}}  # fmt: skip
KNOWN_ALWAYS = {"account_id", "billing_account_id"}  # identity knows whom there is, also in the first nights
NEGATIVE = 0.2  # of charges that take back, where a hundredth does
OLDER_DAYS = {
    "old": {WARNING: 7.0, CRITICAL: 60.0},  # charges: corrections, or an archive
    "undelivered": {WARNING: 0.5, CRITICAL: 6.5},  # a snapshot of yesterday's, or of a week ago
    "newest": {WARNING: 2.5, CRITICAL: 13.5},  # nobody new for days
}
OLD_REFUSES = {"accounts", "payment_instruments", "charges"}
REPEATED = 0.3  # of the rows were there before
CHANGES = 0.95  # of the nights: a snapshot that usually changes
AGAIN, SELDOM = {WARNING: 0.15, CRITICAL: 0.5}, 0.1  # of a night's sample is another night's; of usual nights
SAMPLED = 16  # hashes: fewer say nothing
WEEK, HOURS = timedelta(days=7), 24

Amount = tuple[float, float]  # amount and base
Figures = Mapping[tuple[str, str], Amount]  # table and figure
Failed = str | None  # the severity at which a check failed


@dataclass(frozen=True)
class Usual:
    """What earlier nights had: the median, and how far it is usually missed."""

    middle: float
    spread: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Usual:
        middle = median(values)
        return cls(middle, DEVIATION * median(abs(value - middle) for value in values))

    def missed(self, value: float, floor: float) -> bool:
        return abs(value - self.middle) > max(floor, SPREADS * self.spread)


@dataclass(frozen=True)
class Figure:
    """One figure of tonight: `value` is its amount over its base; `about` names what it is a figure of."""

    table: str
    about: str
    value: float
    base: float
    usual: Usual

    @property
    def ratio(self) -> float:
        """Bits from the usual value: 1 is twice as much."""
        if self.usual.middle <= 0:
            return 0.0
        return log2(self.value / self.usual.middle) if self.value > 0 else -float("inf")


def of_rows(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Amount]:
    """Figures of one night from rows of `signals.delivery_figures`."""
    return {(row["table_name"], row["measure"]): (row["amount"], row["base"]) for row in rows}


def compare(night: date, now: Figures, earlier: Mapping[date, Figures]) -> list[Outcome]:
    """Outcomes for the night's figures against earlier nights' that nobody refused; sorted by table and expectation."""
    found = [_reached(table, figure, value) for (table, figure), value in now.items()]
    if len(earlier) >= MIN_NIGHTS:
        past = [earlier[day] for day in sorted(earlier)]
        found = [_single(table, figure, value, night, earlier) for (table, figure), value in now.items()]
        tables = sorted({table for table, _ in now})
        for table in tables:
            found += [
                *_hours(table, now, past),
                *_kinds(table, now, past),
                _clocks(table, now, past),
                _unchanged(table, now, past),
                _again(table, now, past),
            ]
            found += _vanished(table, now, past)
        found.append(_swapped("api_requests", "input_tokens", "output_tokens", now, past))
    return sorted((each for each in found if each), key=lambda each: (each.table_name, each.expectation))


def _reached(table: str, figure: str, amount: Amount) -> Outcome | None:
    """What needs no usual: identity knows the accounts of a table."""
    kind, _, about = figure.partition(" ")
    if kind == "known" and about in KNOWN_ALWAYS:
        return _judged("known", Figure(table, about, amount[0] / amount[1], amount[1], Usual(1.0, 0.0)))
    return None


def _single(table: str, figure: str, amount: Amount, night: date, earlier: Mapping[date, Figures]) -> Outcome | None:
    kind, _, about = figure.partition(" ")
    if kind not in RULES:
        return None
    found = {day: each[table, figure] for day, each in earlier.items() if (table, figure) in each}
    values = {day: value / base for day, (value, base) in found.items() if base >= MIN_BASE or kind in NO_ROWS}
    if len(values) < MIN_NIGHTS:
        return _reached(table, figure, amount)
    usual = Usual.of(list(values.values()))
    if kind == "count":
        usual = _on_such_a_day(usual, values, night)
    return _judged(kind, Figure(table, about, amount[0] / amount[1], amount[1], usual))


def _judged(kind: str, each: Figure) -> Outcome:
    said, gravest, failed = RULES[kind](each)
    if each.base < MIN_BASE and kind not in NO_ROWS:
        failed = None
    return _said(each.table, said, gravest, failed, f"{each.value:.4g}, usually {each.usual.middle:.4g}")


def _on_such_a_day(usual: Usual, values: Mapping[date, float], night: date) -> Usual:
    """The lesser of what is usual and of what is usual on this weekday; half of it while a week is not known."""
    same = [value for day, value in values.items() if (night - day) % WEEK == timedelta(0)]
    return (
        Usual(min(usual.middle, median(same)), 0.0)
        if same
        else Usual(usual.middle * UNTIL_A_WEEK / ROWS_LEFT[WARNING], 0.0)
    )


def _graver(failures: Mapping[str, bool]) -> Failed:
    return next((severity for severity in (CRITICAL, WARNING) if failures.get(severity)), None)


def _count(each: Figure) -> tuple[str, str, Failed]:
    left = ACCOUNTS_LEFT if each.about == "accounts" else ROWS_LEFT
    usual = each.usual.middle
    is_much = usual >= MIN_BASE and usual - each.value > COUNT_NOISE * sqrt(usual)
    failed = _graver({severity: is_much and each.value < least * usual for severity, least in left.items()})
    return f"{each.about} as many as usual", CRITICAL, failed


def _share(each: Figure) -> tuple[str, str, Failed]:
    """Values that are gone; and values where usually few are."""
    usual = each.usual.middle
    gravest = CRITICAL if each.about in LOST_REFUSES.get(each.table, ()) else WARNING
    is_missed = each.usual.missed(each.value, 0.0)
    failed: Failed = None
    if is_missed and (each.value > usual + FILLED or (usual >= PRESENT and each.value < usual - THINNED)):
        failed = WARNING
    if is_missed and usual >= PRESENT and each.value < LEFT * usual:
        failed = gravest
    return f"{each.about} has values as usual", gravest, failed


def _on(each: Figure) -> tuple[str, str, Failed]:
    is_less = each.value < each.usual.middle
    failures = {severity: is_less and each.usual.missed(each.value, share) for severity, share in OTHER_DAYS.items()}
    return "rows are of the night", CRITICAL, _graver(failures)


def _mean(each: Figure) -> tuple[str, str, Failed]:
    failures = {severity: abs(each.ratio) > log2(factor) for severity, factor in FACTORS.items()}
    if each.about == SCORE:
        failures[CRITICAL] = failures[CRITICAL] or each.value >= ALL_ONE > each.usual.middle
    return f"mean {each.about} as usual", CRITICAL, _graver(failures)


def _bits(each: Figure) -> tuple[str, str, Failed]:
    failures = {severity: each.usual.missed(each.value, floor) for severity, floor in BITS.items()}
    return f"typical {each.about} as usual", CRITICAL, _graver(failures)


def _alike(each: Figure) -> tuple[str, str, Failed]:
    usual = each.usual
    gravest = CRITICAL if each.about in SAME_REFUSES else WARNING
    is_alike = usual.middle >= SAME and each.value < SAME * usual.middle and usual.missed(each.value, 0.0)
    return f"values of {each.about} differ as usual", gravest, gravest if is_alike else None


def _most(each: Figure) -> tuple[str, str, Failed]:
    usual = each.usual.middle
    gravest = WARNING if each.about in ONE_TOLD else CRITICAL
    is_more = each.value >= USUALLY * usual or 1 - each.value < OTHERS_LEFT * (1 - usual)
    failures = {severity: is_more and each.value >= share for severity, share in ONE.items()}
    failed = _graver(failures)
    return f"rows spread over values of {each.about}", gravest, WARNING if failed and gravest == WARNING else failed


def _known(each: Figure) -> tuple[str, str, Failed]:
    left = KNOWN_TOLD.get(each.about, KNOWN_LEFT)
    usual, told = each.usual, each.about in KNOWN_ALWAYS
    failures = {
        severity: each.value < least * usual.middle and usual.missed(each.value, 0.0)
        for severity, least in left.items()
    }
    if told:
        failures[CRITICAL] = failures[CRITICAL] or each.value < KNOWN_LEFT[CRITICAL]
    what = {
        "usage": "accounts are billed for what they used",
        "client_country": "requests come from their account's country",
    }
    return what.get(each.about, f"{each.about} is known as usual"), CRITICAL, _graver(failures)


def _ratio(each: Figure) -> tuple[str, str, Failed]:
    spread = each.usual.spread / each.usual.middle if each.usual.middle > 0 else 0.0
    allowed = log2(1 + SPREADS * spread)
    failures = {severity: abs(each.ratio) > max(floor, allowed) for severity, floor in RATIO_BITS.items()}
    return f"{each.about} as usual", CRITICAL, _graver(failures)


def _negative(each: Figure) -> tuple[str, str, Failed]:
    is_more = each.value >= NEGATIVE and each.value >= USUALLY * each.usual.middle
    return f"{each.about} is negative as seldom as usual", CRITICAL, CRITICAL if is_more else None


def _valid(each: Figure) -> tuple[str, str, Failed]:
    is_lost = each.value < LEFT * each.usual.middle and each.usual.missed(each.value, 0.0)
    return "rows are valid on the night as usual", WARNING, WARNING if is_lost else None


def _older(what: str, said: str) -> Callable[[Figure], tuple[str, str, Failed]]:
    def rule(each: Figure) -> tuple[str, str, Failed]:
        gravest = CRITICAL if each.table in OLD_REFUSES else WARNING
        older = each.value > each.usual.middle
        limits = OLDER_DAYS[what].items()
        failed = _graver({severity: older and each.usual.missed(each.value, days) for severity, days in limits})
        return said, gravest, WARNING if failed and gravest == WARNING else failed

    return rule


def _days(each: Figure) -> tuple[str, str, Failed]:
    said = {"old": "rows are as new as usual", "undelivered": "delivered as lately as usual"}
    return _older(each.about, said[each.about])(each)


def _repeated(each: Figure) -> tuple[str, str, Failed]:
    is_more = each.value > each.usual.middle and each.usual.missed(each.value, REPEATED)
    return "few rows are repeats", WARNING, WARNING if is_more else None


RULES: dict[str, Callable[[Figure], tuple[str, str, Failed]]] = {
    "count": _count,
    "share": _share,
    "on": _on,
    "mean": _mean,
    "bits": _bits,
    "spread": _alike,
    "most": _most,
    "known": _known,
    "ratio": _ratio,
    "negative": _negative,
    "valid": _valid,
    "days": _days,
    "newest": _older("newest", "somebody is new as usual"),
    "repeated": _repeated,
}
NO_ROWS = {"count", "days", "newest", "ratio"}  # figures whose base is no number of rows


def _shares(night: Figures, table: str, begins: str) -> dict[str, float]:
    """Figure to share of the rows, of figures that begin so; the rest of the rows has no name."""
    found = {
        figure: amount / base
        for (name, figure), (amount, base) in night.items()
        if name == table and figure.startswith(begins)
    }
    return found | {"": max(0.0, 1 - sum(found.values()))} if found else {}


def _rows(night: Figures, table: str) -> float:
    return night.get((table, "count rows"), (0.0, 1.0))[0]


def _moved(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Share of the rows that are elsewhere (total variation)."""
    return sum(abs(one.get(name, 0.0) - other.get(name, 0.0)) for name in {*one, *other}) / 2


def _middle(nights: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {
        name: median(night.get(name, 0.0) for night in nights) for name in {name for night in nights for name in night}
    }


def _hours(table: str, now: Figures, earlier: Sequence[Figures]) -> list[Outcome]:
    """Hours of the day that usually have rows and have none tonight, clocks that are off, and rows at other hours."""
    before = [
        shares for night in earlier if _rows(night, table) >= MIN_BASE and (shares := _shares(night, table, "hour "))
    ]
    tonight = _shares(now, table, "hour ")
    if len(before) < MIN_NIGHTS or not tonight or _rows(now, table) < MIN_BASE:
        return []
    middle, rows = _middle(before), _rows(now, table)
    strays = Usual.of([_moved(each, middle) for each in before])
    lost = sum(
        share for name, share in middle.items() if share * rows >= EXPECTED and tonight.get(name, 0.0) < EMPTY * share
    )
    moved = _moved(tonight, middle)
    is_moved = strays.missed(moved, HOURS_MOVED) and lost <= HOURS_LOST[WARNING]
    return [
        _said(table, "every usual hour has rows", CRITICAL, _graver({each: lost > most for each, most in HOURS_LOST.items()}),
              f"hours of {lost:.3f} of the usual rows are empty"),
        _said(table, "rows at the usual hours", CRITICAL, CRITICAL if is_moved else None, f"{moved:.3f} at other hours"),
    ]  # fmt: skip


def _clocks(table: str, now: Figures, earlier: Sequence[Figures]) -> Outcome | None:
    """The day of each large country begins when it usually does: all countries together are busy at every hour."""
    zones = {figure.split(" ")[1] for name, figure in now if name == table and figure.startswith("zone ")}
    off = {}
    for zone in sorted(zones):
        before = [shares for night in earlier if (shares := _shares(night, table, f"zone {zone} "))]
        rows = next(
            base for (name, figure), (_, base) in now.items() if name == table and figure.startswith(f"zone {zone} ")
        )
        if len(before) >= MIN_NIGHTS and rows >= MIN_ZONE:
            off[zone] = _hours_off(zone, _shares(now, table, f"zone {zone} "), before)
    if not off:
        return None
    worst = max(off.values(), key=abs)
    failed = None if worst == 0 else CRITICAL if abs(worst) >= CLOCKS_REFUSE else WARNING
    return _said(table, "clocks as usual", CRITICAL, failed, f"{worst} hours off" if worst else None)


def _hours_off(zone: str, tonight: Mapping[str, float], before: Sequence[Mapping[str, float]]) -> int:
    """By how many hours the night's curve must be turned to be the usual one; 0 where it is or cannot be made so."""
    middle = _middle(before)
    strays, moved = Usual.of([_moved(each, middle) for each in before]), _moved(tonight, middle)
    turned = {}
    for hours in range(-HOURS // 2 + 1, HOURS // 2 + 1):
        shifted = {
            f"zone {zone} {(hour + hours) % HOURS:02d}": middle.get(f"zone {zone} {hour:02d}", 0.0)
            for hour in range(HOURS)
        }
        turned[hours] = _moved(tonight, shifted)
    best = min(turned, key=lambda hours: (turned[hours], abs(hours)))
    return best if strays.missed(moved, CLOCKS_MOVED) and turned[best] < CLOCKS_FIT * moved else 0


def _kinds(table: str, now: Figures, earlier: Sequence[Figures]) -> list[Outcome]:
    """Of every column of kinds: whether rows are of the usual kinds, and no usual kind is gone."""
    columns = {
        figure.split(" ")[1]
        for night in (now, *earlier)
        for name, figure in night
        if name == table and figure.startswith("kind ")
    }
    found = []
    for column in sorted(columns):
        before = [
            shares
            for night in earlier
            if _rows(night, table) >= MIN_BASE and (shares := _shares(night, table, f"kind {column} "))
        ]
        rows = _rows(now, table)
        if len(before) < MIN_NIGHTS or rows < MIN_BASE:
            continue
        middle, tonight = _middle(before), _shares(now, table, f"kind {column} ") or {"": 1.0}
        strays, moved = Usual.of([_moved(each, middle) for each in before]), _moved(tonight, middle)
        gravest = CRITICAL if column in KINDS_REFUSE.get(table, ()) else WARNING
        failed = _graver({severity: strays.missed(moved, most) for severity, most in KINDS_MOVED.items()})
        least = KIND_KNOWN if len(before) >= WEEK.days else KIND_LARGE
        gone = [
            name for name, share in middle.items()
            if name and share >= least and share * rows >= KIND_ROWS
            and tonight.get(name, 0.0) < EMPTY * share
            and sum(each.get(name, 0.0) < EMPTY * share for each in before) <= SELDOM * len(before)
        ]  # fmt: skip
        found += [
            _said(table, f"{column} of the usual kinds", gravest, WARNING if failed and gravest == WARNING else failed,
                  f"{moved:.3f} of another kind"),
            _said(table, f"no usual kind of {column} is gone", WARNING, WARNING if gone else None, f"{len(gone)} gone"),
        ]  # fmt: skip
    return found


def _unchanged(table: str, now: Figures, earlier: Sequence[Figures]) -> Outcome | None:
    """A snapshot that usually changes and is the night before's, or an older one."""
    key = table, "checksum"
    sums = [night[key][0] for night in earlier if key in night]
    if key not in now or len(sums) < MIN_NIGHTS:
        return None
    changed = sum(one != other for one, other in pairwise(sums)) / (len(sums) - 1)
    is_old = now[key][0] in sums and (changed >= CHANGES or now[key][0] != sums[-1])
    return _said(table, "no earlier night's snapshot", WARNING, WARNING if is_old else None, None)


def _again(table: str, now: Figures, earlier: Sequence[Figures]) -> Outcome | None:
    """Facts that were another night's, under other ids, accounts or dates."""
    samples = [found for night in earlier if len(found := _sample(night, table)) >= SAMPLED]
    tonight = _sample(now, table)
    if len(tonight) < SAMPLED or len(samples) < MIN_NIGHTS:
        return None
    usual = median(_met(each, [other for other in samples if other is not each]) for each in samples)
    met = _met(tonight, samples)
    failed = _graver({severity: met >= share and usual < SELDOM for severity, share in AGAIN.items()})
    return _said(table, "no earlier night's facts", CRITICAL, failed, f"{met:.3f} of a sample, usually {usual:.3f}")


def _sample(night: Figures, table: str) -> frozenset[str]:
    return frozenset(figure for name, figure in night if name == table and figure.startswith("sample "))


def _met(one: frozenset[str], others: Sequence[frozenset[str]]) -> float:
    return max(len(one & other) for other in others) / len(one)


def _swapped(table: str, first: str, second: str, now: Figures, earlier: Sequence[Figures]) -> Outcome | None:
    """Two columns each of which has what the other usually has."""
    keys = (table, f"bits {first}"), (table, f"bits {second}")
    nights = [night for night in earlier if all(key in night and night[key][1] >= MIN_BASE for key in keys)]
    if len(nights) < MIN_NIGHTS or any(key not in now or now[key][1] < MIN_BASE for key in keys):
        return None
    one, two = (median(night[key][0] / night[key][1] for night in nights) for key in keys)
    is_one, is_two = (now[key][0] / now[key][1] for key in keys)
    is_swapped = abs(one - two) >= APART and abs(is_one - two) <= SWAPPED and abs(is_two - one) <= SWAPPED
    return _said(table, f"{first} and {second} are not swapped", CRITICAL, CRITICAL if is_swapped else None, None)


def _vanished(table: str, now: Figures, earlier: Sequence[Figures]) -> list[Outcome]:
    """Figures that most nights have and tonight has not, though it has rows."""
    if _rows(now, table) < MIN_BASE:
        return []
    had: Counter[str] = Counter(
        figure
        for night in earlier
        for (name, figure), (_, base) in night.items()
        if name == table and base >= MIN_BASE and figure.partition(" ")[0] in RULES
    )
    gone = sorted(name for name, nights in had.items() if (table, name) not in now and 2 * nights > len(earlier))
    return [_said(table, f"{name} can be told as usual", WARNING, WARNING, None) for name in gone]


def _said(table: str, expectation: str, gravest: str, failed: Failed, observed: str | None) -> Outcome:
    return Outcome(f"staged.{table}", expectation, failed or gravest, failed is None, observed)
