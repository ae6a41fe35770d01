"""The erasure register: which accounts must not be stored any more.

The register is one small file in the lake. It names accounts by keyed pseudonym only, so it tells nobody who asked to be
forgotten, and whoever holds the key can still recognise them when a delivery brings them again.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from jobs.errors import IolausError, UsageError
from jobs.privacy.pseudonyms import Pseudonyms, plain

if TYPE_CHECKING:
    from jobs.lake.lake import Lake

REGISTER = "erasures.json"
KIND = "account"
LEFT_OUT = "left_out"  # what a staged night records when it left out rows of erased accounts


@dataclass(frozen=True)
class Erasure:
    """One account by its token; `done_on` is None until nothing of it is left in the lake and the warehouse."""

    token: str
    registered_on: date
    done_on: date | None = None


def read(lake: Lake) -> list[Erasure]:
    """Every registered erasure, oldest first. Raises `IolausError` when the register cannot be read."""
    told = lake.note(REGISTER)
    try:
        return [
            Erasure(
                token=row["account"],
                registered_on=date.fromisoformat(row["registered_on"]),
                done_on=date.fromisoformat(row["done_on"]) if row["done_on"] else None,
            )
            for row in (json.loads(told) if told is not None else [])
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise IolausError(
            f"The erasure register {lake.folder / REGISTER} cannot be read: put it back from a backup; where there is none, "
            f"remove it and give all accounts that were ever forgotten to `iolaus forget` again."
        ) from error


def require_register(lake: Lake) -> None:
    """Raises `IolausError` when accounts were erased and the register of them is not there, or cannot be read."""
    if read(lake):
        return
    for name in lake.tables.names():
        for build in lake.history(name):
            if build.erased_on or LEFT_OUT in build.properties:
                raise IolausError(
                    f"The erasure register {lake.folder / REGISTER} is lost, and people who were forgotten would come back: put it "
                    f"back from a backup, or give all accounts that were ever forgotten to `iolaus forget` again."
                )


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
    foreign = sorted({token.partition("_")[2].partition("_")[0] for token in tokens} - {pseudonyms.key_id})
    if foreign:
        raise UsageError(
            f"The erasure register {lake.folder / REGISTER} was written under the pseudonym key {', '.join(foreign)}, not "
            f"{pseudonyms.key_id}: set the usual key, or people who were forgotten would come back."
        )
    return tokens


def rewrap(lake: Lake, pseudonyms: Pseudonyms) -> int:
    """Bring the register under the whole chain of keys; gives how many accounts it has that were under a beginning."""
    registered = read(lake)
    wrapped = [replace(each, token=pseudonyms.wrapped(each.token)) for each in registered]
    if wrapped != registered:
        _write(lake, wrapped)
    return sum(old != new for old, new in zip(registered, wrapped, strict=True))


def tokens_of(pseudonyms: Pseudonyms, accounts: Collection[str]) -> dict[str, str]:
    """Account id to its token."""
    return {each: pseudonyms.token(KIND, plain(each) or "") for each in accounts}


def _write(lake: Lake, erasures: list[Erasure]) -> None:
    rows = [
        {"account": each.token, "registered_on": f"{each.registered_on}", "done_on": each.done_on and f"{each.done_on}"}
        for each in erasures
    ]
    lake.write_note(REGISTER, json.dumps(rows, indent=1) + "\n")
