"""`iolaus link` as a person meets it: what it writes, prints and refuses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from jobs.cli import commands, console

CROWD = [(f"p{n:03d}", kind, kind if n < 12 else f"{kind}{n}") for n in range(60) for kind in ("purse", "phone")]
HOSTILE = "x\x1b]0;owned\x07\u202e"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Twelve of sixty who share purse and phone; two rows that say nothing; an account with a hostile name."""
    rows = [
        *CROWD,
        ("p059", "mail", "unknown"),
        ("p058", "mail", ""),
        (HOSTILE, "phone", HOSTILE),
        ("p000", "mail", HOSTILE),
    ]
    path = tmp_path / "met.csv"
    path.write_text("account_id,signal,entity\n" + "".join(f"{','.join(row)}\n" for row in rows))
    return path


def iolaus(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr("sys.argv", ["iolaus", *map(str, words)])
    monkeypatch.setattr("os.umask", lambda mask: 0)  # the tests' own stays
    return commands.command()


@pytest.mark.parametrize("name", ["out.parquet", "OUT.CSV", "out"])
def test_what_is_written_is_of_the_kind_that_its_name_says(
    source: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = source.parent / name
    assert iolaus(monkeypatch, "link", "--observations", source, "--out", target) == 0
    found = pa.csv.read_csv(target) if name == "OUT.CSV" else pq.read_table(target)
    assert found.column_names == ["account_id", "cluster_id", "membership", "bits"]
    assert found["account_id"].to_pylist() == [f"p{n:03d}" for n in range(12)]
    said = capsys.readouterr().out
    assert f"12 accounts in 1 clusters, written to {target}." in said
    assert "19.7% of 61 accounts; the biggest clusters have 12 accounts" in said
    assert (
        "2 rows lack account, signal or entity and were left out: 1 without entity; 1 whose entity stands for" in said
    )


def test_an_explanation_needs_no_file_and_does_nothing_to_a_terminal(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for account in ("p003", HOSTILE):
        assert iolaus(monkeypatch, "link", "--observations", source, "--explain", account) == 0
    said = capsys.readouterr().out
    assert "Against the group of p000" in said
    assert r"x\x1b]0;owned\x07\u202e" in said
    assert not set(said) & set(HOSTILE[1:2] + HOSTILE[-2:])


def test_signals_that_are_declared_one_fact_tie_nobody_by_themselves(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = "".join(f"p{n:03d},{kind},{kind} of {n // 3}\n" for n in range(12, 60) for kind in ("mail", "purse2"))
    source.write_text(source.read_text() + shared)  # so that nothing is so rare that it is enough alone
    words = ("link", "--observations", source, "--out", source.parent / "o.csv", "--family", "purse, phone")
    assert iolaus(monkeypatch, *words, "--family", "mail,purse2") == 0
    said = capsys.readouterr().out
    assert "Counted as one fact: phone, purse." in said
    assert "Counted as one fact: mail, purse2." in said


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("--family", "purse,wallet"),
            2,
            "--family names the signal 'wallet', which {source} does not have: it has mail, phone",
        ),
        (
            ("--family", "purse"),
            2,
            "--family takes two signals or more with commas between, such as card,device; not 'purse'",
        ),
        (("--family", "purse,,phone"), 2, "--family takes two signals or more"),
        (("--explain", "nobody"), 2, "--explain names the account 'nobody', which {source} does not have"),
        (("--out", "o.xlsx"), 2, "The file o.xlsx is of no known format: --out takes .parquet or .csv."),
        (("--out", "{source}"), 2, "holds the observations: let --out name another file."),
        ((), 2, "`iolaus link` needs --out FILE, --explain ACCOUNT, or both."),
    ],
)
def test_wrong_words_are_a_sentence_before_anything_is_linked(
    source: Path,
    words: Sequence[str],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("jobs.linking.files.session", None)
    words = [word.format(source=source) for word in words]
    target = () if "--out" in words or not words else ("--out", source.parent / "o.parquet")
    assert iolaus(monkeypatch, "link", "--observations", source, *words, *target) == code
    told = capsys.readouterr()
    assert told.err.startswith("error: ")
    assert said.format(source=source) in told.err
    assert told.out == ""


def test_notes_come_only_from_what_lasts_and_no_faster_than_a_person_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 1.0, 6.0, 6.0, 7.0, 12.0, 12.0])
    monkeypatch.setattr("jobs.cli.console.time.monotonic", lambda: next(clock))
    with console.progress("linking", 5.0) as note:
        for each in ("at once", "late", "too soon", "again"):
            note(each)
    assert capsys.readouterr().err.splitlines() == ["linking: late", "linking: again"]
