"""Puts the published tables of one night on one page. Every text from the data is escaped; nothing is loaded from anywhere.

Should something get past the escaping, the page's policy runs no script but its own, by digest.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from jobs.graph.intent.error_rate import expected_false_accusations
from jobs.views.lines import ORDER, by_line, standing
from jobs.views.report.picture import picture
from jobs.views.report.timeline import timeline
from jobs.views.report.waterfall import waterfall
from jobs.views.texts import plain
from jobs.vocabulary import ACCUSING, SubjectKind, Verdict

TEMPLATES = Path(__file__).parent
Row = dict[str, Any]


def render(published: Mapping[str, pa.Table], night: date) -> str:
    """The page about `night`. `published` maps table names to their rows; other nights in them are ignored."""
    tables = {name: [row for row in rows.to_pylist() if row["as_of_date"] == night] for name, rows in published.items()}
    campaigns = sorted(tables["campaigns"], key=lambda row: (-row["exchanges"], -row["likelihood"], row["campaign_id"]))
    by_campaign = {
        name: _grouped(tables[name])
        for name in (
            "campaign_members",
            "campaign_evidence",
            "campaign_daily",
            "campaign_lineage",
            "campaign_attributions",
            "campaign_rankings",
        )
    }
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_without_acting
    )
    environment.filters["sha256"] = lambda text: b64encode(sha256(str(text).encode()).digest()).decode()
    environment.filters["number"] = lambda value: "" if value is None else f"{value:,}"
    return environment.get_template("page.html.j2").render(
        night=night,
        campaigns=[_entry(row, by_campaign) for row in campaigns],
        sections=[_section(row, by_campaign) for row in campaigns if row["verdict"] in ACCUSING],
        dismissed=[_entry(row, by_campaign) for row in campaigns if row["verdict"] not in ACCUSING],
        totals=_totals(campaigns),
        failed=[row for row in tables["data_quality"] if not row["success"]],
        checks=len(tables["data_quality"]),
        runs=tables["runs"],
        audit=sorted(Counter(row["reason"] for row in tables["link_audit"]).items()),
    )


def _without_acting(value: Any) -> Any:
    """Texts of the data without characters that turn the text around them, or hide it."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _grouped(rows: list[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["campaign_id"]].append(row)
    return groups


def _totals(campaigns: list[Row]) -> Row:
    accused = [row for row in campaigns if row["verdict"] == Verdict.DELIBERATE]
    return {
        "deliberate": len(accused),
        "suspicious": sum(row["verdict"] == Verdict.SUSPICIOUS for row in campaigns),
        "accounts": sum(row["accounts"] for row in accused),
        "exchanges": sum(row["exchanges"] for row in accused),
        "judged": len(campaigns),
        "false": expected_false_accusations(len(campaigns)),
    }


def _entry(row: Row, by_campaign: Mapping[str, dict[str, list[Row]]]) -> Row:
    ranks = {each["metric"]: each for each in by_campaign["campaign_rankings"].get(row["campaign_id"], [])}
    rank = ranks.get("exchanges")
    shown = "" if rank is None else _span(rank["rank_low"], rank["rank_high"])
    return {**row, "rank": shown, "statement": rank["statement"] if rank else ""}


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _section(row: Row, by_campaign: Mapping[str, dict[str, list[Row]]]) -> Row:
    campaign = row["campaign_id"]
    members = by_campaign["campaign_members"].get(campaign, [])
    evidence = by_campaign["campaign_evidence"].get(campaign, [])
    intent = [each for each in evidence if each["subject_kind"] == SubjectKind.CAMPAIGN]
    shared = [each for each in evidence if each["subject_kind"] == SubjectKind.ACCOUNT and each["entity"] is not None]
    drawn = picture(members, shared)
    ordered = sorted(intent, key=by_line)
    return {
        **_entry(row, by_campaign),
        "timeline": Markup(timeline(by_campaign["campaign_daily"].get(campaign, []))),  # nosec B704 # pictures escape their texts
        "picture": Markup(drawn.svg),  # nosec B704
        "picture_note": drawn.note,
        "families": drawn.families,
        "waterfall": Markup(waterfall(ordered)),  # nosec B704
        "standing": standing(row),
        "lines": [(line, [each for each in ordered if each["line"] == line]) for line in ORDER],
        "roles": sorted(Counter(each["role"] for each in members).items()),
        "attributions": by_campaign["campaign_attributions"].get(campaign, []),
        "events": by_campaign["campaign_lineage"].get(campaign, []),
        "metrics": by_campaign["campaign_rankings"].get(campaign, []),
    }
