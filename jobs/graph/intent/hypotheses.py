"""Why do these accounts act together? Extraction, on three lines of evidence, against listed and unlisted innocent causes.

The accusation has three parts, and so has its evidence: *coordination* (one hand works these accounts), *concealment* (what
innocents have no reason to do) and *purpose* (the use makes a training set); platforms define coordinated inauthentic
behaviour alike. Within a line features of one cause count once. An innocent cause that is not listed always competes: every
bit for extraction is weighed against it, so that ruling out a listed explanation (a campus, an event, an owner) accuses
nobody. Listed explanations compete beside it; explanations exclude each other (analysis of competing hypotheses: Heuer,
Psychology of Intelligence Analysis, 1999, chapter 8).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from jobs.graph.intent.base_rates import Rates, bits_tonight
from jobs.graph.intent.features import FEATURES, Feature
from jobs.graph.intent.lines import strongest
from jobs.vocabulary import Explanation, Line

EXTRACTION, UNLISTED = Explanation.EXTRACTION, Explanation.UNLISTED_CAUSE
PRIOR_BITS = -7.0  # of groups that act together one in 128 extracts: rarer than in any world that was looked at
RIVAL_PRIOR_BITS = {
    Explanation.RESELLER: -3.0,
    Explanation.ENTERPRISE: -2.0,
    Explanation.CLASSROOM_OR_HACKATHON: -3.0,
    Explanation.EVALUATION_VENDOR: -4.0,
    Explanation.POPULAR_TOOL: -3.0,
    Explanation.SMALL_GROUP: -2.0,
}  # against an unlisted cause: of innocent groups each listed kind is a small part
NOTHING_KNOWN: Rates = {}


@dataclass(frozen=True)
class Piece:
    """One piece of the judgement; the pieces of a weighing sum to its log-odds."""

    name: str
    line: Line
    bits: float
    reason: str


@dataclass(frozen=True)
class Weighing:
    """Posterior of one campaign: `log_odds_bits` of extraction against all else, the first piece is the prior."""

    log_odds_bits: float
    best: Explanation
    rival: Explanation
    pieces: tuple[Piece, ...]


def weigh(strengths: Mapping[str, float], rates: Rates = NOTHING_KNOWN) -> Weighing:
    """Weigh the explanations. `strengths` maps features' names to 0..1; a feature not named says nothing.

    `rates`: how ordinary features are tonight, which bounds their bits. Raises `ValueError` for a name that is no feature.
    """
    if unknown := strengths.keys() - {feature.name for feature in FEATURES}:
        raise ValueError(f"no feature of the judgement is called {', '.join(sorted(unknown))}")
    used = [feature for feature in FEATURES if feature.name in strengths]
    rivals = {UNLISTED: 0.0} | {
        rival: prior + math.fsum(feature.rival_bits(rival, strengths[feature.name]) for feature in used)
        for rival, prior in RIVAL_PRIOR_BITS.items()
    }
    pieces = [
        Piece(
            "prior", Line.PRIOR, PRIOR_BITS, "extraction before looking, against an innocent cause that is not listed"
        )
    ]
    bits = {feature.name: bits_tonight(feature, rates) for feature in used}
    counted = strongest(strengths, bits)
    for feature in used:
        once = counted[feature.cause]
        said = bits[feature.name] * strengths[feature.name] if once == feature.name else 0.0
        pieces.append(Piece(feature.name, feature.line, said, _reason(feature, once, rates)))
    rival = max(rivals, key=lambda name: (rivals[name], name))
    others = -math.log2(math.fsum(2.0**bits for bits in rivals.values()))
    pieces.append(
        Piece("other_explanations", Line.PRIOR, others, f"listed innocent explanations, the strongest: {_said(rival)}")
    )
    found = math.fsum(piece.bits for piece in pieces)
    return Weighing(found, EXTRACTION if found > 0 else rival, rival, tuple(pieces))


def _reason(feature: Feature, counted: str, rates: Rates) -> str:
    """The feature's own, and why it says less: a stronger one of its cause counts, or other groups show it too."""
    if counted != feature.name:
        return f"{feature.reason}; counts once, with {_said(counted)}"
    if bits_tonight(feature, rates) < feature.bits:
        looked, shown = rates[feature.name]
        return f"{feature.reason}; {shown} of {looked} other groups that nothing else speaks against show it tonight"
    return feature.reason


def _said(name: str) -> str:
    return name.replace("_", " ")
