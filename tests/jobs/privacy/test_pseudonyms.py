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


KEYS = [b"the first key, 16 bytes or more", b"the second key, 16 bytes or more", b"the third key, 16 bytes or more"]
CHAIN, LONGER = Pseudonyms(*KEYS[:2]), Pseudonyms(*KEYS)


def test_one_key_gives_what_it_always_gave() -> None:
    assert ONE.token("email", "kim@example.org") == "email_k8d06_3188d778f73fe17a73d5f2de7e318c56"
    assert ONE.ids == (ONE.key_id,)
    assert ONE.wrapped(ONE.token("email", "kim@example.org")) == ONE.token("email", "kim@example.org")


@given(st.text(), st.sampled_from(["email", "net4-32", "phonelead"]))
def test_a_token_of_a_beginning_becomes_the_one_that_the_chain_makes(value: str, kind: str) -> None:
    for made in (ONE, CHAIN):
        assert LONGER.wrapped(made.token(kind, value)) == LONGER.token(kind, value)
    assert len({made.token(kind, value).rpartition("_")[2] for made in (ONE, CHAIN, LONGER)}) == 3


@given(st.binary(max_size=99))
def test_a_digest_of_a_beginning_becomes_the_one_that_the_chain_makes(message: bytes) -> None:
    for made in (ONE, CHAIN, LONGER):
        assert LONGER.wrapped_digest(made.digest(message).hex()[:32], made.key_id) == LONGER.digest(message).hex()[:32]
    assert LONGER.digests(message) == [made.digest(message) for made in (ONE, CHAIN, LONGER)]


def test_tokens_are_found_wherever_they_stand_in_a_text_and_nothing_else_is_changed() -> None:
    one, two, foreign = ONE.token("phonelead", "49"), CHAIN.token("phonelead", "49"), TWO.token("phonelead", "49")
    ours = LONGER.token("phonelead", "49")
    assert LONGER.wrapped(f"{one} {two}, ({one}) net {ours} {foreign} x-{one}0") == (
        f"{ours} {ours}, ({ours}) net {ours} {foreign} x-{one}0"
    )


def test_the_chain_has_an_id_of_its_own_and_order_counts() -> None:
    assert LONGER.ids == (ONE.key_id, CHAIN.key_id, LONGER.key_id)
    assert CHAIN.key_id not in (ONE.key_id, Pseudonyms(KEYS[1]).key_id, Pseudonyms(*KEYS[1::-1]).key_id)


def test_beginnings_of_the_same_short_id_are_refused() -> None:
    unlucky = next(
        key
        for number in range(1_000_000)
        if (key := b"key number %d of many" % number) and short(KEYS[0]) == short(KEYS[0], key)
    )
    with pytest.raises(UsageError, match="choose another key"):
        Pseudonyms(KEYS[0], unlucky)


def short(first: bytes, *later: bytes) -> str:
    """The short id of a chain, by the standard library."""
    found = hmac.digest(first, b"iolaus key id", "sha256")
    for key in later:
        found = hmac.digest(key, b"iolaus digest\0" + found[:16], "sha256")
    return found.hex()[:4]


def test_without_a_key_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IOLAUS_PSEUDONYM_KEY", raising=False)
    with pytest.raises(UsageError, match="IOLAUS_PSEUDONYM_KEY"):
        Pseudonyms.from_environment()
