"""The report says what was measured: ratios, growth, the dearest steps first."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.lab.performance.report import REQUESTS, Size, dearest, exponent, page, picture


def size(requests: int, beats: float) -> Size:
    """A night whose staging and checks grow with the requests, and whose beats cost what is given."""
    steps = {REQUESTS: requests / 1e5, "links.beats": beats, "quality": requests / 1e6}
    night = [
        {"step": name, "rows": requests, "cpu": cpu, "seconds": cpu, "peak": 2.0 if name == "quality" else 1.0}
        for name, cpu in steps.items()
    ]
    return Size(requests // 20, night, {"cpu": requests / 5e5, "peak": 0.5})


SMALL, LARGE = size(1_000_000, 1.0), size(4_000_000, 64.0)


def test_a_step_that_grows_faster_than_its_input_shows() -> None:
    assert exponent(SMALL, size(4_000_000, 4.0), "cpu") == 1.0
    assert exponent(SMALL, LARGE, "cpu") > 1.5
    assert dearest([SMALL, LARGE]) == ["links.beats", REQUESTS, "quality"]


def test_the_page_holds_a_night_against_its_lower_bound() -> None:
    text = page([SMALL, LARGE], "8GB")
    assert "| **night / lower bound, CPU** | **6.0** | **13.5** |" in text
    assert "| `quality`, share of the night's CPU | 8% | 4% |" in text
    assert "peak memory with 0.00" in text
    assert "| `links.beats` | 1.0 s, 1.0 GB | 64.0 s, 1.0 GB |" in text


def test_what_was_measured_beside_nights_has_its_own_tables_and_nothing_else_has() -> None:
    ways = [{"way": "run", "seconds": 10.0, "peak": 1.0}, {"way": "airflow", "seconds": 25.0}]
    linking = [
        {"what": "bound", "cpu": 2.0, "seconds": 1.0, "peak": 0.5},
        {"what": "link", "cpu": 7.0, "seconds": 4.0, "peak": 1.0},
    ]
    text = page([SMALL], "8GB", ways, linking)
    assert "| airflow | 25.0 | 2.50 |  |" in text
    assert "| link | 7.0 | 3.5 | 4.0 | 1.00 |  |  |" in text
    assert "Linking" not in page([SMALL], "8GB", ways)


def test_the_picture_is_drawn_to_scale() -> None:
    bars = [each for each in ElementTree.fromstring(picture([SMALL, LARGE])).iter() if each.get("height") == "7.0"]
    widths = [float(each.attrib["width"]) for each in bars]
    assert len(widths) == 6
    assert round(max(widths) / widths[0]) == 16
