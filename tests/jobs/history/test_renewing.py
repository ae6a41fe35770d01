"""Rows that are brought under a newer key are as if they had been made under it."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pyarrow as pa

from jobs import contracts
from jobs.history.renewing import DIGESTS, Renewal
from jobs.privacy.pseudonyms import Pseudonyms

KEYS = b"the first key, 16 bytes or more", b"the second key, 16 bytes or more"
ONE, CHAIN = Pseudonyms(KEYS[0]), Pseudonyms(*KEYS)
RENEWAL = Renewal(CHAIN, ONE.key_id)


def test_every_keyed_digest_is_known_by_its_column() -> None:
    said = re.compile(r"Keyed digest|Digest of the delivered record")
    assert {name for name, column in contracts.columns().items() if said.match(column.description)} == set(DIGESTS)


def digest(made: Pseudonyms, text: str) -> str:
    return made.digest(text.encode()).hex()[:32]


def evidence(made: Pseudonyms, entity: str | None, **more: Any) -> dict[str, Any]:
    """A row with the id that `campaigns.evidence` gives it."""
    token = made.token("device", entity) if entity else None
    parts = ["c1", "account", "a1", "device", token or ""]
    found = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
    row = {"campaign_id": "c1", "evidence_id": found, "subject_kind": "account", "subject_id": "a1", "signal": "device"}
    return row | {"entity": token} | more


def renewed(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = RENEWAL.rows(pa.Table.from_pylist(list(rows))).to_pylist()
    return found


def everything(made: Pseudonyms) -> list[dict[str, Any]]:
    """Tokens alone and in texts, every digest that names no key, and what nobody made from a key."""
    one = {
        "account_id": "a1",
        "email": made.token("email", "kim@example.org"),
        "phone_prefixes": f"{made.token('phonelead', '49')} {made.token('phonelead', '491')}",
        "charge_id": digest(made, "charge"),
        "login_id": digest(made, "login"),
        "decision_id": digest(made, "decision"),
        "record_digest": digest(made, "record"),
        "explanation": f"an analyst decided benign (decision {digest(made, 'decision')})",
        "content_hash": "0" * 32,
        "requests": 7,
    }
    two = dict.fromkeys(one) | {"account_id": "a2", "client_network": made.token("net4-32", "c6336401")}
    return [one | {"client_network": "198.51.0.0/16"}, two]


def test_rows_are_as_the_newer_key_makes_them() -> None:
    assert renewed(*everything(ONE)) == everything(CHAIN)


def test_an_id_of_evidence_is_made_anew_where_its_entity_is_another_and_only_there() -> None:
    strange = {"evidence_id": "of an earlier way"}
    assert renewed(evidence(ONE, "d1"), evidence(ONE, None)) == [evidence(CHAIN, "d1"), evidence(CHAIN, None)]
    assert renewed(evidence(ONE, "d1"), evidence(ONE, None, **strange))[1]["evidence_id"] == "of an earlier way"


def test_rows_with_nothing_to_renew_are_the_same_table() -> None:
    for rows in ([{"account_id": "a1", "requests": 7}], [{"email": CHAIN.token("email", "x")}], [{"email": None}]):
        table = pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in rows[0] if name != "requests"]))
        assert RENEWAL.rows(table) is table
    assert RENEWAL.rows(table.slice(0, 0)).num_rows == 0


def test_what_is_not_a_digest_stays_in_a_column_of_digests() -> None:
    assert renewed({"charge_id": "c-1"}, {"charge_id": None}) == [{"charge_id": "c-1"}, {"charge_id": None}]


def test_a_decision_that_is_renewed_already_stays_as_it_is_named() -> None:
    old, new = digest(ONE, "decision"), digest(CHAIN, "decision")
    known = Renewal(CHAIN, ONE.key_id, done={new})
    text = "decided victim (decision {})"
    assert [known.text(text.format(each)) for each in (old, new)] == [text.format(new)] * 2
    assert known.text(f"no decision {old}") == f"no decision {old}"


def test_columns_in_several_chunks_and_files_keep_their_types() -> None:
    table = pa.concat_tables([pa.Table.from_pylist(everything(ONE))] * 3)
    found = RENEWAL.rows(table)
    assert found.schema == table.schema
    assert found.to_pylist() == everything(CHAIN) * 3
