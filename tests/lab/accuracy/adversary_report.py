"""The section about the adversary in docs/accuracy.md, and its picture: what hiding costs, and when nothing is found."""

from __future__ import annotations

from pathlib import Path

from tests.lab.accuracy import costs
from tests.lab.accuracy.adversary_picture import picture
from tests.lab.accuracy.points import Point, points
from tests.lab.accuracy.sweeps import Sweep

PICTURE = Path(__file__).resolve().parents[3] / "docs" / "adversary.svg"
HALF = 0.5  # of the operated accounts: below it detection counts as failed
INTRODUCTION = f"""## Adversary

What an operator would turn until it is not found, one dial at a time on the roster of `small` (six campaigns of thirty to
forty accounts among 1,500, four nights), and all dials together. Small campaigns are the hard case: the fewer accounts
share a thing, the less it stands out from chance. The detector and its thresholds are those of the sections above.

What a step costs the operator is **assumed** (`tests/lab/accuracy/costs.py`), not measured:

- an address: ${costs.ADDRESS_DOLLARS["residential"]:.2f} a month (residential), ${costs.ADDRESS_DOLLARS["proxy"]:.2f}
  (proxy) or ${costs.ADDRESS_DOLLARS["hosting"]:.2f} (hosting), divided by the accounts on it;
- a virtual card: ${costs.VIRTUAL_CARD_DOLLARS:.2f} (one issuer's list price); a card of an ordinary bank:
  ${costs.BANK_CARD_DOLLARS:.2f}; both divided by the accounts charged; a browser profile: ${costs.DEVICE_DOLLARS:.2f};
- a fresh account: ${costs.FRESH_ACCOUNT_DOLLARS:.2f}; an aged one: ${costs.AGED_ACCOUNT_DOLLARS:.2f}; bought for one month;
- exchanges kept, against {costs.USUAL_REQUESTS:.0f} an account and day: (1 - honest share) * (1 - (ramp-up days - 1) / 2 / 30) *
  (1 - {costs.SPREAD_LOSS:g} * jitter / (jitter + {costs.SPREAD_SECONDS:,.0f} s));
- rewriting: {costs.REWRITE_SHARE:.0%} of an exchange's tokens where nothing is left of the template.

*Cost* below is all of it, in dollars per 1,000 exchanges the operator keeps, on top of about ${costs.TOKEN_DOLLARS:.0f} for
the tokens, which every customer pays.

![Recall against what hiding costs](adversary.svg)
"""
HEADINGS = (
    "| value | $ per account and month | exchanges lost | cost | recall `deliberate` | recall `suspicious` | precision "
    "| pairwise F1 | innocent campaigns |"
)


def section(folder: Path) -> str:
    """The text; writes docs/adversary.svg beside it."""
    sweeps = points(folder)
    PICTURE.write_text(picture(sweeps), encoding="utf-8")
    return "\n".join([INTRODUCTION, *(_table(sweep, steps) for sweep, steps in sweeps)])


def _table(sweep: Sweep, steps: list[Point]) -> str:
    seeds = ", ".join(str(seed) for seed in sorted({seed for step in steps for seed in step.seeds}))
    title = sweep.title[0].upper() + sweep.title[1:]
    lines = [
        f"### {title}",
        "",
        f"{sweep.says[0].upper()}{sweep.says[1:]}; seeds {seeds}. {failure(sweep, steps)}",
        "",
    ]
    lines += [HEADINGS, "|" + "---|" * (HEADINGS.count("|") - 1)]
    for step in steps:
        precision = "" if step.precision is None else f"{step.precision:.3f}"
        span = "" if step.high - step.low < 0.0005 else f" ({step.low:.2f} to {step.high:.2f})"
        lines.append(
            f"| {step.label} | {step.cost.dollars:.2f} | {step.cost.lost_share:.0%} | {step.cost.per_thousand:.0f} "
            f"| {step.recall:.3f}{span} | {step.suspected:.3f} | {precision} | {step.pairwise:.3f} | {step.innocent} |"
        )
    return "\n".join([*lines, ""])


def failure(sweep: Sweep, steps: list[Point]) -> str:
    """Where detection fails, in a sentence or two."""
    if sweep.is_ordered:
        return _along(steps)
    given_away = [step for step in steps if step.suspected >= HALF]
    if not given_away:
        most = max(steps, key=lambda step: step.suspected)
        return f"No single one gives half of the accounts away; {most.label} gives away most: {_found(most)}."
    names = "; ".join(f"{step.label}: {_found(step)}" for step in sorted(given_away, key=lambda step: -step.suspected))
    return f"Half of the accounts or more are given away by {names}."


def _along(steps: list[Point]) -> str:
    failed = next((place for place, step in enumerate(steps) if step.recall < HALF), None)
    if failed is None:
        worst = min(steps, key=lambda step: step.recall)
        return f"This dial alone does not defeat detection: the least is found at {worst.label}, {_found(worst)}."
    held = f"; still found at {steps[failed - 1].label}: {_found(steps[failed - 1])}" if failed else ""
    return f"Detection fails at {steps[failed].label}: {_found(steps[failed])}{held}."


def _found(step: Point) -> str:
    return (
        f"{step.recall:.0%} of the accounts, {step.suspected:.0%} at `suspicious`, for ${step.cost.per_thousand:.0f} "
        "per 1,000 exchanges"
    )
