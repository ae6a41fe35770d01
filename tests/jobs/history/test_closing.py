"""What others can read of a root: what iolaus keeps there, and nothing that is somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import settings
from jobs.history.closing import close, opened

KEPT = ("lake/a.parquet", "quality/data_docs/index.html", "report/x.html", "warehouse.duckdb", ".warehouse.duckdb.lock")
OTHERS = ("raw/logins/ds=2026-03-02/part-0.parquet", "notes.txt", "copy-of-warehouse.duckdb")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (*KEPT, *OTHERS):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        path.chmod(0o644)
    for folder in ("lake", "quality", "quality/data_docs", "report"):
        (tmp_path / folder).chmod(0o700)
    return tmp_path


def test_open_files_that_iolaus_keeps_are_found_and_closed_and_others_stay(root: Path) -> None:
    chosen = settings.settings(root)
    found = opened(chosen)
    assert {path.relative_to(root).as_posix() for path in found} == set(KEPT)
    assert close(found) == len(KEPT)
    assert opened(chosen) == []
    assert {f"{(root / name).stat().st_mode & 0o777:o}" for name in OTHERS} == {"644"}


def test_a_warehouse_on_a_server_has_no_file_here(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    for url in ("postgresql:///warehouse.duckdb", f"postgresql:///{root}/notes.txt"):
        found = opened(settings.settings(root, None, url))
        assert {path.relative_to(root).parts[0] for path in found} == {"lake", "quality", "report"}


def test_a_link_is_not_followed(root: Path) -> None:
    (root / "lake" / "link").symlink_to(root / "notes.txt")
    assert root / "lake" / "link" not in opened(settings.settings(root))


def test_what_another_process_removes_meanwhile_is_no_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = root / "lake" / "a.parquet"
    listed = Path.rglob

    def listed_and_removed(path: Path, pattern: str) -> list[Path]:
        found = list(listed(path, pattern))
        gone.unlink(missing_ok=True)
        return found

    monkeypatch.setattr(Path, "rglob", listed_and_removed)
    assert gone not in opened(settings.settings(root))
    assert close([gone]) == 0
