"""From the raw zone to staged rows: find what was delivered, read and check every row, pseudonymise, deduplicate.

Raw files are parsed by this project's own Arrow code inside the engine (`DataFrame.mapInArrow`), not by the engine's
readers, so that every engine reads, rejects and rounds alike. A bad row never stops a night: it keeps its reason.
"""

from jobs.landing.files import Delivery, RawFile, content, date_of, find, require_unchanged
from jobs.landing.frames import count_erased, count_unread, parse, split
from jobs.landing.lateness import Late, late_rows, later_deliveries
from jobs.landing.surfacing import surfaced

__all__ = [
    "Delivery",
    "Late",
    "RawFile",
    "content",
    "count_erased",
    "count_unread",
    "date_of",
    "find",
    "late_rows",
    "later_deliveries",
    "parse",
    "require_unchanged",
    "split",
    "surfaced",
]
