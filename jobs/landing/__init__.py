"""From the raw zone to staged rows: find what was delivered, read and check every row, pseudonymise, deduplicate.

Raw files are parsed by this project's own Arrow code inside the engine (`DataFrame.mapInArrow`), not by the engine's
readers, so that every engine reads, rejects and rounds alike. A bad row never stops a night: it keeps its reason.
"""

from jobs.landing.files import Delivery, RawFile, find
from jobs.landing.frames import count_duplicates, parse, split
from jobs.landing.surfacing import surfaced

__all__ = ["Delivery", "RawFile", "count_duplicates", "find", "parse", "split", "surfaced"]
