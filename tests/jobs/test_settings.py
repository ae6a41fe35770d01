"""Settings are refused where they are read, not after a night's work."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from random import Random

import pytest

from jobs.errors import UsageError
from jobs.lake.lake import Lake
from jobs.settings import PSEUDONYM_KEY, WAREHOUSE, pseudonym_key, settings
from tests.jobs.lake.test_lake import MONDAY, commit, exchanges


@pytest.mark.parametrize("url", ["postgresql://db/x", "warehouse.duckdb", "duckdb://", "duckdb:///", "sqlite:///x"])
def test_a_warehouse_that_nothing_can_publish_to_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(WAREHOUSE, url)
    with pytest.raises(UsageError, match=rf"is not supported: set {WAREHOUSE} to duckdb:///"):
        settings(tmp_path)


def test_a_duckdb_file_is_taken(tmp_path: Path) -> None:
    assert settings(tmp_path, warehouse="duckdb:///w.duckdb").warehouse == "duckdb:///w.duckdb"


@pytest.mark.parametrize(
    "name", ["ha#sh", "q?mark", "per%41cent", "br[ab]ket", "cur{a,b}ly", "st*r", "back\\slash", "new\nline", "\udcff"]
)
def test_a_root_that_would_name_other_files_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    for root in (tmp_path / name, tmp_path / name / "below"):
        root.mkdir()
        with pytest.raises(UsageError, match="move it to a path without"):
            settings(root)
        assert not list(root.glob("lake"))


@pytest.mark.parametrize(
    "name", ["a blank", "quo'te", 'double"quote', "ümlaut", "a=b", "a:b", "a;b", "100%", "a&b", "$HOME", "~"]
)
def test_a_lake_works_below_any_other_name(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    root.mkdir()
    lake = Lake(settings(root).root)
    commit(lake, MONDAY, 1, 2)
    assert exchanges(Lake(root), MONDAY, MONDAY) == [1, 2]
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("key", "weakness"),
    [
        ("a" * 15, "shorter than 16 bytes"),
        ("a" * 16, "repeats itself"),
        ("a" * 64, "repeats itself"),
        ("passwordpassword", "repeats itself"),
        (" " * 32, "white space"),
        ("\t \t \t \t \t \t \t \t \t \t", "white space"),
        ("9f86d081884c7d659a2feaa0c55ad015\n", "white space"),
        (" 9f86d081884c7d659a2feaa0c55ad015", "white space"),
        ("aaaaaaaaaaaaaaab", "few different characters"),
        ("0123456789abcdef", "few different characters"),
        ("abcdefghijklmnopqrstuvwxyz", "few different characters"),
        ("0000000000000000000000001", "few different characters"),
    ],
)
def test_a_key_that_can_be_guessed_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, key: str, weakness: str
) -> None:
    monkeypatch.setenv(PSEUDONYM_KEY, key)
    with pytest.raises(UsageError, match=weakness) as refused:
        pseudonym_key()
    assert key not in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_random_keys_are_taken_in_any_usual_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(7)
    for _ in range(500):
        secret = random.randbytes(16)
        for key in (secret.hex(), b64encode(secret).decode(), str(int.from_bytes(secret, "big") + 10**38)):
            monkeypatch.setenv(PSEUDONYM_KEY, key)
            assert pseudonym_key() == key.encode()
