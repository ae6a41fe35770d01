"""Brings a lake and what is published of it under the newest of the pseudonym keys: tokens are wrapped, values are not needed.

The order makes it safe to be killed at any moment: first the note that the lake is under way, so that nobody builds; then the lake,
one table and one transaction after the other; then the register, the warehouse in one transaction, pages, and the files that
nothing refers to any more; last the note that the lake is under the newest key. Run again, it does what is left: a token says
under which keys it was made, and a data file that was renewed says so in its metadata, because some digests do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow.compute as pc

from jobs import store
from jobs.errors import IolausError
from jobs.history.forgetting import pages_below
from jobs.history.renewing import Renewal
from jobs.lake import rewriting
from jobs.lake.builds import REKEYED_ON, Build
from jobs.lake.datafiles import read_file, said_in, saying, write_successor
from jobs.lake.lake import Lake
from jobs.nights import agreement, keys, leftovers, staging
from jobs.nights.records import Staged
from jobs.nights.steps import REJECTED
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import Settings
from jobs.warehouse import open_warehouse

UNDER = "iolaus.key"  # in the metadata of a data file: the id of the keys under which it was brought
DECISIONS = ("staged.case_decisions", "campaigns.judgements")  # whose `decision_id` explanations name
Successors = Mapping[str, str | None]


@dataclass(frozen=True)
class Rekeyed:
    """What was written again: files of the lake and rows of the warehouse, by table, accounts of the register, pages.

    `since` is the short id of the keys before, None when the lake was under the newest already; `key` that of those after.
    """

    since: str | None
    key: str
    lake_files: Mapping[str, int]
    warehouse_rows: Mapping[str, int]
    registered: int
    pages: int
    removed_files: int
    foreign_catalog: str | None


def rekey(settings: Settings, today: date, told: Callable[[str], None] = lambda note: None) -> Rekeyed:
    """Bring everything under the newest key; `told` hears what is being worked on.

    Raises `UsageError` when the lake is under keys that are no beginning of those configured, `IolausError` when a night is being
    built, or lake and warehouse do not agree on the nights there are.
    """
    pseudonyms = Pseudonyms.from_environment()
    lake = Lake(settings.root, settings.catalog)
    with rewriting.alone(lake):
        erasures.require_register(lake)
        warehouse = open_warehouse(settings.warehouse, settings.root)
        if sentence := agreement.disagreement(lake, warehouse):  # else another warehouse than the nights' is meant
            raise IolausError(sentence)
        since = keys.begin(lake, pseudonyms)
        if since is None:
            return Rekeyed(None, pseudonyms.key_id, {}, {}, 0, 0, 0, lake.foreign_catalog)
        renewal = Renewal(pseudonyms, since)
        files = _lake(lake, renewal, today, told)
        told("erasure register")
        registered = erasures.rewrap(lake, pseudonyms)
        renewal = replace(renewal, done=_decisions(lake))
        told("warehouse")
        rows = warehouse.rewrite(renewal.rows)
        told("pages")
        changed = sum([_page(path, renewal) for path in pages_below(settings.root)])
        told("files that nothing refers to")
        leftovers.remove(lake, settings.root)
        removed, _ = rewriting.sweep(lake, staging.files_to_keep(lake), before=float("inf"))
        keys.finish(lake, pseudonyms)
    return Rekeyed(since, pseudonyms.key_id, files, rows, registered, changed, removed, lake.foreign_catalog)


def _lake(lake: Lake, renewal: Renewal, today: date, told: Callable[[str], None]) -> dict[str, int]:
    """Files that were written again, by table."""
    told("rejected rows")
    named, live = _files(lake, REJECTED)
    rejected = _successors(REJECTED, [*named, *staging.files_to_keep(lake)], renewal, live)
    found = {}
    for name in lake.tables.names():
        told(name)
        named, live = _files(lake, name)
        successors = rejected if name == REJECTED else _successors(name, named, renewal, live)
        rewriting.replace(lake, name, successors, _revised(renewal.pseudonyms, rejected), today, REKEYED_ON)
        found[name] = len(live & {path for path, new in successors.items() if new is not None})
    return {name: count for name, count in found.items() if count}


def _files(lake: Lake, name: str) -> tuple[set[str], frozenset[str]]:
    """Data files of a table: those that any snapshot names, and those of its current rows."""
    versions = rewriting.versions(lake, name)
    named = {path for version in versions for path in version.named}
    return named, versions[-1].live if versions else frozenset()


def _successors(name: str, paths: Iterable[str], renewal: Renewal, live: frozenset[str]) -> Successors:
    """What stands in for each file that is to be renewed; None for one that is gone, of which metadata still tell.

    A file of no current rows needs no successor, unless it holds what a night rejected and has not collected yet.
    """
    mark = renewal.pseudonyms.digest(b"iolaus rekey").hex()
    found: dict[str, str | None] = {}
    for path in sorted(set(paths)):
        try:
            is_done = said_in(path, UNDER) == renewal.pseudonyms.key_id
        except FileNotFoundError:
            if path in live:
                raise IolausError(
                    f"Table {name} lacks its file {path}: restore it, or run `iolaus doctor --mend`; then run `iolaus rekey` again."
                ) from None
            found[path] = None
            continue
        rows = None if is_done else read_file(path)
        renewed = None if rows is None else renewal.rows(rows)
        if renewed is None or renewed is rows:
            continue
        is_kept = path in live or name == REJECTED
        found[path] = (
            write_successor(path, saying(renewed, UNDER, renewal.pseudonyms.key_id), mark) if is_kept else None
        )
    return found


def _revised(pseudonyms: Pseudonyms, rejected: Successors) -> rewriting.Revised:
    def revised(build: Build) -> Mapping[str, str]:
        record = Staged.of(build)
        if record is None or record.key == pseudonyms.key_id:
            return build.properties
        files = [new for path in record.rejected_files if (new := rejected.get(path, path))]
        return record.under(pseudonyms.ids, files).properties()

    return revised


def _decisions(lake: Lake) -> frozenset[str]:
    """Ids of all decisions, once the lake is under the newest key."""
    files = [read_file(path, {"decision_id"}) for name in DECISIONS for path in _files(lake, name)[1]]
    ids = [rows["decision_id"] for rows in files if rows is not None and rows.column_names]
    return frozenset(each for column in ids for each in pc.unique(column).to_pylist() if each is not None)


def _page(path: Path, renewal: Renewal) -> bool:
    """Write a page again, whole or not at all; gives whether it held anything to renew."""
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    renewed = renewal.text(text)
    if renewed == text:
        return False
    store.write_whole(path, renewed, errors="surrogateescape")
    return True
