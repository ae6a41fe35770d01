"""Erased accounts on their way in: their rows are counted and left out, and texts of others do not name them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs import contracts
from jobs.landing.formats import Block
from jobs.landing.shapes import RawTable
from jobs.privacy import about, erasures
from jobs.privacy.pseudonyms import Pseudonyms, plain

ERASED = "erased"  # beside the reasons for which a row is rejected; such a row is not kept, not even as rejected


def owner(raw: RawTable) -> contracts.Column | None:
    """The column that says whose record it is; None where a record is nobody's."""
    fields = [each.name for each in raw.fields]
    named = about.naming(contracts.ACCOUNT, fields)
    return next((contracts.columns()[name] for name in fields if name in named), None)


def account_tokens(raw: RawTable, block: Block, pseudonyms: Pseudonyms, wanted: Any) -> pa.Array:
    """Token of the account that each `wanted` row is about; null for other rows and for rows that name none."""
    column = owner(raw)
    if column is None or not pc.any(wanted).as_py():
        return pa.nulls(block.rows, pa.string())
    if column.names_if is not None:
        other, value = column.names_if
        wanted = pc.and_(wanted, pc.equal(block.columns[other].values, value).fill_null(False))
    return pseudonyms.tokens(erasures.KIND, pc.if_else(wanted, block.columns[column.name].values, None), plain)


def without_names(
    raw: RawTable, columns: dict[str, pa.Array], pseudonyms: Pseudonyms, erased: frozenset[str]
) -> dict[str, pa.Array]:
    """The free texts among `columns` without the erased accounts that they name."""

    def is_erased(word: str) -> bool:
        return pseudonyms.token(erasures.KIND, word) in erased

    texts = [each.name for each in raw.fields if each.name in about.naming(contracts.TEXT)] if erased else []
    return {
        name: pseudonyms.per_distinct(columns[name], lambda text: about.without_words(text, is_erased))
        for name in texts
    }
