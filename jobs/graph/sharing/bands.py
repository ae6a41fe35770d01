"""The bands of a staged prompt sketch: what two variants of one template have in common.

Two prompts with Jaccard similarity s agree in a position of their MinHash sketches with probability s (Broder 1997); cut
into bands of three positions (locality-sensitive hashing, Indyk and Motwani 1998) they share a given band with
probability s^3: .34 for variants that overlap by 70 %, 3e-5 for strangers' prompts that overlap by 3 %.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

BANDS, POSITIONS = 5, 3  # positions 0..14 of 16: three values per band keep chance agreement out
DIGITS = 8  # hexadecimal digits of one value in a staged sketch
WIDTH = POSITIONS * DIGITS  # hexadecimal digits of a band


def band(sketch: str, number: int) -> Column:
    """One of the BANDS of a sketch: its number and its values, `b0:` and 24 hexadecimal digits. Null without a sketch."""
    return F.concat(F.lit(f"b{number}:"), F.substring(sketch, 1 + number * WIDTH, WIDTH))


def bands(sketch: str) -> Column:
    """Array of the sketch's bands."""
    return F.array(*[band(sketch, number) for number in range(BANDS)])
