"""Opens a published number into its evidence: the pieces, in bits, and the sum they make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from jobs.errors import IolausError
from jobs.views.lines import by_line, standing
from jobs.vocabulary import Role, SubjectKind

if TYPE_CHECKING:
    from jobs.warehouse import Warehouse


@dataclass(frozen=True)
class Piece:
    """One piece of evidence; positive bits speak for, negative against."""

    bits: float
    signal: str
    line: str
    entity: str | None
    explanation: str


@dataclass(frozen=True)
class Section:
    """Pieces that sum to `total` bits of log-odds, and what that amounts to."""

    title: str
    pieces: tuple[Piece, ...]
    total: float
    conclusion: str


@dataclass(frozen=True)
class Explanation:
    title: str
    facts: tuple[str, ...]
    sections: tuple[Section, ...]


def explain_campaign(published: Warehouse, identity: str, night: date) -> Explanation:
    """Why a campaign has its likelihood. `identity` is its id or its name. Raises `IolausError` when unknown."""
    found = [
        row for row in published.read("campaigns", night).to_pylist() if identity in (row["campaign_id"], row["name"])
    ]
    if not found:
        raise IolausError(f"There is no campaign {identity} on {night}: `iolaus status` lists the published nights.")
    campaign = found[0]
    pieces = _pieces(published, night, SubjectKind.CAMPAIGN, campaign["campaign_id"], campaign["campaign_id"])
    conclusion = f"likelihood {campaign['likelihood']:.6f}, {campaign['likelihood_words']}"
    return Explanation(
        title=f"Campaign {campaign['name']} ({campaign['campaign_id']}) as known on {night}",
        facts=(
            f"{campaign['verdict']}: deliberate extraction {campaign['likelihood_words']} "
            f"({campaign['likelihood']:.3f}), analytic confidence {campaign['analytic_confidence']}; "
            f"best explanation: {campaign['hypothesis']}",
            f"{campaign['accounts']:,} accounts, {campaign['exchanges']:,} exchanges, "
            f"{campaign['first_activity']} to {campaign['last_activity']}",
            standing(campaign),
            *_standings(published, night, campaign["campaign_id"]),
        ),
        sections=(_section("Why it is held to be extraction, or not", pieces, conclusion),),
    )


def explain_account(published: Warehouse, identity: str, night: date) -> Explanation:
    """Why an account has its verdict. Raises `IolausError` when the account is unknown on that night."""
    found = [row for row in published.read("account_verdicts", night).to_pylist() if row["account_id"] == identity]
    if not found:
        raise IolausError(f"There is no account {identity} on {night}: check the id and --date.")
    verdict = found[0]
    title = f"Account {identity} as known on {night}"
    if verdict["campaign_id"] is None:
        return Explanation(title, (f"belongs to no campaign: {verdict['reasons']}",), ())
    members = published.read("campaign_members", night).to_pylist()
    (role,) = [
        row["role"] for row in members if row["account_id"] == identity and row["campaign_id"] == verdict["campaign_id"]
    ]
    pieces = _pieces(published, night, SubjectKind.ACCOUNT, identity, verdict["campaign_id"])
    conclusion = f"membership {verdict['membership']:.6f}"
    campaign = explain_campaign(published, verdict["campaign_id"], night)
    return Explanation(
        title,
        (
            f"role {role.replace('_', ' ')} in campaign {verdict['campaign_id']}; "
            + _accused(role, verdict["likelihood"]),
        ),
        (_section("Why it is held to belong to the campaign", pieces, conclusion), *campaign.sections),
    )


def _accused(role: str, likelihood: float) -> str:
    if role != Role.OPERATED:
        return "it is not accused: only operated accounts are"
    return f"works for extraction with likelihood {likelihood:.6f} (its membership times its campaign's likelihood)"


def _standings(published: Warehouse, night: date, campaign_id: str) -> list[str]:
    """What may be claimed of the campaign's size, metric by metric; nothing of a campaign that is not ranked."""
    rows = [row for row in published.read("campaign_rankings", night).to_pylist() if row["campaign_id"] == campaign_id]
    in_order = sorted(rows, key=lambda row: str(row["metric"]))
    return [f"{row['statement']} (compared with {row['compared_with']})" for row in in_order]


def _pieces(
    published: Warehouse, night: date, kind: SubjectKind, subject: str, campaign_id: str
) -> list[dict[str, Any]]:
    rows = published.read("campaign_evidence", night).to_pylist()
    mine = [row for row in rows if row["campaign_id"] == campaign_id and row["subject_id"] == subject]
    return sorted(
        (row for row in mine if row["subject_kind"] == kind),
        key=by_line,
    )


def _section(title: str, rows: list[dict[str, Any]], conclusion: str) -> Section:
    pieces = tuple(Piece(row["bits"], row["signal"], row["line"], row["entity"], row["explanation"]) for row in rows)
    total = sum(round(piece.bits * 1e6) for piece in pieces) / 1e6
    return Section(title, pieces, total, conclusion)
