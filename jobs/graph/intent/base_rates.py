"""How ordinary a feature is tonight: of the groups that nothing else speaks against, how many show it.

Strangers who use one popular client from servers abroad are a pattern that dozens of groups of one night show; in another
population nobody does. So a feature never says more than its rarity among tonight's presumed innocents allows: of a line's
features those groups are counted that no other line speaks against, so that campaigns do not make their own habits
ordinary. A share is drawn towards what the feature's bits say by PRIOR_GROUPS, as one group among five proves no custom
(empirical Bayes: Efron, Large-Scale Inference, 2010, chapter 1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from jobs.graph.intent.features import BITS, FEATURES, Feature
from jobs.graph.intent.lines import LINE_BITS, by_line
from jobs.vocabulary import LINES, Line

Rates = Mapping[str, tuple[int, int]]  # feature to groups in which it was looked for, and those that show it
SHOWN = 0.5  # from this strength on a group shows a feature
PRIOR_GROUPS = 8.0


def shown(strengths: Mapping[str, float]) -> dict[str, bool]:
    """Of one group: whether it shows the feature, for each that it counts for."""
    said = by_line(strengths, BITS)
    stands = {line for line in LINES if line is not Line.COORDINATION and said[line] >= LINE_BITS[line]}
    return {
        feature.name: strengths[feature.name] >= SHOWN
        for feature in FEATURES
        if feature.bits > 0 and feature.name in strengths and not stands - {feature.line}
    }


def others(rates: Rates, strengths: Mapping[str, float]) -> Rates:
    """The rates without the group itself: nobody is ordinary by being like oneself."""
    mine = shown(strengths)
    return {name: (looked - (name in mine), found - mine.get(name, False)) for name, (looked, found) in rates.items()}


def bits_tonight(feature: Feature, rates: Rates) -> float:
    """Bits of full strength: the feature's own, or what its share among tonight's groups leaves of them.

    That a campaign shows it for certain is the most that can be said, so the share alone bounds the likelihood ratio.
    """
    if feature.bits <= 0 or feature.name not in rates:
        return feature.bits
    looked, found = rates[feature.name]
    share = (found + PRIOR_GROUPS * 2.0**-feature.bits) / (looked + PRIOR_GROUPS)
    return min(feature.bits, -math.log2(share))
