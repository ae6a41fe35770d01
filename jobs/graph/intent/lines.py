"""From how many bits on a line of evidence stands or speaks, and what the features of a group add up to on each.

`deliberate` needs all three lines to stand, `suspicious` two that speak (`jobs.campaigns.registry`).
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
SPEAKING_BITS = {
    Line.COORDINATION: 0.65,
    Line.CONCEALMENT: 2.6,
    Line.PURPOSE: 1.5,
}  # likelier than not by any one habit


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
