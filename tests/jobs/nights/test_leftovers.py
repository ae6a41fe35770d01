"""What a night that was killed has left is removed by the next run of it, and nothing that anybody reads."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from jobs.lake.lake import Lake
from jobs.nights import leftovers
from tests.jobs.lake.test_lake import TABLE, exchanges, rows

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def test_files_of_the_night_that_nothing_names_go_and_replaced_builds_stay(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for numbers in ((1, 2), (3, 4)):
        files = lake.write_arrow(TABLE, MONDAY, rows(*numbers))
        first = lake.commit(TABLE, MONDAY, files, f"{numbers}", {}, "code")
    (orphan,) = lake.write_arrow(TABLE, MONDAY, rows(5))
    (other,) = lake.write_arrow(TABLE, TUESDAY, rows(6))
    scratch = tmp_path / "lake" / "_scratch" / "of-somebody" / "part-0.parquet"
    page = tmp_path / "quality" / "data_docs" / ".2026-03-02.77" / "index.html"
    for path in (scratch, page):
        path.parent.mkdir(parents=True)
        path.write_text("half")

    leftovers.remove(lake, tmp_path, MONDAY)

    assert [path for path in (orphan, scratch, page) if Path(path).exists()] == []
    assert Path(other).exists(), "of another night, which another run looks after"
    assert exchanges(Lake(tmp_path), MONDAY, MONDAY) == [3, 4]
    before = [each for each in lake.history(TABLE) if each.snapshot_id != first.snapshot_id]
    assert lake.paths(TABLE, MONDAY, MONDAY, before[0].snapshot_id), "reproducing reads it"
