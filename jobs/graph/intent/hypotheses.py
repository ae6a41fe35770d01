"""Why do these accounts act together? Competing explanations, each feature weighed in bits under each of them.

Extraction is only one reason to act alike. A strength between 0 and 1 interpolates a feature's bits
(`jobs.graph.intent.features`). Explanations exclude each other, so the posterior is the normalised product of prior and
features (naive Bayes). Analysis of competing hypotheses: Heuer, Psychology of Intelligence Analysis, 1999, chapter 8.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from jobs.graph.intent.features import FEATURES
from jobs.vocabulary import Explanation

EXTRACTION = Explanation.EXTRACTION
PRIOR_BITS = {
    EXTRACTION: -2.0,
    Explanation.RESELLER: -1.0,
    Explanation.ENTERPRISE: 0.0,
    Explanation.CLASSROOM_OR_HACKATHON: -1.0,
    Explanation.EVALUATION_VENDOR: -2.0,
    Explanation.POPULAR_TOOL: -1.0,
    Explanation.SMALL_GROUP: 0.0,
}  # before looking, a group of accounts that act together is more often a company, a class or a family


@dataclass(frozen=True)
class Weighing:
    """Posterior of one campaign: `log_odds_bits` of extraction against all else, and the pieces that sum to it."""

    log_odds_bits: float
    best: str
    rival: str
    pieces: tuple[tuple[str, float, str], ...]  # name, bits, reason; the first is the prior


def weigh(strengths: Mapping[str, float]) -> Weighing:
    """Weigh the explanations. `strengths` maps features' names to 0..1; a feature not named says nothing.

    The pieces compare extraction with its strongest rival; the last piece is what the other rivals take together,
    so that the pieces sum to the log-odds exactly up to rounding. Raises `ValueError` for a name that is no feature.
    """
    if unknown := strengths.keys() - {feature.name for feature in FEATURES}:
        raise ValueError(f"no feature of the judgement is called {', '.join(sorted(unknown))}")
    totals = dict(PRIOR_BITS)
    used = [feature for feature in FEATURES if feature.name in strengths]
    for feature in used:
        for explanation in PRIOR_BITS:
            totals[explanation] += feature.bits(explanation, strengths[feature.name])
    rival = max((name for name in PRIOR_BITS if name != EXTRACTION), key=lambda name: (totals[name], name))
    best = max(PRIOR_BITS, key=lambda name: (totals[name], name))
    others = math.fsum(2.0 ** (totals[name] - totals[rival]) for name in PRIOR_BITS if name != EXTRACTION)
    pieces = [("prior", PRIOR_BITS[EXTRACTION] - PRIOR_BITS[rival], f"extraction before looking, against {rival}")]
    for feature in used:
        strength = strengths[feature.name]
        difference = feature.bits(EXTRACTION, strength) - feature.bits(rival, strength)
        pieces.append((feature.name, difference, feature.reason))
    pieces.append(("other_hypotheses", -math.log2(others), f"all explanations but extraction and {rival}"))
    return Weighing(math.fsum(bits for _, bits, _ in pieces), best, rival, tuple(pieces))
