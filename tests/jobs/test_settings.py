"""Settings are refused where they are read, not after a night's work."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from random import Random

import pytest

from jobs import store
from jobs.engine import address
from jobs.errors import UsageError
from jobs.lake.lake import Lake
from jobs.settings import (
    CATALOG,
    ENGINE_TOKEN,
    PSEUDONYM_KEY,
    PSEUDONYM_KEY_BEFORE,
    WAREHOUSE,
    pseudonym_keys,
    require_folder,
    settings,
)
from tests.jobs.lake.test_lake import MONDAY, commit, exchanges


@pytest.mark.parametrize("url", ["mysql://db/x", "warehouse.duckdb", "duckdb://", "duckdb:///", "sqlite:///x"])
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
    ("url", "said"),
    [
        ("postgresql://kim:hush@db/x", "holds a password"),
        ("postgresql://db/x?user=kim&password=hush", "holds a password"),
        ("postgresql://db", "names no database"),
    ],
)
def test_a_database_is_named_without_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv(WAREHOUSE, url)
    with pytest.raises(UsageError, match=said) as refused:
        settings(tmp_path)
    assert "hush" not in str(refused.value)


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
        ("0000000000000000000000001", "few different characters"),
    ],
)
def test_a_key_that_can_be_guessed_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, key: str, weakness: str
) -> None:
    monkeypatch.setenv(PSEUDONYM_KEY, key)
    with pytest.raises(UsageError, match=weakness) as refused:
        pseudonym_keys()
    assert key not in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_random_keys_are_taken_in_any_usual_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(7)
    for _ in range(500):
        secret = random.randbytes(16)
        for key in (secret.hex(), b64encode(secret).decode(), str(int.from_bytes(secret, "big") + 10**38)):
            monkeypatch.setenv(PSEUDONYM_KEY, key)
            assert pseudonym_keys() == [key.encode()]


ONE, TWO, THREE = "9f86d081884c7d659a2feaa0c55ad015", "the second secret of a lake", "3c9909afec25354d"


def test_keys_of_before_come_first_and_the_newest_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PSEUDONYM_KEY, THREE)
    monkeypatch.setenv(PSEUDONYM_KEY_BEFORE, f"{ONE},{TWO}")
    assert pseudonym_keys() == [ONE.encode(), TWO.encode(), THREE.encode()]


def test_a_key_alone_may_hold_what_separates_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PSEUDONYM_KEY, f"{ONE},{TWO}")
    monkeypatch.setenv(PSEUDONYM_KEY_BEFORE, "")
    assert pseudonym_keys() == [f"{ONE},{TWO}".encode()]


@pytest.mark.parametrize(
    ("newest", "before", "reason"),
    [
        (ONE, ONE, "is there twice"),
        (ONE, f"{TWO},{TWO}", "is there twice"),
        (f"{ONE},{TWO}", THREE, "holds a comma"),
        (ONE, f"{TWO},", f"in {PSEUDONYM_KEY_BEFORE} is shorter than 16 bytes"),
        (ONE, f"{TWO}, {THREE}", f"in {PSEUDONYM_KEY_BEFORE} starts or ends with white space"),
        ("", TWO, "is not set"),
    ],
)
def test_a_chain_that_cannot_be_meant_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, newest: str, before: str, reason: str
) -> None:
    monkeypatch.setenv(PSEUDONYM_KEY, newest)
    monkeypatch.setenv(PSEUDONYM_KEY_BEFORE, before)
    with pytest.raises(UsageError, match=reason) as refused:
        pseudonym_keys()
    assert not any(key in str(refused.value) for key in (ONE, TWO, THREE))


AWAY = "sc://spark.example.org:15002"


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        (AWAY, "not reached by TLS"),
        (f"{AWAY}/;use_ssl=false", "not reached by TLS"),
        (f"{AWAY}/;use_ssl=true;use_ssl=false", "not reached by TLS"),
        ("sc://10.0.0.7", "not reached by TLS"),
        ("sc://localhost.example.org:15002", "not reached by TLS"),
        ("sc://0.0.0.0:15002", "not reached by TLS"),
        (f"{AWAY}/;use_ssl=true", "has no token"),
        (f"{AWAY}/;use_ssl=true;token=hush-hush", ENGINE_TOKEN),
        ("sc://localhost:15002/;token=hush-hush", ENGINE_TOKEN),
        ("sc://kim:hush-hush@localhost:15002", ENGINE_TOKEN),
        ("sc://", "is not known"),
        ("sc://host:no-port", "is not known"),
        ("https://spark.example.org", "is not known"),
    ],
)
def test_an_engine_across_the_network_needs_tls_and_a_token_that_no_address_carries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, reason: str
) -> None:
    monkeypatch.delenv(ENGINE_TOKEN, raising=False)
    with pytest.raises(UsageError, match=reason) as refused:
        settings(tmp_path, engine)
    assert "hush-hush" not in str(refused.value)


@pytest.mark.parametrize(
    "engine", ["sc://localhost:15002", "sc://127.0.0.1", "sc://[::1]:7/", "sc://127.9.9.9:7/;user_id=kim"]
)
def test_an_engine_on_this_machine_needs_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    monkeypatch.delenv(ENGINE_TOKEN, raising=False)
    assert settings(tmp_path, engine).engine == engine


def test_the_token_goes_to_the_engine_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql.connect.client import DefaultChannelBuilder

    monkeypatch.setenv(ENGINE_TOKEN, "a;b=c/d e")
    chosen = settings(tmp_path, f"{AWAY}/;use_ssl=true")
    assert "a;b" not in str(chosen)
    for engine, endpoint, is_tls in (
        (chosen.engine, "spark.example.org:15002", True),
        ("sc://127.0.0.1:7", "localhost:7", False),
        ("sc://localhost", "localhost:15002", False),
        ("sc://[::1]:7/", "localhost:7", False),
    ):
        channel = DefaultChannelBuilder(address(engine, "a;b=c/d e"))
        assert (channel.endpoint, channel.use_ssl, channel.token) == (endpoint, is_tls, "a;b=c/d e")
    assert address("sc://127.0.0.1:7", None) == "sc://127.0.0.1:7"


@pytest.mark.parametrize(
    ("variables", "engine", "sentence"),
    [
        ({CATALOG: ""}, "sail", f"the catalog cannot be a file: put the name of a PyIceberg catalog into {CATALOG}"),
        ({WAREHOUSE: ""}, "sail", f"the warehouse cannot be a file: set {WAREHOUSE} to postgresql://"),
        ({}, "spark", "has no reader of s3://: set IOLAUS_ENGINE to sail"),
        ({store.ENDPOINT: "http://10.0.0.1:9000"}, "sail", "not reached by TLS: set AWS_ENDPOINT_URL to https://"),
    ],
    ids=["catalog", "warehouse", "engine", "in clear"],
)
def test_a_root_on_an_object_store_refuses_what_it_has_no_place_for(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], engine: str, sentence: str
) -> None:
    monkeypatch.setattr(store.ObjectPath, "is_dir", lambda self: True)
    known = {CATALOG: "lake", WAREHOUSE: "postgresql://db/published", store.ENDPOINT: "http://127.0.0.1:9000"}
    for name, value in (known | variables).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as refused:
        settings(store.place("s3://bucket/world"), engine)
    assert sentence in str(refused.value)


def test_an_object_store_that_cannot_be_reached_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.ENDPOINT, "http://127.0.0.1:1")
    monkeypatch.setattr(store.ObjectPath, "is_dir", lambda self: (_ for _ in ()).throw(OSError("no answer\nmore")))
    with pytest.raises(
        UsageError, match=r"cannot be reached \(no answer\): check AWS_ENDPOINT_URL and the credentials"
    ):
        settings(store.place("s3://bucket/world"))


def test_a_command_that_needs_a_folder_says_so() -> None:
    with pytest.raises(UsageError, match="works on a folder of this machine, not on s3://bucket/world"):
        require_folder(store.place("s3://bucket/world"))
