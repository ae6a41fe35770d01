"""A signal is declared once, and from there it is read, named, coloured, documented, forgotten and attributed."""

from __future__ import annotations

import pytest

from jobs import contracts, signals
from jobs.columns import FACTS
from jobs.landing.shapes import FACT
from jobs.links import beats, incidences, observations
from jobs.nights import steps
from jobs.staged import declared as raw_table
from jobs.views.dictionary import TARGET
from jobs.views.report.colours import EVIDENCE

EVERY = list(signals.declared())


def tables_of(name: str) -> list[str]:
    return [table for table, of in signals.by_table().items() if name in {signal.name for signal in of}]


def test_every_table_of_observations_declares_what_it_observes() -> None:
    columns = contracts.load("signals.devices").column_names
    observing = [name for name in contracts.names("signals") if contracts.load(name).column_names == columns]
    assert list(signals.by_table()) == observing


@pytest.mark.parametrize("name", EVERY)
def test_it_is_read(name: str) -> None:
    read = {*observations.INPUTS, *beats.INPUTS}
    assert set(tables_of(name)) <= read
    assert {"links.observations", "links.synchronies"} <= set(incidences.INPUTS)


@pytest.mark.parametrize("name", EVERY)
def test_it_is_named_coloured_and_documented(name: str) -> None:
    signal = signals.declared()[name]
    assert name == name.lower()
    assert name.replace("_", "").isalpha()
    assert EVIDENCE[signal.family].startswith(("#", "hsl("))
    assert f"| {name} | {signal.family} |" in TARGET.read_text()


def test_no_two_families_have_one_colour() -> None:
    assert len(set(EVIDENCE.values())) == len(EVIDENCE) == len(set(signals.families().values()))


@pytest.mark.parametrize("name", EVERY)
def test_its_rows_leave_with_the_account_they_are_about(name: str) -> None:
    for table in tables_of(name):
        named = {column.name: column.names for column in contracts.load(table).columns}
        assert (named["account_id"], named["entity"]) == ("account", "account"), table


def test_every_kind_of_indicator_is_matched_by_a_signal_or_by_the_account_itself() -> None:
    (kinds,) = [each.one_of for each in raw_table("indicators").fields if each.name == "kind"]
    matched = [kind for signal in signals.declared().values() for kind in signal.indicators]
    assert sorted([*matched, "account", "phone-prefix"]) == sorted(map(str, kinds))


def test_signals_of_facts_are_read_for_the_window_and_those_of_snapshots_tonight() -> None:
    facts = [name for name in steps.staged_sources() if raw_table(name.split(".")[1]).kind == FACT]
    assert sorted(facts) == sorted(FACTS)
    assert signals.observed()["signals.devices"] == "window"
    assert signals.observed()["signals.phone_patterns"] == "night"


def test_one_signal_declared_in_two_ways_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    one = signals.declared()["device"]
    twice = {"signals.a": (one,), "signals.b": (type(one)("device", family="another"),)}
    monkeypatch.setattr(signals, "by_table", lambda: twice)
    with pytest.raises(ValueError, match=r"signals\.b declares the signal device otherwise"):
        signals.declared.__wrapped__()
