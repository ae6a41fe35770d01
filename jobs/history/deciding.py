"""What an analyst decides, delivered as the next snapshot of the raw table `case_decisions`.

A snapshot is all there is: the next one carries every file of the one before unchanged, whoever wrote it, and beside them one
file of the decisions that were made here. No night that is published reads it, so none becomes stale; the first night after
does, and a decision counts from the night of the day it was made on. What is taken back stays readable in a file of markers.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.errors import IolausError, UsageError
from jobs.landing import files, formats
from jobs.landing.checks import rejection_reasons
from jobs.landing.files import Delivery
from jobs.landing.placeholders import without_placeholders
from jobs.settings import Settings
from jobs.staged.case_decisions import RAW
from jobs.vocabulary import Decision, SubjectKind
from jobs.warehouse import Warehouse, open_warehouse

OWN, WITHDRAWN = "iolaus-decisions.parquet", "_withdrawn.jsonl"
SCHEMA = pa.schema(
    [(each.name, pa.timestamp("us", "UTC") if each.type == "timestamp" else pa.string()) for each in RAW.fields]
)


@dataclass(frozen=True)
class Case:
    """One row of `case_decisions`."""

    decided_at: datetime
    subject_kind: str
    subject_id: str
    decision: str
    analyst: str
    note: str | None = None

    def is_about(self, kind: str, subject: str) -> bool:
        return (self.subject_kind, self.subject_id) == (kind, subject)


@dataclass(frozen=True)
class Delivered:
    """What was recorded or taken back, the first night that reads it, and the file; `file` is None where nothing had to be done.

    `in_force` is what then stands on the subject; `foreign` names the files of others that the snapshot carries.
    """

    case: Case
    night: date
    file: str | None
    in_force: Case | None
    foreign: tuple[str, ...]


def decide(settings: Settings, case: Case) -> Delivered:
    """Deliver one more decision; `subject_id` may be a campaign's name.

    Raises `UsageError` for a subject that was never published, a decision that would not be in force or a text that cannot be
    delivered, `IolausError` when another delivery is in the way or the raw zone cannot be written.
    """
    if case.subject_kind == SubjectKind.CAMPAIGN and case.decision == Decision.VICTIM:
        raise UsageError("Only an account can be a victim: decide `account ID victim`.")
    with _next_snapshot(settings, case) as (case, snapshot):
        standing = _newest(snapshot.cases, case)
        if standing is not None and standing.decided_at >= case.decided_at:
            raise UsageError(
                f"A decision of {standing.decided_at:%Y-%m-%d %H:%M} UTC on {case.subject_id} would stay in force "
                f"({standing.decision}): take that back with --undo first, or give a later --date."
            )
        if standing is not None and _said(standing) == _said(case):
            return Delivered(standing, snapshot.night, None, standing, snapshot.foreign)
        snapshot.write([*snapshot.own, case], case, None)
        return Delivered(case, snapshot.night, snapshot.file, case, snapshot.foreign)


def undo(settings: Settings, case: Case) -> Delivered:
    """Take the newest decision on the subject back; `case` says whose (an empty `decision` is any), by whom, when and why.

    Raises as `decide` does, and `UsageError` when there is none that was made here.
    """
    with _next_snapshot(settings, case) as (case, snapshot):
        mine = [each for each in snapshot.own if case.decision in ("", each.decision)]
        gone = _newest(mine, case)
        if gone is None:
            raise UsageError(
                f"No decision {case.decision or 'at all'} on {case.subject_kind} {case.subject_id} was made by `iolaus decide`: "
                f"check the id; what another system delivered has to be taken back there."
            )
        snapshot.write([each for each in snapshot.own if each != gone], None, _trail(gone, case))
        left = [each for each in snapshot.cases if each != gone]
        return Delivered(gone, snapshot.night, snapshot.file, _newest(left, case), snapshot.foreign)


@dataclass(frozen=True)
class _Snapshot:
    """The snapshot that is in force for `night`, about to be followed by another (or changed, where it is of that night)."""

    root: Path
    night: date
    delivery: Delivery
    own: tuple[Case, ...]
    cases: tuple[Case, ...]
    foreign: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return self.root / "raw" / RAW.name / f"ds={self.night.isoformat()}"

    @property
    def file(self) -> str:
        return (self.folder / OWN).relative_to(self.root).as_posix()

    def write(self, own: Sequence[Case], added: Case | None, trail: str | None) -> None:
        """Let the night's snapshot have exactly the decisions `own`, and what others delivered; at once or not at all."""
        is_new = self.delivery.ds != self.night
        place = self.folder.with_name(f".{self.folder.name}.new") if is_new else self.folder
        if is_new:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for each in self.delivery.files:
                shutil.copyfile(each.path, place / Path(each.path).name)
        aside = place / f".{OWN}.new.parquet"
        try:
            pq.write_table(pa.Table.from_pylist([asdict(each) for each in own], schema=SCHEMA), aside)
            if added is not None:
                _require_read_as(added, aside, self.night)
            if trail is not None:
                with (place / WITHDRAWN).open("a", encoding="utf-8") as file:
                    file.write(trail)
            aside.replace(place / OWN)
            for path in place.iterdir():
                _settle(path)
            if is_new:
                place.rename(self.folder)
        finally:
            aside.unlink(missing_ok=True)
            if is_new:
                shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def _next_snapshot(settings: Settings, case: Case) -> Iterator[tuple[Case, _Snapshot]]:
    """The case with its subject's id, and the snapshot it goes into, with nobody else writing one."""
    published = open_warehouse(settings.warehouse, settings.root)
    newest = published.newest()
    if newest is None:
        raise IolausError(f"No night is published below {settings.root}: there is nothing to decide yet.")
    named = Case(**asdict(case) | {"subject_id": _subject(published, case)})
    night = max(case.decided_at.date(), newest + timedelta(days=1))
    table = settings.root / "raw" / RAW.name
    try:
        table.mkdir(parents=True, exist_ok=True)
        with (table / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _require_last(table, night)
            delivery = files.find(settings.root, RAW, night)
            read = {Path(each.path).name: _read(each, night) for each in delivery.files}
            own = tuple(read.get(OWN, ()))
            foreign = tuple(sorted(set(read) - {OWN}))
            cases = tuple(each for rows in read.values() for each in rows)
            yield named, _Snapshot(settings.root, night, delivery, own, cases, foreign)
    except OSError as error:
        raise IolausError(
            f"The delivery raw/{RAW.name} for {night} cannot be written ({error.strerror}): nothing was recorded."
        ) from error


def _subject(published: Warehouse, case: Case) -> str:
    """The subject's id. Raises `UsageError` unless exactly one of that id or name was published."""
    table, columns = {
        SubjectKind.CAMPAIGN: ("campaigns", ("campaign_id", "name")),
        SubjectKind.ACCOUNT: ("account_verdicts", ("account_id",)),
    }[SubjectKind(case.subject_kind)]
    for column in columns:
        query = f"SELECT DISTINCT {columns[0]} AS id FROM attribution.{table} WHERE {column} = $1"  # nosec B608 # names from above
        found = published.query(query, case.subject_id)["id"].to_pylist()
        if len(found) > 1:
            raise UsageError(
                f"Several campaigns are named {case.subject_id}: give one's id, {' or '.join(sorted(found))}."
            )
        if found:
            return str(found[0])
    raise UsageError(f"No {case.subject_kind} {case.subject_id!a} was ever published: check the id.")


def _require_last(table: Path, night: date) -> None:
    later = sorted(day for each in table.iterdir() if (day := files.date_of(each)) is not None and day > night)
    if later:
        raise IolausError(
            f"Table raw/{RAW.name} has a delivery for {later[0]} already, which would hide a decision for {night}: "
            f"record it in the system that delivers the table, or remove that delivery."
        )
    of_night = table / f"ds={night.isoformat()}"
    if of_night.is_dir() and all(each.name[0] in "._" for each in of_night.iterdir()):
        raise IolausError(f"The partition raw/{RAW.name}/{of_night.name} has no data file: complete or remove it.")


def _read(file: files.RawFile, night: date) -> list[Case]:
    """The rows of a file that staging accepts, as it reads them."""
    return [case for case, reason in _rows(Path(file.path), file.name, file.parts, night) if reason is None]


def _rows(path: Path, name: str, parts: int, night: date) -> Iterator[tuple[Case, str | None]]:
    for part in range(parts):
        for block in formats.blocks(RAW, str(path), name, part):
            plain, _ = without_placeholders(RAW, block)
            reasons = rejection_reasons(RAW, plain, {}, night).to_pylist()
            columns = [plain.columns[each.name].values.to_pylist() for each in RAW.fields]
            for values, reason in zip(zip(*columns, strict=True), reasons, strict=True):
                yield Case(*values), reason


def _require_read_as(case: Case, path: Path, night: date) -> None:
    """Raise `UsageError` unless staging will read the last row of the file as `case`."""
    parts = formats.header(path).parts
    *_, (read, reason) = _rows(path, path.name, parts, night)
    if reason is not None:
        raise UsageError(f"The decision would be rejected ({reason.replace(':', ' ')}): correct it.")
    lost = [name for name, value in asdict(read).items() if value != getattr(case, name)]
    if lost:
        raise UsageError(f"The {lost[0]} would be read as nothing: shorten it, or say something.")


def _newest(cases: Sequence[Case], like: Case) -> Case | None:
    about = [each for each in cases if each.is_about(like.subject_kind, like.subject_id)]
    return max(about, key=lambda each: each.decided_at, default=None)


def _said(case: Case) -> tuple[Any, ...]:
    return (case.decision, case.analyst, case.note)


def _trail(gone: Case, undone: Case) -> str:
    told = {"withdrawn_at": undone.decided_at, "withdrawn_by": undone.analyst, "because": undone.note, **asdict(gone)}
    return json.dumps(told, default=str) + "\n"


def _settle(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
