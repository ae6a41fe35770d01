"""What a file says of its own kinds of things: small readable files, each with the one thing that matters."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from jobs.linking.measuring import MIN_TEXT, Ints, Measured, measure, without_second_names

Met = list[tuple[str, str, str]]


def coded(met: Met) -> tuple[tuple[Ints, Ints], list[tuple[str, str]]]:
    met = sorted(set(met))
    accounts, names = sorted({row[0] for row in met}), sorted({row[1:] for row in met})
    account = np.array([accounts.index(row[0]) for row in met], dtype=np.int64)
    entity = np.array([names.index(row[1:]) for row in met], dtype=np.int64)
    return (account, entity), names


def measured(met: Met) -> tuple[Measured, list[tuple[str, str]]]:
    rows, names = coded(met)
    return measure(*rows, names), names


def alone(met: Met) -> dict[tuple[str, str], float]:
    found, names = measured(met)
    return {name: float(sure) for name, sure in zip(names, found.alone, strict=True) if sure > 0}


def families(met: Met) -> dict[str, set[str]]:
    found, names = measured(met)
    return {signal: {f for (s, _), f in zip(names, found.family, strict=True) if s == signal} for signal, _ in names}


def owners(sizes: list[int], with_phone: bool = True) -> Met:
    """Sites of hiding services: one owner and one phone each, and name servers of their own, two here and there alike."""
    met, number = [], 0
    for service, size in enumerate(sizes):
        for _ in range(size):
            site = f"site{number:03d}"
            met += [
                (site, "owner", f"service {service}"),
                (site, "server", f"ns{number // 2 if number < 6 else number}"),
            ]
            met += [(site, "phone", f"+1555000{service}")] if with_phone else []
            number += 1
    return met


def test_a_thing_that_nobody_else_shares_anything_like_is_enough_alone() -> None:
    """Fifteen apps of one package name, whose certificates rotate, among apps that all have their own."""
    apps = [(f"a{n:02d}", "package", "com.spy" if n < 15 else f"com.app{n}") for n in range(95)]
    certificates = [(f"a{n:02d}", "certificate", f"c{n // 2}") for n in range(95)]
    assert set(alone(apps + certificates)) == {("package", "com.spy")}


def test_a_thing_of_a_kind_whose_sharers_agree_on_nothing_else_ties_nobody_alone() -> None:
    assert alone(owners([29, 14, 12, 9, 8, 7])) == {}


def test_a_thing_of_a_kind_whose_sharers_agree_otherwise_too_is_enough_alone() -> None:
    vendors = [(f"{v}-{n:02d}", "package", f"p{v}") for v in range(8) for n in range(6 + v)]
    signed = [(f"{v}-{n:02d}", "certificate", f"c{v}") for v in range(7) for n in range(6 + v)]
    rotating = [(f"7-{n:02d}", "certificate", f"own{n}") for n in range(13)]
    assert alone(vendors + signed + rotating)["package", "p7"] >= 0.9


def test_what_most_accounts_have_ties_nobody_alone() -> None:
    assert ("kind", "free") not in alone([(f"a{n:02d}", "kind", "free" if n < 60 else f"k{n}") for n in range(95)])


def test_two_kinds_that_strangers_share_together_are_one_fact() -> None:
    found = families(owners([29, 14, 12, 9]))
    assert found["owner"] == found["phone"] != found["server"]


def test_two_kinds_that_one_group_shares_are_two_facts() -> None:
    group = [(f"p{n:02d}", kind, kind) for n in range(13) for kind in ("purse", "phone")]
    others = [(f"s{n:02d}", kind, f"{kind}{n}") for n in range(47) for kind in ("purse", "phone")]
    assert families(group + others) == {"phone": {"phone"}, "purse": {"purse"}}


def test_two_kinds_that_ten_groups_of_a_file_of_strangers_share_are_two_facts_whatever_noise_there_is() -> None:
    chance = random.Random(1)
    met = [(f"p{n:03d}", kind, f"{kind}{n // 20 if n < 200 else n}") for n in range(600) for kind in ("purse", "phone")]
    noise = [(f"p{n:03d}", "noise", f"n{chance.randrange(150)}") for n in range(600)]
    found = families(met + noise)
    assert found["purse"] != found["phone"]


def test_what_one_group_of_half_a_file_shares_is_two_facts_though_strangers_share_here_and_there() -> None:
    met = [(f"p{n:03d}", kind, kind) for n in range(60) for kind in ("purse", "phone")]
    for n in range(60, 118):
        met += [
            (f"p{n:03d}", "purse", f"{n // 2 if n < 66 else n}"),
            (f"p{n:03d}", "phone", f"{n // 2 if n > 111 else n}"),
        ]
    met += [(f"p{n:03d}", "noise", f"n{n % 13}") for n in range(118)]
    found = families(met)
    assert found["purse"] != found["phone"]


def test_declared_signals_are_one_fact_and_count_once_though_accounts_have_many_things_of_them() -> None:
    met = [(f"p{n:02d}", kind, f"{kind}{n + k}") for n in range(40) for kind in ("address", "prefix") for k in range(3)]
    met += [(f"p{n:02d}", kind, f"{kind}{n}") for n in range(40) for kind in ("card", "device")]
    rows, names = coded(met)
    found = measure(*rows, names, [["prefix", "address"], ["device", "card", "address"]])
    assert set(found.family) == {"address"}
    assert (found.single, found.one_fact) == (frozenset(), (("address", "card", "device", "prefix"),))


def test_many_things_of_a_kind_are_a_few_families_whatever_else_is_in_the_file() -> None:
    words = [(f"m{n}", "word", f"w{(n * 7 + k) % 50}") for n in range(40) for k in range(5)]
    assert len(families(words)["word"]) == 2
    assert families([*words, ("m1", "number", "80888")])["word"] == families(words)["word"]


@pytest.mark.parametrize(("text", "kept"), [("0xe78388b4", 1), ("7" * (MIN_TEXT - 1), 2)])
def test_one_thing_under_two_names_counts_once_if_its_text_is_no_small_number(text: str, kept: int) -> None:
    rows = [{"account_id": "a", "signal": signal, "entity": text, "events": 1} for signal in ("funder", "collector")]
    assert without_second_names(pa.Table.from_pylist(rows)).num_rows == kept
