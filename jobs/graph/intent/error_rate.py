"""How many groups a night is expected to accuse though they are innocent, at most.

Conformal risk control (Angelopoulos, Bates, Fisch, Lei, Schuster, arXiv 2208.02814): of n innocent groups that nobody had looked at
k are accused under the rule in force, so the expected share of innocent groups that are accused is at most (k + 1) / (n + 1), as
long as a night's groups are of causes like theirs.
"""

from __future__ import annotations

INNOCENT_GROUPS = 777  # of worlds that nobody had looked at when the rule was final (docs/causes.md, rounds 6 and 7)
ACCUSED = 0  # of them


def expected_false_accusations(judged: int) -> float:
    """Bound of the expected number of innocent groups that are called `deliberate` in a night of `judged` groups."""
    return judged * (ACCUSED + 1) / (INNOCENT_GROUPS + 1)
