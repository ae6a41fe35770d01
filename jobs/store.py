"""Where files are: folders of this machine, or an object store behind those methods of a path that this project uses.

An object store has no folders (one is there while something is below it), writes an object whole or not at all, and cannot
rename. Whatever is opened by a path that an engine or a manifest gave as text comes through here too. Which store is asked, and
with which credentials, the variables of AWS say that all clients of S3 know; what is dangerous in them `jobs.settings` refuses.
"""

from __future__ import annotations

import contextlib
import fnmatch
import functools
import os
import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow.fs import S3FileSystem

SCHEME = "s3://"
ENDPOINT, REGION = "AWS_ENDPOINT_URL", "AWS_REGION"

if TYPE_CHECKING:
    Base = Path  # to the type checker one of the paths
else:
    Base = object  # at run time what is missing here fails, and does not look for a file of this machine


@dataclass(frozen=True)
class Stat:
    """Of an object: bytes, and when it was written."""

    st_size: int
    st_mtime_ns: int

    @property
    def st_mtime(self) -> float:
        return self.st_mtime_ns / 1e9


@functools.total_ordering
class ObjectPath(Base):
    """`s3://bucket/key`, without a slash at its end. Methods do what those of a `Path` do, in the words of an object store."""

    def __init__(self, url: str) -> None:
        self._key = PurePosixPath(url.removeprefix(SCHEME))

    @property
    def key(self) -> str:
        """Bucket and key, as pyarrow wants them."""
        return str(self._key)

    @property
    def bucket(self) -> str:
        return self._key.parts[0]

    @property
    def name(self) -> str:
        return self._key.name

    @property
    def suffix(self) -> str:
        return self._key.suffix

    @property
    def parent(self) -> ObjectPath:
        return ObjectPath(str(self._key.parent))

    def __str__(self) -> str:
        return SCHEME + self.key

    def __repr__(self) -> str:
        return f"ObjectPath({str(self)!r})"

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectPath) and self._key == other._key

    def __lt__(self, other: PurePath) -> bool:
        return str(self) < str(other)

    def __truediv__(self, name: Any) -> ObjectPath:
        return ObjectPath(str(self._key / name))

    def with_name(self, name: str) -> ObjectPath:
        return self.parent / name

    def resolve(self, strict: bool = False) -> ObjectPath:
        return self

    def relative_to(self, *other: Any) -> Any:
        return self._key.relative_to(other[0].key)

    def is_relative_to(self, other: Any, *_: Any) -> bool:
        return isinstance(other, ObjectPath) and self._key.is_relative_to(other.key)

    def _info(self) -> Any:
        return _files().get_file_info(self.key)

    def exists(self, **_: Any) -> bool:
        return bool(self._info().type.name != "NotFound")

    def is_file(self, **_: Any) -> bool:
        return bool(self._info().type.name == "File")

    def is_dir(self, **_: Any) -> bool:
        return bool(self._info().type.name == "Directory")

    def stat(self, **_: Any) -> Any:
        info = self._info()
        if info.type.name != "File":
            raise FileNotFoundError(f"there is no object {self}")
        return Stat(info.size, info.mtime_ns)

    def objects(self, is_deep: bool = True) -> Iterator[Any]:
        """What pyarrow knows of everything below, sorted, folders among it."""
        from pyarrow.fs import FileSelector

        selector = FileSelector(self.key, allow_not_found=True, recursive=is_deep)
        yield from sorted(_files().get_file_info(selector), key=lambda info: str(info.path))

    def iterdir(self) -> Generator[ObjectPath, None, None]:
        return (ObjectPath(info.path) for info in self.objects(is_deep=False))

    def glob(self, pattern: str) -> Generator[ObjectPath, None, None]:
        """Like `Path.glob`, of patterns without `**`."""
        if "**" in pattern:
            raise NotImplementedError("what is below at any depth: rglob")
        first, _slash, rest = pattern.partition("/")
        found = (each for each in self.iterdir() if fnmatch.fnmatchcase(each.name, first))
        return (deep for each in found for deep in each.glob(rest)) if rest else found

    def rglob(self, pattern: str) -> Generator[ObjectPath, None, None]:
        found = (ObjectPath(info.path) for info in self.objects())
        return (each for each in found if fnmatch.fnmatchcase(each.name, pattern))

    def mkdir(self, *_: Any, **__: Any) -> None:
        """Nothing to do: what is put below it makes it."""

    def unlink(self, missing_ok: bool = False) -> None:
        if not missing_ok or self.exists():
            _files().delete_file(self.key)

    def open(self, mode: Literal["rb"] = "rb", *_: Any, **__: Any) -> Any:  # type: ignore[override]
        return _files().open_input_file(self.key)

    def read_bytes(self) -> bytes:
        with self.open() as file:
            return bytes(file.read())

    def read_text(self, encoding: str | None = None, errors: str | None = None, *_: Any) -> str:
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def write_text(self, data: str, encoding: str | None = None, errors: str | None = None, *_: Any) -> int:
        with _files().open_output_stream(self.key) as file:
            return int(file.write(data.encode(encoding or "utf-8", errors or "strict")))


@functools.cache
def _files() -> S3FileSystem:
    from pyarrow.fs import S3FileSystem

    return S3FileSystem(endpoint_override=endpoint(), region=os.environ.get(REGION) or None)


def endpoint() -> str | None:
    """Where an object store is that is not Amazon's own."""
    return os.environ.get(ENDPOINT) or None


def iceberg_properties() -> dict[str, str]:
    """Address and region of the store, as PyIceberg names them; credentials it finds as all clients do."""
    known = {"s3.endpoint": endpoint(), "s3.region": os.environ.get(REGION)}
    return {name: value for name, value in known.items() if value}


def place(text: str | Path) -> Path:
    """The path that a text names, of whichever kind."""
    return ObjectPath(str(text)) if str(text).startswith(SCHEME) else Path(text)


def is_object(path: Path) -> bool:
    return isinstance(path, ObjectPath)


def parquet(path: str | Path, **options: Any) -> pq.ParquetFile:
    """An opened Parquet file."""
    import pyarrow.parquet as pq

    found = place(path)
    if isinstance(found, ObjectPath):
        return pq.ParquetFile(found.key, filesystem=_files(), **options)
    return pq.ParquetFile(found, **options)


def read_parquet(path: str | Path, columns: list[str]) -> pa.Table:
    """Columns of a Parquet file, or of all below a folder."""
    import pyarrow.parquet as pq

    found = place(path)
    if isinstance(found, ObjectPath):
        return pq.read_table(found.key, columns=columns, filesystem=_files())
    return pq.read_table(found, columns=columns)


def write_parquet(path: Path, rows: pa.Table) -> None:
    """Write rows to a fresh file."""
    import pyarrow.parquet as pq

    if isinstance(path, ObjectPath):
        pq.write_table(rows, path.key, compression="zstd", filesystem=_files())
    else:
        path.parent.mkdir(parents=True)
        pq.write_table(rows, path, compression="zstd")


def write_whole(path: Path, text: str, is_synced: bool = True, errors: str = "strict") -> None:
    """Replace a small file, whole or not at all; on the disk when this returns, if `is_synced`."""
    if is_object(path):
        path.write_text(text, encoding="utf-8", errors=errors)
        return
    aside = path.with_name(f".{path.name}.{os.getpid()}.aside")
    with aside.open("w", encoding="utf-8", errors=errors) as file:
        file.write(text)
        if is_synced:
            file.flush()
            os.fsync(file.fileno())
    aside.replace(path)


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is below it; nothing to do where there is none."""
    if isinstance(path, ObjectPath):
        with contextlib.suppress(FileNotFoundError):
            _files().delete_dir(path.key)
    else:
        shutil.rmtree(path, ignore_errors=True)


def files_below(folder: Path) -> dict[Path, Stat]:
    """Every file below a folder, however deep, sorted; none where there is no folder."""
    if isinstance(folder, ObjectPath):
        return {
            ObjectPath(each.path): Stat(each.size, each.mtime_ns)
            for each in folder.objects()
            if each.type.name == "File"
        }
    found = ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
    return {path: Stat(each.st_size, each.st_mtime_ns) for path, each in found}


def changed(path: Path) -> float:
    """When a folder, or anything below one of an object store, was last written: seconds since 1970."""
    if isinstance(path, ObjectPath):
        return max((each.st_mtime for each in files_below(path).values()), default=0.0)
    return path.stat().st_mtime
