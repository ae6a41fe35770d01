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
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import PSEUDONYM_KEY
from tests.worlds import FIRST, golden_world

KEYS = b"the usual key of this lake", b"the second key of this lake", b"the third key of this lake"
ONE, CHAIN, LONGER = Pseudonyms(KEYS[0]), Pseudonyms(*KEYS[:2]), Pseudonyms(*KEYS)
OTHER = Pseudonyms(b"some other key of nobody")
NOTHING = "staged.model_releases"


def built(root: Path, key: Pseudonyms) -> Lake:
    """A lake with a table of one night, staged under the key."""
    lake = Lake(root)
    lake.commit(NOTHING, FIRST, [], "f", Staged(key=key.key_id, knows=FIRST, delivery={}).properties(), "code")
    return lake


def test_the_first_key_is_recorded_without_being_told_and_another_one_is_refused(tmp_path: Path) -> None:
    keys.require_usual(Lake(tmp_path), ONE)
    built(tmp_path, ONE)
    keys.require_usual(Lake(tmp_path), ONE)
    recorded = (tmp_path / "lake" / keys.NOTE).read_text()
    assert recorded.startswith(ONE.key_id)
    assert "usual" not in recorded
    with pytest.raises(UsageError, match=rf"\({OTHER.key_id}\) is not the one .* \({ONE.key_id}\): set the usual key"):
        keys.require_usual(Lake(tmp_path), OTHER)
    assert (tmp_path / "lake" / keys.NOTE).read_text() == recorded


def test_a_key_that_made_no_token_yet_gives_way_to_the_right_one(tmp_path: Path) -> None:
    keys.require_usual(Lake(tmp_path), OTHER)
    keys.require_usual(Lake(tmp_path), ONE)
    assert str(Lake(tmp_path).note(keys.NOTE)).startswith(ONE.key_id)


def test_whoever_was_forgotten_before_the_first_night_was_forgotten_under_the_key(tmp_path: Path) -> None:
    erasures.register(Lake(tmp_path), [ONE.token("account", "a1")], FIRST)
    with pytest.raises(UsageError, match="set the usual key"):
        keys.require_usual(Lake(tmp_path), OTHER)


def test_a_key_of_the_same_short_id_is_refused_too(tmp_path: Path) -> None:
    lake = built(tmp_path, ONE)
    lake.write_note(keys.NOTE, f"{ONE.key_id} {'0' * 64}\n")
    with pytest.raises(UsageError, match="set the usual key"):
        keys.require_usual(lake, ONE)


def test_a_lake_that_was_built_before_keys_were_recorded_has_the_key_of_its_newest_night(tmp_path: Path) -> None:
    built(tmp_path, ONE)
    with pytest.raises(UsageError, match="set the usual key"):
        keys.require_usual(Lake(tmp_path), OTHER)
    assert Lake(tmp_path).note(keys.NOTE) is None
    keys.require_usual(Lake(tmp_path), ONE)
    assert str(Lake(tmp_path).note(keys.NOTE)).startswith(ONE.key_id)


def test_neither_a_night_nor_a_step_is_built_under_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(golden_world(tmp_path, days=1), Pseudonyms.from_environment())
    own = Runner(settings.settings(tmp_path, "sail"))
    keys.require_usual(own.lake, Pseudonyms.from_environment())
    monkeypatch.setenv(PSEUDONYM_KEY, "another key than the one of the tests")
    with pytest.raises(UsageError, match="set the usual key"):
        own.run(FIRST)
    with pytest.raises(UsageError, match="set the usual key"):
        own.build("staged.accounts", FIRST)
    assert own.lake.tables.names() == [NOTHING]


def test_a_lake_under_the_beginning_of_the_keys_is_refused_with_the_command_that_brings_it_under_all(
    tmp_path: Path,
) -> None:
    lake = built(tmp_path, ONE)
    for note in (None, ONE):
        if note:
            keys.require_usual(lake, note)
        for asked in (keys.require_usual, keys.require_recorded):
            with pytest.raises(
                UsageError, match=rf"\({ONE.key_id}\) than the newest \({CHAIN.key_id}\).*`iolaus rekey`"
            ) as told:
                asked(lake, CHAIN)
            assert "\n" not in str(told.value)
    assert str(lake.note(keys.NOTE)).startswith(ONE.key_id)


@pytest.mark.parametrize("wrong", [OTHER, Pseudonyms(KEYS[1], KEYS[0]), Pseudonyms(KEYS[1]), Pseudonyms(*KEYS[1:])])
def test_keys_whose_beginning_is_not_the_lakes_are_refused_as_another_key_is(tmp_path: Path, wrong: Pseudonyms) -> None:
    lake = built(tmp_path, CHAIN)
    keys.require_usual(lake, CHAIN)
    for asked in (keys.require_usual, keys.begin):
        with pytest.raises(UsageError, match="set the usual key"):
            asked(lake, wrong)
    with pytest.raises(UsageError, match="set the usual key"):
        keys.require_usual(lake, ONE)


def test_while_the_key_is_changed_nobody_builds_and_only_the_same_keys_go_on(tmp_path: Path) -> None:
    lake = built(tmp_path, ONE)
    keys.require_usual(lake, ONE)
    keys.require_settled(lake)
    assert keys.begin(lake, CHAIN) == ONE.key_id
    for pseudonyms in (ONE, CHAIN, LONGER):
        for asked in (keys.require_usual, keys.require_recorded):
            with pytest.raises(UsageError, match=r"is not finished.*`iolaus rekey` again"):
                asked(lake, pseudonyms)
    with pytest.raises(UsageError, match="is not finished"):
        keys.require_settled(lake)
    with pytest.raises(UsageError, match=f"as they were then .together {CHAIN.key_id}."):
        keys.begin(lake, LONGER)
    assert keys.begin(lake, CHAIN) == ONE.key_id, "it goes on"
    built(tmp_path, CHAIN)  # which stands for a night that was brought under them
    keys.finish(lake, CHAIN)
    keys.require_usual(lake, CHAIN)
    keys.require_settled(lake)
    assert keys.begin(lake, CHAIN) is None


def test_a_lake_without_tokens_takes_the_keys_as_they_are(tmp_path: Path) -> None:
    assert keys.begin(Lake(tmp_path), CHAIN) is None
    keys.require_usual(Lake(tmp_path), CHAIN)


def test_several_keys_later_the_lake_goes_from_where_it_is(tmp_path: Path) -> None:
    lake = built(tmp_path, ONE)
    assert keys.begin(lake, LONGER) == ONE.key_id, "its newest night tells, where nothing was recorded"
    built(tmp_path / "two", CHAIN)
    keys.require_usual(Lake(tmp_path / "two"), CHAIN)
    assert keys.begin(Lake(tmp_path / "two"), LONGER) == CHAIN.key_id


def test_no_step_is_built_while_the_key_is_changed(tmp_path: Path) -> None:
    usual = Pseudonyms.from_environment()
    own = Runner(settings.settings(golden_world(tmp_path, days=1), "sail"))
    built(tmp_path, usual)
    own.lake.write_note(keys.NOTE, "k0000 before\nto k1111 after\n")
    with pytest.raises(UsageError, match="is not finished"):
        own.build("signals.devices", FIRST)
