"""Which part an account plays in its campaign: worked by the operator, stolen from somebody, or only passing through.

Operators make accounts in series and give them nothing else to do; a stolen account was made by somebody else and keeps
working for its owner. Both clues are weighed in bits against how the campaign's own accounts show them, so that a
campaign whose accounts have nothing in common but their prompts does not turn its accounts into victims.
Published: the proxy networks of the 2026-02-23 report mixed extraction with unrelated customers' requests.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MICRO = 1_000_000
ROLES = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("account_id", pa.string()),
        ("microbits", pa.int64()),
        ("families", pa.int32()),
        ("role", pa.string()),
        ("membership", pa.float64()),
        ("footprint_share", pa.float64()),
        ("exchanges", pa.int64()),
        ("exchanges_attributed", pa.int64()),
        ("first_activity_date", pa.date32()),
        ("last_activity_date", pa.date32()),
    ]
)
MIN_TYPICAL = 0.05  # template events per request; below, templates do not mark the campaign's traffic
SURE = 0.9  # membership below which an account is not called operated
PRIOR_VICTIM = 0.1  # of a campaign's accounts, before looking
OWN_WORK = 0.95  # of a typical member's template share: below it, part of the traffic is somebody else's
MUCH_OWN_WORK = 0.6
VICTIM_NOT_MADE_ALIKE = 0.95  # strangers rarely share how an account was made with a campaign
VICTIM_OWN_WORK, VICTIM_MUCH_OWN_WORK = 0.8, 0.35  # a stolen key is used beside its owner
ROUNDS = 20  # of the estimate; it settles in fewer
PSEUDO = 10.0
OPERATED_OWN_WORK, OPERATED_MUCH_OWN_WORK = 0.3, 0.03  # operators mix in unrelated traffic, rarely most of it


def assign_roles(members: pa.Table) -> pa.Table:
    """Roles of one campaign's members.

    `members`: campaign_id, account_id, microbits, families, is_made_alike, shares_content, exchanges, sketched, core_events
    and the two activity dates. The footprint is an account's template events per sketched request against the
    campaign's median, at most 1: how much of its traffic is the campaign's.
    """
    members = members.sort_by("account_id")
    footprint = _footprint(members)
    made_alike = _flags(members, "is_made_alike")
    shares_content = _flags(members, "shares_content")
    membership = np.round(1.0 / (1.0 + np.exp2(-members["microbits"].to_numpy() / MICRO)), 6)
    content_marks = shares_content.mean() >= 0.5
    passing = (membership < SURE) | (content_marks & ~shares_content & ~made_alike)
    victim = ~passing & (_victim_bits(footprint, made_alike) > 0)
    role = np.where(passing, "shared_infrastructure", np.where(victim, "victim", "operated"))
    exchanges = members["exchanges"].to_numpy()
    attributed = np.where(role == "operated", exchanges, np.floor(exchanges * footprint)).astype(np.int64)
    columns = {
        **{name: members[name] for name in members.column_names},
        "role": pa.array(role.tolist(), pa.string()),
        "membership": pa.array(membership),
        "footprint_share": pa.array(np.round(footprint, 6)),
        "exchanges_attributed": pa.array(attributed),
    }
    return pa.table([columns[name] for name in ROLES.names], schema=ROLES)


def _footprint(members: pa.Table) -> Floats:
    rate = members["core_events"].to_numpy() / np.maximum(members["sketched"].to_numpy(), 1)
    typical = float(np.median(rate)) if len(rate) else 0.0
    return np.minimum(rate / typical, 1.0) if typical >= MIN_TYPICAL else np.ones(len(rate))


def _victim_bits(footprint: Floats, made_alike: Flags) -> Floats:
    """Log-odds, per member, of a stolen account against one that the operator works.

    How many are stolen, and how often the operator's own accounts are not made alike, differs between campaigns and is
    estimated from the campaign itself by expectation maximisation (Dempster, Laird, Rubin, JRSS B 39, 1977); the
    constants stand for PSEUDO doubtful members, so that a few odd ones do not decide.
    """
    whole = footprint >= OWN_WORK
    own_work = np.where(
        whole,
        np.log2((1 - VICTIM_OWN_WORK) / (1 - OPERATED_OWN_WORK)),
        np.where(
            footprint >= MUCH_OWN_WORK,
            np.log2((VICTIM_OWN_WORK - VICTIM_MUCH_OWN_WORK) / (OPERATED_OWN_WORK - OPERATED_MUCH_OWN_WORK)),
            np.log2(VICTIM_MUCH_OWN_WORK / OPERATED_MUCH_OWN_WORK),
        ),
    )
    stolen = np.where(whole, 0.0, PRIOR_VICTIM)
    total: Floats = np.zeros(len(footprint))
    for _ in range(ROUNDS):
        worked = 1.0 - stolen
        operated_not_alike = (np.sum(worked * ~made_alike) + 0.5) / (np.sum(worked) + 1.0)
        prior = (np.sum(stolen) + PSEUDO * PRIOR_VICTIM) / (len(stolen) + PSEUDO)
        alike = np.where(
            made_alike,
            np.log2((1 - VICTIM_NOT_MADE_ALIKE) / (1 - operated_not_alike)),
            np.log2(VICTIM_NOT_MADE_ALIKE / operated_not_alike),
        )
        total = own_work + alike + np.log2(prior / (1 - prior))
        stolen = 1.0 / (1.0 + np.exp2(-total))
    return total


def _flags(members: pa.Table, name: str) -> Flags:
    return np.array([bool(value) for value in members[name].to_pylist()], dtype=np.bool_)
