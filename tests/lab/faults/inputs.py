"""Delivered files and observation files, broken in every way a producer, a disk or an enemy breaks them.

Each is read as a night reads it, in a process that is watched: rows, rejected rows with their reason, or one sentence that names
the file. Every file follows from its number, so that one that did harm can be made again.
"""

from __future__ import annotations

import functools
import json
import os
import random
import shutil
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.lab.faults import mutations
from tests.lab.faults.processes import Started, forked
from tests.lab.faults.tally import Tally

PER_PROCESS = 100
FEW = 1000
WHAT = {"hung": "hung", "took": "too much memory"}
MOST_BYTES = 1_500_000_000  # of a process that reads one file after the other
MOST_SECONDS = 120.0  # for one file, on a machine that does other things too
READERS = {"raw": "delivered files", "link": "observation files"}


def tallies(folder: Path, files: int, first: int = 0) -> Iterator[Tally]:
    """Of `files` files two thirds are delivered ones."""
    for reader, count in (("raw", files * 2 // 3), ("link", files - files * 2 // 3)):
        found = Tally(
            f"broken input: {READERS[reader]}",
            "Parquet, JSON lines and CSV with other bytes, footers, types, dates, counts, names, nesting, encodings; bombs",
        )
        began = time.monotonic()
        for start in range(first, first + count, PER_PROCESS):
            _batch(found, folder / "inputs", reader, start, min(PER_PROCESS, first + count - start))
        found.seconds = time.monotonic() - began
        yield found


def _batch(found: Tally, folder: Path, reader: str, start: int, count: int) -> None:
    number = start
    while number < start + count:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        log = folder / "log"
        process = forked(functools.partial(_read_all, folder, reader, number, start + count, log), reader)
        reason = _watched(process, log)
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
        for each in lines:
            _count(found, reader, each)
        number += len(lines)
        if reason is None:
            return
        name = mutations.name_of(reader, number)
        found.tries += 1
        found.said[f"did not end: {reason}"] += 1
        found.lost(WHAT.get(reason.partition(" ")[0], "tracebacks"), f"{reader} file {number} ({name}): {reason}")
        number += 1


def _count(found: Tally, reader: str, each: dict[str, Any]) -> None:
    found.tries += 1
    found.said[each["outcome"]] += 1
    if each["outcome"] == "fault":
        found.lost("tracebacks", f"{reader} file {each['number']} ({each['name']}): {each['said']}")
    if each.get("missing"):
        found.lost("rows lost", f"{reader} file {each['number']} ({each['name']}): {each['missing']}")


def _watched(process: Started, log: Path) -> str | None:
    """Why it did not end by itself, or None."""
    seen, since = -1, time.monotonic()
    while process.is_running():
        size = log.stat().st_size if log.exists() else 0
        if size != seen:
            seen, since = size, time.monotonic()
        try:
            held = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError):
            continue
        if held > MOST_BYTES:
            process.kill()
            process.ended()
            return f"took {held / 1e9:.1f} GB of memory"
        if time.monotonic() - since > MOST_SECONDS:
            process.kill()
            process.ended()
            return "hung"
        time.sleep(0.02)
    ended = process.ended()
    return None if ended.code == 0 else f"ended with code {ended.code}: {ended.said[-300:]}"


def _read_all(folder: Path, reader: str, first: int, end: int, log: Path) -> None:
    read: Callable[[Path, int], dict[str, Any]] = {"raw": _landed, "link": _observed}[reader]
    with log.open("a") as told:
        for number in range(first, end):
            place = folder / str(number)
            place.mkdir()
            told.write(
                json.dumps({"number": number, "name": mutations.name_of(reader, number), **read(place, number)}) + "\n"
            )
            told.flush()
            shutil.rmtree(place)


def _landed(place: Path, number: int) -> dict[str, Any]:
    """What becomes of a delivered file, as staging reads it."""
    from jobs.errors import IolausError
    from tests.jobs.staged.rawrows import landed_batches

    table, rows = mutations.delivered(place, random.Random(number), number)
    try:
        found: Counter[str | None] = Counter()
        for batch in landed_batches(place, table):
            found.update(row["rejection_reason"] for row in batch.select(["rejection_reason"]).to_pylist())
            if batch.num_rows < FEW:
                batch.to_pylist()  # every value is one that Python can hold
    except IolausError as error:
        return {"outcome": "refused with a sentence", "said": str(error)} | _is_one_sentence(str(error))
    except Exception:
        return {"outcome": "fault", "said": traceback.format_exc()[-500:]}
    outcome = "rows" if set(found) <= {None} else "rows and rejected rows with a reason"
    missing = None if rows is None or found.total() == rows else f"{rows} rows delivered, {found.total()} read"
    return {"outcome": outcome, "said": "", "missing": missing}


def _observed(place: Path, number: int) -> dict[str, Any]:
    """What becomes of an observation file."""
    from jobs.errors import IolausError
    from jobs.linking.reading import read_observations

    path = mutations.observed(place, random.Random(number), number)
    try:
        read_observations(path)
    except IolausError as error:
        return {"outcome": "refused with a sentence", "said": str(error)} | _is_one_sentence(str(error))
    except Exception:
        return {"outcome": "fault", "said": traceback.format_exc()[-500:]}
    return {"outcome": "rows", "said": ""}


def _is_one_sentence(said: str) -> dict[str, str]:
    return {"outcome": "fault"} if "\n" in said.strip() or not said.strip() or "\x00" in said else {}
