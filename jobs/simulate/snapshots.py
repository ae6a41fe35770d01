"""The tables delivered in full every day: accounts, instruments, networks, releases, indicators."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from jobs.simulate import catalogues as cat
from jobs.simulate import files, places
from jobs.simulate.people import DAY_US, Column
from jobs.simulate.population import Builder
from jobs.simulate.specs import CampaignSpec

RENEWED = 17  # one account in so many has renewed its card
RENEWAL_US = 90 * DAY_US


def known_on(build: Builder, day: int) -> Column:
    """Accounts that have signed up by the end of that day, in order of id."""
    rows = np.flatnonzero(build.accounts.created_us < build.first_us + (day + 1) * DAY_US)
    return rows[np.argsort(build.accounts.account_id[rows].astype(str), kind="stable")]


def accounts(build: Builder, day: int, texts: tuple[list[str], Column]) -> pa.Table:
    """`texts` are the sign-up addresses as text and each account's position among them."""
    rows = known_on(build, day)
    people_ = build.accounts
    banned = people_.banned_day[rows] <= day
    banned_us = build.first_us + people_.banned_day[rows] * DAY_US + 3_600_000_000 * 2
    states = banned.astype(np.int64)
    names = [f"{f} {s}" for f, s in zip(people_.first_name[rows], people_.last_name[rows], strict=True)]
    return pa.table(
        {
            "account_id": files.words(people_.account_id[rows]),
            "created_at": files.instants(people_.created_us[rows]),
            "organization_id": files.words(people_.organization_id[rows]),
            "organization_name": files.words(people_.organization_name[rows]),
            "email": files.words(people_.email[rows]),
            "email_verified": pa.array(rows % 20 != 0),
            "phone": files.words(people_.phone[rows]),
            "full_name": files.words(names),
            "country": files.chosen(places.COUNTRY_CODES, people_.country[rows]),
            "signup_address": files.chosen(texts[0], texts[1][rows]),
            "signup_device_id": files.words(people_.device[rows]),
            "kyc_status": files.words(people_.kyc_status[rows]),
            "kyc_document_hash": files.words(people_.kyc_document[rows]),
            "referral_code": files.words(people_.referral[rows]),
            "access_program": files.words(people_.access_program[rows]),
            "tier": files.words(people_.plan[rows]),
            "status": files.chosen(("active", "banned"), states),
            "status_changed_at": files.instants(pa.array(banned_us, mask=~banned)),
            "status_reason": files.chosen(("terms_of_service",), np.zeros(len(rows), np.int64), ~banned),
        }
    )


def payment_instruments(build: Builder, day: int) -> pa.Table:
    """Instruments in force, and the cards that they replaced: of some older accounts, and in a rotation."""
    known = known_on(build, day)
    people_ = build.accounts
    replaced = known[(known % RENEWED == 0) & (people_.created_us[known] < build.first_us - RENEWAL_US)]
    rotated = known[people_.renewal_day[known] <= day]
    rows = np.concatenate([known, replaced, rotated])
    gone = np.arange(len(rows)) >= len(known)
    again = np.isin(known, replaced)
    added_us = people_.created_us[rows] + 600_000_000
    added_us[: len(known)][again] += RENEWAL_US
    removed_us = people_.created_us[rows] + RENEWAL_US
    rotated_us = build.first_us + people_.renewal_day * DAY_US
    added_us[: len(known)][np.isin(known, rotated)] = rotated_us[rotated]
    removed_us[len(rows) - len(rotated) :] = rotated_us[rotated]
    names = people_.cards_on(day)[rows]
    names[gone] = [f"{name}_before" for name in names[gone]]
    names[len(rows) - len(rotated) :] = people_.card[rotated]
    return pa.table(
        {
            "account_id": files.words(people_.account_id[rows]),
            "instrument_fingerprint": files.words(names),
            "kind": files.words(people_.card_kind[rows]),
            "bin": files.words(people_.card_bin[rows]),
            "issuer_country": files.words(people_.card_country[rows]),
            "funding": files.words(people_.card_funding[rows]),
            "added_at": files.instants(added_us),
            "removed_at": files.instants(pa.array(removed_us, mask=~gone)),
        }
    )


def ip_networks(plan: places.Plan) -> pa.Table:
    networks = plan.networks
    return pa.table(
        {
            "cidr": files.words(networks.cidr),
            "asn": pa.array(networks.asn, pa.int64()),
            "organization": files.words(networks.organization),
            "kind": files.words(networks.kind),
            "country": files.words(networks.country),
        }
    )


def model_releases(build: Builder, day: int, release_us: int) -> pa.Table:
    """Models out by the end of that day."""
    before = [build.first_us - age * DAY_US for age in (210, 180, 150, 400)]
    released = np.array([*before, release_us])
    out = released < build.first_us + (day + 1) * DAY_US
    names = np.array(cat.MODELS, dtype=object)
    return pa.table({"model": files.words(names[out]), "released_at": files.instants(released[out])})


def indicators(build: Builder) -> pa.Table:
    """Intelligence of mixed worth: some points at an operator's network or BIN, the rest at nobody here."""
    networks = build.plan.networks
    found: list[tuple[str, str, str, str, str, int]] = []
    for spec, rows in operated(build):
        if spec.proxy_network is not None:
            asn = networks.asn[networks.organization.index(spec.proxy_network)]
            found.append(("asn", str(asn), spec.actor, "partner-exchange", "B", 2))
        elif spec.tier == "hard_shared":
            found.append(("card-bin", str(build.accounts.card_bin[rows[0]]), spec.actor, "payment-processor", "B", 3))
        elif spec.client == "custom":
            ja4 = build.clients[int(build.streams.client[rows[0]])][1]
            found.append(("ja4", ja4, spec.actor, "threat-report", "C", 3))
    found += [
        ("email-domain", "bulk-inbox.example", "Operator Nobody", "threat-report", "C", 3),
        ("asn", "65533", "Operator Nobody", "open-forum", "E", 5),
        ("card-bin", cat.BANK_BINS[7], "Operator Nobody", "open-forum", "F", 6),
        ("ipv4-net", "198.51.100.0/24", "Operator Nobody", "partner-exchange", "B", 2),
    ]
    kind, value, actor, source, grade, credibility = zip(*found, strict=True)
    nothing = pa.nulls(len(found), pa.int64())
    return pa.table(
        {
            "indicator_id": files.words([f"ind-{at:04d}" for at in range(len(found))]),
            "kind": files.words(kind),
            "value": files.words(value),
            "actor": files.words(actor),
            "source_id": files.words(source),
            "source_reliability": files.words(grade),
            "credibility": pa.array(credibility, pa.int32()),
            "valid_from": files.instants(np.full(len(found), build.first_us - 60 * DAY_US)),
            "valid_until": files.instants(nothing),
        }
    )


def operated(build: Builder) -> list[tuple[CampaignSpec, Column]]:
    """Each campaign's spec with the rows of its operated accounts."""
    mine = build.accounts.role == "operated"
    return [
        (spec, np.flatnonzero(mine & (build.accounts.campaign == number)))
        for number, spec in enumerate(build.campaigns)
    ]
