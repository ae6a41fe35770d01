"""Observation files in every spelling people have, and what is told of those that cannot be used."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import IolausError, UsageError
from jobs.linking.reading import read_observations

ROW = {"account_id": "a", "signal": "s", "entity": "e", "events": 2}
SPELLINGS = {
    "f.csv": "account_id,signal,entity,events\na, s ,e,2\n",
    "F.CSV": "account_id,signal,entity,events\na,s,e,2\n",
    "f.tsv": "account_id\tsignal\tentity\tevents\na\ts\te\t2\n",
    "f.jsonl": '{"account_id": "a", "signal": "s", "entity": "e", "events": 2}\n',
    "more.csv": "when,account_id,signal,entity,events\nx,a,s,e,2.0\n",
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", SPELLINGS)
def test_one_content_many_spellings(tmp_path: Path, name: str, zipped: bool) -> None:
    text = SPELLINGS[name].encode()
    path = tmp_path / (f"{name}.gz" if zipped else name)
    path.write_bytes(gzip.compress(text) if zipped else text)
    assert read_observations(path)[0].to_pylist() == [ROW]


@pytest.mark.parametrize("entity", ["", " ", "unknown", "n/a", "NULL", "0.0.0.0"])
def test_what_stands_for_nothing_ties_nobody_and_is_counted(tmp_path: Path, entity: str) -> None:
    (tmp_path / "f.csv").write_text(f"account_id,signal,entity\na,s,e\nb,s,{entity}\nc,s,{entity}\n")
    found, left_out = read_observations(tmp_path / "f.csv")
    assert (found["account_id"].to_pylist(), left_out.rows, left_out.accounts.to_pylist()) == (["a"], 2, ["b", "c"])


@pytest.mark.parametrize("events", ["", " ", "NaN"])
def test_a_row_that_does_not_say_how_often_is_one_event(tmp_path: Path, events: str) -> None:
    (tmp_path / "f.csv").write_text(f"account_id,signal,entity,events\na,s,e,3\na,s,e,{events}\n")
    assert read_observations(tmp_path / "f.csv")[0]["events"].to_pylist() == [4]


def test_an_events_column_of_nulls_is_none(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"account_id": ["a"], "signal": ["s"], "entity": ["e"], "events": pa.nulls(1)}), tmp_path / "f.parquet"
    )
    assert read_observations(tmp_path / "f.parquet")[0]["events"].to_pylist() == [1]


def test_events_that_are_no_count_are_named_with_their_row(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("account_id,signal,entity,events\na,s,e,1\na,s,e,1.5\n")
    with pytest.raises(IolausError, match=r"f\.csv has '1\.5' in the column events of row 2"):
        read_observations(tmp_path / "f.csv")


def test_a_column_named_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("account_id,signal,entity,entity\na,s,e,e\n")
    with pytest.raises(UsageError, match="two columns entity"):
        read_observations(tmp_path / "f.csv")


def test_another_format_is_told_what_is_taken(tmp_path: Path) -> None:
    (tmp_path / "f.xlsx").write_bytes(b"PK")
    with pytest.raises(UsageError, match=r"it takes \.csv, \.tsv"):
        read_observations(tmp_path / "f.xlsx")


def test_a_file_without_a_needed_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("account_id,entity\na,b\n")
    with pytest.raises(UsageError, match=r"f\.csv lacks the column signal"):
        read_observations(tmp_path / "f.csv")


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "f.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(IolausError, match=r"f\.parquet cannot be read"):
        read_observations(tmp_path / "f.parquet")


def test_rows_without_account_signal_or_entity_are_counted_and_left_out_and_events_add_up(tmp_path: Path) -> None:
    table = pa.table({"account_id": ["a", None, "a"], "signal": ["s"] * 3, "entity": ["e"] * 3, "events": [2, 3, 5]})
    pq.write_table(table, tmp_path / "f.parquet")
    found, left_out = read_observations(tmp_path / "f.parquet")
    assert found.to_pylist() == [{"account_id": "a", "signal": "s", "entity": "e", "events": 7}]
    assert left_out.rows == 1
    pq.write_table(table.slice(1, 1), tmp_path / "empty.parquet")
    with pytest.raises(IolausError, match="no row with account"):
        read_observations(tmp_path / "empty.parquet")


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("entity", pa.array([["e"]]), "has list<"),
        ("entity", pa.array([b"\xff\xfe"]), "of row 1, which is no text"),
        ("entity", pa.array([b"\xff\xfe"]).view(pa.string()), "of row 1, which is no text"),
        ("entity", pa.array(["x" * 9000]), "at most 8192 bytes"),
        ("events", pa.array([[1]]), "has list<"),
        ("events", pa.array([b"\xff"]), "column events of row 1"),
    ],
    ids=["a list", "bytes", "no UTF-8", "too long", "a list of counts", "a count of bytes"],
)
def test_values_that_are_no_text_are_named(tmp_path: Path, column: str, values: pa.Array, said: str) -> None:
    columns = {"account_id": pa.array(["a"]), "signal": pa.array(["s"]), "entity": pa.array(["e"])} | {column: values}
    pq.write_table(pa.table(columns), tmp_path / "f.parquet")
    with pytest.raises(IolausError, match=said):
        read_observations(tmp_path / "f.parquet")


def test_a_file_whose_columns_have_no_readable_name_is_named(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b"account_id,signal,entity,\x80\na,s,e,1\n")
    with pytest.raises(IolausError, match=r"f\.csv cannot be read as csv"):
        read_observations(tmp_path / "f.csv")


def test_an_error_that_quotes_lines_of_the_file_stays_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b'account_id,signal,entity\na,"s\nx"\n')
    with pytest.raises(IolausError) as refused:
        read_observations(tmp_path / "f.csv")
    assert "\n" not in str(refused.value)


def test_a_long_text_that_is_stored_once_for_many_rows_is_not_unpacked(tmp_path: Path) -> None:
    entity = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 100_000]))  # 10 GB
    columns = {"account_id": pa.array(["a"] * 100_000), "signal": pa.array(["s"] * 100_000), "entity": entity}
    pq.write_table(pa.table(columns), tmp_path / "f.parquet")
    with pytest.raises(IolausError, match="at most 8192 bytes"):
        read_observations(tmp_path / "f.parquet")


def test_counts_beyond_what_64_bits_hold_are_told(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("account_id,signal,entity,events\n" + f"a,s,e,{'9' * 18}\n" * 10)
    with pytest.raises(IolausError, match="counts more events"):
        read_observations(tmp_path / "f.csv")
