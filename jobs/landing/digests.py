"""A row's digest: the same for equal rows in whatever file, format or order, and worthless without the key.

It is HMAC-SHA-256 over the row's declared columns at their declared types, cut to 128 bits. It orders duplicates, is
the key of tables that have none, and names a rejected row without repeating what it said.
"""

from __future__ import annotations

import binascii
import itertools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.landing.formats import Block
from jobs.landing.shapes import RawTable
from jobs.privacy.pseudonyms import HEX_DIGITS, Pseudonyms

_SEPARATOR, _NULL, _FAILED, _UNREADABLE = b"\x1f", b"\\0", "\\!", b"\\?"
_DOMAIN = b"iolaus record\0"


def record_digests(raw: RawTable, block: Block, pseudonyms: Pseudonyms) -> pa.Array:
    """One string of 32 hex digits per row of `block`, taken before anything is pseudonymised."""
    if not block.rows:
        return pa.array([], pa.string())
    lists = [each for each in raw.fields if each.type.startswith("array")]
    others = [each for each in raw.fields if not each.type.startswith("array")]
    columns = [_canonical(block, each.name) for each in others]
    columns += [_list_bytes(block, each.name) for each in lists]  # last: their bytes may hold the separator
    joined = pc.binary_join_element_wise(
        pa.scalar(_DOMAIN + raw.name.encode()), *columns, _SEPARATOR, null_handling="replace", null_replacement=_NULL
    )
    offsets = np.frombuffer(joined.buffers()[1], np.int32, block.rows + 1).tolist()
    content = memoryview(joined.buffers()[2])
    digest = pseudonyms.digest
    found = [digest(content[start:end])[: HEX_DIGITS // 2] for start, end in itertools.pairwise(offsets)]
    for row, line in block.unreadable.items():
        found[row] = digest(_DOMAIN + raw.name.encode() + _UNREADABLE + line)[: HEX_DIGITS // 2]
    text = binascii.hexlify(b"".join(found))
    ends = np.arange(block.rows + 1, dtype=np.int32) * HEX_DIGITS
    return pa.StringArray.from_buffers(block.rows, pa.py_buffer(ends), pa.py_buffer(text))


def _canonical(block: Block, name: str) -> pa.Array:
    column = block.columns[name]
    values = column.values
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    texts = values.cast(pa.string())
    if pa.types.is_string(column.values.type):
        texts = _escaped(texts)
    return _with_failed(texts, column.failed).cast(pa.binary())


def _escaped(texts: pa.Array) -> pa.Array:
    """Backslash and separator doubled out, so that no text can look like a null or like two columns."""
    if pc.any(pc.match_substring(texts, "\\")).as_py():
        texts = pc.replace_substring(texts, "\\", "\\\\")
    if pc.any(pc.match_substring(texts, "\x1f")).as_py():
        texts = pc.replace_substring(texts, "\x1f", "\\s")
    return texts


def _with_failed(texts: pa.Array, failed: dict[int, str]) -> pa.Array:
    if not failed:
        return texts
    mask = np.zeros(len(texts), bool)
    mask[list(failed)] = True
    spoken = [_FAILED + failed[row].encode(errors="replace").decode() for row in sorted(failed)]
    escaped = [each.replace("\x1f", "\\s") for each in spoken]
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(escaped, pa.string()))


def _list_bytes(block: Block, name: str) -> pa.Array:
    column = block.columns[name]
    lists: pa.ListArray = column.values
    flat = lists.flatten().to_numpy().astype("<i4")
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths) * 4]).astype(np.int32)
    whole = pa.Array.from_buffers(
        pa.binary(), len(lists), [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(flat))]
    )
    present = pc.if_else(lists.is_valid(), whole, None)
    if not column.failed:
        return present
    mask = np.zeros(len(lists), bool)
    mask[list(column.failed)] = True
    spoken = [(_FAILED + column.failed[row]).encode(errors="replace") for row in sorted(column.failed)]
    return pc.replace_with_mask(present, pa.array(mask), pa.array(spoken, pa.binary()))
