"""The erasure register: which accounts must not be stored any more, and where an account's id may stand.

The register is one small file in the lake. It names accounts by keyed pseudonym only, so it tells nobody who asked to be
forgotten, and whoever holds the key can still recognise them when a delivery brings them again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from jobs.errors import UsageError
from jobs.privacy.pseudonyms import Pseudonyms, plain

if TYPE_CHECKING:
    from jobs.lake.lake import Lake

REGISTER = "erasures.json"
KIND = "account"
ERASED = "[erased]"  # stands in texts where an account was named

# Columns of any table, by name. A row goes that is about the account; where a condition is named, only if it holds.
ABOUT_ACCOUNTS: dict[str, tuple[str, str] | None] = {
    "account_id": None,
    "billing_account_id": None,
    "subject_id": ("subject_kind", "account"),
    "value": ("kind", "account"),
    "entity": None,  # an id that somebody used as a referral code
    "entity_a": None,
    "entity_b": None,
}
ACCOUNT_TOKENS = ("account_token",)
LABELS = ("component", "cluster_id")  # the smallest account id of a group stands for the group
FREE_TEXTS = ("note", "status_reason", "referral_code", "observed")
_WORDS = (re.compile(r"[\w.:@+-]*\w"), re.compile(r"[\w-]+"), re.compile(r"\w+"))


@dataclass(frozen=True)
class Erasure:
    """One account by its token; `done_on` is None until nothing of it is left in the lake and the warehouse."""

    token: str
    registered_on: date
    done_on: date | None = None


def read(lake: Lake) -> list[Erasure]:
    """Every registered erasure, oldest first."""
    rows = json.loads(lake.note(REGISTER) or "[]")
    return [
        Erasure(
            token=row["account"],
            registered_on=date.fromisoformat(row["registered_on"]),
            done_on=date.fromisoformat(row["done_on"]) if row["done_on"] else None,
        )
        for row in rows
    ]


def register(lake: Lake, tokens: Collection[str], today: date) -> list[str]:
    """Add accounts, as not done; gives those of `tokens` that were not registered yet."""
    known = read(lake)
    fresh = sorted(set(tokens) - {each.token for each in known})
    asked = [replace(each, done_on=None) if each.token in tokens else each for each in known]
    _write(lake, [*asked, *(Erasure(token, today) for token in fresh)])
    return fresh


def finish(lake: Lake, tokens: Collection[str], today: date) -> None:
    """Note that nothing of these accounts is left."""
    _write(lake, [replace(each, done_on=today) if each.token in tokens else each for each in read(lake)])


def in_force(lake: Lake, pseudonyms: Pseudonyms) -> frozenset[str]:
    """Tokens of the accounts that staging leaves out.

    Raises `UsageError` when the register was written under another key: then no erased account would be recognised.
    """
    tokens = frozenset(each.token for each in read(lake))
    foreign = sorted({token.split("_")[1] for token in tokens} - {pseudonyms.key_id})
    if foreign:
        raise UsageError(
            f"The erasure register {lake.folder / REGISTER} was written under the pseudonym key {', '.join(foreign)}, not "
            f"{pseudonyms.key_id}: set the usual key, or people who were forgotten would come back."
        )
    return tokens


def tokens_of(pseudonyms: Pseudonyms, accounts: Collection[str]) -> dict[str, str]:
    """Account id to its token."""
    return {each: pseudonyms.token(KIND, plain(each) or "") for each in accounts}


def without_names(text: str | None, is_erased: Callable[[str], bool]) -> str | None:
    """The text with `[erased]` for every word that is an erased account's id; None when it was nothing else.

    An id that is part of a longer word is not found.
    """
    if text is None or is_erased(text.strip()):
        return None
    for words in _WORDS:
        text = words.sub(lambda found: ERASED if is_erased(found[0]) else found[0], text)
    return text


def _write(lake: Lake, erasures: list[Erasure]) -> None:
    rows = [
        {"account": each.token, "registered_on": f"{each.registered_on}", "done_on": each.done_on and f"{each.done_on}"}
        for each in erasures
    ]
    lake.write_note(REGISTER, json.dumps(rows, indent=1) + "\n")
