"""Likelihood in the words of Intelligence Community Directive 203, kept apart from analytic confidence."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

LADDER = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
)
HIGHEST = "almost certain"


def likelihood_words(likelihood: Column) -> Column:
    """ICD-203 words for a probability; each word holds below its bound."""
    words = F.lit(HIGHEST)
    for bound, word in reversed(LADDER):
        words = F.when(likelihood < bound, F.lit(word)).otherwise(words)
    return words


def probability(microbits: Column) -> Column:
    """The probability (0..1, six decimals) of log-odds given in millionths of a bit."""
    bits = F.least(F.greatest(microbits / F.lit(1e6), F.lit(-60.0)), F.lit(60.0))
    return F.round(F.lit(1.0) / (F.lit(1.0) + F.pow(F.lit(2.0), -bits)), 6)
