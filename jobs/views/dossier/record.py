"""Puts what is published of one campaign on one night into a document: claim, judgements, observations, what speaks against.

Likelihood and confidence never stand in one sentence (ICD 203). Every figure carries the number of the query that finds it, and the
queries are printed. The document certifies nothing: it has named places in which a qualified person may (US Federal Rules of
Evidence 902(13) and (14)). The same tables give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from jobs.errors import UsageError
from jobs.graph.intent.error_rate import INNOCENT_GROUPS, expected_false_accusations
from jobs.graph.intent.hypotheses import RIVAL_PRIOR_BITS
from jobs.graph.intent.lines import LINE_BITS, MOST_BITS, OUTWEIGHING_BITS, SPEAKING_BITS
from jobs.landing.shapes import FACT
from jobs.staged import declared
from jobs.views.report.timeline import timeline
from jobs.views.sharing.indicators import LEAST_ACCOUNTS, LEAST_BITS, ON, WORDS, shareable, things
from jobs.views.sharing.stix import TLP, told
from jobs.views.texts import plain
from jobs.vocabulary import LINES, Line
from jobs.warehouse import Warehouse

TEMPLATES = Path(__file__).parent
LAYERS = ("cluster", "operator", "affiliated_organization", "organization_directed")
MEANS = {
    "low": "scant or contested: another night may turn it",
    "moderate": "credible and plausible, not corroborated enough for more",
    "high": "many independent observations of good quality; still a judgement and not a fact",
}  # of confidence, after ICD 203
WOULD_CHANGE = {
    "low": "more members that are tied by three and more kinds of things would raise it",
    "moderate": "ties of more kinds for most members would raise it; a shared innocent cause that is documented would lower it",
    "high": "a documented innocent cause that the members have in common would lower it",
}
WOULD_CHANGE_ACTOR = (
    "indicators of other kinds that match would raise it, things of the campaign that the actor never used lower it"
)
LABEL_COLOURS = {
    "clear": "#ffffff",
    "green": "#33ff00",
    "amber": "#ffc000",
    "amber+strict": "#ffc000",
    "red": "#ff2b2b",
}
Row = dict[str, Any]


class Asked:
    """Queries and what they found; each has a number that the document cites."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.queries: list[str] = []

    def rows(self, sql: str, *values: str) -> tuple[int, list[Row]]:
        """Number of the query, and its rows. The printed text has the values in it, quoted."""
        text = sql.replace("\n", " ")
        for place, value in enumerate(values, 1):
            text = text.replace(f"${place}", "'" + value.replace("'", "''") + "'")
        self.queries.append(text)
        return len(self.queries), self._warehouse.query(sql, *values).to_pylist()


def record(warehouse: Warehouse, campaign: str, night: date, tlp: str = "amber+strict") -> str:
    """The document as HTML. `campaign`: id or name. Raises `UsageError` for one that is not published on that night."""
    if tlp not in TLP:
        raise UsageError(f"--tlp {tlp} is unknown; choose one of {', '.join(TLP)}.")
    known = told(warehouse, campaign, night, ON)
    if not known:
        raise UsageError(f"{campaign} is no campaign that is published on {night}.")
    id_, day = known[0].campaign["campaign_id"], night.isoformat()
    asked = Asked(warehouse)
    found = {
        "campaign": asked.rows(_CAMPAIGN, id_, day),
        "pieces": asked.rows(_PIECES, id_, day),
        "roles": asked.rows(_ROLES, id_, day),
        "ties": asked.rows(_TIES, id_, day),
        "daily": asked.rows(_DAILY, id_, day),
        "attributions": asked.rows(_ATTRIBUTIONS, id_, day),
        "rankings": asked.rows(_RANKINGS, id_, day),
        "events": asked.rows(_EVENTS, id_, day),
        "run": asked.rows(_RUN, day),
        "read": asked.rows(_READ, id_, day),
        "judged": asked.rows(_JUDGED, day),
        "checks": asked.rows(_CHECKS, day),
        "things": asked.rows(things(ON), id_, day),
    }
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        finalize=lambda value: plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )  # fmt: skip
    environment.filters["number"] = lambda value: "" if value is None else f"{value:,}"
    environment.filters["words"] = lambda value: str(value or "").replace("_", " ")
    (run,) = found["run"][1]
    body = environment.get_template("record.html.j2").render(
        row=found["campaign"][1][0],
        q={name: number for name, (number, _) in found.items()},
        found={name: rows for name, (_, rows) in found.items()},
        night=night,
        tlp=tlp,
        run=run,
        inputs=_inputs(found["read"][1], night),
        pieces=_by_line(found["pieces"][1]),
        sum=total(found["pieces"][1]),
        against=[each for each in found["pieces"][1] if _says(each) and each["bits"] < 0 and each["line"] in LINES],
        silent=[each for each in found["pieces"][1] if not _says(each) and each["line"] in LINES],
        timeline=Markup(timeline(found["daily"][1])),  # nosec B704 # escapes what it draws
        layers=_layers(found["attributions"][1]),
        rivals=sorted(str(each).replace("_", " ") for each in RIVAL_PRIOR_BITS),
        stand=LINE_BITS, speak=SPEAKING_BITS, in_all=OUTWEIGHING_BITS, most=MOST_BITS,
        measured=INNOCENT_GROUPS, expected=expected_false_accusations(found["judged"][1][0]["groups"]),
        means=MEANS, would_change=WOULD_CHANGE, would_change_actor=WOULD_CHANGE_ACTOR, label_colour=LABEL_COLOURS[tlp],
        indicators=_indicators(found["things"][1]), least_accounts=LEAST_ACCOUNTS, least_times=round(2**LEAST_BITS),
        queries=asked.queries,
    )  # fmt: skip
    return body.replace(DIGEST, sha256(body.encode()).hexdigest())


DIGEST = "@@digest@@"  # where the digest of the document stands, made with this text in its place
_CAMPAIGN = "SELECT * FROM campaigns WHERE campaign_id = $1 AND as_of_date = CAST($2 AS DATE)"
_PIECES = """SELECT signal, bits, line, explanation, evidence_id FROM campaign_evidence
WHERE campaign_id = $1 AND as_of_date = CAST($2 AS DATE) AND subject_kind = 'campaign' ORDER BY evidence_id"""
_ROLES = """SELECT role, count(*) AS accounts, min(membership) AS least, CAST(sum(exchanges_attributed) AS BIGINT) AS exchanges
FROM campaign_members
WHERE campaign_id = $1 AND as_of_date = CAST($2 AS DATE) GROUP BY role ORDER BY role"""
_TIES = """SELECT signal, count(DISTINCT entity) AS things, count(DISTINCT subject_id) AS accounts FROM campaign_evidence
WHERE campaign_id = $1 AND as_of_date = CAST($2 AS DATE) AND subject_kind = 'account' AND entity IS NOT NULL
GROUP BY signal ORDER BY accounts DESC, signal"""
_DAILY = """SELECT activity_date, model, CAST(sum(exchanges) AS BIGINT) AS exchanges FROM campaign_daily
WHERE campaign_id = $1 AND as_of_date = CAST($2 AS DATE) GROUP BY activity_date, model ORDER BY activity_date, model"""
_ATTRIBUTIONS = """SELECT actor, level, likelihood, analytic_confidence, supporting, contradicting, basis FROM campaign_attributions
WHERE campaign_id = $1 AND as_of_date = CAST($2 AS DATE) ORDER BY level, actor"""
_RANKINGS = """SELECT metric, statement, compared_with FROM campaign_rankings
WHERE campaign_id = $1 AND as_of_date = CAST($2 AS DATE) ORDER BY metric"""
_EVENTS = """SELECT as_of_date, event, other_campaign_id FROM campaign_lineage
WHERE campaign_id = $1 AND as_of_date <= CAST($2 AS DATE) AND event <> 'continued' ORDER BY as_of_date, event, other_campaign_id"""
_RUN = "SELECT run_id, code_version, engine, inputs, stale, published_at FROM runs WHERE as_of_date = CAST($1 AS DATE)"
_READ = """SELECT as_of_date, inputs FROM runs WHERE as_of_date <= CAST($2 AS DATE) AND as_of_date >= (
SELECT first_activity FROM campaigns WHERE campaign_id = $1 AND as_of_date = CAST($2 AS DATE)) ORDER BY as_of_date"""
_JUDGED = "SELECT count(*) AS groups FROM campaigns WHERE as_of_date = CAST($1 AS DATE)"
_CHECKS = """SELECT count(*) AS checks, CAST(sum(CASE WHEN success THEN 0 ELSE 1 END) AS BIGINT) AS failed FROM data_quality
WHERE as_of_date = CAST($1 AS DATE)"""


def _inputs(runs: Sequence[Row], night: date) -> list[tuple[str, Row]]:
    """What was read, by table: all of the night, and facts of the nights since the campaign was first active, oldest first."""
    read = [(run["as_of_date"], name, each) for run in runs for name, each in json.loads(run["inputs"]).items()]
    kept = [(name, day, each) for day, name, each in read if day == night or declared(name).kind == FACT]
    return [(name, each) for name, _, each in sorted(kept, key=lambda row: row[:2])]


def _by_line(pieces: Sequence[Row]) -> list[tuple[Line, float, list[Row]]]:
    """Per line its sum and the pieces that say something, weightiest first."""
    found = []
    for line in (Line.PRIOR, *LINES, Line.DECISION):
        mine = sorted(
            (each for each in pieces if each["line"] == line and _says(each)), key=lambda each: -abs(each["bits"])
        )
        if mine or line in LINES:
            found.append((line, total(mine), mine))
    return found


def _says(piece: Row) -> bool:
    """What would be shown as 0.00 bits says nothing."""
    return bool(round(piece["bits"], 2))


def total(pieces: Sequence[Row]) -> float:
    """The sum of bits, the same in any order."""
    micro: int = sum(round(each["bits"] * 1e6) for each in pieces)
    return micro / 1e6


def _layers(attributions: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    return [(layer, [each for each in attributions if each["level"] == layer]) for layer in LAYERS]


def _indicators(met: Sequence[Row]) -> list[Row]:
    return [
        {"kind": WORDS[each.kind], "value": each.value, "accounts": each.accounts, "others": each.others,
         "from": each.first_seen, "to": each.last_seen, "until": each.valid_until}
        for each in shareable(met)
    ]  # fmt: skip
