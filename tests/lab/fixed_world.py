"""One fixed world through every command that shapes published tables, and a digest of each published column.

    python -m tests.lab.fixed_world FOLDER            build the world, its nights, and FOLDER/digests.json
    python -m tests.lab.fixed_world --compare A B     name every column that two such folders do not have in common

Ten nights with rows that come late, repeated and broken; from the sixth on analysts' decisions are delivered; after the
eighth one member is forgotten; at the end what became stale is built again. Run before and after a change of the code, it
says which published columns the change touched. Only commands are used, so any version of the code can run it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

KEY = "IOLAUS_PSEUDONYM_KEY"
FIRST, DAYS, DECIDED_AFTER, FORGOTTEN_AFTER = date(2026, 3, 2), 10, 5, 8
WORLD = ("--preset", "small", "--seed", "77", "--accounts", "1500", "--days", str(DAYS), "--from", f"{FIRST}")
OF_RUNNING = {"run_id", "code_version", "started_at", "finished_at", "published_at", "first_published_at", "snapshots"}
DECISIONS = ("confirmed", "rejected", "benign_reseller", "victim")


def iolaus(*words: str) -> None:
    subprocess.run([str(Path(sys.executable).with_name("iolaus")), *words], check=True, stdout=subprocess.DEVNULL)


def asked(root: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


def decide(root: Path, night: date) -> None:
    """Deliver decisions on the first campaigns of the night and on single members of the next one, from the next night on."""
    campaigns = [row[0] for row in asked(root, "SELECT campaign_id FROM attribution.campaigns_current ORDER BY ALL")]
    one = "SELECT account_id FROM attribution.campaign_members_current WHERE campaign_id = '{}' ORDER BY ALL LIMIT 2"
    accounts = [row[0] for row in asked(root, one.format(campaigns[-1]))]
    subjects = [*zip(["campaign"] * 3, campaigns, DECISIONS, strict=False), *(
        ("account", account, decision) for account, decision in zip(accounts, ("victim", "rejected"), strict=False)
    )]  # fmt: skip
    rows = pa.Table.from_pylist(
        [
            {"decided_at": f"{night}T18:00:00Z", "subject_kind": kind, "subject_id": subject, "decision": decision,
             "analyst": "analyst-1", "note": f"looked at {subject}"}
            for kind, subject, decision in subjects
        ]
    )  # fmt: skip
    at = rows.column_names.index("decided_at")
    moments = pa.array(rows["decided_at"].to_pylist()).cast(pa.timestamp("us", "UTC"))
    rows = rows.set_column(at, "decided_at", moments)
    for later in range(1, DAYS - DECIDED_AFTER + 1):
        folder = root / "raw" / "case_decisions" / f"ds={night + timedelta(days=later)}"
        folder.mkdir(parents=True)
        pq.write_table(rows, folder / "part-0.parquet")


def build(root: Path) -> None:
    if root.exists():
        shutil.rmtree(root)
    iolaus("simulate", "--root", str(root), *WORLD)
    for day in range(DAYS):
        night = FIRST + timedelta(days=day)
        iolaus("run", "--root", str(root), "--date", f"{night}")
        if day + 1 == DECIDED_AFTER:
            decide(root, night)
        if day + 1 == FORGOTTEN_AFTER:
            member = "SELECT max(account_id) FROM attribution.campaign_members_current"
            iolaus("forget", str(asked(root, member)[0][0]), "--root", str(root))
        print(night, flush=True)
    iolaus("backfill", "--stale", "--root", str(root))


def digests(root: Path) -> dict[str, str]:
    """`table.column` to the digest of its values in the order of the table's rows; `table` to its number of rows."""
    found: dict[str, str] = {}
    names = asked(
        root,
        "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables "
        "USING (table_schema, table_name) WHERE table_schema = 'attribution' AND table_type = 'BASE TABLE' ORDER BY ALL",
    )
    keys = {str(table): [str(column) for name, column in names if name == table] for table, _ in names}
    for table, columns in keys.items():
        kept = [column for column in columns if not (table == "runs" and column in OF_RUNNING)]
        order = ", ".join(f'"{column}"' for column in sorted(kept, key=lambda each: (not _is_key(each), each)))
        found[table] = str(asked(root, f"SELECT count(*) FROM attribution.{table}")[0][0])
        for column in kept:
            values = asked(root, f'SELECT "{column}" FROM attribution.{table} ORDER BY {order}')
            found[f"{table}.{column}"] = hashlib.sha256(repr(values).encode()).hexdigest()[:16]
    return found


def _is_key(column: str) -> bool:
    return column.endswith(("_id", "_date", "_name", "_kind")) or column in (
        "metric",
        "signal",
        "entity",
        "model",
        "event",
    )


def compare(first: Path, second: Path) -> int:
    """Name what differs; exit code 1 where anything does."""
    one, two = (json.loads((each / "digests.json").read_text()) for each in (first, second))
    for name in sorted({*one, *two}):
        if one.get(name) != two.get(name):
            print(f"{name}: {one.get(name, 'absent')} -> {two.get(name, 'absent')}")
    same = sum(one[name] == two.get(name) for name in one)
    print(f"{same} of {len(one)} figures equal")
    return int(one != two)


def main(*words: str) -> int:
    if words[0] == "--compare":
        return compare(Path(words[1]), Path(words[2]))
    os.environ.setdefault(KEY, "key-of-the-tests-and-of-nothing-else")
    root = Path(words[0])
    build(root)
    (root / "digests.json").write_text(json.dumps(digests(root), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
