"""JSON lines one by one: slower than Arrow, but numbers count as they are written, and what is wrong has a row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from jobs.errors import IolausError


def read_lines(source: Path, content: bytes, columns: Sequence[str]) -> pa.Table:
    """The columns as texts, null where a line has none. Raises `IolausError` naming file, row and column of what is no text."""
    found: dict[str, list[str | None]] = {name: [] for name in columns}
    lines = [line for line in content.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]
    for row, line in enumerate(lines, start=1):
        where = f"The observations file {source} has in row {row}"
        try:
            value = json.loads(line.decode("utf-8"), parse_int=str, parse_float=str, object_pairs_hook=_once)
        except UnicodeDecodeError as error:
            raise IolausError(f"{where} what is no UTF-8: save it as UTF-8.") from error
        except RecursionError as error:
            raise IolausError(f"{where} an object within too many others: flatten it.") from error
        except ValueError as error:
            raise IolausError(
                f"{where} no JSON ({str(error).rstrip('.')}): each line holds one whole object."
            ) from error
        if not isinstance(value, dict):
            raise IolausError(
                f"{where} no object but {str(value)[:60]!r}: each line holds one object with the columns."
            )
        for name in columns:
            found[name].append(_text(value.get(name), f"{where} in the column {name}"))
    return pa.table({name: pa.array(texts, pa.string()) for name, texts in found.items()})


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Raises `ValueError` where a name stands twice."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the name {name[:60]!r} stands twice")
        found[name] = value
    return found


def _text(value: object, where: str) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case str():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise IolausError(f"{where} half a surrogate pair: write the character whole.") from error
            return value
        case _:
            raise IolausError(f"{where} {str(value)[:60]!r}: it needs a text or a number.")
