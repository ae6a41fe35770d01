"""How surprising is it that n accounts share two things at once, if accounts meet things independently?

With d_a and d_b of N accounts meeting entities a and b, chance puts d_a * d_b / N accounts into both. The tail
probability of n or more is bounded by Chernoff's bound for a Poisson count, which is never too optimistic:
ln P <= -(n ln(n / expected) - n + expected). (Same null as the bipartite configuration model with fixed degrees of
the entities: Saracco et al., New J. Phys. 19, 2017; hypergeometric: Tumminello et al., PLoS ONE 6, 2011.)
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

LEAST_EXPECTED = 1e-6  # as many are always allowed for, or one would be infinitely surprising
ROUNDING = 6  # decimals kept of a logarithm: engines' libraries differ in the last bits


def expected_by_chance(accounts_a: Column, accounts_b: Column, population: Column) -> Column:
    """Accounts that meet both entities by chance."""
    return accounts_a.cast("double") * accounts_b.cast("double") / population.cast("double")


def log_tail(observed: Column, expected: Column) -> Column:
    """Upper bound of ln P(count >= observed), nats; 0 where the count is no larger than expected."""
    n, least = observed.cast("double"), F.greatest(expected, F.lit(LEAST_EXPECTED))
    bound = -(n * F.ln(n / least) - n + least)
    return F.round(F.when(n > least, bound).otherwise(F.lit(0.0)), ROUNDING)


def bits(ratio: Column) -> Column:
    """log2 of a ratio, rounded alike on every engine."""
    return F.round(F.log2(ratio), ROUNDING)
