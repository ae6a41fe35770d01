"""The one rule by which people leave: which column says what about whom, when a value is an account's, and what replaces it.

Contracts say whom a column names (`schemas/columns.yaml`); this holds for every table that has a column of that name, also
for one that no contract declares any more. A row goes that is about an account. Where an account's id stands for a group,
another one takes its place. A text loses the word. White space around an id does not make it another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from jobs import contracts

ERASED = "[erased]"  # stands in texts where an account was named
_RUN, _JOINTS = re.compile(r"[\w-]+(?:[.:@+]+[\w-]+)*"), re.compile(r"([.:@+]+)")

Condition = tuple[str, str] | None  # a column and the value that it must have


def naming(kind: str, held: Collection[str] | None = None) -> dict[str, Condition]:
    """Columns that name accounts in this way (`contracts.ACCOUNT`, TOKEN, LABEL or TEXT), and in which rows only.

    Of a table that has the columns `held`, those that it has together with what they depend on.
    """
    found = {name: column.names_if for name, column in contracts.columns().items() if column.names == kind}
    return {name: only for name, only in found.items() if held is None or {name, *(only or ())[:1]} <= {*held}}


def looked_at() -> set[str]:
    """Every column that the rule looks at."""
    kinds = (contracts.ACCOUNT, contracts.TOKEN, contracts.LABEL, contracts.TEXT)
    found = {name: condition for kind in kinds for name, condition in naming(kind).items()}
    return {*found, *(condition[0] for condition in found.values() if condition)}


def named_by(values: Iterable[str | None], accounts: Collection[str]) -> dict[str, str]:
    """Those of the values that are the id of one of the accounts, with it."""
    return {value: value.strip() for value in values if value is not None and value.strip() in accounts}


def without_names(text: str | None, accounts: Collection[str]) -> str | None:
    """The text with `[erased]` for every id of the accounts; None when it was nothing else.

    An id that is part of a longer word is not found, nor one before or after a hyphen.
    """
    if text is None or text.strip() in accounts:
        return None
    ids = "|".join(re.escape(each) for each in sorted(accounts, key=len, reverse=True))
    return re.sub(rf"(?<![\w-])(?:{ids})(?![\w-])", ERASED, text) if ids else text


def without_words(text: str | None, is_erased: Callable[[str], bool]) -> str | None:
    """The same where ids are not known, but can be recognised: every part of the text that may be one is asked about.

    Finds ids of letters, digits, `_`, `-`, and of such words joined by `.`, `:`, `@` or `+`.
    """
    if text is None or is_erased(text.strip()):
        return None

    def rewritten(run: re.Match[str]) -> str:
        parts, done = _JOINTS.split(run[0]), ""
        at = 0
        while at < len(parts):
            ends = range(len(parts), at, -2)
            end = next((each for each in ends if is_erased("".join(parts[at:each]))), None)
            done += (ERASED if end else parts[at]) + "".join(parts[end or at + 1 : (end or at + 1) + 1])
            at = (end or at + 1) + 1
        return done

    return _RUN.sub(rewritten, text)


def reworded(texts: Iterable[str | None], accounts: Collection[str]) -> dict[str, str | None]:
    """Those of the texts that name one of the accounts, with what they are without the names."""
    left = {text: without_names(text, accounts) for text in set(texts) if text is not None}
    return {text: each for text, each in left.items() if each != text}
