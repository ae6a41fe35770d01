"""Puts the published tables of one night on pages: the first says what needs a decision, one about each campaign says why.

Every text from the data is escaped and nothing is loaded from anywhere. Should something get past the escaping, the pages' policy
runs no script but their own, by digest. The same tables give the same bytes; only the reader's browser knows what day it is.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from jobs.graph.intent.error_rate import expected_false_accusations
from jobs.views.lines import by_line, standing
from jobs.views.report import members, queue
from jobs.views.report.shared import drawn
from jobs.views.report.timeline import timeline
from jobs.views.report.waterfall import waterfall
from jobs.views.texts import plain
from jobs.vocabulary import ACCUSING, Line, Role, SubjectKind, Verdict

TEMPLATES = Path(__file__).parent
INDEX = "index.html"
PUBLISHED = (
    "account_verdicts", "campaign_attributions", "campaign_daily", "campaign_evidence", "campaign_lineage",
    "campaign_members", "campaign_rankings", "campaigns", "data_quality", "link_audit", "runs",
)  # fmt: skip
OF_CAMPAIGNS = tuple(name for name in PUBLISHED if name.startswith("campaign_"))
Row = dict[str, Any]


def render(published: Mapping[str, pa.Table], before: pa.Table | None = None) -> dict[str, str]:
    """File name to page. `published`: the tables of PUBLISHED of one night; `before`: `campaigns` of the night before it."""
    tables = {name: published[name].to_pylist() for name in PUBLISHED}
    grouped = {name: _grouped(tables[name]) for name in OF_CAMPAIGNS}
    (run,) = tables["runs"]
    earlier = {row["campaign_id"]: row for row in (before.to_pylist() if before is not None else [])}
    names = {each["campaign_id"]: each["name"] for each in [*earlier.values(), *tables["campaigns"]]}
    entries = [_entry(row, grouped, earlier.get(row["campaign_id"]), names) for row in tables["campaigns"]]
    waiting = sorted((each for each in entries if each["verdict"] in ACCUSING), key=queue.order)
    dismissed = sorted((each for each in entries if each["verdict"] not in ACCUSING), key=queue.order)
    common = {"night": run["as_of_date"], "run": run, "has_before": before is not None}
    templates = _environment()
    ordered = [*waiting, *dismissed]
    pages = {
        INDEX: templates.get_template("index.html.j2").render(
            **common,
            waiting=waiting,
            dismissed=dismissed,
            totals=_totals(entries),
            accounts=_data(members.directory(ordered, grouped["campaign_members"])),
            checks=tables["data_quality"],
            failed=[row for row in tables["data_quality"] if not row["success"]],
            audit=sorted(Counter(row["reason"] for row in tables["link_audit"]).items()),
        )
    }
    verdicts = {row["account_id"]: row for row in tables["account_verdicts"]}
    template = templates.get_template("campaign.html.j2")
    for entry in ordered:
        pages[entry["page"]] = template.render(**common, campaign=entry, **_about(entry, grouped, verdicts))
    return pages


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_without_acting,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters["sha256"] = lambda text: b64encode(sha256(str(text).encode()).digest()).decode()
    made.filters["number"] = lambda value: "" if value is None else f"{value:,}"
    made.filters["span"] = lambda low, high: f"{low:,}" if low == high else f"{low:,} to {high:,}"
    made.filters["words"] = lambda value: str(value or "").replace("_", " ")
    made.filters["in_short"] = queue.in_short
    made.globals["script"] = Markup((TEMPLATES / "site.js").read_text(encoding="utf-8"))  # nosec B704 # this project's own
    made.globals["style"] = Markup((TEMPLATES / "site.css").read_text(encoding="utf-8"))  # nosec B704
    return made


def _without_acting(value: Any) -> Any:
    """Texts of the data without characters that turn the text around them, or hide it."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _data(value: Any) -> Markup:
    """JSON for a data block: no character of it ends the block or begins a tag."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # nosec B704


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["campaign_id"]].append(row)
    return groups


def _of(grouped: Mapping[str, dict[str, list[Row]]], name: str, campaign: str) -> list[Row]:
    return grouped[name].get(campaign, [])


def _entry(row: Row, grouped: Mapping[str, dict[str, list[Row]]], before: Row | None, names: Mapping[str, str]) -> Row:
    """One campaign with what the first page says about it."""
    campaign = row["campaign_id"]
    pieces = [
        each for each in _of(grouped, "campaign_evidence", campaign) if each["subject_kind"] == SubjectKind.CAMPAIGN
    ]
    decisions = [each for each in pieces if each["line"] == Line.DECISION]
    speaking_for, against = queue.strongest(pieces)
    ranks = {each["metric"]: each for each in _of(grouped, "campaign_rankings", campaign)}
    return {
        **row,
        "page": f"{re.sub('[^A-Za-z0-9-]', '_', campaign)}.html",
        "pieces": pieces,
        "decisions": decisions,
        "needs_decision": queue.needs_decision(row, decisions),
        "changes": queue.changes(row, before, _of(grouped, "campaign_lineage", campaign), names),
        "for": speaking_for,
        "against": against,
        "is_opposed": any(each["line"] != Line.PRIOR for each in against),
        "unlisted": sum(abs(each["bits"]) >= queue.LEAST_BITS for each in pieces) - len(speaking_for) - len(against),
        "victims": sum(each["role"] == Role.VICTIM for each in _of(grouped, "campaign_members", campaign)),
        "rank": ranks.get("exchanges"),
    }


def _totals(entries: Sequence[Row]) -> Row:
    accused = [each for each in entries if each["verdict"] == Verdict.DELIBERATE]
    return {
        "deliberate": len(accused),
        "suspicious": sum(each["verdict"] == Verdict.SUSPICIOUS for each in entries),
        "undecided": sum(each["needs_decision"] for each in entries),
        "accounts": sum(each["accounts"] for each in accused),
        "exchanges": sum(each["exchanges"] for each in accused),
        "judged": len(entries),
        "false": expected_false_accusations(len(entries)),
    }


def _about(entry: Row, grouped: Mapping[str, dict[str, list[Row]]], verdicts: Mapping[str, Row]) -> Row:
    """What one campaign's own page says beside its entry."""
    campaign = entry["campaign_id"]
    mine = _of(grouped, "campaign_members", campaign)
    evidence = _of(grouped, "campaign_evidence", campaign)
    shared = [each for each in evidence if each["subject_kind"] == SubjectKind.ACCOUNT and each["entity"] is not None]
    decided = [
        each for each in evidence if each["subject_kind"] == SubjectKind.ACCOUNT and each["line"] == Line.DECISION
    ]
    listed = members.listed(mine, verdicts)
    return {
        "timeline": Markup(timeline(_of(grouped, "campaign_daily", campaign))),  # nosec B704 # escapes what it draws
        "waterfall": Markup(
            waterfall(sorted((each for each in entry["pieces"] if round(each["bits"], 2)), key=by_line))
        ),  # nosec B704
        "standing": standing(entry),
        "lines": queue.by_line(entry["pieces"]),
        "account_decisions": sorted(decided, key=lambda each: (each["subject_id"], each["evidence_id"])),
        "listed": listed,
        "first_shown": members.FIRST_SHOWN,
        "accounts": _data(listed),
        "shared": drawn(mine, shared),
        "attributions": _of(grouped, "campaign_attributions", campaign),
        "events": _of(grouped, "campaign_lineage", campaign),
        "metrics": _of(grouped, "campaign_rankings", campaign),
    }
