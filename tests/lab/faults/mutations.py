"""Ways to break a file, one for each number."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from tests.jobs.staged.rawrows import GOOD, NIGHT, good

TABLES = tuple(sorted(GOOD))
WORDS = ("", " ", "\x00", "null", "NaN", "-0", "1e400", "9" * 5000, "é" * 300, "\ud7ff", "0x1F", "true", "[]", "{}", "=cmd()",
         "x" * 70_000, "2026-02-30", "9999-12-31T23:59:59.999999Z", "0000-00-00", "-infinity", "infinity",
         "\u202e\u0000", "255.255.255.255/33", "::/0", "1_000", "1" + "0" * 40)  # fmt: skip
NUMBERS = (
    0,
    -1,
    1,
    2**31,
    2**63 - 1,
    -(2**63),
    2**64,
    10**30,
    1.5,
    1e308,
    -1e-320,
    True,
    None,
    [],
    [1],
    {"a": 1},
    [[[]]],
)
Chance = random.Random
Rows = list[dict[str, Any]]


def _rows(chance: Chance, table: str) -> Rows:
    """Good rows; where the first column is an id, they differ in it."""
    name, value = next(iter(GOOD[table].items()))
    is_id = isinstance(value, str) and name not in ("cidr", "decided_at")
    return [good(table, **({name: f"{value}{n}"} if is_id else {})) for n in range(chance.choice((1, 2, 3, 40)))]


# -- values ---------------------------------------------------------------------------------------------------------------


def _odd_values(chance: Chance, rows: Rows) -> None:
    for _ in range(chance.randint(1, 4)):
        row = chance.choice(rows)
        row[chance.choice(list(row))] = chance.choice(WORDS + NUMBERS)


def _odd_names(chance: Chance, rows: Rows) -> None:
    name = chance.choice(list(rows[0]))
    new = chance.choice(
        (
            "",
            name.upper(),
            f" {name}",
            f"{name}.x",
            f"{name}\n",
            "列",
            "account_id",
            "ds",
            "__index_level_0__",
            "\x00",
            "a" * 10_000,
        )
    )
    for row in rows:
        row[new] = row.pop(name, None)


def _missing(chance: Chance, rows: Rows) -> None:
    for row in chance.sample(rows, chance.randint(1, len(rows))):
        row.pop(chance.choice(list(row)))


# -- bytes ----------------------------------------------------------------------------------------------------------------


def flipped(chance: Chance, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _footer(chance: Chance, content: bytes) -> bytes:
    """Other bytes in the last part of a file, where Parquet says what is where."""
    length = int.from_bytes(content[-8:-4], "little") if len(content) > 12 else 0
    start = max(0, len(content) - 8 - min(length, len(content)))
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4))):
        changed[chance.randrange(start, len(changed))] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    return bytes(changed)


def _cut(chance: Chance, content: bytes) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _spliced(chance: Chance, content: bytes) -> bytes:
    low, high = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    piece = chance.choice((b"", b"\0" * (high - low), content[low:high] * 2, chance.randbytes(chance.randint(1, 200))))
    return content[:low] + piece + content[high:]


OTHERS = (
    b"", b"\0", b"\n" * 50, b"PAR1PAR1", b"PAR1" + b"\xff" * 8 + b"PAR1", b"PK\x03\x04" + bytes(60), b"\xef\xbb\xbf", b"\x1f\x8b",
    "{}".encode("utf-16"), b"[" * 100_000, b'{"a":' * 50_000, b"<html>502 Bad Gateway</html>\n", b"{}\n{}\n", b"[{}]", b"\r\r\r",
    b'{"account_id":"a"}{"account_id":"b"}',
)  # fmt: skip


def _another(chance: Chance, _: bytes) -> bytes:
    return chance.choice(OTHERS)


BYTES: tuple[Callable[[Chance, bytes], bytes], ...] = (
    flipped,
    flipped,
    _footer,
    _footer,
    _footer,
    _cut,
    _spliced,
    _another,
)


# -- Parquet --------------------------------------------------------------------------------------------------------------

MOMENTS = (0, -1, 2**63 - 1, -(2**63) + 1, 253402300800 * 10**6, -62135596801 * 10**6, 10**17)


def _types(chance: Chance, rows: int) -> pa.Array:
    """A column of a type and with values that nobody expects."""

    def many(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
        return pa.array([chance.choice(values) for _ in range(rows)], kind)

    unit = chance.choice(("s", "ms", "us", "ns"))
    zone = chance.choice((None, "UTC", "+05:30", "Mars/Phobos", "", "Europe/Berlin"))
    ways: tuple[Callable[[], pa.Array], ...] = (
        lambda: many((None,), pa.null()),
        lambda: many((0, 127, None), pa.int8()),
        lambda: many((0, 2**64 - 1, None), pa.uint64()),
        lambda: many((0.0, float("nan"), float("inf"), 1e308), pa.float64()),
        lambda: many((0.0, 65504.0, None), pa.float16()),
        lambda: many((True, None), pa.bool_()),
        lambda: many((b"", b"\xff\xfe", b"\x00", "é".encode("latin-1")), pa.binary()),
        lambda: many((b"\xff" * 16,), pa.binary(16)),
        lambda: many((b"a", b"\xc3\x28"), pa.large_binary()),
        lambda: many(("x", "", None), pa.large_string()),
        lambda: many(("x", "", None), pa.string_view()),
        lambda: _not_utf8(rows),
        lambda: many((Decimal("1.5"), None), pa.decimal128(38, 9)),
        lambda: many((Decimal(10) ** 60, None), pa.decimal256(76, 2)),
        lambda: many((0, 2**31 - 1, -(2**31), None), pa.int32()).cast(pa.date32()),
        lambda: many((0, 86_400_000 * 10**6, None), pa.int64()).cast(pa.date64()),
        lambda: many((0, 86_399, None), pa.int32()).cast(pa.time32("s")),
        lambda: many((0, 2**63 - 1, None), pa.int64()).cast(pa.duration(unit)),
        lambda: many(MOMENTS, pa.int64()).cast(pa.timestamp(unit, zone)),
        lambda: many(([1, None], [], None, [2**31 - 1] * 16), pa.list_(pa.int32())),
        lambda: many(([[1]], [], None), pa.list_(pa.list_(pa.int64()))),
        lambda: many(([1.5] * 16, ), pa.list_(pa.float64())),
        lambda: many((["a"] * 16, ), pa.list_(pa.string())),
        lambda: many(([2**63 - 1] * 16, [None] * 16), pa.list_(pa.int64())),
        lambda: many(({"a": 1}, None), pa.struct([("a", pa.int64())])),
        lambda: many(([("k", 1)], [], None), pa.map_(pa.string(), pa.int64())),
        lambda: many(("a", "b", None), pa.string()).dictionary_encode(),
        lambda: many((1, None), pa.int64()).dictionary_encode(),
        lambda: many(WORDS, pa.string()),
        lambda: many((datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)), pa.timestamp("us", "UTC")),
        lambda: many((date(1, 1, 1), date(9999, 12, 31)), pa.date32()),
        lambda: many((timedelta(days=1),), pa.duration("ns")),
    )  # fmt: skip
    return chance.choice(ways)()


def _not_utf8(rows: int) -> pa.Array:
    return pa.array([b"\xff\xfe\x00bad"] * rows, pa.binary()).view(pa.string()) if rows else pa.array([], pa.string())


def _columns(rows: Rows) -> dict[str, pa.Array]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: _column([row.get(name) for row in rows]) for name in names}


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):
        return pa.array([None if value is None else str(value) for value in values])


def _parquet(chance: Chance, columns: dict[str, pa.Array], path: Path) -> None:
    names, arrays = list(columns), list(columns.values())
    if chance.random() < 0.1 and names:
        place = chance.randrange(len(names))
        names, arrays = [*names, names[place]], [*arrays, arrays[place]]
    table = pa.table(arrays, names=names)
    options: dict[str, Any] = {
        "compression": chance.choice(("none", "snappy", "gzip", "zstd", "lz4", "brotli")),
        "version": chance.choice(("1.0", "2.4", "2.6")),
        "data_page_version": chance.choice(("1.0", "2.0")),
        "row_group_size": chance.choice((1, 7, 1000)),
        "use_dictionary": chance.choice((True, False)),
        "store_schema": chance.choice((True, False)),
        "write_statistics": chance.choice((True, False)),
        "use_deprecated_int96_timestamps": chance.random() < 0.2,
        "write_page_index": chance.choice((True, False)),
    }
    if chance.random() < 0.2:
        options |= {
            "use_dictionary": False,
            "column_encoding": {
                name: _encoding(chance, kind) for name, kind in zip(table.schema.names, table.schema.types, strict=True)
            },
        }
    try:
        pq.write_table(table, path, **options)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError):  # what cannot be written cannot be delivered
        pq.write_table(pa.table({"account_id": ["a"]}), path)


def _encoding(chance: Chance, kind: pa.DataType) -> str:
    texts = ("PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY")
    numbers = ("PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT")
    return chance.choice(texts if pa.types.is_string(kind) else numbers if pa.types.is_integer(kind) else ("PLAIN",))


# -- bombs ----------------------------------------------------------------------------------------------------------------


def _bombs(chance: Chance, table: str, folder: Path) -> Path:
    """Small files that unpack to much, and lines without an end."""
    name = next(iter(GOOD[table]))
    kind = chance.randrange(5)
    if kind == 0:  # one long text for many rows
        rows = 50_000
        columns = {
            key: pa.array([value] * 1).take(pa.array([0] * rows, pa.int32())) for key, value in good(table).items()
        }
        columns[name] = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * 200_000]))
        pq.write_table(pa.table(columns), folder / "p.parquet", compression="zstd")
        return folder / "p.parquet"
    if kind == 1:
        rows = 3_000_000
        columns = {
            key: pa.array([value]).take(pa.array([0] * rows, pa.int32()))
            for key, value in good(table).items()
            if key == name
        }
        pq.write_table(pa.table(columns), folder / "p.parquet", row_group_size=rows)
        return folder / "p.parquet"
    suffix = ".jsonl.gz" if kind == 2 else ".jsonl.zst"
    path = folder / f"p{suffix}"
    piece, times = {2: (b"a" * (1 << 20), 200), 3: (b"a" * (1 << 20), 2000), 4: (b"{}\n" * 100_000, 30)}[kind]
    with gzip.open(path, "wb", 1) if kind == 2 else zstandard.open(path, "wb") as stream:
        for _ in range(times):
            stream.write(piece)
    return path


# -- files ----------------------------------------------------------------------------------------------------------------

WAYS = ("values", "names", "missing", "bytes", "types", "encodings", "json values", "json bytes", "whole")
LINKED = ("csv values", "csv bytes", "parquet types", "parquet bytes", "jsonl values", "jsonl bytes", "encodings")
BOMB_EVERY = 200


def name_of(reader: str, number: int) -> str:
    """How the file of a number is broken."""
    if reader == "raw" and number % BOMB_EVERY == BOMB_EVERY - 1:
        return "bomb"
    ways = WAYS if reader == "raw" else LINKED
    return ways[number % len(ways)]


def delivered(root: Path, chance: Chance, number: int) -> tuple[str, int | None]:
    """Deliver the file of a number; gives its table, and its rows where nothing may be lost of them."""
    table, way = chance.choice(TABLES), name_of("raw", number)
    folder = root / "raw" / table / f"ds={NIGHT}"
    folder.mkdir(parents=True)
    if way == "bomb":
        _bombs(chance, table, folder)
        return table, None
    rows = _rows(chance, table)
    {"values": _odd_values, "json values": _odd_values, "names": _odd_names, "missing": _missing}.get(
        way, lambda *_: None
    )(chance, rows)
    if way.startswith("json") or (way in ("names", "missing") and chance.random() < 0.5):
        text = "".join(json.dumps(row) + "\n" for row in rows).encode()
        if way == "json bytes":
            text = chance.choice(BYTES)(chance, text)
        suffix = chance.choice((".jsonl", ".jsonl.gz", ".jsonl.zst"))
        packed = {".jsonl": bytes, ".jsonl.gz": gzip.compress, ".jsonl.zst": zstandard.compress}[suffix](text)
        if way == "json bytes" and chance.random() < 0.3:
            packed = chance.choice(BYTES)(chance, packed)
        (folder / f"p{suffix}").write_bytes(packed)
        return table, len(rows) if way == "json values" else None
    columns = _columns(rows)
    if way == "types":
        for name in chance.sample(list(columns), min(len(columns), chance.choice((1, 1, 2)))):
            columns[name] = _types(chance, len(rows))
    path = folder / "p.parquet"
    _parquet(chance, columns, path)
    if way == "bytes":
        path.write_bytes(chance.choice(BYTES)(chance, path.read_bytes()))
    return table, None


def observed(folder: Path, chance: Chance, number: int) -> Path:
    """Write the observation file of a number; gives its path."""
    way = name_of("link", number)
    rows: Rows = [
        {"account_id": f"a{n % 7}", "signal": f"s{n % 3}", "entity": f"e{n % 5}", "events": n % 4 + 1}
        for n in range(chance.choice((1, 5, 60)))
    ]
    if "values" in way:
        chance.choice((_odd_values, _odd_values, _odd_names, _missing))(chance, rows)
    if way.startswith("jsonl"):
        content, name = "".join(json.dumps(row) + "\n" for row in rows).encode(), "o.jsonl"
    elif way.startswith("csv"):
        head = list(dict.fromkeys(key for row in rows for key in row))
        quote = chance.choice(('"', ""))
        text = [",".join(head), *(",".join(f"{quote}{row.get(key, '')}{quote}" for key in head) for row in rows)]
        content, name = "\n".join(text).encode(errors="surrogatepass"), "o.csv"
    else:
        columns = _columns(rows)
        if way == "parquet types":
            for key in chance.sample(list(columns), chance.choice((1, 2))):
                columns[key] = _types(chance, len(rows))
        path = folder / "o.parquet"
        _parquet(chance, columns, path)
        content, name = path.read_bytes(), path.name
    if "bytes" in way:
        content = chance.choice(BYTES)(chance, content)
    if name != "o.parquet" and chance.random() < 0.2:
        content, name = gzip.compress(content), f"{name}.gz"
        if "bytes" in way and chance.random() < 0.5:
            content = chance.choice(BYTES)(chance, content)
    (folder / name).write_bytes(content)
    return folder / name
