"""The features by which campaigns are judged: one row each, with line, cause, measure, range, unit, bits and reason.

A measure gives the figure behind the feature, or None where it cannot be told; then the feature says nothing. The range runs
from what an ordinary group shows (strength 0) to what leaves no doubt that the feature is there (strength 1); it is set by
meaning, wide, and the same for every world. `bits`: log2 of how much likelier full strength is for a group that extracts than
for an innocent one whose cause is not known. They follow a logistic fit with sign constraints and shrinkage, every cause weighed
alike (`python -m tests.lab.judging.fit` prints fit and table side by side): the two largest are cut to 4, as two simulators are
few; where these show next to nothing (sanctions, declared owners) the published cases and the look-alikes speak. What is
absent speaks for nobody. Features of one cause count once, by the strongest: one program makes prompts alike, keeps time and
spreads load evenly; one pool of exits is abroad, in many
countries and many networks. Each row names the published observation or the look-alike it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from jobs.graph.intent.facts import Facts
from jobs.graph.rows import table_of
from jobs.vocabulary import Explanation, Line

RESELLER, ENTERPRISE, CLASSROOM_OR_HACKATHON = (
    Explanation.RESELLER,
    Explanation.ENTERPRISE,
    Explanation.CLASSROOM_OR_HACKATHON,
)
EVALUATION_VENDOR, POPULAR_TOOL, SMALL_GROUP = (
    Explanation.EVALUATION_VENDOR,
    Explanation.POPULAR_TOOL,
    Explanation.SMALL_GROUP,
)

STRENGTHS = pa.schema(
    [("campaign_id", pa.string()), ("feature", pa.string()), ("strength", pa.float64()), ("figure", pa.float64())]
)


REPLACING_HOURS = 72  # within which an operator has a new account at work
MIN_BANS = 3  # two may be a coincidence
MIN_TURNED = 5  # members of whom it can be told
TRAVELS = 2.0  # countries abroad that people may be in, one after the other, in the four weeks of a window


@dataclass(frozen=True, eq=False)
class Feature:
    """One row: `measure` of the facts in `unit`, strength 0 at `low` and 1 at `high` (which may be the smaller).

    `bits` speak for extraction on the `line`, against an unlisted innocent cause; `present` and `absent` for each listed one.
    """

    name: str
    line: Line
    cause: str
    measure: Callable[[Facts], float | None]
    unit: str
    low: float
    high: float
    bits: float
    reason: str
    present: Mapping[Explanation, float]
    absent: Mapping[Explanation, float]

    def strength(self, figure: float) -> float:
        """0 at `low`, 1 at `high`, linear between."""
        return min(1.0, max(0.0, (figure - self.low) / (self.high - self.low)))

    def rival_bits(self, explanation: Explanation, strength: float) -> float:
        """For a listed innocent explanation against an unlisted one."""
        present, absent = self.present.get(explanation, 0.0), self.absent.get(explanation, 0.0)
        return present * strength + absent * (1.0 - strength)


def _on_campus(facts: Facts) -> float:
    """Half where fewer than three of ten members are in an education or research programme."""
    return facts.total("education_requests") / facts.requests * (1.0 if facts.share("programme") >= 0.3 else 0.5)


def _elicited(facts: Facts) -> float | None:
    everybody = facts["population"]
    if not everybody.get("elicitation_sum_micros"):
        return None
    mine = facts.total("elicitation_sum_micros") / facts.requests / 1e6
    usual = everybody["elicitation_sum_micros"] / max(everybody["requests"], 1) / 1e6
    return (mine - usual) / facts.own_share


def _templated(facts: Facts) -> float | None:
    return facts.sharing("prompt_template") if facts.total("sketched_requests") else None


def _narrow(facts: Facts) -> float | None:
    """Total variation distance (0..1)."""
    mine, everybodys = facts["task"], facts["population_task"]
    if not mine or not everybodys:
        return None
    ours, all_ = sum(mine.values()), sum(everybodys.values())
    gaps = [abs(mine.get(t, 0) / ours - everybodys.get(t, 0) / all_) for t in sorted({*mine, *everybodys})]
    return min(1.0, float(np.sum(gaps) / 2) / facts.own_share)


def _in_series(facts: Facts) -> float:
    """Not where most members declare an owner: a company's addresses come in series too."""
    return facts.sharing("made_in_series") if facts.owned < 0.6 else 0.0


def _at_one_place(facts: Facts) -> float:
    """An office, a home, a server, a company's VPN: the exits of a proxy service are nobody's place."""
    at_one = max(facts.at_one("egress_prefix"), facts.at_one("egress_address"))
    return at_one * (1.0 - min(1.0, facts.total("proxy_requests") / facts.requests))


def _away(facts: Facts) -> float:
    """One place abroad that all use openly hides nothing, nor does a server (`jobs.signals.account_countries`)."""
    away = sum(facts.total(name) for name in ("foreign_requests", "proxy_requests", "vpn_requests"))
    away = min(away, facts.total("requests"))
    return away / facts.requests * (1.0 - _at_one_place(facts))


def _scattered(facts: Facts) -> float:
    """Countries, as many of equal size as would be as diverse (Hill number of order 1), times the share of requests."""
    counts = np.array([n for _, n in sorted(facts["abroad"].items())], dtype=np.float64)
    if not counts.sum():
        return 0.0
    shares = counts / counts.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()) * min(1.0, counts.sum() / facts.requests))


def _hopping(facts: Facts) -> float:
    """Countries a day of a member that was abroad, or half of those it was in over the window; times the share that were abroad."""
    abroad = facts["member.foreign_days"]
    if not abroad:
        return 0.0
    a_day = facts.total("foreign_country_days") / facts.total("foreign_days")
    in_all = facts.total("foreign_countries") / len(abroad)
    return max(a_day, in_all / TRAVELS) * len(abroad) / facts.members


def _unevenness(facts: Facts) -> float:
    """Of the members' requests per active day; independent customers show 1 or more."""
    rates = facts.values("requests") / np.maximum(facts.values("days"), 1)
    return float(rates.std() / rates.mean()) if rates.mean() > 0 else 1.0


def _event_days(facts: Facts) -> float | None:
    """Days within which nine of ten members signed up, or a quarter of the days of their activity where that is longer."""
    hours = facts.values("created_hour")
    if not len(hours):
        return None
    span = facts.values("last_day").max() - facts.values("first_day").min() + 1
    return max(float(np.percentile(hours, 90) - np.percentile(hours, 10)) / 24.0, float(span) / 4.0)


def _verified(facts: Facts) -> float:
    return facts.share("verified") if facts.sharing("kyc_document") < 0.1 else 0.0


def _verbose(facts: Facts) -> float | None:
    """Tokens that an answer has, in units of everybody's."""
    exchanges = facts["usage.exchanges"].get("sum", 0)
    mine = facts["usage.output_tokens"].get("sum", 0) / max(exchanges, 1)
    return facts.against_everybody(mine, "output_tokens", "exchanges") if exchanges else None


def _reasoned(facts: Facts) -> float | None:
    """Tokens spent on reasoning per token of the answers, in units of everybody's."""
    answered = facts["usage.output_tokens"].get("sum", 0)
    mine = facts["usage.reasoning_output_tokens"].get("sum", 0) / max(answered, 1)
    return facts.against_everybody(mine, "reasoning_output_tokens", "output_tokens") if answered else None


def _paid_from_abroad(facts: Facts) -> float | None:
    """Share of the members of whom it is known, above everybody's."""
    known, usual = facts["member.paid_from_abroad"], facts.everybodys("paid_from_abroad", "paying")
    return None if usual is None or not known else facts.total("paid_from_abroad") / len(known) - usual


def _busy(facts: Facts) -> float | None:
    """Requests per member and active day, in units of everybody's."""
    return facts.against_everybody(facts.requests / max(facts.total("days"), 1), "requests", "account_days")


def _rotating(facts: Facts) -> float | None:
    """Registered networks per member, in units of everybody's."""
    counted = facts["member.networks"]
    mine = facts.total("networks") / max(len(counted), 1)
    return facts.against_everybody(mine, "networks", "networked_accounts") if counted else None


def _replaced(facts: Facts) -> float:
    """Share of the bans after which a member was made within REPLACING_HOURS, above what as many moments by chance would show.

    By chance: the part of the time from the first ban to REPLACING_HOURS after the last that lies so near after no new member.
    Each new member answers one ban. Nothing is told from fewer than MIN_BANS.
    """
    bans, made = np.sort(facts.values("sanctioned_hour")), np.sort(facts.values("created_hour"))
    if len(bans) < MIN_BANS:
        return 0.0
    answered, free = 0, list(made)
    for ban in bans:
        place = next((n for n, hour in enumerate(free) if ban < hour <= ban + REPLACING_HOURS), None)
        if place is not None:
            del free[place]
            answered += 1
    hours = np.arange(bans[0], bans[-1] + REPLACING_HOURS)
    following = np.searchsorted(made, hours + REPLACING_HOURS, "right") - np.searchsorted(made, hours, "right")
    return max(0.0, float(answered / len(bans) - (following > 0).mean()))


def _turned(facts: Facts) -> float | None:
    """None where the window shows too little before and after any day of most members."""
    told = facts.total("turning_told")
    return facts.total("turned") / told if told >= max(MIN_TURNED, 0.5 * facts.members) else None


FEATURES = (
    Feature(
        "one_template",
        Line.COORDINATION,
        "one program",
        _templated,
        "share of members",
        0.3,
        0.8,
        0.7,
        "variants of one prompt template across the accounts (Anthropic 2026-02-23: tens of thousands of variants); "
        "alone no coordination: every company and framework has its template",
        {
            CLASSROOM_OR_HACKATHON: 2,
            POPULAR_TOOL: 2,
            EVALUATION_VENDOR: 2,
            RESELLER: 1,
            ENTERPRISE: -1,
            SMALL_GROUP: -3,
        },
        {POPULAR_TOOL: -2, EVALUATION_VENDOR: -1},
    ),
    Feature(
        "synchrony",
        Line.COORDINATION,
        "one program",
        lambda facts: facts.sharing("shared_burst"),
        "share of members",
        0.1,
        0.5,
        3,
        "accounts fire in the same minutes more than their own rhythm explains (load balancing)",
        {ENTERPRISE: -1, SMALL_GROUP: -3, POPULAR_TOOL: -3, RESELLER: -1},
        {},
    ),
    Feature(
        "even_load",
        Line.COORDINATION,
        "one program",
        _unevenness,
        "coefficient of variation",
        0.9,
        0.45,
        0.7,
        "every account carries about the same volume, as when a scheduler balances load; alone no coordination: so do cron jobs",
        {ENTERPRISE: -2, SMALL_GROUP: -2, POPULAR_TOOL: -3, RESELLER: -2},
        {},
    ),
    Feature(
        "shared_possessions",
        Line.COORDINATION,
        "one owner of things",
        lambda facts: facts.sharing("possessions"),
        "share of members",
        0.2,
        0.6,
        2,
        "accounts share devices, cards or documents that strangers do not",
        {SMALL_GROUP: 2, RESELLER: 2, POPULAR_TOOL: -4},
        {},
    ),
    Feature(
        "handful",
        Line.COORDINATION,
        "handful",
        lambda facts: float(facts.members),
        "members",
        15,
        8,
        -2,
        "so few accounts, fifteen at most, as families, pairs of friends and small teams have",
        {SMALL_GROUP: 4, POPULAR_TOOL: -3},
        {SMALL_GROUP: -5},
    ),
    Feature(
        "machine_made_identities",
        Line.CONCEALMENT,
        "identities in series",
        _in_series,
        "share of members",
        0.3,
        0.8,
        3,
        "mail addresses, phone numbers or issuing batches of cards come in series",
        {
            ENTERPRISE: -3,
            SMALL_GROUP: -3,
            POPULAR_TOOL: -4,
            EVALUATION_VENDOR: -3,
            CLASSROOM_OR_HACKATHON: -2,
            RESELLER: -1,
        },
        {},
    ),
    Feature(
        "proxied",
        Line.CONCEALMENT,
        "exits",
        _away,
        "share of requests",
        0.15,
        0.6,
        2,
        "requests come through proxies, VPNs or foreign addresses that do not fit the accounts' countries, "
        "the less the more members share one place",
        {ENTERPRISE: -2, SMALL_GROUP: -3, CLASSROOM_OR_HACKATHON: -3},
        {},
    ),
    Feature(
        "scattered",
        Line.CONCEALMENT,
        "exits",
        _scattered,
        "countries",
        2,
        6,
        3.5,
        "requests come from homes in many countries that are not the accounts' own; alone no concealment: people of one "
        "place may be from anywhere",
        {
            ENTERPRISE: -2,
            CLASSROOM_OR_HACKATHON: -2,
            EVALUATION_VENDOR: -1,
            RESELLER: -1,
            POPULAR_TOOL: -1,
            SMALL_GROUP: -2,
        },
        {},
    ),
    Feature(
        "hopping",
        Line.CONCEALMENT,
        "exits",
        _hopping,
        "countries",
        1.5,
        3,
        5,
        "each member's requests come from several countries that are not its own, as from a pool of exits that rotates; "
        "people abroad are in one, travellers in one after the other",
        {
            ENTERPRISE: -2,
            CLASSROOM_OR_HACKATHON: -2,
            EVALUATION_VENDOR: -1,
            RESELLER: -1,
            POPULAR_TOOL: -1,
            SMALL_GROUP: -2,
        },
        {},
    ),
    Feature(
        "rotating",
        Line.CONCEALMENT,
        "exits",
        _rotating,
        "times everybody's",
        1.5,
        4,
        2.5,
        "members come from more networks than people do: rotating proxies (Anthropic 2026-02-23: proxy services, hydra cluster)",
        {
            ENTERPRISE: -2,
            CLASSROOM_OR_HACKATHON: -2,
            EVALUATION_VENDOR: -1,
            RESELLER: -1,
            POPULAR_TOOL: -1,
            SMALL_GROUP: -1,
        },
        {},
    ),
    Feature(
        "paid_from_abroad",
        Line.CONCEALMENT,
        "payment",
        _paid_from_abroad,
        "share of members above everybody's",
        0.15,
        0.6,
        1.5,
        "members pay by cards of issuers in countries that are not their own, as batches of bought cards and identities do "
        "(region mismatch); so do people abroad and those whom no card of their country serves",
        {ENTERPRISE: 1, RESELLER: 1, CLASSROOM_OR_HACKATHON: -1, SMALL_GROUP: -1},
        {},
    ),
    Feature(
        "sanctioned",
        Line.CONCEALMENT,
        "sanctions",
        lambda facts: facts.share("sanctioned"),
        "share of members",
        0.05,
        0.3,
        3,
        "members were banned or suspended before",
        {ENTERPRISE: -3, CLASSROOM_OR_HACKATHON: -2, EVALUATION_VENDOR: -2},
        {},
    ),
    Feature(
        "replaced",
        Line.CONCEALMENT,
        "sanctions",
        _replaced,
        "share of bans, above chance",
        0.2,
        0.6,
        4,
        "a banned member is replaced by a new one within days (Anthropic 2026-02-23: when one account is banned, a new one takes "
        "its place)",
        {ENTERPRISE: -3, CLASSROOM_OR_HACKATHON: -2, EVALUATION_VENDOR: -2, POPULAR_TOOL: -2},
        {},
    ),
    Feature(
        "turned_over",
        Line.CONCEALMENT,
        "bought accounts",
        _turned,
        "share of members",
        0.3,
        0.8,
        2,
        "members' use turned over from one day to the next, from prompts of their own to shared ones, as of accounts that were "
        "bought with a past; alone no concealment: a company that takes up a tool does so, too",
        {ENTERPRISE: 1, CLASSROOM_OR_HACKATHON: 1, POPULAR_TOOL: 1},
        {},
    ),
    Feature(
        "common_owner",
        Line.CONCEALMENT,
        "declared owner",
        lambda facts: facts.owned,
        "share of members",
        0.25,
        0.7,
        -4,
        "members declare organisations or a company mail domain that they share; operators of campaigns pose as strangers",
        {ENTERPRISE: 5, EVALUATION_VENDOR: 3, RESELLER: 2, CLASSROOM_OR_HACKATHON: 1},
        {ENTERPRISE: -5, EVALUATION_VENDOR: -4},
    ),
    Feature(
        "education_network",
        Line.CONCEALMENT,
        "declared programme",
        _on_campus,
        "share of requests",
        0.15,
        0.5,
        -3,
        "traffic comes from a campus network; it counts half where few members are in an education or research programme",
        {CLASSROOM_OR_HACKATHON: 6, EVALUATION_VENDOR: 3, ENTERPRISE: -3, RESELLER: -3},
        {CLASSROOM_OR_HACKATHON: -2},
    ),
    Feature(
        "one_address",
        Line.CONCEALMENT,
        "one place",
        _at_one_place,
        "share of members",
        0.3,
        0.8,
        -2,
        "most members work from one address block: offices, campuses and venues do, operators avoid it",
        {ENTERPRISE: 2, CLASSROOM_OR_HACKATHON: 2, RESELLER: 2, SMALL_GROUP: 2},
        {},
    ),
    Feature(
        "one_payer",
        Line.CONCEALMENT,
        "one payer",
        lambda facts: facts.at_one("payment_instrument"),
        "share of members",
        0.2,
        0.6,
        -2,
        "one instrument pays for most members: agencies, white-label services and families",
        {RESELLER: 4, SMALL_GROUP: 3, ENTERPRISE: 1, POPULAR_TOOL: -4},
        {RESELLER: -1},
    ),
    Feature(
        "verified",
        Line.CONCEALMENT,
        "verified",
        _verified,
        "share of members",
        0.5,
        0.95,
        -1,
        "identity documents were verified and differ",
        {ENTERPRISE: 1, EVALUATION_VENDOR: 1},
        {},
    ),
    Feature(
        "elicitation",
        Line.PURPOSE,
        "elicitation",
        _elicited,
        "score above everybody's",
        0.1,
        0.35,
        2.5,
        "prompts make the model lay out its reasoning for training, counted on the campaign's own share of its accounts' traffic; "
        "absence is not exculpatory (arXiv 2603.07267)",
        {
            RESELLER: -4,
            ENTERPRISE: -4,
            CLASSROOM_OR_HACKATHON: -4,
            POPULAR_TOOL: -4,
            SMALL_GROUP: -4,
            EVALUATION_VENDOR: -1,
        },
        {},
    ),
    Feature(
        "reasoning_heavy",
        Line.PURPOSE,
        "elicitation",
        _reasoned,
        "times everybody's",
        1.3,
        2.5,
        2,
        "the model reasons more for each token of its answers than for everybody: its reasoning is what is targeted (DeepSeek, "
        "Moonshot in Anthropic 2026-02-23; Google GTIG 2026-02-12)",
        {EVALUATION_VENDOR: 2, CLASSROOM_OR_HACKATHON: 1, ENTERPRISE: -1, SMALL_GROUP: -1},
        {},
    ),
    Feature(
        "output_heavy",
        Line.PURPOSE,
        "output",
        _verbose,
        "times everybody's",
        1.2,
        2.5,
        4,
        "answers are longer than everybody's: what is collected is what the model writes",
        {RESELLER: -2, ENTERPRISE: -2, CLASSROOM_OR_HACKATHON: -2, POPULAR_TOOL: -2, SMALL_GROUP: -2},
        {},
    ),
    Feature(
        "narrow_tasks",
        Line.PURPOSE,
        "capabilities",
        _narrow,
        "distance from everybody's tasks",
        0.2,
        0.5,
        1.5,
        "requests concentrate on few capabilities, against what everybody asks, counted on the campaign's own share",
        {EVALUATION_VENDOR: 2, CLASSROOM_OR_HACKATHON: 1, ENTERPRISE: -1, SMALL_GROUP: -2},
        {EVALUATION_VENDOR: -2},
    ),
    Feature(
        "release_pivot",
        Line.PURPOSE,
        "new model",
        lambda facts: facts.sharing("release_pivot"),
        "share of members",
        0.2,
        0.6,
        1.5,
        "members turn to a new model within two days of its release "
        "(Anthropic 2026-02-23: nearly half the traffic within 24 hours)",
        {},
        {},
    ),
    Feature(
        "short_event",
        Line.COORDINATION,
        "event",
        _event_days,
        "days",
        3,
        1,
        0,
        "sign-ups and activity within a day or three: a course meeting or a hackathon",
        {CLASSROOM_OR_HACKATHON: 5, ENTERPRISE: -3, RESELLER: -2},
        {CLASSROOM_OR_HACKATHON: -1},
    ),
    Feature(
        "software_only",
        Line.COORDINATION,
        "software alone",
        lambda facts: facts.sharing("beside_software"),
        "share of members",
        0.6,
        0.2,
        0,
        "nothing but software and content is shared: what a framework's default prompt makes of its users",
        {POPULAR_TOOL: 5, ENTERPRISE: -2, SMALL_GROUP: -2, RESELLER: -2},
        {POPULAR_TOOL: -4},
    ),
)
BITS = {feature.name: feature.bits for feature in FEATURES}


def strengths(rows: pa.Table) -> pa.Table:
    """`rows` of one campaign: campaign_id, kind, key, value (`jobs.graph.intent.facts`). Gives rows of STRENGTHS by feature."""
    campaign = rows["campaign_id"][0].as_py()
    found = measured(Facts(zip(*[rows[name].to_pylist() for name in ("kind", "key", "value")], strict=True)))
    made = [(campaign, name, round(strength, 6), round(figure, 6)) for name, (strength, figure) in found.items()]
    return table_of(made, STRENGTHS)


def measured(facts: Facts) -> dict[str, tuple[float, float]]:
    """Feature to (strength, figure), by name; without those that cannot be told. Nothing where no member sent a request."""
    if not facts.members:
        return {}
    figures = {feature: feature.measure(facts) for feature in sorted(FEATURES, key=lambda each: each.name)}
    return {feature.name: (feature.strength(x), x) for feature, x in figures.items() if x is not None}
