"""Keyed pseudonyms: the same person's identifier gives the same token, and nobody without the key can test a guess.

A token is `<kind>_<key id>_<32 hex digits>` of HMAC-SHA-256 (RFC 2104) over the kind and the normalised value. The kind
separates domains: a device and a card with equal text get unrelated tokens. The key id tells tokens of different
keys apart and reveals nothing about the key. The key is read from the environment in the worker that uses it and is
never part of a query plan.

Keys that were changed are a chain: what the first gives for a value the next ones wrap, one after the other. So what was made
under the beginning of a chain becomes, without its value, what the whole chain makes of that value.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from jobs.errors import UsageError

HEX_DIGITS = 32  # 128 bits: no accidental collision among 10**12 values
_BLOCK = 64  # input block of SHA-256 in bytes
_REMEMBERED = 500_000  # tokens kept so that what returns in every block of rows is hashed once; about 100 MB
_DIGEST = b"iolaus digest\0"  # separates digests that are wrapped from tokens, whose kinds are other words
_KIND = r"(?<![A-Za-z0-9-])[a-z][a-z0-9-]*"
_SPACES = re.compile(r"\s+")
_NOT_DIGITS = re.compile(r"[^0-9]")


class _Key:
    """HMAC-SHA-256 under one key (two copied states: a third of the time of `hmac.digest`)."""

    def __init__(self, key: bytes) -> None:
        block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, message: bytes | memoryview) -> bytes:
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()


class Pseudonyms:
    """Makes tokens under a chain of keys, oldest first. Lives only in the process that makes them; refuses to be pickled.

    `ids`: of every beginning of the chain, its short id; the last one is the whole chain's, `key_id`.
    Raises `UsageError` when two beginnings have the same id, since their tokens could not be told apart.
    """

    def __init__(self, *keys: bytes) -> None:
        self._first, *self._later = [_Key(key) for key in keys]
        self._known: dict[str, str] = {}
        self.ids = tuple(f"k{each.hex()[:4]}" for each in self.digests(b"iolaus key id"))
        self.key_id = self.ids[-1]
        self._token = re.compile(rf"({_KIND})_({'|'.join(self.ids[:-1])})_([0-9a-f]{{{HEX_DIGITS}}})(?![0-9a-f])")
        if len(set(self.ids)) < len(self.ids):
            raise UsageError(
                "The newest pseudonym key gives the lake a short id that it had before: choose another key."
            )

    @classmethod
    def from_environment(cls) -> Pseudonyms:
        """The pseudonyms of the configured keys; raises `UsageError` when none is set or they make no chain."""
        from jobs import settings

        return cls(*settings.pseudonym_keys())

    def __reduce__(self) -> Any:
        raise TypeError("Pseudonyms hold the key and never leave their process.")

    def digest(self, message: bytes | memoryview) -> bytes:
        """HMAC-SHA-256 of `message`, 32 bytes, of which the next key wraps the first half: as much as is ever stored."""
        found = self._first.digest(message)
        for key in self._later:
            found = key.digest(_DIGEST + found[: HEX_DIGITS // 2])
        return found

    def digests(self, message: bytes) -> list[bytes]:
        """The same under every beginning of the chain."""
        found = [self._first.digest(message)]
        for key in self._later:
            found.append(key.digest(_DIGEST + found[-1][: HEX_DIGITS // 2]))
        return found

    def token(self, kind: str, value: str) -> str:
        """The token of an already normalised value."""
        message = f"{kind}\0{value}"
        known = self._known.get(message)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._first.digest(message.encode()).hex()[:HEX_DIGITS]
            known = self._wrapped_token(kind, found, self._later)
            self._known[message] = known
        return known

    def wrapped(self, text: str) -> str:
        """The text with every token of a beginning of the chain as the whole chain makes it; other tokens stay."""
        return self._token.sub(self._rewrapped, text) if self._later else text

    def wrapped_digest(self, digest: str, since: str) -> str:
        """A stored digest, 32 hexadecimal digits, of the beginning with the id `since`, as the whole chain makes it."""
        found = bytes.fromhex(digest)
        for key in self._later[self.ids.index(since) :]:
            found = key.digest(_DIGEST + found)[: HEX_DIGITS // 2]
        return found.hex()

    def _rewrapped(self, token: re.Match[str]) -> str:
        kind, since, found = token.groups()
        return self._wrapped_token(kind, found, self._later[self.ids.index(since) :])

    def _wrapped_token(self, kind: str, found: str, keys: Sequence[_Key]) -> str:
        for key in keys:
            found = key.digest(f"{kind}\0{found}".encode()).hex()[:HEX_DIGITS]
        return f"{kind}_{self.key_id}_{found}"

    def tokens(self, kind: str, values: pa.Array, normalise: Callable[[str], str | None]) -> pa.Array:
        """One token per row of a string column; null where there is no value or `normalise` gives none."""
        return self.per_distinct(values, lambda value: self._maybe(kind, normalise(value)))

    def _maybe(self, kind: str, value: str | None) -> str | None:
        return self.token(kind, value) if value else None

    @staticmethod
    def per_distinct(values: pa.Array, function: Callable[[str], Any], target: pa.DataType | None = None) -> pa.Array:
        """`function` of each distinct non-null value, spread over the rows; an array of `target` (string)."""
        encoded = values.dictionary_encode()
        found = [function(value) for value in encoded.dictionary.to_pylist()]
        return pa.array(found, target or pa.string()).take(encoded.indices)


def email(value: str) -> str | None:
    return value.strip().lower() or None


def digits(value: str) -> str | None:
    """Only the digits: `+1 (415) 555-0100` and `14155550100` are one phone."""
    return _NOT_DIGITS.sub("", value) or None


def name(value: str) -> str | None:
    """Case and spacing do not make another name."""
    return _SPACES.sub(" ", value).strip().casefold() or None


def plain(value: str) -> str | None:
    return value.strip() or None
