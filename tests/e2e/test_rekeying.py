"""The key is changed between two nights: the second is as it would have been, and no token of the key before is left anywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import settings
from jobs.cli import commands
from jobs.errors import UsageError
from jobs.history.deciding import Case, decide
from jobs.history.forgetting import forget
from jobs.history.rekeying import rekey
from jobs.history.reproducing import reproduce
from jobs.history.status import nights as status
from jobs.lake.adopting import adopt
from jobs.lake.lake import Lake
from jobs.nights.run import Runner, runner
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import PSEUDONYM_KEY, PSEUDONYM_KEY_BEFORE
from jobs.warehouse import open_warehouse
from tests.traces import kinds, traces
from tests.worlds import FIRST, SECOND, golden_world, partition

pytestmark = pytest.mark.slow  # whole nights; tests/jobs/history/test_rekeying.py has the same claims on a small lake
FIRST_KEY, SECOND_KEY = "the key that was used until it leaked", "the key that is used since it leaked"
OLD, NEW = Pseudonyms(FIRST_KEY.encode()), Pseudonyms(FIRST_KEY.encode(), SECOND_KEY.encode())
TODAY = date(2026, 3, 9)
REPEATED = 7
# Of a run's record what says when and where it was made, and what it was made from by snapshot.
OF_A_RUN = {"run_id", "snapshots", "started_at", "finished_at", "published_at", "first_published_at"}
Rows = list[dict[str, Any]]


def under(*keys: str) -> None:
    os.environ[PSEUDONYM_KEY], os.environ[PSEUDONYM_KEY_BEFORE] = keys[-1], ",".join(keys[:-1])


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, Runner]]:
    """Two roots with the same first night under the first key; the second was taken over from the first. One engine for both.

    After the first night an account was forgotten, analysts decided, and the second night brings rows of the first again.
    """
    usual = {name: os.environ.get(name) for name in (PSEUDONYM_KEY, PSEUDONYM_KEY_BEFORE)}
    one = golden_world(tmp_path_factory.mktemp("rekeying") / "one", days=2)
    under(FIRST_KEY)
    with runner(settings.settings(one, "sail")) as engine:
        engine.run(FIRST)
        everybody = engine.lake.read_arrow("campaigns.verdicts", FIRST, FIRST, ["account_id"])["account_id"].to_pylist()
        clustered = engine.lake.read_arrow("campaigns.clusters", FIRST, FIRST, ["account_id"])["account_id"].to_pylist()
        forget(engine.settings, [min(set(everybody) - set(clustered))], TODAY)
        campaign = engine.lake.read_arrow("campaigns.lineage", FIRST, FIRST)["campaign_id"].to_pylist()[0]
        moment = datetime(SECOND.year, SECOND.month, SECOND.day, 1, tzinfo=UTC)
        for case in (
            Case(moment, "campaign", campaign, "confirmed", "kim", None),
            Case(moment, "account", min(clustered), "victim", "kim", "stolen key"),
        ):
            decide(engine.settings, case)
        for table in ("charges", "logins"):
            bring_again(one, table)
        two = Path(shutil.copytree(one, one.parent / "two"))
        adopt(two)
        yield one, two, engine
    for name, value in usual.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


def bring_again(root: Path, table: str) -> None:
    """Rows of the first night's delivery once more in the second's."""
    (path, *_) = sorted(partition(root, table, FIRST).glob("*.parquet"))
    rows = pq.ParquetFile(path).read()
    pq.write_table(rows.slice(0, REPEATED), partition(root, table, SECOND) / "part-again.parquet")


def build(engine: Runner, root: Path, night: date) -> list[Any]:
    """Run a night on the engine that is up; gives the steps that wrote anything."""
    own = Runner(settings.settings(root, "sail"))
    own._spark = engine.spark
    built: list[Any] = []
    own.run(night, built.append)
    return [each.step for each in built if each.rows is not None]


def texts(rows: pa.Table, root: Path) -> list[str]:
    """Rows as text; a checksum over rows with tokens is left out, since it stays as it was computed."""
    left = rows.drop_columns(sorted(OF_A_RUN & set(rows.column_names))).to_pylist()
    told = (json.dumps(row, default=str).replace(str(root), "") for row in left if row.get("measure") != "checksum")
    return sorted(told)


def everything(root: Path, night: date) -> dict[str, list[str]]:
    """Every row of the lake and of the warehouse of a night."""
    lake, warehouse = Lake(root), open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    found = {name: texts(lake.read_arrow(name, night, night), root) for name in lake.tables.names()}
    published = [name.partition(".")[2] for name in found if name.startswith("published.")]
    return found | {f"warehouse.{name}": texts(warehouse.read(name, night), root) for name in published}


def tokens_and_digests(root: Path) -> list[str]:
    """What the lake holds that was made from its key: every kind of token once, and digests of every kind."""
    lake, found = Lake(root), {}
    for name in lake.tables.names():
        rows = lake.read_arrow(name, FIRST, SECOND)
        for field in rows.schema:
            values = rows[field.name].unique().to_pylist() if pa.types.is_string(field.type) else []
            for value in values:
                for token in re.findall(rf"[a-z0-9-]+_{OLD.key_id}_[0-9a-f]{{32}}", value or ""):
                    found.setdefault((name, field.name, token.partition("_")[0]), token)
            if field.name in ("charge_id", "login_id", "decision_id", "record_digest"):
                found |= {(name, field.name, n): each for n, each in enumerate([v for v in values if v][:3])}
    return sorted(set(found.values()))


def test_the_second_night_is_as_it_would_have_been_and_nothing_of_the_key_before_is_left(
    worlds: tuple[Path, Path, Runner],
) -> None:
    one, two, engine = worlds
    build(engine, one, SECOND)
    stale = [each.stale_because for each in status(settings.settings(one, "sail"))]
    published = open_warehouse("duckdb:///{root}/warehouse.duckdb", one)
    commands._write_report(published, one / "report" / f"{SECOND}", SECOND)
    words = tokens_and_digests(one)
    assert len(words) > 40
    places = [each for each in one.iterdir() if each.name not in ("raw", "truth")]
    assert kinds(traces(words, *places)) >= {".parquet", ".duckdb"}
    before = everything(one, SECOND)

    under(FIRST_KEY, SECOND_KEY)
    for root in (one, two):
        with pytest.raises(UsageError, match="`iolaus rekey`"):
            build(engine, root, SECOND)
        found = rekey(settings.settings(root, "sail"), TODAY)
        assert (found.since, found.key, found.registered) == (OLD.key_id, NEW.key_id, 1)
        assert build(engine, root, FIRST) == [], "a night that was brought under the key is as it would be built"
    assert build(engine, one, SECOND) == []
    assert [each.stale_because for each in status(settings.settings(one, "sail"))] == stale
    build(engine, two, SECOND)

    mine, theirs = everything(one, SECOND), everything(two, SECOND)
    assert mine != before
    assert {name for name in mine if mine[name] != theirs[name]} == set()
    assert len(mine) > 70
    assert any(mine["published.campaign_evidence"])
    assert any("decision " in row for row in mine["warehouse.campaign_evidence"])

    run_id = open_warehouse("duckdb:///{root}/warehouse.duckdb", one).read("runs", SECOND)["run_id"].to_pylist()[0]
    assert reproduce(settings.settings(one, "sail"), run_id).differences == (), "a run from before the change"

    gone = [each.token for each in erasures.read(Lake(two))]
    assert gone == [each.token for each in erasures.read(Lake(one))]
    counted = {row["table_name"]: row for row in Lake(two).read_arrow("staged.deliveries", SECOND, SECOND).to_pylist()}
    assert counted["accounts"]["erased"] == 1
    for table in ("charges", "logins"):
        assert counted[table]["duplicates"] >= REPEATED, table

    for root in (one, two):
        kept = [each for each in root.iterdir() if each.name not in ("raw", "truth")]
        assert traces([*words, f"_{OLD.key_id}_", FIRST_KEY, SECOND_KEY], *kept) == []
