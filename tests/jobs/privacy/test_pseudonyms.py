"""Tokens: equal for one identifier however it is spelt, unrelated across kinds and keys, and never without the key."""

from __future__ import annotations

import hmac
import pickle
import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import UsageError
from jobs.privacy import pseudonyms
from jobs.privacy.pseudonyms import Pseudonyms

ONE = Pseudonyms(b"the first key, 16 bytes or more")
TWO = Pseudonyms(b"the other key, 16 bytes or more")


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_the_digest_is_hmac_sha_256(key: bytes, message: bytes) -> None:
    assert Pseudonyms(key).digest(message) == hmac.digest(key, message, "sha256")


def test_a_token_names_its_kind_and_key_and_nothing_else() -> None:
    assert re.fullmatch(r"email_k[0-9a-f]{4}_[0-9a-f]{32}", ONE.token("email", "kim@example.org"))
    assert ONE.token("email", "kim@example.org") == ONE.token("email", "kim@example.org")


def test_kinds_and_keys_are_separate_domains() -> None:
    tokens = [made.token(kind, "x") for made in (ONE, TWO) for kind in ("device", "instrument")]
    assert len({token.rpartition("_")[2] for token in tokens}) == 4
    assert ONE.token("a", "b") != ONE.token("a\0b", "")


@pytest.mark.parametrize(
    ("normalise", "spellings"),
    [
        (pseudonyms.email, [" Kim@Example.ORG", "kim@example.org"]),
        (pseudonyms.digits, ["+1 (415) 555-0100", "14155550100"]),
        (pseudonyms.name, ["KIM  Straße", " kim strasse "]),
        (pseudonyms.plain, [" d-1 ", "d-1"]),
    ],
)
def test_spelling_does_not_count(normalise: object, spellings: list[str]) -> None:
    assert callable(normalise)
    assert len(set(ONE.tokens("x", pa.array(spellings), normalise).to_pylist())) == 1


def test_no_value_is_no_token() -> None:
    assert ONE.tokens("phone", pa.array([None, "", "n/a", "12"]), pseudonyms.digits).is_null().to_pylist() == [
        True,
        True,
        True,
        False,
    ]


def test_many_values_outgrow_the_memory_and_stay_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pseudonyms, "_REMEMBERED", 3)
    made = Pseudonyms(b"the first key, 16 bytes or more")
    values = [str(number % 7) for number in range(40)]
    assert [made.token("x", value) for value in values] == [ONE.token("x", value) for value in values]


def test_the_holder_of_the_key_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="never leave"):
        pickle.dumps(ONE)


def test_without_a_key_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IOLAUS_PSEUDONYM_KEY", raising=False)
    with pytest.raises(UsageError, match="IOLAUS_PSEUDONYM_KEY"):
        Pseudonyms.from_environment()
