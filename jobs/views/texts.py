"""Values from the data as text that does nothing: not to a terminal, not to a reader's eye, not to a spreadsheet."""

from __future__ import annotations

import json
import math
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any

FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)  # also in full width: what a spreadsheet takes for the start of a formula (OWASP, CSV injection)
# Control and format characters (which turn text around, or hide it), halves of surrogate pairs, line and paragraph separators.
ACTIVE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def plain(text: str) -> str:
    r"""The text with every character that does something instead of showing as its escape, such as \x1b or \u202e."""
    return "".join(_escaped(each) if unicodedata.category(each) in ACTIVE else each for each in text)


def exact(value: Any) -> Any:
    """What JSON can carry of a value: decimals, days and times as text so that nothing is lost, NaN and infinities as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): exact(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [exact(each) for each in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return shown(value)


def shown(value: Any) -> str:
    """One value as a person reads it; null is the empty text, bytes are hexadecimal."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime() if value.tzinfo is not None and value.utcoffset():
            return value.isoformat(sep=" ")
        case datetime():
            return value.replace(tzinfo=None).isoformat(sep=" ") + ("Z" if value.tzinfo else "")
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case Decimal():
            return f"{value:f}"
        case dict() | list():
            return json.dumps(exact(value), ensure_ascii=False)
    return str(value)


def as_json_text(value: Any, sort_keys: bool = False) -> str:
    """JSON of the value in which every character that would act on a terminal is written as its JSON escape."""
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=sort_keys)
    acts = (each for each in set(text) - {"\n"} if unicodedata.category(each) in ACTIVE)
    return text.translate({ord(each): json.dumps(each)[1:-1] for each in acts})


def without_formula(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would compute it, also behind blanks that it trims."""
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def in_markup(text: str) -> str:
    """The text for HTML or SVG that is written by hand: nothing in it is markup, and no character of it acts."""
    return escape(plain(text))


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
