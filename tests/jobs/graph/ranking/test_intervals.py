"""What figures about one incident say together: newest first, and nothing that no source stated."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.ranking.intervals import Figure, Interval, combined

MONDAY = date(2026, 3, 2)


def figure(bound: str, value: int, day: int = 0, grade: str = "B2", source: str = "a letter") -> Figure:
    return Figure(bound, value, MONDAY + timedelta(days=day), source, grade)


def ends(*figures: Figure) -> tuple[int | None, int | None]:
    found = combined(figures)
    return (found.low and found.low.value, found.high and found.high.value)


def test_each_bound_says_only_what_it_says() -> None:
    assert ends(figure("floor", 100)) == (100, None)
    assert ends(figure("ceiling", 100)) == (None, 100)
    assert ends(figure("exact", 100)) == (100, 100)
    assert ends(figure("about", 101)) == (90, 112)
    assert ends() == (None, None)


def test_floor_and_ceiling_hold_together_whenever_each_was_stated() -> None:
    assert ends(figure("floor", 100, 0), figure("ceiling", 300, 5)) == (100, 300)
    assert ends(figure("floor", 100, 5), figure("ceiling", 300, 0)) == (100, 300)


def test_a_bound_is_revised_by_its_newest_statement_also_downwards() -> None:
    assert ends(figure("floor", 150, 0), figure("floor", 100, 5)) == (100, None)


def test_what_contradicts_a_newer_statement_is_superseded() -> None:
    assert ends(figure("ceiling", 100, 0), figure("floor", 200, 5)) == (200, None)
    assert ends(figure("floor", 200, 0), figure("ceiling", 100, 5)) == (None, 100)
    assert ends(figure("exact", 50, 0), figure("about", 200, 3), figure("floor", 190, 5)) == (190, 220)


def test_of_contradictions_of_one_day_any_may_be_true() -> None:
    assert ends(figure("floor", 200), figure("ceiling", 100)) == (None, None)
    assert ends(figure("exact", 200), figure("about", 100)) == (90, 200)


def test_a_doubtful_source_bounds_nothing_from_above() -> None:
    for doubtful in ("D2", "E3", "B4", "C5"):
        assert ends(figure("exact", 100, grade=doubtful)) == (100, None)
        assert ends(figure("ceiling", 100, grade=doubtful)) == (None, None)
    for usable in ("A1", "C3", "F6", "F2", "B6"):
        assert ends(figure("exact", 100, grade=usable)) == (100, 100)


def test_an_end_remembers_who_stated_it_and_how() -> None:
    found = combined([figure("about", 100, source="a letter"), figure("ceiling", 105, source="a post", grade="C3")])
    assert found.low == (90, "about", 100, "a letter", "B2")
    assert found.high == (105, "ceiling", 105, "a post", "C3")


def test_of_equal_ends_the_better_source_is_named() -> None:
    found = combined([figure("exact", 100, grade="C3", source="one"), figure("floor", 100, grade="B2", source="two")])
    assert found.low is not None
    assert found.low.source == "two"


def test_an_upper_bound_too_large_to_write_down_is_none() -> None:
    assert ends(figure("about", 2**63 - 1)) == ((2**63 - 1) * 9 // 10, None)


FIGURES = st.builds(
    figure,
    st.sampled_from(("floor", "ceiling", "about", "exact")),
    st.integers(0, 40),
    st.integers(0, 3),
    st.sampled_from(("B2", "F6", "D4")),
    st.sampled_from(("one", "two")),
)


@given(st.lists(FIGURES, max_size=6).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_figures_means_nothing(rows: tuple[list[Figure], list[Figure]]) -> None:
    assert combined(rows[0]) == combined(rows[1])


@given(st.lists(FIGURES, max_size=6))
def test_an_interval_is_never_empty_and_its_ends_are_of_figures(rows: list[Figure]) -> None:
    found = combined(rows)
    assert found.low is None or found.high is None or found.low.value <= found.high.value
    for end in (found.low, found.high):
        assert end is None or any((end.bound, end.stated, end.source) == (r.bound, r.value, r.source) for r in rows)


@given(st.lists(FIGURES.filter(lambda row: row.bound == "floor"), max_size=6))
def test_floors_alone_never_make_an_upper_bound(rows: list[Figure]) -> None:
    assert combined(rows).high is None


@given(st.integers(0, 40), st.lists(FIGURES, max_size=6))
def test_figures_that_are_all_true_of_a_number_leave_it_possible(true: int, rows: list[Figure]) -> None:
    fitting = [row for row in rows if _holds(combined([row._replace(grade="B2")]), true)]
    assert _holds(combined(fitting), true)


def _holds(found: Interval, value: int) -> bool:
    return (found.low is None or found.low.value <= value) and (found.high is None or value <= found.high.value)
