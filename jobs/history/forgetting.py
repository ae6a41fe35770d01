"""Removes accounts from every layer: rows that are about them go wherever they are kept, counts and sums stay as published.

The order makes it safe to be killed at any moment: the register first, so that nothing comes back; then the lake, one
table and one transaction after the other; then the warehouse, built aside and swapped in; then pages; then the files
that nothing refers to any more; last the note that it is done. Every part looks at what is there, so that running it
again does what is left to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from jobs import contracts, store
from jobs.errors import IolausError, UsageError
from jobs.lake import rewriting
from jobs.lake.builds import Build
from jobs.lake.datafiles import dated, read_file, write_successor
from jobs.lake.lake import Lake
from jobs.lake.layout import night_of
from jobs.nights import keys, leftovers, staging, steps
from jobs.nights.records import Staged
from jobs.nights.steps import DELIVERIES, REJECTED
from jobs.privacy import about, erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import Settings
from jobs.warehouse import open_warehouse

NAMED_BY = {"campaigns.lineage": "campaigns.clusters"}  # whose accounts give the labels of a table that has none itself
PAGES = ("quality", "report")  # folders below the root that hold pages made from tables
PAGE_SUFFIXES = (".html", ".json", ".svg", ".csv", ".txt", ".md")
Labels = Mapping[str, str | None]


@dataclass(frozen=True)
class Forgotten:
    """What was done: rows that left, by table, and pages that were changed.

    `unknown` are the accounts of which no row was found; `is_new` says whether any account was not registered before,
    `was_unfinished` whether an earlier run had been killed, `removed_files` how many data and metadata files went.
    """

    accounts: int
    unknown: tuple[str, ...]
    is_new: bool
    was_unfinished: bool
    lake_rows: Mapping[str, int]
    warehouse_rows: Mapping[str, int]
    pages: int
    removed_files: int
    foreign_catalog: str | None

    @property
    def did_something(self) -> bool:
        return bool(
            self.is_new
            or self.was_unfinished
            or self.lake_rows
            or self.warehouse_rows
            or self.pages
            or self.removed_files
        )


@dataclass
class _Wanted:
    """The accounts to forget, and which of them were met."""

    accounts: frozenset[str]
    tokens: frozenset[str]
    mark: str
    met: set[str] = field(default_factory=set)

    def about(self, rows: pa.Table) -> pa.Array:
        """Mask of the rows that are about one of the accounts."""
        mask = pa.repeat(False, rows.num_rows)
        for column, condition in about.naming(contracts.ACCOUNT, _texts(rows)).items():
            hit = self._is_one(rows[column])
            if condition:
                hit = pc.and_(hit, pc.equal(rows[condition[0]], condition[1]).fill_null(False))
            mask = pc.or_(mask, hit)
        for column in _those_of(rows, contracts.TOKEN):
            mask = pc.or_(mask, pc.is_in(rows[column], value_set=pa.array(sorted(self.tokens))))
        return mask

    def touches(self, rows: pa.Table) -> bool:
        """Whether rows are about the accounts, or name them."""
        labels, texts = _those_of(rows, contracts.LABEL), _those_of(rows, contracts.TEXT)
        if pc.any(self.about(rows)).as_py() or any(pc.any(self._is_one(rows[each])).as_py() for each in labels):
            return True
        return any(about.reworded(rows[each].unique().to_pylist(), self.accounts) for each in texts)

    def without(self, rows: pa.Table, labels: Labels) -> pa.Table:
        """The rows that are about others, with other `labels` where an account stood for a group, and its name in no text."""
        kept = rows.filter(pc.invert(self.about(rows)))
        for column in _those_of(rows, contracts.LABEL):
            named = about.named_by(kept[column].unique().to_pylist(), self.accounts)
            kept = _replaced(kept, column, {value: labels.get(account) for value, account in named.items()})
        for column in _those_of(rows, contracts.TEXT):
            kept = _replaced(kept, column, about.reworded(kept[column].unique().to_pylist(), self.accounts))
        return kept

    def _is_one(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        named = about.named_by(values.unique().to_pylist(), self.accounts)
        self.met |= set(named.values())
        return pc.is_in(values, value_set=pa.array(sorted(named), pa.string()))


@dataclass(frozen=True)
class _Rejected:
    """Files of rejected rows: what stands in for those that have rows of the accounts, and how many rows those lose."""

    successors: Mapping[str, str | None]
    lost: Mapping[str, int]


def forget(
    settings: Settings, accounts: Collection[str], today: date, told: Callable[[str], None] = lambda note: None
) -> Forgotten:
    """Register the accounts, and remove them from lake, warehouse and pages; `told` hears what is being worked on.

    The raw zone is not touched. Raises `UsageError` when no account, no key or another key than the lake's is given,
    `IolausError` when a night is being built.
    """
    wanted_ids = frozenset(each.strip() for each in accounts)
    if not wanted_ids or not all(wanted_ids):
        raise UsageError("`iolaus forget` takes one or more account ids, and an empty text is none.")
    pseudonyms = Pseudonyms.from_environment()
    lake = Lake(settings.root, settings.catalog)
    with rewriting.alone(lake):
        keys.require_recorded(lake, pseudonyms)
        erasures.in_force(lake, pseudonyms)
        tokens = frozenset(erasures.tokens_of(pseudonyms, wanted_ids).values())
        was_unfinished = any(each.token in tokens and each.done_on is None for each in erasures.read(lake))
        fresh = erasures.register(lake, tokens, today)
        mark = pseudonyms.digest("\0".join(["erasure", *sorted(wanted_ids)]).encode()).hex()
        wanted = _Wanted(wanted_ids, tokens, mark)
        lake_rows = _from_lake(lake, wanted, today, told)
        told("warehouse")
        warehouse = open_warehouse(settings.warehouse, settings.root)
        from_warehouse = warehouse.forget(sorted(wanted_ids), rewrite=bool(fresh) or was_unfinished)
        told("pages")
        pages = sum(_from_page(path, wanted.accounts) for path in pages_below(settings.root))
        told("files that nothing refers to")
        leftovers.remove(lake, settings.root)
        removed, _ = rewriting.sweep(lake, staging.files_to_keep(lake), before=float("inf"))
        erasures.finish(lake, tokens, today)
    return Forgotten(
        accounts=len(wanted_ids),
        unknown=() if was_unfinished else tuple(sorted(wanted_ids - wanted.met - from_warehouse.accounts)),
        is_new=bool(fresh),
        was_unfinished=was_unfinished,
        lake_rows=lake_rows,
        warehouse_rows=from_warehouse.rows,
        pages=pages,
        removed_files=removed,
        foreign_catalog=lake.foreign_catalog,
    )


def _from_lake(lake: Lake, wanted: _Wanted, today: date, told: Callable[[str], None]) -> dict[str, int]:
    """Rows that left each table. Tables come after those that are made from them: labels are read from what is older."""
    order = {step.table: place for place, step in enumerate(steps.steps().values())}
    rejected = _rejected(lake, wanted)
    lost: dict[str, int] = {}
    for name in sorted(lake.tables.names(), key=lambda each: (-order.get(each, len(order)), each)):
        told(name)
        if name == REJECTED:
            live = rewriting.versions(lake, name)[-1:]
            rewriting.replace(lake, name, rejected.successors, lambda build: build.properties, today)
            lost[name] = sum(rejected.lost[path] for path in rejected.lost if live and path in live[0].live)
        else:
            lost[name] = _from_table(lake, name, wanted, rejected, today)
    _recount(lake, today)
    return {name: rows for name, rows in lost.items() if rows}


def _from_table(lake: Lake, name: str, wanted: _Wanted, rejected: _Rejected, today: date) -> int:
    versions = rewriting.versions(lake, name)
    live = versions[-1].live if versions else frozenset[str]()
    labels: dict[date, Labels] = {}
    successors: dict[str, str | None] = {}
    lost: Counter[date] = Counter()
    for path in sorted({path for version in versions for path in version.named}):
        looked = read_file(path, about.looked_at())
        if looked is None and path in live:
            raise IolausError(f"Table {name} lacks its file {path}: restore it, or build its night again, then forget.")
        if looked is None or wanted.touches(looked):
            successors[path] = None
        if looked is None or path not in live or path not in successors:
            continue
        night, rows = night_of(path), read_file(path)
        assert rows is not None
        if night not in labels:
            labels[night] = (
                _new_labels(lake, NAMED_BY.get(name, name), night, wanted) if _those_of(looked, contracts.LABEL) else {}
            )
        left = wanted.without(rows, labels[night])
        successors[path] = write_successor(path, left, wanted.mark)
        lost[night] += rows.num_rows - left.num_rows
    standing = {build.snapshot_id: lost[build.night] for build in lake.builds(name).values()}

    def revised(build: Build) -> Mapping[str, str]:
        record = Staged.of(build)
        if record is None:
            return build.properties
        files = list(record.rejected_files)
        left = [new for path in files if (new := rejected.successors.get(path, path))]
        gone = standing.get(build.snapshot_id, 0)
        if left == files and not gone:
            return build.properties
        return record.without(gone, sum(rejected.lost.get(path, 0) for path in files), left).properties()

    rewriting.replace(lake, name, successors, revised, today)
    return sum(lost.values())


def _rejected(lake: Lake, wanted: _Wanted) -> _Rejected:
    """Looks through all files of rejected rows, also those that are only named by the night that rejected them."""
    successors: dict[str, str | None] = {}
    lost: dict[str, int] = {}
    committed = {path for version in rewriting.versions(lake, REJECTED) for path in version.named}
    for path in sorted(committed | set(staging.files_to_keep(lake))):
        rows = read_file(path)
        if rows is None:
            successors[path] = None
        elif wanted.touches(rows):
            left = wanted.without(rows, {})
            successors[path] = write_successor(path, left, wanted.mark)
            lost[path] = rows.num_rows - left.num_rows
    return _Rejected(successors, lost)


def _recount(lake: Lake, today: date) -> None:
    """Let `staged.deliveries` say what the staged tables say about erased rows, so that its counts still add up."""
    builds = {name: lake.builds(name) for name in steps.staged_sources()}
    live = [path for version in rewriting.versions(lake, DELIVERIES)[-1:] for path in version.live]
    successors = {}
    for path in sorted(live):
        night = night_of(path)
        now = staging.delivery_rows([each[night] for each in builds.values() if night in each]).sort_by("table_name")
        then = lake.read_arrow(DELIVERIES, night, night).sort_by("table_name")
        if now["table_name"].equals(then["table_name"]) and not now["erased"].equals(then["erased"]):
            successors[path] = write_successor(path, dated(now, night), str(now["erased"].to_pylist()))
    rewriting.replace(lake, DELIVERIES, successors, lambda build: build.properties, today)


def _new_labels(lake: Lake, name: str, night: date, wanted: _Wanted) -> Labels:
    """For each account that stands for a group: the smallest account that is left in it, or None."""
    new: dict[str, str | None] = dict.fromkeys(wanted.accounts)
    for path in sorted(path for version in rewriting.versions(lake, name)[-1:] for path in version.live):
        rows = read_file(path, {*about.naming(contracts.LABEL), "account_id"}) if night_of(path) == night else None
        if rows is None:
            continue
        for column in _those_of(rows, contracts.LABEL):
            for label, account in zip(rows[column].to_pylist(), rows["account_id"].to_pylist(), strict=True):
                if label in new and account not in wanted.accounts:
                    new[label] = min(new[label] or account, account)
    return new


def pages_below(root: Path) -> Iterator[Path]:
    """Files below the root that were made from tables, for people to read."""
    for folder in PAGES:
        yield from (each for each in store.files_below(root / folder) if each.suffix in PAGE_SUFFIXES)


def _from_page(path: Path, accounts: Collection[str]) -> bool:
    """Write a page again without the accounts' names, whole or not at all; gives whether it named any."""
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    left = about.without_names(text, accounts) or ""
    if left == text:
        return False
    store.write_whole(path, left, errors="surrogateescape")
    return True


def _texts(rows: pa.Table) -> list[str]:
    return [each.name for each in rows.schema if pa.types.is_string(each.type)]


def _those_of(rows: pa.Table, kind: str) -> list[str]:
    """The columns of the rows that name accounts in this way."""
    return list(about.naming(kind, _texts(rows)))


def _replaced(rows: pa.Table, column: str, instead: Mapping[str, str | None]) -> pa.Table:
    place = rows.column_names.index(column)
    values = [instead.get(each, each) for each in rows[column].to_pylist()]
    return rows.set_column(place, rows.schema.field(column), pa.array(values, pa.string()))
