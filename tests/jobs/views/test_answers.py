from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import UsageError
from jobs.views.answers import SHOWN_ROWS, as_cells, as_csv, as_json
from jobs.views.texts import FORMULA, plain, shown, without_formula

ROWS = pa.table(
    {
        "day": [date(2026, 3, 3), None],
        "at": pa.array([datetime(2026, 3, 3, 4, 5, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        "cost": pa.array([Decimal("-12.500000"), None], pa.decimal128(18, 6)),
        "bits": [float("nan"), -1.5],
        "is": [True, None],
        "words": [["a"], None],
        "raw": [b"\x00\xff", None],
    }
)


def test_every_kind_of_value_reads_the_same_in_a_table_and_in_csv() -> None:
    first = ["2026-03-03", "2026-03-03 04:05:00Z", "-12.500000", "nan", "true", '["a"]', "00ff"]
    assert as_cells(ROWS) == [first, ["", "", "", "-1.5", "", "", ""]]
    assert list(csv.reader(io.StringIO(as_csv(ROWS)))) == [ROWS.column_names, *as_cells(ROWS)]


def test_json_loses_no_digit_and_knows_no_nan() -> None:
    first, second = json.loads(as_json(ROWS))
    assert (first["cost"], first["bits"], first["words"], second["bits"], second["cost"]) == (
        "-12.500000",
        None,
        ["a"],
        -1.5,
        None,
    )


def test_two_columns_of_one_name_are_kept_apart_or_refused() -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["n", "n"])
    assert (as_csv(twice), as_cells(twice)) == ("n,n\n1,2\n", [["1", "2"]])
    with pytest.raises(UsageError, match="'n'"):
        as_json(twice)


def test_a_terminal_gets_no_more_rows_than_a_person_reads_and_a_file_gets_all() -> None:
    many = pa.table({"n": range(SHOWN_ROWS + 7)})
    assert (len(as_cells(many)), as_csv(many).count("\n")) == (SHOWN_ROWS, SHOWN_ROWS + 8)


@pytest.mark.parametrize(
    ("text", "shown_as"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb", "a\\x0ab"),
        ("‮txt", "\\u202etxt"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("Zoë 東京", "Zoë 東京"),
    ],
)
def test_characters_that_act_are_shown_and_letters_stay(text: str, shown_as: str) -> None:
    assert plain(text) == shown_as


@given(st.text())
def test_no_text_acts_on_a_terminal(text: str) -> None:
    assert not {each for each in plain(text) if each < " " or "\x7f" <= each < "\xa0" or "\u2028" <= each <= "\u202e"}
    assert plain(plain(text)) == plain(text)


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), min_size=1), min_size=1))
def test_no_text_of_a_csv_is_a_formula_and_every_row_comes_back(texts: list[str]) -> None:
    read = [row[0] for row in csv.reader(io.StringIO(as_csv(pa.table({"t": texts})), newline=""))][1:]
    assert not [text for text in read if text.lstrip().startswith(FORMULA)]
    assert read == [without_formula(plain(text)) for text in texts]


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_no_text_of_json_acts_on_a_terminal_and_every_text_comes_back(text: str) -> None:
    written = as_json(pa.table({"t": [text]}))
    assert plain(written.replace("\n", "")) == written.replace("\n", "")
    assert json.loads(written) == [{"t": text}]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\uff1d1", "  =1+1"])
def test_what_a_spreadsheet_would_compute_gets_an_apostrophe_and_a_number_does_not(text: str) -> None:
    assert as_csv(pa.table({"t": [text], "n": [-1]})) == f"t,n\n'{text},-1\n"


def test_a_time_elsewhere_keeps_its_offset() -> None:
    assert shown(datetime.fromisoformat("2026-03-03T04:05:00+02:00")) == "2026-03-03 04:05:00+02:00"
