"""Why an account is in its cluster or in none: the pieces make the sum that was written, and every reason has its account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.errors import UsageError
from jobs.lake.lake import Lake
from jobs.linking.evidence import nearest_crowd, strongest_tie
from jobs.linking.files import Linked, link
from jobs.linking.reading import LeftOut
from jobs.views import linked as views
from jobs.views.linked import SHORT, SHOWN, explain_linked

Met = list[tuple[str, str, str]]


def world() -> Met:
    """A hand of twelve, one of them (m) with a phone of its own; a pair; one (z) who has two things of one
    of the hand; strangers in two towns, some of whom share one thing, with another stranger for each kind."""
    hand = [f"h{n:02d}" for n in range(11)] + ["m"]
    met = [(name, kind, f"hand's {kind}") for name in hand for kind in ("card", "device", "wallet")]
    met += [(name, "phone", "hand's phone") for name in hand[:-1]] + [("m", "phone", "m's own")]
    met += [(name, kind, f"both's {kind}") for name in ("p", "q") for kind in ("card", "device", "phone")]
    met += [(name, kind, "tied") for name in ("h00", "z") for kind in ("mail", "key")]
    met += [("one kind", "card", "hand's card"), ("one kind", "device", "own"), ("nothing", "device", "its own")]
    for place, kind in enumerate(("card", "device", "phone", "mail", "key", "wallet")):
        met += [(f"s{n:03d}", kind, f"{kind}{n & ~(1 << place) if n < 8 else n}") for n in range(150)]
    return met + [(f"s{n:03d}", "town", f"town {n % 2}") for n in range(150)]


@pytest.fixture(scope="module")
def found(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Linked:
    return linked(spark, tmp_path_factory.mktemp("linked"), world())


def linked(spark: SparkSession, folder: Path, met: Met) -> Linked:
    table = pa.table(
        {name: [row[place] for row in met] for place, name in enumerate(("account_id", "signal", "entity"))}
    )
    table = table.append_column("events", pa.array([1] * len(met), pa.int64()))
    lake = Lake(folder)
    pq.write_table(table, lake.folder / "met.parquet")
    linking = link(
        table, spark.read.parquet(str(lake.folder / "met.parquet")), lambda frame: lake.scratch(spark, frame)
    )
    nothing = LeftOut(1, {}, 0, (), pa.array(["only empty rows"]))
    return Linked(len(linking.file.accounts), 0, 0, (), nothing, 0, (), (), linking)


def accounts_in_clusters(found: Linked) -> Iterator[tuple[int, str, float]]:
    names = found.linking.file.accounts
    for row in found.linking.table().to_pylist():
        yield pc.index(names, row["account_id"]).as_py(), row["account_id"], row["bits"]


def test_the_pieces_of_every_member_make_the_bits_that_were_written(found: Linked) -> None:
    weighed = 0
    for code, name, bits in accounts_in_clusters(found):
        case = (
            nearest_crowd(found.linking, code) if found.linking.crowd[code] >= 0 else strongest_tie(found.linking, code)
        )
        assert case is not None
        assert sum(each.bits for each in case.weights) == pytest.approx(bits, abs=1e-6), name
        assert case.bits == pytest.approx(bits, abs=1e-6), name
        weighed += 1
    assert weighed == 15


def test_pieces_stand_largest_first_and_say_what_is_shared_with_whom(found: Linked) -> None:
    (section,) = explain_linked(found, "m").sections
    bits = [piece.bits for piece in section.pieces]
    assert bits == sorted(bits, reverse=True)
    said = {(piece.line, piece.signal, piece.entity): piece.explanation for piece in section.pieces}
    assert said["same", "card", "hand's card"] == "11 of the 12 others have it, and 1 outside"
    assert said["other", "phone", "m's own"] == "another answer than theirs: 0 of the 12 others have it"
    assert said["prior", "", None] == "the group has 12 others of the file's 167 accounts"


def test_a_pair_and_who_is_tied_to_a_group_are_explained_by_the_tie(found: Linked) -> None:
    (pair,) = explain_linked(found, "p").sections
    assert pair.title == "Against the account q"
    assert {piece.explanation for piece in pair.pieces if piece.line == "same"} == {"both have it, and nobody else"}
    crowd = found.linking.crowd.copy()
    crowd[pc.index(found.linking.file.accounts, "z").as_py()] = -1  # as where no profile had drawn it
    tied = explain_linked(replace(found, linking=replace(found.linking, crowd=crowd)), "z")
    assert tied.facts[-1] == "No profile of a group explains it by itself: ties of pairs join it to one."
    assert [section.title for section in tied.sections] == ["Against the account h00"]


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ("nothing", "Where nothing is shared, nothing can tie it."),
        ("one kind", "Too few kinds of things speak for the nearest group"),
        ("s100", "No group of three accounts and more has any of them."),
        ("only empty rows", "every row of it was left out"),
    ],
)
def test_who_is_in_no_cluster_is_told_why(found: Linked, account: str, said: str) -> None:
    explained = explain_linked(found, account)
    assert "in no cluster" in explained.facts[0]
    assert said in " ".join(explained.facts)
    assert all(section.conclusion.startswith("no member") for section in explained.sections)


def test_an_account_that_the_file_does_not_have_is_a_sentence(found: Linked) -> None:
    with pytest.raises(UsageError, match="names the account 'nobody', which the file does not have"):
        explain_linked(found, "nobody")


def test_what_is_printed_is_bounded_whatever_the_file_holds(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = [f"kind {n} {'k' * 500}" for n in range(SHOWN + 5)]
    group = [(f"g{n}", kind, f"{kind}{'x' * 5_000}") for n in range(4) for kind in kinds]
    found = linked(spark, tmp_path, [*group, *((f"s{n}", kinds[0], f"own {n}") for n in range(60))])
    explained = explain_linked(found, "g1")
    (section,) = explained.sections
    assert len(section.pieces) == SHOWN
    assert section.pieces[-1].explanation == "7 smaller ones together"
    assert sum(piece.bits for piece in section.pieces) == pytest.approx(section.total, abs=1e-6)
    texts = [
        explained.title,
        *explained.facts,
        *(each for piece in section.pieces for each in (piece.signal, piece.entity or "")),
    ]
    assert max(map(len, texts)) <= SHORT + 100


def test_what_a_fact_names_of_a_strangers_things_is_bounded(found: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "NAMED", 1)
    assert "town 'town 0' (75 accounts)." in explain_linked(found, "s100").facts[1]
