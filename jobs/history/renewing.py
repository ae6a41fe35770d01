"""Rows and texts that are brought under the newest of the pseudonym keys, without the values that they were made from.

A token says in itself under which keys it was made, so every text is looked through, whatever its column. Keyed digests that name
no key are known by their column; an explanation names a decision by one. An evidence's id is a digest of its row, its entity among
it, and is made anew.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.privacy.pseudonyms import HEX_DIGITS, Pseudonyms

DIGESTS = ("charge_id", "decision_id", "login_id", "record_digest")
EXPLANATION, EVIDENCE_ID, ENTITY = "explanation", "evidence_id", "entity"
IDENTITY = ("campaign_id", "subject_kind", "subject_id", "signal", ENTITY)  # as `jobs.campaigns.evidence` makes the id
_DIGEST = re.compile(rf"[0-9a-f]{{{HEX_DIGITS}}}")
_DECISION = re.compile(rf"(?<=\(decision )[0-9a-f]{{{HEX_DIGITS}}}(?=\))")


@dataclass(frozen=True)
class Renewal:
    """From the beginning of the chain with the id `since` to the whole of it; `done`: ids of decisions that are renewed already."""

    pseudonyms: Pseudonyms
    since: str
    done: Collection[str] = ()

    def rows(self, rows: pa.Table) -> pa.Table:
        """The rows under the whole chain; the very same table when nothing in it is to be renewed."""
        found = rows
        for place, field in enumerate(rows.schema):
            renewed = self._column(field.name, rows[field.name]) if pa.types.is_string(field.type) else None
            if renewed is not None:
                found = found.set_column(place, field, renewed)
        if {EVIDENCE_ID, *IDENTITY} <= set(rows.column_names):
            is_moved = pc.not_equal(rows[ENTITY], found[ENTITY]).fill_null(False)
            if pc.any(is_moved).as_py():
                ids = pc.if_else(is_moved, _evidence_ids(found), found[EVIDENCE_ID])
                place = rows.column_names.index(EVIDENCE_ID)
                found = found.set_column(place, rows.schema.field(place), ids)
        return found

    def text(self, text: str) -> str:
        """A text under the whole chain, the decisions that it names among it."""
        return _DECISION.sub(lambda each: self._decision(each[0]), self.pseudonyms.wrapped(text))

    def _decision(self, digest: str) -> str:
        return digest if digest in self.done else self._digest(digest)

    def _digest(self, digest: str) -> str:
        is_one = _DIGEST.fullmatch(digest)
        return self.pseudonyms.wrapped_digest(digest, self.since) if is_one else digest

    def _column(self, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray | None:
        """The values of a column, renewed; None where none is to be."""
        change: Callable[[str], str]
        if name in DIGESTS:
            change = self._digest
        elif name == EXPLANATION:
            change = self.text
        elif pc.any(pc.match_substring_regex(values, rf"_({'|'.join(self.pseudonyms.ids[:-1])})_")).as_py():
            change = self.pseudonyms.wrapped
        else:
            return None
        chunks = [Pseudonyms.per_distinct(chunk, change) for chunk in values.chunks]
        renewed = pa.chunked_array(chunks, pa.string())
        return None if renewed.equals(values) else renewed


def _evidence_ids(rows: pa.Table) -> pa.ChunkedArray:
    """As `jobs.campaigns.evidence` makes them; no part but the entity is ever null."""
    parts = [rows[name].fill_null("").to_pylist() for name in IDENTITY]
    ids = [hashlib.sha256("\x1f".join(each).encode()).hexdigest()[:16] for each in zip(*parts, strict=True)]
    return pa.chunked_array([pa.array(ids, pa.string())])
