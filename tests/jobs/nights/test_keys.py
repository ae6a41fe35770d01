"""A lake has one key: recorded with its first tokens, compared before any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import settings
from jobs.errors import UsageError
from jobs.lake.lake import Lake
from jobs.nights import keys
from jobs.nights.records import Staged
from jobs.nights.run import Runner
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import PSEUDONYM_KEY
from tests.worlds import FIRST, golden_world

ONE, OTHER = Pseudonyms(b"the usual key of this lake"), Pseudonyms(b"some other key of nobody")
NOTHING = "staged.model_releases"


def test_the_first_key_is_recorded_without_being_told_and_another_one_is_refused(tmp_path: Path) -> None:
    keys.require_usual(Lake(tmp_path), ONE)
    keys.require_usual(Lake(tmp_path), ONE)
    recorded = (tmp_path / "lake" / keys.NOTE).read_text()
    assert recorded.startswith(ONE.key_id)
    assert "usual" not in recorded
    with pytest.raises(UsageError, match=rf"\({OTHER.key_id}\) is not the one .* \({ONE.key_id}\): set the usual key"):
        keys.require_usual(Lake(tmp_path), OTHER)
    assert (tmp_path / "lake" / keys.NOTE).read_text() == recorded


def test_a_key_of_the_same_short_id_is_refused_too(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write_note(keys.NOTE, f"{ONE.key_id} {'0' * 64}\n")
    with pytest.raises(UsageError, match="set the usual key"):
        keys.require_usual(lake, ONE)


def test_a_lake_that_was_built_before_keys_were_recorded_has_the_key_of_its_newest_night(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    record = Staged(key=ONE.key_id, knows=FIRST, delivery={})
    lake.commit(NOTHING, FIRST, [], "f", record.properties(), "code")
    with pytest.raises(UsageError, match="set the usual key"):
        keys.require_usual(Lake(tmp_path), OTHER)
    assert Lake(tmp_path).note(keys.NOTE) is None
    keys.require_usual(Lake(tmp_path), ONE)
    assert str(Lake(tmp_path).note(keys.NOTE)).startswith(ONE.key_id)


def test_neither_a_night_nor_a_step_is_built_under_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Runner(settings.settings(golden_world(tmp_path, days=1), "sail"))
    keys.require_usual(own.lake, Pseudonyms.from_environment())
    monkeypatch.setenv(PSEUDONYM_KEY, "another key than the one of the tests")
    with pytest.raises(UsageError, match="set the usual key"):
        own.run(FIRST)
    with pytest.raises(UsageError, match="set the usual key"):
        own.build("staged.accounts", FIRST)
    assert own.lake.tables.names() == []
