"""What the features of a group add up to on each line of evidence, and how sure the lines let a judgement be.

The rule of every accusation is `ceiling`: a likelihood is never surer than its lines, so that the verdict follows from it alone
(`jobs.campaigns.registry`): `deliberate` needs three lines, `suspicious` two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from jobs.graph.intent.features import FEATURES
from jobs.vocabulary import LINES, Line

LINE_BITS = {
    Line.COORDINATION: 0.75,  # one owner of things, or times kept together: more than one program, which everybody may use
    Line.CONCEALMENT: 3.6,  # twelve times: more than identities in series alone can say, as agencies make them for customers,
    # and more than homes in many countries, as people from everywhere have who study at one place
    Line.PURPOSE: 2.6,  # six times: more than asking for reasons alone can say, as teachers and graders do too
}
SPEAKING_BITS = {Line.COORDINATION: 0.65, Line.CONCEALMENT: 2.6, Line.PURPOSE: 1.5}  # as much as one habit can say
OUTWEIGHING_BITS = (
    6.0  # in all: one bit more than the most incriminated of 1,500 innocent groups came to (docs/causes.md)
)
MOST_BITS = 6.5  # .989: of those groups none had three lines and more than 4.7 bits
MOST_OF_TWO_LINES_BITS = 3.0  # .889: of groups with two lines and as much eight in ten were operators'
MOST_OF_ONE_LINE_BITS = 0.95  # .659: likelier than not at most


def ceiling(said: Mapping[Line, float], log_odds: float) -> tuple[float, str]:
    """The most log-odds that a group may come to by what each line says, and why, in words. Bits."""
    silent = [line for line in LINES if said[line] < SPEAKING_BITS[line]]
    weak = [line for line in LINES if said[line] < LINE_BITS[line]]
    if not weak or (not silent and log_odds >= OUTWEIGHING_BITS):
        return MOST_BITS, "no judgement is surer than innocent groups of left-out causes support"
    if len(silent) > 1:
        return MOST_OF_ONE_LINE_BITS, f"too little on {' and '.join(silent)}: with one line no judgement is surer"
    return (
        MOST_OF_TWO_LINES_BITS,
        f"too little on {' and '.join(silent or weak)}: without three lines no judgement is surer",
    )


def strongest(strengths: Mapping[str, float], bits: Mapping[str, float]) -> dict[str, str]:
    """Cause to the one of its features that counts: the one that says most. `bits`: of each feature at full strength."""
    found: dict[str, tuple[float, str]] = {}
    for feature in FEATURES:
        if feature.name in strengths:
            mine = (abs(bits[feature.name]) * strengths[feature.name], feature.name)
            found[feature.cause] = max(found.get(feature.cause, mine), mine)
    return {cause: name for cause, (_, name) in found.items()}


def by_line(strengths: Mapping[str, float], bits: Mapping[str, float]) -> dict[Line, float]:
    """Bits of each line."""
    counted = set(strongest(strengths, bits).values())
    mine = [feature for feature in FEATURES if feature.name in counted]
    return {line: math.fsum(bits[f.name] * strengths[f.name] for f in mine if f.line == line) for line in LINES}
