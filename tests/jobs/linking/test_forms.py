"""One content in every form that people have it in reads alike, and a file that cannot be read is told from which row on."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import IolausError, UsageError
from jobs.linking.reading import read_observations

Row = tuple[str, str, str, int | None]
Written = Callable[[list[Row]], bytes]
COLUMNS = ("account_id", "signal", "entity", "events")
TEXT = st.one_of(
    st.sampled_from(
        ["", " ", "unknown", "0", "007", "1e5", "2026-01-01", "true", 'say "hi"', "a,b", "a\tb", "ä", "= 1"]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=6),
)
ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT, st.none() | st.integers(1, 9)), min_size=1, max_size=8)
SURE: Row = ("a", "card", "c1", None)  # so that something is left of every file


def delimited(delimiter: str, end: str = "\n", head: bytes = b"", encoding: str = "utf-8") -> Written:
    def write(rows: list[Row]) -> bytes:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
        writer.writerow(COLUMNS)
        writer.writerows([*row[:3], "" if row[3] is None else row[3]] for row in rows)
        return head + out.getvalue().encode(encoding)

    return write


def padded(rows: list[Row]) -> bytes:
    return delimited(",")(
        [(f" {account}", f"{signal} ", f"  {entity} ", events) for account, signal, entity, events in rows]
    )


def lines(rows: list[Row]) -> bytes:
    return "".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows).encode()


def sparse_lines(rows: list[Row]) -> bytes:
    """What is empty is not there, numbers are numbers where they read the same, and a line has more than is asked for."""
    written = []
    for row in rows:
        cells = {name: value for name, value in zip(COLUMNS, row, strict=True) if value not in ("", None)}
        cells |= {
            name: int(value) for name, value in cells.items() if str(value).isascii() and str(value) == as_number(value)
        }
        written.append(json.dumps({"other": {"deep": 1}, **cells}, ensure_ascii=False))
    return ("\ufeff" + "\r\n".join(written)).encode()


def as_number(value: object) -> str:
    try:
        return str(int(str(value)))
    except ValueError:
        return ""


def parquet(*types: pa.DataType, nulls: bool = False) -> Written:
    def write(rows: list[Row]) -> bytes:
        columns = [[(None if nulls and row[place] == "" else row[place]) for row in rows] for place in range(4)]
        arrays = [pa.array(column, pa.string()).cast(kind) for column, kind in zip(columns, types, strict=False)]
        out = io.BytesIO()
        pq.write_table(pa.table([*arrays, pa.array(columns[3], pa.int64())], names=COLUMNS), out)
        return out.getvalue()

    return write


TEXTS = (pa.string(),) * 3
FORMS: dict[str, Written] = {
    "plain.csv": delimited(","),
    "windows.CSV": delimited(",", end="\r\n", head=b"\xef\xbb\xbf"),
    "padded.csv": padded,
    "european.csv": delimited(";"),
    "unicode.csv": delimited(",", encoding="utf-16"),
    "tabs.TSV": delimited("\t"),
    "lines.jsonl": lines,
    "sparse.JsonL": sparse_lines,
    "texts.parquet": parquet(*TEXTS),
    "nulls.Parquet": parquet(*TEXTS, nulls=True),
    "large.parquet": parquet(pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.binary()),
}
ZIPPED: dict[str, Written] = {
    f"{name}.gz": (lambda rows, write=write: gzip.compress(write(rows)))
    for name, write in FORMS.items()
    if not name.lower().endswith("parquet")
}


@given(ROWS)
def test_every_form_of_one_content_reads_alike(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    folder = tmp_path_factory.mktemp("forms")
    read = {}
    for name, write in (FORMS | ZIPPED).items():
        (folder / name).write_bytes(write([*rows, SURE]))
        table, left_out = read_observations(folder / name)
        read[name] = (
            sorted(map(str, table.to_pylist())),
            left_out.rows,
            left_out.placeholders,
            sorted(left_out.accounts.to_pylist()),
        )
    assert SURE[0] in str(read["plain.csv"])
    assert {name: found for name, found in read.items() if found != read["plain.csv"]} == {}


HEAD = b"account_id,signal,entity\n"
DAMAGED = {
    "short.csv": (HEAD + b"a,s,e\na,s\n", "has 2 cells instead of 3 in row 2"),
    "latin.csv": (HEAD + b"a,s,e\na,s,\xe4\n", "in the column entity of row 2, which is no text"),
    "broken.jsonl": (b'{"account_id":"a","signal":"s","entity":"e"}\n{"account', "has in row 2 no JSON"),
    "nested.jsonl": (b'{"account_id":"a","signal":"s","entity":["e"]}', "has in row 1 in the column entity"),
    "list.jsonl": (b'[{"account_id":"a"}]', "has in row 1 no object"),
    "twice.jsonl": (b'{"account_id":"a","signal":"s","entity":"e","entity":"f"}', "the name 'entity' stands twice"),
    "half.jsonl": (b'{"account_id":"a","signal":"s","entity":"\\ud800"}', "has in row 1 in the column entity half a surrogate"),
    "empty.csv": (b"", "cannot be read as csv"),
    "not.csv.gz": (HEAD, "cannot be read as csv"),
    "cut.csv.gz": (gzip.compress(HEAD + b"a,s,e\n" * 500)[:-20], "cannot be read as csv"),
    "no.parquet": (b"PAR1", "cannot be read as parquet"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_told_in_one_sentence_with_file_row_and_column(tmp_path: Path, name: str) -> None:
    content, said = DAMAGED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(IolausError) as told:
        read_observations(tmp_path / name)
    assert said in str(told.value)
    assert name in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_with_another_separator_says_what_columns_it_has(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("account_id|signal|entity\na|s|e\n")
    with pytest.raises(UsageError, match=r"lacks the column account_id.* and has account_id\|signal\|entity\."):
        read_observations(tmp_path / "f.csv")


@pytest.mark.parametrize("length", [8_192, 3_000_000], ids=["a long text", "longer than a block"])
def test_a_long_text_is_the_same_in_every_form_and_too_long_a_one_is_told(tmp_path: Path, length: int) -> None:
    (tmp_path / "f.csv").write_text(f"account_id,signal,entity\na,prompt,{'x' * length}\n")
    (tmp_path / "f.jsonl").write_text(json.dumps({"account_id": "a", "signal": "prompt", "entity": "x" * length}))
    if length <= 8_192:
        assert read_observations(tmp_path / "f.csv")[0].equals(read_observations(tmp_path / "f.jsonl")[0])
        return
    for name in ("f.csv", "f.jsonl"):
        with pytest.raises(
            IolausError, match=r"in the column entity of row 1, which is no text: .* at most 8192 bytes"
        ):
            read_observations(tmp_path / name)
