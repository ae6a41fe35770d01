"""How surprising is it that n accounts share two things at once, if accounts meet things independently?

With d_a and d_b of N accounts meeting entities a and b, n is hypergeometric by chance. Its tail is bounded by Hoeffding's
bound, which is never too optimistic and exact where all d_a are among the d_b:
ln P <= -d_a KL(n / d_a || d_b / N), at any share of the file. (Hoeffding, JASA 58, 1963, section 6; same null as the bipartite
configuration model with fixed degrees of the entities: Saracco et al., New J. Phys. 19, 2017; Tumminello et al., PLoS ONE 6,
2011.) A count of which only the mean is known is held against Chernoff's bound for Poisson.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

LEAST_EXPECTED = 1e-6  # as many are always allowed for, or one would be infinitely surprising
ROUNDING = 6  # decimals kept of a logarithm: engines' libraries differ in the last bits


def expected_by_chance(accounts_a: Column, accounts_b: Column, both: Column, population: Column) -> Column:
    """Accounts that would meet both entities if those that do were like the others: told from those outside.

    What a group shares must not make itself likely: of a small provider one campaign may be a third.
    """
    a, b, n, everybody = (each.cast("double") for each in (accounts_a, accounts_b, both, population))
    return F.greatest(a * (b - n) / (everybody - a + F.lit(1.0)), b * (a - n) / (everybody - b + F.lit(1.0)))


def shared_log_tail(accounts_a: Column, accounts_b: Column, both: Column, population: Column) -> Column:
    """Upper bound of ln P(accounts that meet both >= `both`), nats; 0 where they are no more than by chance."""
    few = F.least(accounts_a, accounts_b).cast("double")
    share = F.greatest(accounts_a, accounts_b).cast("double") / population.cast("double")
    found = both.cast("double") / few
    others = F.when(found < 1.0, (few - both.cast("double")) * F.ln((1.0 - found) / (1.0 - share))).otherwise(
        F.lit(0.0)
    )
    bound = -(both.cast("double") * F.ln(found / share) + others)
    return F.round(F.when(found > share, bound).otherwise(F.lit(0.0)), ROUNDING)


def log_tail(observed: Column, expected: Column) -> Column:
    """Upper bound of ln P(count >= observed), nats; 0 where the count is no larger than expected."""
    n, least = observed.cast("double"), F.greatest(expected, F.lit(LEAST_EXPECTED))
    bound = -(n * F.ln(n / least) - n + least)
    return F.round(F.when(n > least, bound).otherwise(F.lit(0.0)), ROUNDING)


def bits(ratio: Column) -> Column:
    """log2 of a ratio, rounded alike on every engine."""
    return F.round(F.log2(ratio), ROUNDING)
