"""Where words are still to be found below a folder: as bytes of any file, and inside what Parquet, Avro and DuckDB compress."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

DEFLATE = -15  # raw, without header


def traces(words: str | Sequence[str], *places: Path) -> list[str]:
    """Files and columns below the places (folders or files) in which a word occurs."""
    wanted = [words] if isinstance(words, str) else list(words)
    assert wanted
    files = [each for place in places for each in ([place] if place.is_file() else sorted(place.rglob("*")))]
    return [f"{path}: {what} has {word}" for path in files if path.is_file() for what, word in _in_file(path, wanted)]


def kinds(found: list[str]) -> set[str]:
    """Suffixes of the files in which something was found."""
    return {Path(each.split(": ")[0]).suffix for each in found}


def _in_file(path: Path, words: list[str]) -> Iterator[tuple[str, str]]:
    content = path.read_bytes()
    yield from (("bytes", word) for word in words if word.encode() in content or word in path.name)
    if content.startswith(b"PAR1"):
        rows = pq.ParquetFile(path).read()
        for name in (field.name for field in rows.schema if pa.types.is_string(field.type)):
            column = "\n".join(text for text in rows[name].unique().to_pylist() if text)
            yield from ((name, word) for word in words if word in column)
    if content.startswith(b"Obj\x01"):
        blocks = b"".join(_avro_blocks(content))
        yield from (("blocks", word) for word in words if word.encode() in blocks)
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            columns = connection.execute(
                "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE data_type = 'VARCHAR' AND NOT internal"
            ).fetchall()
            for schema, table, column in columns:
                found = connection.execute(f'SELECT DISTINCT "{column}" FROM "{schema}"."{table}"').fetchall()
                text = "\n".join(value for (value,) in found if value)
                yield from ((f"{table}.{column}", word) for word in words if word in text)


def _avro_blocks(content: bytes) -> Iterator[bytes]:
    """Data blocks of an object container file, inflated (Avro 1.12 specification, "Object Container Files")."""
    at, codec = 4, b"null"
    while count := (read := _long(content, at))[0]:
        at = read[1]
        assert count > 0
        for _ in range(count):
            name, at = _bytes(content, at)
            value, at = _bytes(content, at)
            codec = value if name == b"avro.codec" else codec
    at = read[1] + 16
    assert codec in (b"null", b"deflate")
    while at < len(content):
        _, at = _long(content, at)
        block, at = _bytes(content, at)
        yield zlib.decompress(block, DEFLATE) if codec == b"deflate" else block
        at += 16


def _bytes(content: bytes, at: int) -> tuple[bytes, int]:
    size, at = _long(content, at)
    return content[at : at + size], at + size


def _long(content: bytes, at: int) -> tuple[int, int]:
    """A zigzag number of 7 bits a byte, and the place after it."""
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return (value >> 1) ^ -(value & 1), at
