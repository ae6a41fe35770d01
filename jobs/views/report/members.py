"""Accounts as data that a page carries: small enough for a campaign of 25,000, searched and turned over by the page's script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.views.texts import plain
from jobs.vocabulary import Role

FIRST_SHOWN = 50  # rows of a page without its script, and on paper
SEPARATOR = "; "  # between the reasons of one verdict
ROLES = tuple(Role)
Row = Mapping[str, Any]


def in_order(members: Sequence[Row]) -> list[Row]:
    """Whom to look at first: what works for the campaign, the surest, then what took most."""
    return sorted(
        members,
        key=lambda row: (
            ROLES.index(row["role"]),
            -round(row["membership"], 2),
            -row["exchanges_attributed"],
            row["account_id"],
        ),
    )


def listed(members: Sequence[Row], verdicts: Mapping[str, Row]) -> dict[str, Any]:
    """The accounts of a campaign: words once, and rows that point to them.

    A row is account, role, membership, exchanges attributed, first and last day of activity, reasons.
    """
    reasons: dict[str, int] = {}
    rows = []
    for row in in_order(members):
        said = str(verdicts[row["account_id"]]["reasons"] or "") if row["account_id"] in verdicts else ""
        rows.append(
            [
                plain(row["account_id"]),
                ROLES.index(row["role"]),
                round(row["membership"], 3),
                row["exchanges_attributed"],
                str(row["first_activity"] or ""),
                str(row["last_activity"] or ""),
                [reasons.setdefault(plain(each), len(reasons)) for each in said.split(SEPARATOR) if each],
            ]
        )
    return {"roles": [role.replace("_", " ") for role in ROLES], "reasons": list(reasons), "rows": rows}


def directory(campaigns: Sequence[Row], members: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Every account of a group with the places of its campaign and role, to be found from the first page."""
    rows = [
        [plain(row["account_id"]), place, ROLES.index(row["role"])]
        for place, campaign in enumerate(campaigns)
        for row in members.get(campaign["campaign_id"], ())
    ]
    named = [[plain(each["page"]), plain(each["name"]), each["verdict"]] for each in campaigns]
    return {"campaigns": named, "roles": [role.replace("_", " ") for role in ROLES], "rows": sorted(rows)}
