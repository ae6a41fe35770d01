"""Values that stand for nothing read as null: `unknown`, all-zero ids, the hash of the empty text.

An import fills what it does not know with some text of its own. Strangers whose devices are all `unknown` would share a
device. The texts are data, in `placeholders.txt`; what is a placeholder in one column may be a value in another, so a
field names the ones it means (`Field.means`).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from jobs.landing.addresses import caller
from jobs.landing.formats import Block
from jobs.landing.shapes import Field, RawTable

LIST = Path(__file__).with_name("placeholders.txt")


@dataclass(frozen=True)
class _Texts:
    """Whole texts, in lower case, and one expression that matches the others."""

    words: pa.Array
    expression: str


@functools.cache
def _texts() -> _Texts:
    lines = [line for line in LIST.read_text(encoding="utf-8").splitlines() if line and not line.startswith("# ")]
    expressions = [line.removeprefix("re:") for line in lines if line.startswith("re:")]
    words = [line for line in lines if not line.startswith("re:")]
    return _Texts(pa.array(words, pa.string()), rf"^(?:{'|'.join(expressions)})$")


def stands_for_nothing(values: pa.Array) -> pa.Array:
    """True per text that says nothing; null for null."""
    plain = pc.utf8_lower(pc.utf8_trim_whitespace(values))
    empty = pc.equal(pc.binary_length(plain), 0)
    known = pc.or_(pc.is_in(plain, value_set=_texts().words), pc.match_substring_regex(plain, _texts().expression))
    return pc.if_else(values.is_valid(), pc.or_(empty, known), None)


def without_placeholders(raw: RawTable, block: Block) -> tuple[Block, pa.Array]:
    """The block with null for what stands for nothing, and per row the names of the columns where it did; null for none.

    Addresses come out as the caller's alone, of what may be a list with ports (`jobs.landing.addresses.caller`).
    """
    columns = dict(block.columns)
    named = pa.nulls(block.rows, pa.string())
    for field in raw.fields:
        values = columns[field.name].values
        if field.type != "string" or values.null_count == len(values):
            continue
        encoded = values.dictionary_encode()
        nothing = _nothing(field, encoded.dictionary)
        cleared = pc.if_else(nothing, None, encoded.dictionary)
        if field.address:
            cleared = pa.array([each and caller(each) for each in cleared.to_pylist()], pa.string())
        if cleared.equals(encoded.dictionary):
            continue
        kept = cleared.take(encoded.indices)
        columns[field.name] = replace(columns[field.name], values=kept)
        is_gone = pc.and_(values.is_valid(), kept.is_null())
        named = pc.if_else(is_gone, pc.binary_join_element_wise(named, field.name, ",", null_handling="skip"), named)
    return replace(block, columns=columns), pc.if_else(pc.equal(named, ""), None, named)


def _nothing(field: Field, distinct: pa.Array) -> pa.Array:
    meant = (*field.means, *(str(each) for each in field.one_of))
    return pc.and_(stands_for_nothing(distinct), pc.invert(pc.is_in(distinct, value_set=pa.array(meant, pa.string()))))
