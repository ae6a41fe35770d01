"""Why do these accounts act together? Competing explanations, each feature weighed in bits under each of them.

Extraction is only one reason to act alike. For every feature a table says how many bits its full presence and
its full absence speak for an explanation, against a neutral explanation for which the feature is as likely as not; a
strength between 0 and 1 interpolates. The weights are judgements, not fits: each row names the published observation
or the look-alike it rests on, and none exceeds 6 bits, so no single feature decides. Explanations exclude each other, so
the posterior is the normalised product of prior and features (naive Bayes). Analysis of competing hypotheses:
Heuer, Psychology of Intelligence Analysis, 1999, chapter 8.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

EXTRACTION = "extraction"
PRIOR_BITS = {
    EXTRACTION: -2.0,
    "reseller": -1.0,
    "enterprise": 0.0,
    "classroom_or_hackathon": -1.0,
    "evaluation_vendor": -2.0,
    "popular_tool": -1.0,
    "small_group": 0.0,
}  # before looking, a group of accounts that act together is more often a company, a class or a family


@dataclass(frozen=True)
class Feature:
    """A feature's bits at full strength (`present`) and at strength 0 (`absent`), per hypothesis; 0 where not named."""

    name: str
    reason: str
    present: Mapping[str, float]
    absent: Mapping[str, float]

    def bits(self, hypothesis: str, strength: float) -> float:
        present, absent = self.present.get(hypothesis, 0.0), self.absent.get(hypothesis, 0.0)
        return present * strength + absent * (1.0 - strength)


FEATURES = (
    Feature(
        "common_owner",
        "members declare organisations or a company mail domain that they share; operators of campaigns pose as strangers",
        {EXTRACTION: -6, "enterprise": 5, "evaluation_vendor": 3, "reseller": 2, "classroom_or_hackathon": 1},
        {EXTRACTION: 1, "enterprise": -5, "evaluation_vendor": -4},
    ),
    Feature(
        "education_network",
        "traffic comes from a campus network under an education or research programme",
        {EXTRACTION: -4, "classroom_or_hackathon": 6, "evaluation_vendor": 3, "enterprise": -3, "reseller": -3},
        {"classroom_or_hackathon": -2},
    ),
    Feature(
        "elicitation",
        "prompts make the model lay out its reasoning for training, counted on the campaign's own share of its accounts' traffic; "
        "absence is not exculpatory (arXiv 2603.07267)",
        {
            EXTRACTION: 5,
            "reseller": -4,
            "enterprise": -4,
            "classroom_or_hackathon": -4,
            "popular_tool": -4,
            "small_group": -4,
            "evaluation_vendor": -1,
        },
        {EXTRACTION: -0.5},
    ),
    Feature(
        "one_template",
        "variants of one prompt template across the accounts (Anthropic 2026-02-23: tens of thousands of variants)",
        {
            EXTRACTION: 3,
            "classroom_or_hackathon": 2,
            "popular_tool": 2,
            "evaluation_vendor": 2,
            "reseller": 1,
            "enterprise": -1,
            "small_group": -3,
        },
        {EXTRACTION: -3, "popular_tool": -2, "evaluation_vendor": -1},
    ),
    Feature(
        "narrow_tasks",
        "requests concentrate on few capabilities, against what everybody asks, counted on the campaign's own share",
        {EXTRACTION: 2, "evaluation_vendor": 2, "classroom_or_hackathon": 1, "enterprise": -1, "small_group": -2},
        {EXTRACTION: -2, "evaluation_vendor": -2},
    ),
    Feature(
        "synchrony",
        "accounts fire in the same minutes more than their own rhythm explains (load balancing)",
        {EXTRACTION: 4, "enterprise": -1, "small_group": -3, "popular_tool": -3, "reseller": -1},
        {},
    ),
    Feature(
        "machine_made_identities",
        "mail addresses, phone numbers or issuing batches of cards come in series",
        {
            EXTRACTION: 5,
            "enterprise": -3,
            "small_group": -3,
            "popular_tool": -4,
            "evaluation_vendor": -3,
            "classroom_or_hackathon": -2,
            "reseller": -1,
        },
        {},
    ),
    Feature(
        "proxied",
        "requests come through proxies, VPNs or foreign addresses that do not fit the accounts' countries",
        {EXTRACTION: 4, "enterprise": -2, "small_group": -3, "classroom_or_hackathon": -3},
        {},
    ),
    Feature(
        "even_load",
        "every account carries about the same modest volume, as when a scheduler balances load",
        {EXTRACTION: 3, "enterprise": -2, "small_group": -2, "popular_tool": -3, "reseller": -2},
        {},
    ),
    Feature(
        "one_address",
        "most members work from one address block: offices, campuses and venues do, operators avoid it",
        {EXTRACTION: -3, "enterprise": 2, "classroom_or_hackathon": 2, "reseller": 2, "small_group": 2},
        {},
    ),
    Feature(
        "one_payer",
        "one instrument pays for most members: agencies, white-label services and families",
        {EXTRACTION: -1, "reseller": 4, "small_group": 3, "enterprise": 1, "popular_tool": -4},
        {"reseller": -1},
    ),
    Feature(
        "short_event",
        "sign-ups within hours and activity within days: a course meeting or a hackathon",
        {"classroom_or_hackathon": 5, EXTRACTION: -3, "enterprise": -3, "reseller": -2},
        {"classroom_or_hackathon": -1},
    ),
    Feature(
        "sanctioned",
        "members were banned, suspended or charged back before",
        {EXTRACTION: 4, "enterprise": -3, "classroom_or_hackathon": -2, "evaluation_vendor": -2},
        {},
    ),
    Feature(
        "verified",
        "identity documents were verified and differ",
        {EXTRACTION: -2, "enterprise": 1, "evaluation_vendor": 1},
        {},
    ),
    Feature(
        "software_only",
        "nothing but software and content is shared: what a framework's default prompt makes of its users",
        {"popular_tool": 5, EXTRACTION: -2, "enterprise": -2, "small_group": -2, "reseller": -2},
        {"popular_tool": -4},
    ),
    Feature(
        "handful",
        "ten accounts or fewer: families, pairs of friends, small teams",
        {"small_group": 4, EXTRACTION: -2, "popular_tool": -3},
        {"small_group": -5},
    ),
)
NAMES = tuple(PRIOR_BITS)


@dataclass(frozen=True)
class Weighing:
    """Posterior of one campaign: `log_odds_bits` of extraction against all else, and the pieces that sum to it."""

    log_odds_bits: float
    best: str
    rival: str
    pieces: tuple[tuple[str, float, str], ...]  # name, bits, reason; the first is the prior


def weigh(strengths: Mapping[str, float]) -> Weighing:
    """Weigh the hypotheses. `strengths` maps each feature's name to 0..1; a feature not named says nothing.

    The pieces compare extraction with its strongest rival; the last piece is what the other rivals take together,
    so that the pieces sum to the log-odds exactly up to rounding.
    """
    totals = dict(PRIOR_BITS)
    used = [feature for feature in FEATURES if feature.name in strengths]
    for feature in used:
        for hypothesis in NAMES:
            totals[hypothesis] += feature.bits(hypothesis, strengths[feature.name])
    rival = max((name for name in NAMES if name != EXTRACTION), key=lambda name: (totals[name], name))
    best = max(NAMES, key=lambda name: (totals[name], name))
    others = math.fsum(2.0 ** (totals[name] - totals[rival]) for name in NAMES if name != EXTRACTION)
    pieces = [("prior", PRIOR_BITS[EXTRACTION] - PRIOR_BITS[rival], f"extraction before looking, against {rival}")]
    for feature in used:
        strength = strengths[feature.name]
        difference = feature.bits(EXTRACTION, strength) - feature.bits(rival, strength)
        pieces.append((feature.name, difference, feature.reason))
    pieces.append(("other_hypotheses", -math.log2(others), f"all explanations but extraction and {rival}"))
    return Weighing(math.fsum(bits for _, bits, _ in pieces), best, rival, tuple(pieces))


def ramp(value: float, low: float, high: float) -> float:
    """Strength 0 at `low`, 1 at `high`, linear between."""
    return min(1.0, max(0.0, (value - low) / (high - low)))
