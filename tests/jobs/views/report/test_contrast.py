"""Every text and drawing of the pages stands out from what it stands on, by day, by night (WCAG 2.2: 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re

import pytest

from jobs.views.report.site import TEMPLATES

CSS = (TEMPLATES / "site.css").read_text(encoding="utf-8")
TEXT, DRAWING = 4.5, 3.0  # least ratio of luminances
Colour = tuple[float, float, float]


def colours(css: str, name: str) -> list[Colour]:
    """Every value that is given to a variable or to the text of a class, by day first."""
    found = re.findall(rf"(?:--{name}:|\.{name}[^{{}}]*{{ color:)(#[0-9a-f]+)", css)
    return [rgb(each) for each in found]


def rgb(text: str) -> Colour:
    digits = text[1:] if len(text) == 7 else "".join(2 * each for each in text[1:])
    red, green, blue = (int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4))
    return red, green, blue


def luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(over: Colour, under: Colour, share: float) -> Colour:
    red, green, blue = (share * a + (1 - share) * b for a, b in zip(over, under, strict=True))
    return red, green, blue


def test_the_measure_is_the_one_of_the_standard() -> None:
    assert round(contrast(rgb("#ffffff"), rgb("#000000")), 1) == 21.0
    assert round(contrast(rgb("#777"), rgb("#fff")), 2) == 4.48


@pytest.mark.parametrize("name", ["ink", "soft", "accent", "for", "against", "deliberate", "suspicious", "benign"])
def test_text_stands_out_by_day_and_by_night(name: str) -> None:
    shown = colours(CSS, name)
    assert len(shown) == 2
    for text, paper, wash in zip(shown, colours(CSS, "paper"), colours(CSS, "wash"), strict=True):
        assert min(contrast(text, paper), contrast(text, wash)) >= TEXT


def test_the_palest_of_a_strip_stands_out_from_its_ground() -> None:
    shares = [float(each) for each in re.findall(r"fill-opacity:([0-9.]+)", CSS)]
    assert len(shares) == 3
    for accent, wash in zip(colours(CSS, "accent"), colours(CSS, "wash"), strict=True):
        assert contrast(mixed(accent, wash, min(shares)), wash) >= DRAWING


def test_roles_stand_out_from_paper_by_day_and_by_night() -> None:
    shown = re.findall(r"\.role-\w+ { fill:(#[0-9a-f]+)", CSS)
    assert len(shown) == 3
    assert min(contrast(rgb(each), wash) for each in shown for wash in colours(CSS, "wash")) >= DRAWING
