"""The record on paper: the page as PDF/A-2u by WeasyPrint (extra `pdf`), with its own fonts and nothing from elsewhere.

No date, no name of a machine and no attachment goes in, so the same page gives the same bytes wherever the releases of the lock
file and the same Pango are installed. Fonts of the system are only used for letters that the packaged ones do not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from jobs.errors import IolausError

VARIANT = "pdf/a-2u"  # kept for decades, its text found and copied; takes no attachments
PACKAGES = {"Source Serif Pro": "font_source_serif_pro", "Source Sans Pro": "font_source_sans_pro"}
STYLES = {"Regular": "400 normal", "It": "400 italic", "Semibold": "600 normal", "Bold": "700 normal"}
# No packaged font is monospaced.
PLAIN_DIGITS = 'code, pre { font-family:"Source Sans Pro" !important; font-variant-numeric:tabular-nums; }'
HOW = "install `pip install 'iolaus[pdf]'` and the system's library Pango, or write HTML with --out F.html."


def pdf(page: str) -> bytes:
    """The PDF file. Raises `IolausError` where the extra or Pango is not installed."""
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration

        fonts = {
            (family, style): Path(import_module(package).font_directory) / f"{family.replace(' ', '')}-{style}.ttf"
            for family, package in PACKAGES.items()
            for style in STYLES
        }
    except (ImportError, OSError) as error:
        raise IolausError(f"A PDF cannot be made here ({str(error).splitlines()[0]}): {HOW}") from error
    known, faces = FontConfiguration(), _faces(fonts)
    fetch = _only({path.as_uri() for path in fonts.values()})
    style = weasyprint.CSS(string=faces + PLAIN_DIGITS, font_config=known, url_fetcher=fetch)
    document = weasyprint.HTML(string=page, url_fetcher=fetch)
    written: bytes = document.write_pdf(stylesheets=[style], font_config=known, pdf_variant=VARIANT)
    return written


def _faces(fonts: Mapping[tuple[str, str], Path]) -> str:
    return "".join(
        f'@font-face {{ font-family:"{family}"; src:url({path.as_uri()}); font-weight:{STYLES[style].split()[0]}; '
        f"font-style:{STYLES[style].split()[1]}; }}\n"
        for (family, style), path in fonts.items()
    )


def _only(allowed: set[str]) -> Any:
    """A fetcher that opens these files and nothing else, whatever a page names."""
    from weasyprint.urls import URLFetcher

    class Fetcher(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in allowed:
                raise ValueError(f"{url} is not of this document")
            return super().fetch(url, headers)

    return Fetcher()
