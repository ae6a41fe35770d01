"""The record on paper: the same bytes again, its label and number on every page, its own fonts, nothing from elsewhere."""

from __future__ import annotations

import builtins
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from jobs.errors import IolausError
from jobs.views.dossier import pdf, record
from tests.jobs.views.dossier.test_record import published
from tests.published import NIGHT


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return record(published(tmp_path_factory.mktemp("printed")), "c1", NIGHT)


@pytest.fixture(scope="module")
def written(page: str) -> bytes:
    return pdf(page)


def texts(written: bytes) -> list[str]:
    return [each.get_textpage().get_text_bounded() for each in pypdfium2.PdfDocument(written)]


def test_another_process_at_another_time_and_place_writes_the_same_bytes(
    page: str, written: bytes, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    code = "import sys; from jobs.views.dossier import pdf; sys.stdout.buffer.write(pdf(open(sys.argv[1]).read()))"
    elsewhere = {
        **os.environ,
        "TZ": "Asia/Tokyo",
        "LANG": "C",
        "PYTHONHASHSEED": "7",
        "SOURCE_DATE_EPOCH": "1000000000",
    }
    elsewhere["PYTHONPATH"] = str(Path(__file__).parents[4])
    command = [sys.executable, "-c", code, str(tmp_path / "page.html")]
    again = subprocess.run(command, capture_output=True, check=True, env=elsewhere, cwd=tmp_path).stdout
    assert again == written


def test_every_page_has_its_label_twice_and_its_number(written: bytes) -> None:
    pages = texts(written)
    assert len(pages) >= 5
    for number, text in enumerate(pages, 1):
        assert text.count("TLP:AMBER+STRICT") >= 2
        assert f"Page {number} of {len(pages)}" in text
        assert "Record of campaign amber-heron-0001" in text


def test_the_certification_stands_on_a_page_of_its_own(written: bytes) -> None:
    *before, last = texts(written)
    assert "15. Certification" in last
    assert "902(14)" in last
    assert "signature" in last
    assert not [each for each in before if "penalty of perjury" in each]


def test_it_is_pdf_a_without_attachments_dates_and_fonts_of_the_system(written: bytes) -> None:
    document = pypdfium2.PdfDocument(written)
    assert document.count_attachments() == 0
    assert document.get_metadata_dict(skip_empty=True).keys() <= {"Title", "Producer"}
    streams = [unpacked(each) for each in re.findall(rb"stream\n(.*?)\nendstream", written, re.DOTALL)]
    assert [each for each in streams if b'pdfaid:part="2" pdfaid:conformance="U"' in each]
    used = {font.get_base_name() for each in document for font in fonts(each)}
    assert used
    assert not [each for each in used if "Source" not in each]


def unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


def fonts(page: pypdfium2.PdfPage) -> list[Any]:
    found = [each.get_font() for each in page.get_objects() if isinstance(each, pypdfium2.PdfTextObj)]
    return [each for each in found if each is not None]


def test_nothing_that_a_page_names_is_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret words")
    link = (tmp_path / "secret.txt").as_uri()
    page = f'<img src="{link}" alt="none"><link rel="attachment" href="{link}"><style>@import url({link});</style><p>shown</p>'
    found = pdf(page)
    assert pypdfium2.PdfDocument(found).count_attachments() == 0
    assert b"secret words" not in found
    assert "shown" in texts(found)[0]


@pytest.mark.parametrize(
    "reason", [ImportError("No module named 'weasyprint'"), OSError("cannot load library 'libpango'")]
)
def test_where_it_cannot_be_made_one_sentence_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, reason: Exception
) -> None:
    usual = builtins.__import__

    def missing(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("weasyprint"):
            raise reason
        return usual(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(IolausError, match=re.escape("pip install 'iolaus[pdf]'")) as found:
        pdf("<p>words</p>")
    assert "\n" not in str(found.value)
