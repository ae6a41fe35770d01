"""The golden world on an object store with a REST catalog: the tables of a folder, one writer, erasure and retention."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs import contracts, store
from jobs.warehouse import open_warehouse
from tests.objectstore import BUCKET, server
from tests.worlds import FIRST, SECOND, copy_of, exact_text, golden_world

pytestmark = pytest.mark.slow
REPOSITORY = Path(__file__).parents[2]
FACTS_ABOUT_THE_RUN = {"published.runs"}
PUBLISHED = [name.split(".")[1] for name in contracts.names("published") if name not in FACTS_ABOUT_THE_RUN]
MAY_BE_EMPTY = {"campaign_attributions"}
PUBLISHED_AT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
COMMAND_SECONDS = 300


@dataclass(frozen=True)
class Place:
    """A root, the warehouse beside it, and the variables of its commands."""

    root: str
    warehouse: Path
    variables: dict[str, str]

    def started(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "jobs.cli", *words, "--root", self.root]
        known = {**os.environ, **self.variables, "IOLAUS_WAREHOUSE": f"duckdb:///{self.warehouse}"}
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=known, cwd=REPOSITORY
        )

    def does(self, *words: str) -> str:
        return self.ended(self.started(*words))

    @staticmethod
    def ended(run: subprocess.Popen[str]) -> str:
        said, _ = run.communicate(timeout=COMMAND_SECONDS)
        assert run.returncode == 0, said[-2000:]
        return said

    def names(self) -> set[str]:
        """Whatever is below the root, as paths below it."""
        root = store.place(self.root)
        return {path.relative_to(root).as_posix() for path in store.files_below(root)}


@dataclass(frozen=True)
class Twins:
    folder: Place
    objects: Place


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    """Two nights in a folder and on an object store, with a report of each."""
    from pyarrow.fs import LocalFileSystem, copy_files

    folder = tmp_path_factory.mktemp("objects")
    world = golden_world(folder / "world")
    with server() as variables, pytest.MonkeyPatch.context() as environment:
        for name, value in variables.items():
            environment.setenv(name, value)
        store._files.cache_clear()
        bucket = f"{BUCKET}/world"
        copy_files(
            str(world / "raw"),
            f"{bucket}/raw",
            source_filesystem=LocalFileSystem(),
            destination_filesystem=store._files(),
        )
        in_folder = Place(str(copy_of(world, folder / "root")), folder / "folder.duckdb", {"IOLAUS_CATALOG": ""})
        on_objects = Place(f"s3://{bucket}", folder / "objects.duckdb", variables)
        for each in (in_folder, on_objects):
            each.does("backfill", "--from", f"{FIRST}", "--to", f"{SECOND}")
            each.does("report")
        yield Twins(in_folder, on_objects)
    store._files.cache_clear()


@pytest.mark.parametrize("table", PUBLISHED)
def test_published_tables_are_byte_equal(twins: Twins, table: str) -> None:
    in_folder, on_objects = (
        open_warehouse(f"duckdb:///{each.warehouse}", Path(each.warehouse.parent)).read(table, None)
        for each in (twins.folder, twins.objects)
    )
    assert in_folder.num_rows or table in MAY_BE_EMPTY
    assert exact_text(in_folder).encode() == exact_text(on_objects).encode()


def test_pages_are_on_the_store_and_say_the_same(twins: Twins) -> None:
    pages = [
        f"quality/data_docs/{SECOND}/index.html",
        *sorted(n for n in twins.folder.names() if n.startswith("report/")),
    ]
    assert len(pages) > 2
    for page in pages:
        in_folder, on_objects = (store.place(each.root) / page for each in (twins.folder, twins.objects))
        texts = [PUBLISHED_AT.sub("then", each.read_text(encoding="utf-8")) for each in (in_folder, on_objects)]
        assert texts[0] == texts[1], page


def test_everything_but_the_warehouse_is_on_the_store_and_no_lease_is_left(twins: Twins) -> None:
    names = twins.objects.names()
    assert {name.split("/")[0] for name in names} == {"raw", "lake", "quality", "report"}
    assert [name for name in names if "_leases" in name] == []


def test_a_night_that_is_built_is_not_built_again(twins: Twins) -> None:
    assert "0 steps built" in twins.objects.does("run", "--date", f"{SECOND}")
    assert "whole" in twins.objects.does("doctor", "--verify")


def test_of_two_runs_one_waits_for_the_other(twins: Twins) -> None:
    runs = [twins.objects.started("run", "--date", f"{night}") for night in (FIRST, SECOND)]
    said = [Place.ended(each) for each in runs]
    assert sum("waits for another writer of this lake: The run of" in each for each in said) == 1, said


def test_a_run_that_was_killed_is_followed_by_one_that_finishes(twins: Twins) -> None:
    killed = twins.objects.started("backfill", "--stale")
    lease = store.place(f"{twins.objects.root}/lake/_leases/nights/one/holder")
    while not lease.exists():
        assert killed.poll() is None
        time.sleep(0.2)
    time.sleep(3)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    said = twins.objects.does("backfill", "--stale")
    assert "waits for another writer of this lake: The run of" in said
    twins.folder.does("backfill", "--stale")
    for table in PUBLISHED:
        test_published_tables_are_byte_equal(twins, table)


def test_a_forgotten_account_is_on_no_object_and_old_snapshots_go(twins: Twins) -> None:
    warehouse = open_warehouse(f"duckdb:///{twins.objects.warehouse}", twins.objects.warehouse.parent)
    account = warehouse.read("campaign_members", SECOND)["account_id"][0].as_py()
    assert "forgotten" in twins.objects.does("forget", account)
    assert account not in warehouse.read("account_verdicts", None)["account_id"].to_pylist()
    root = store.place(twins.objects.root)
    for path in store.files_below(root / "lake"):
        if path.suffix == ".parquet":
            with store.parquet(path) as file:
                assert account not in str(file.read().to_pylist()), path
    for folder in ("quality", "report"):
        for path in store.files_below(root / folder):
            assert account not in path.read_text(encoding="utf-8"), path
    assert "dropped" in twins.objects.does("expire", "--keep-days", "1", "--date", "2099-01-01")
    assert "whole" in twins.objects.does("doctor", "--verify")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("decide", "account", "x", "confirmed", "--analyst", "kim"),
            "Decisions are recorded in a raw zone that is a folder",
        ),
        (("adopt",), "takes over embedded catalogs only"),
        (("simulate",), "works on a folder of this machine"),
    ],
    ids=["decide", "adopt", "simulate"],
)
def test_what_needs_a_folder_says_so(twins: Twins, words: tuple[str, ...], sentence: str) -> None:
    run = twins.objects.started(*words)
    said, _ = run.communicate(timeout=COMMAND_SECONDS)
    assert (run.returncode, sentence in said) == (2, True), said
