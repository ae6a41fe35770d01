"""Builds the staged tables: rows of the raw zone, checked, pseudonymised, each accepted once or rejected with its reason.

A night is staged from its own partition. Rows that a later partition brings for it are taken in when the night is
rebuilt knowing of them; the night that delivered them then leaves them out, so that every row counts in one night.
Rows of accounts in the erasure register are counted and left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from jobs import contracts, landing
from jobs.errors import IolausError
from jobs.lake.lake import Build
from jobs.landing import Delivery, Late
from jobs.nights import fingerprints, recipes, steps
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.staged import declared

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from jobs.lake.lake import Lake
    from jobs.nights.run import Runner

REQUIRED = ("staged.api_requests", "staged.accounts", "staged.payment_instruments")


@dataclass(frozen=True)
class _Sources:
    """What a night is staged from: its own delivery without the rows of `taken` days, and its rows in `later` ones."""

    own: Delivery
    later: tuple[tuple[Delivery, Late], ...]
    taken: tuple[date, ...]


def stage(run: Runner, step: str, night: date, known_on: date | None) -> int | None:
    """Rows staged, or None when nothing changed. Raises `IolausError` when a required table was not delivered."""
    raw = declared(contracts.load(step).table)
    pseudonyms = Pseudonyms.from_environment()
    key, erased = pseudonyms.key_id, erasures.in_force(run.lake, pseudonyms)
    own = landing.find(run.settings.root, raw, night)
    if own.ds is None and step in REQUIRED:
        raise IolausError(
            f"Table {raw.name} has no delivery for {night}: expected files in raw/{raw.name}/ds={night}/; "
            f"deliver it and run the night again."
        )
    builds = run.lake.builds(step)
    until = max(known_on or night, knows(builds[night]) if night in builds else night)
    deliveries = landing.later_deliveries(run.settings.root, raw, night, until)
    later = [(each, landing.late_rows(each).get(night)) for each in deliveries]
    known = max([night, *(each.ds for each in deliveries if each.ds)])
    sources = _Sources(
        own,
        tuple((each, late) for each, late in later if late),
        tuple(day for day in recipes.earlier(step, night) if day in builds and knows(builds[day]) >= night),
    )
    late = {f"{each.ds}": found.digest for each, found in sources.later}
    before = left_out(builds[night]) if night in builds else None
    if run.unchanged(step, night, run.fingerprint(step, night, raw_parts(own.content_hash, late, key, before))):
        return None
    counted, accepted, rejected, without = _write(run, step, night, sources, erased)
    made = run.fingerprint(step, night, raw_parts(own.content_hash, late, key, without))
    properties = {
        "delivery": json.dumps(_delivery_row(sources, counted)),
        "rejected_files": json.dumps(rejected),
        "key": key,
        **({"left_out": without} if without else {}),
        "files": json.dumps({file.name: (file.size_bytes, file.changed_ns, file.sha256) for file in own.files}),
        "knows": known.isoformat(),
        "used_late": json.dumps(late),
        "brings_late": json.dumps({f"{day}": (each.rows, each.digest) for day, each in landing.late_rows(own).items()}),
    }
    build = run.lake.commit(step, night, accepted, made, properties, fingerprints.code_version())
    run.lake.clear_scratch()
    return build.rows


def knows(build: Build) -> date:
    """The last partition whose rows a staged night could use."""
    return date.fromisoformat(build.properties.get("knows", build.night.isoformat()))


def left_out(build: Build) -> str | None:
    """Digest of the erased accounts whose rows a staged night left out when it was built; None for none.

    An account that was erased later is not in it: its rows left the night without the night being built again.
    """
    return build.properties.get("left_out")


def rejected_files(build: Build) -> list[str]:
    """Data files of the rejected rows of a staged night."""
    found: list[str] = json.loads(build.properties.get("rejected_files", "[]"))
    return found


def files_to_keep(lake: Lake) -> list[str]:
    """Files that no snapshot has yet or any more, and that `staged.rejected` is made from."""
    return [path for name in steps.staged_sources() for build in lake.history(name) for path in rejected_files(build)]


def revised(
    properties: Mapping[str, str], staged: int, rejected: int, rejected_files: Sequence[str]
) -> Mapping[str, str]:
    """What a staged night records once `staged` and `rejected` rows of it were erased; they count as erased from then on."""
    delivery = json.loads(properties["delivery"])
    delivery["staged"] -= staged
    delivery["rejected"] -= rejected
    delivery["erased"] = (delivery.get("erased") or 0) + staged + rejected
    return {**properties, "delivery": json.dumps(delivery), "rejected_files": json.dumps(list(rejected_files))}


def delivery_rows(builds: Sequence[Build]) -> pa.Table:
    """The rows of `staged.deliveries` that the staged tables of one night give."""
    return contracts.arrow_rows("staged.deliveries", [json.loads(build.properties["delivery"]) for build in builds])


def raw_parts(content: str | None, late: dict[str, str], key: str, without: str | None = None) -> dict[str, object]:
    """What a staged night takes from the raw zone, for its fingerprint; `late` maps partitions to digests."""
    return {"content": content, "late": late, "key": key, **({"left_out": without} if without else {})}


def _write(
    run: Runner, step: str, night: date, sources: _Sources, erased: frozenset[str]
) -> tuple[dict[str, int], list[str], list[str], str | None]:
    """Counts, the files of accepted and of rejected rows, and which erased accounts were left out."""
    raw = sources.own.raw
    if sources.own.ds is None and not sources.later:
        return dict.fromkeys(("landed", "staged", "duplicates", "rejected", "erased", "late"), 0), [], [], None
    paths = run.lake.paths("staged.ip_networks", night, night) if step in steps.LOOKS_UP_NETWORKS else []
    networks = str(Path(paths[0]).parent) if paths else None
    rows = landing.parse(run.spark, sources.own, night, networks, without=sources.taken, erased=erased)
    for delivery, _ in sources.later:
        rows = rows.unionByName(landing.parse(run.spark, delivery, night, networks, only=night, erased=erased))
    parsed = run.lake.scratch(run.spark, rows)
    before = _staged_before(run, step, night)
    accepted, rejected = landing.split(parsed, raw, before)
    accepted_files = run.lake.write_files(step, night, accepted)
    refused_files = run.lake.write_files("staged.rejected", night, rejected)
    gone = landing.count_erased(parsed) if erased else {}
    counted = {
        "landed": parsed.count(),
        "staged": _rows(accepted_files),
        "duplicates": landing.count_duplicates(parsed, raw, before),
        "rejected": _rows(refused_files),
        "erased": sum(gone.values()),
        "late": sum(late.rows for _, late in sources.later),
    }
    return counted, accepted_files, refused_files, fingerprints.digest(sorted(gone)) if gone else None


def _staged_before(run: Runner, step: str, night: date) -> DataFrame | None:
    nights = [day for day in recipes.earlier(step, night) if day in run.lake.builds(step)]
    return run.lake.read(run.spark, step, nights[0], nights[-1]) if nights else None


def _rows(files: list[str]) -> int:
    import pyarrow.parquet as pq

    return sum(pq.ParquetFile(path).metadata.num_rows for path in files)


def _delivery_row(sources: _Sources, counted: dict[str, int]) -> dict[str, object]:
    own = sources.own
    return {
        "table_name": own.raw.name,
        "delivered_on": own.ds.isoformat() if own.ds else None,
        "files": len(own.files),
        "bytes": own.size_bytes,
        **counted,
        "content_hash": own.content_hash,
        "unknown_columns": ",".join(sorted(own.unknown_columns)) or None,
        "missing_columns": ",".join(sorted(own.missing_columns)) or None,
        "note": None if own.ds else f"Table {own.raw.name} was never delivered and reads as empty.",
    }


def collect(run: Runner, step: str, night: date) -> int | None:
    """`staged.rejected` and `staged.deliveries`: what all staged tables of the night have to say, in one place."""
    builds = [run.needed(name, night, step) for name in steps.staged_sources()]
    made = run.fingerprint(step, night)
    if run.unchanged(step, night, made):
        return None
    if step == "staged.rejected":
        files = [path for build in builds for path in rejected_files(build)]
    else:
        files = run.lake.write_arrow(step, night, delivery_rows(builds))
    return run.lake.commit(step, night, files, made, {}, fingerprints.code_version()).rows
