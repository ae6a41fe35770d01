"""A path of an object store answers as one of a folder with the same files does; what it has not is an error."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

from jobs import store
from jobs.store import ObjectPath, place

FILES = ("raw/accounts/ds=2026-03-02/part-0.parquet", "raw/accounts/_SUCCESS", "lake/note", "lake/.hidden")


@pytest.fixture
def twins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A folder, and the same files as objects."""
    monkeypatch.setattr(store, "_files", lambda: SubTreeFileSystem(str(tmp_path), LocalFileSystem()))
    folder = tmp_path / "bucket" / "world"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder, place("s3://bucket/world")


def names(root: Path, paths: object) -> list[str]:
    return sorted(each.relative_to(root).as_posix() for each in paths)  # type: ignore[attr-defined]


def test_only_an_address_of_an_object_store_is_one() -> None:
    assert isinstance(place("s3://bucket/a/b"), ObjectPath)
    assert place("/a/b") == Path("/a/b")
    assert str(place("s3://bucket/a/") / "b") == "s3://bucket/a/b"
    assert place(place("s3://bucket/a")) == place("s3://bucket/a")


@pytest.mark.parametrize("pattern", ["*", "*/*", "raw/*/ds=2026-03-02/*", "raw/*/ds=*", "[!.]*", "lake/*", "nothing/*"])
def test_patterns_find_the_same(twins: tuple[Path, Path], pattern: str) -> None:
    folder, objects = twins
    assert names(folder, folder.glob(pattern)) == names(objects, objects.glob(pattern))


def test_what_is_below_is_the_same_at_every_depth(twins: tuple[Path, Path]) -> None:
    folder, objects = twins
    assert names(folder, folder.rglob("*")) == names(objects, objects.rglob("*"))
    assert names(folder, folder.iterdir()) == names(objects, objects.iterdir())
    found = [{names(root, [path])[0]: stat.st_size for path, stat in store.files_below(root).items()} for root in twins]
    assert found[0] == found[1] == {name: len(name) for name in FILES}


@pytest.mark.parametrize("name", ["raw", "raw/accounts/_SUCCESS", "nothing"])
def test_kinds_of_things_are_the_same(twins: tuple[Path, Path], name: str) -> None:
    folder, objects = (root / name for root in twins)
    assert (folder.exists(), folder.is_dir(), folder.is_file()) == (
        objects.exists(),
        objects.is_dir(),
        objects.is_file(),
    )


def test_parts_of_a_path_are_the_same(twins: tuple[Path, Path]) -> None:
    folder, objects = (root / FILES[0] for root in twins)
    assert (objects.name, objects.suffix, objects.parent.name) == (folder.name, folder.suffix, folder.parent.name)
    assert objects.is_relative_to(twins[1])
    assert not objects.is_relative_to(folder)


def test_what_is_written_is_read_with_its_size_and_bytes(twins: tuple[Path, Path]) -> None:
    for root in twins:
        path = root / "lake" / "small"
        store.write_whole(path, "tränen")
        assert (path.read_text(encoding="utf-8"), path.stat().st_size) == ("tränen", 7)
        with path.open("rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == hashlib.sha256("tränen".encode()).hexdigest()
        assert [each.name for each in (root / "lake").iterdir() if "small" in each.name] == ["small"]
        path.unlink()
        path.unlink(missing_ok=True)
        with pytest.raises(FileNotFoundError):
            path.stat()


def test_tables_are_written_and_read_wherever_they_are(twins: tuple[Path, Path]) -> None:
    rows = pa.table({"a": [1, 2], "b": ["x", None]})
    for root in twins:
        (root / "lake" / "t").mkdir(parents=True, exist_ok=True)
        path = root / "lake" / "t" / "fresh" / "part-0.parquet"
        if store.is_object(path):
            store._files().create_dir(path.parent.key)  # type: ignore[attr-defined] # the folder that stands in for a store
        store.write_parquet(path, rows)
        with store.parquet(str(path)) as file:
            assert file.read().equals(rows)
        assert store.read_parquet(path.parent, ["b"]).equals(rows.select(["b"]))
        store.remove_tree(root / "lake" / "t")
        store.remove_tree(root / "lake" / "t")
        assert not path.exists()


def test_a_method_that_an_object_store_has_not_is_an_error_and_no_local_file(twins: tuple[Path, Path]) -> None:
    with pytest.raises(AttributeError):
        twins[1].rename("elsewhere")
    with pytest.raises(TypeError):
        os.fspath(twins[1])
    with pytest.raises(NotImplementedError):
        list(twins[1].glob("**/*"))
