"""Erased accounts on their way in: their rows are counted and left out, and texts of others do not name them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.landing.formats import Block
from jobs.landing.shapes import RawTable
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms, plain

ERASED = "erased"  # beside the reasons for which a row is rejected; such a row is not kept, not even as rejected


def account_tokens(raw: RawTable, block: Block, pseudonyms: Pseudonyms, wanted: Any) -> pa.Array:
    """Token of the account that each `wanted` row is about; null for other rows and for rows that name none."""
    if raw.account is None or not pc.any(wanted).as_py():
        return pa.nulls(block.rows, pa.string())
    named = block.columns[raw.account.name].values
    if raw.account.account_if is not None:
        column, values = raw.account.account_if
        wanted = pc.and_(wanted, pc.is_in(block.columns[column].values, value_set=pa.array(values)))
    return pseudonyms.tokens(erasures.KIND, pc.if_else(wanted, named, None), plain)


def without_names(
    raw: RawTable, columns: dict[str, pa.Array], pseudonyms: Pseudonyms, erased: frozenset[str]
) -> dict[str, pa.Array]:
    """The free texts among `columns` without the erased accounts that they name."""

    def is_erased(word: str) -> bool:
        return pseudonyms.token(erasures.KIND, word) in erased

    texts = [each.name for each in raw.fields if each.free_text] if erased else []
    return {
        name: pseudonyms.per_distinct(columns[name], lambda text: erasures.without_names(text, is_erased))
        for name in texts
    }
