"""What hiding costs an operator, from the dials of its campaigns.

Two prices, kept apart: dollars per account and month for what a hidden account needs, and the share of an account's
exchanges that the operator gives up. Together they make the one figure by which dials can be compared: dollars per
thousand extracted exchanges *on top of* the tokens every customer pays.

Every number here is an ASSUMPTION about a market nobody publishes as a whole; where one seller or study was found that
states a price, it is named. A factor of two in any of them moves points sideways in the picture, not up or down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.simulate.specs import CampaignSpec

DAYS = 30.0  # of a month
# assumed: a static home address is sold per address and 30 days (so Swiftproxy's documentation, without a price)
ADDRESS_DOLLARS = {"residential": 4.0, "proxy": 1.5, "hosting": 0.5}
ADDRESS_PLACES = 4  # addresses an account can hold in the simulator
# Bitnob's fee schedule of 2025 asks $1.00 per virtual card; a card of an ordinary bank needs a person: assumed
VIRTUAL_CARD_DOLLARS, BANK_CARD_DOLLARS = 1.0, 3.0
DEVICE_DOLLARS = 0.3  # assumed: one more profile of a browser that fakes devices
# Thomas et al. (USENIX Security 2013) paid $10 to $200 per thousand fresh Twitter accounts; a paid account with a phone
# number of its own costs more (assumed), and one with a past of a month to two years much more (assumed, $5 to $20)
FRESH_ACCOUNT_DOLLARS, AGED_ACCOUNT_DOLLARS = 0.5, 10.0
ACCOUNT_MONTHS = 1.0  # assumed: an account is bought for one month, because it may be banned
TOKEN_DOLLARS = 40.0  # per thousand exchanges: 1,100 tokens in at $5 and 1,400 out at $25 per million, as simulated
# assumed: rewriting a template so that nothing of it is left takes a tenth of the exchange's tokens, on a light model;
# a prompt made without any template takes as much
REWRITE_SHARE = 0.1
# assumed: batches keep workers and answers together; spread over hours, up to a tenth of the capacity waits
SPREAD_LOSS, SPREAD_SECONDS = 0.1, 1_800.0
USUAL_REQUESTS = CampaignSpec("", "", "").requests_per_day


@dataclass(frozen=True)
class Cost:
    """`dollars` per account and month; `lost_share` of its exchanges; `per_thousand` dollars per 1,000 exchanges kept."""

    dollars: float
    lost_share: float
    per_thousand: float


def cost(spec: CampaignSpec) -> Cost:
    """What one campaign pays for its accounts and loses by hiding."""
    dollars = addresses(spec) + cards(spec) + devices(spec) + accounts(spec)
    kept = (1 - spec.honest_share) * (1 - ramp_loss(spec)) * (1 - spread_loss(spec))
    kept *= min(1.0, spec.requests_per_day / USUAL_REQUESTS)
    thousands = USUAL_REQUESTS * DAYS * kept / 1_000
    return Cost(dollars, 1 - kept, dollars / thousands + TOKEN_DOLLARS * rewriting(spec))


def mean_cost(sized: Sequence[tuple[CampaignSpec, int]]) -> Cost:
    """Of several campaigns with their numbers of accounts; what is kept and paid is summed, then divided."""
    costs = [(cost(spec), size) for spec, size in sized]
    total = sum(size for _, size in costs)
    kept = sum((1 - each.lost_share) * size for each, size in costs)
    return Cost(
        sum(each.dollars * size for each, size in costs) / total,
        1 - kept / total,
        sum(each.per_thousand * (1 - each.lost_share) * size for each, size in costs) / kept,
    )


def addresses(spec: CampaignSpec) -> float:
    """Addresses an account has to itself, in parts where others share them; wandering within a range is free."""
    held = min(ADDRESS_PLACES, spec.addresses_per_account)
    return held / max(1.0, spec.accounts_per_address) * ADDRESS_DOLLARS[spec.address_kind]


def cards(spec: CampaignSpec) -> float:
    each = VIRTUAL_CARD_DOLLARS if spec.card_bins else BANK_CARD_DOLLARS
    return each * _distinct(spec.shared_card_share, spec.accounts_per_card)


def devices(spec: CampaignSpec) -> float:
    return DEVICE_DOLLARS * _distinct(spec.shared_device_share, spec.accounts_per_device)


def accounts(spec: CampaignSpec) -> float:
    bought = spec.aged_share * AGED_ACCOUNT_DOLLARS + (1 - spec.aged_share) * FRESH_ACCOUNT_DOLLARS
    return bought / ACCOUNT_MONTHS


def ramp_loss(spec: CampaignSpec) -> float:
    """An account starts `(ramp_days - 1) / 2` days late on average, of a month."""
    return min(1.0, (spec.ramp_days - 1) / 2 / DAYS)


def spread_loss(spec: CampaignSpec) -> float:
    """Nothing at a jitter of 0, half of what can be lost at half an hour, all of it without any batches."""
    if not spec.beat_slots:
        return SPREAD_LOSS
    return SPREAD_LOSS * spec.beat_jitter_seconds / (spec.beat_jitter_seconds + SPREAD_SECONDS)


def rewriting(spec: CampaignSpec) -> float:
    """Extra tokens per exchange, as a share of its tokens."""
    return REWRITE_SHARE * (spec.template_share * (1 - spec.template_jaccard) + 1 - spec.template_share)


def _distinct(share: float, group: int) -> float:
    """Things per account when a share of the accounts has one for every `group` of them."""
    return 1 - share + share / group
