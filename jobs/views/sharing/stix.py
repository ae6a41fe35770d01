"""One campaign as a STIX 2.1 bundle, from what is published of it up to a night.

`confidence` is the analytic confidence alone; likelihood and its word stand in a property extension and in prose, so that nobody
takes one for the other, and what speaks against stands in the prose, too. An intrusion set is told only from the level of an
operator, a threat actor only at the level of an organisation, nobody's identity below that. Ids are made from what an object is
(UUID version 5); `modified` moves only on a night on which the content of the object did. The same tables, the same bytes.
Handling is by TLP 2.0 (FIRST 2022, OASIS' extension); techniques are those of MITRE ATLAS.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from jobs.errors import UsageError
from jobs.views.sharing.indicators import CONFIDENCE, UP_TO, WORDS, Shareable, moment, pattern, shareable, things
from jobs.views.texts import as_json_text
from jobs.vocabulary import ACCUSING, Line
from jobs.warehouse import Warehouse

SPACE = uuid5(NAMESPACE_URL, "https://iolaus.invalid/stix")
TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"  # OASIS, cti-stix-common-objects
TLP = {
    "clear": "94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "e828b379-4e03-4974-9ac4-e53a884c97c1",
}
SINCE = "2022-10-01T00:00:00.000Z"  # of what never changes
ATLAS = "5.5.0"  # of 2026-03-31, the first with AI Service Proxies
TECHNIQUES = {
    "AML.T0024.002": "Extract AI Model",
    "AML.T0040": "AI Model Inference API Access",
    "AML.T0021": "Establish Accounts",
    "AML.T0008.005": "AI Service Proxies",
}
OF_PROXIES = "AML.T0008.005"
EXITS = ("proxied", "scattered", "hopping", "rotating")  # features of concealment by rented exits
OPERATOR, ORGANISATIONS = "operator", ("affiliated_organization", "organization_directed")
LIKELY = 0.55  # ICD 203: from here on an attribution is told as one
MOST_OBSERVED = 999_999_999  # of STIX
Object = dict[str, Any]
Row = Mapping[str, Any]
SCHEMA_OF_EXTENSION = "https://iolaus.invalid/stix/judgement.json"


@dataclass(frozen=True)
class Told:
    """What one night says of a campaign."""

    night: date
    campaign: Row
    pieces: Sequence[Row] = ()
    attributions: Sequence[Row] = ()
    things: Sequence[Shareable] = field(default=())


def bundle(warehouse: Warehouse, campaign: str, night: date, tlp: str = "amber") -> str:
    """The bundle as JSON text. `campaign`: id or name. Raises `UsageError` for one that is not accused on that night."""
    if tlp not in TLP:
        raise UsageError(f"--tlp {tlp} is unknown; choose one of {', '.join(TLP)}.")
    nights = accused(warehouse, campaign, night)
    import stix2

    found = dated([(each.night, objects(each, tlp)) for each in nights])
    content = json.dumps(found, sort_keys=True)
    made = {"type": "bundle", "id": _id("bundle", content), "objects": found}
    stix2.parse(made, allow_custom=True, version="2.1")
    return as_json_text(made, sort_keys=True) + "\n"


def accused(warehouse: Warehouse, campaign: str, night: date, nights: str = UP_TO) -> list[Told]:
    """`told` of a campaign that is accused on that night, of which others may be told; raises `UsageError` for any other."""
    found = told(warehouse, campaign, night, nights)
    last = found[-1] if found else None
    if last is None or last.night != night:
        raise UsageError(
            f"{campaign} is no campaign that is published on {night}; `iolaus query --named to-decide` lists them."
        )
    if last.campaign["verdict"] not in ACCUSING:
        raise UsageError(
            f"{campaign} is {last.campaign['verdict']} on {night}: others are told of deliberate and suspicious ones."
        )
    return found


def told(warehouse: Warehouse, campaign: str, night: date, nights: str = UP_TO) -> list[Told]:
    """What every published night up to `night` says, oldest first, or that night alone: `nights` is UP_TO or ON."""
    day = night.isoformat()
    named = warehouse.query(
        f"SELECT * FROM campaigns WHERE (campaign_id = $1 OR name = $1) AND as_of_date {nights} CAST($2 AS DATE) "  # nosec B608
        "ORDER BY as_of_date",
        campaign, day,
    ).to_pylist()  # fmt: skip
    if not named:
        return []
    of = named[-1]["campaign_id"], day
    where = f"WHERE campaign_id = $1 AND as_of_date {nights} CAST($2 AS DATE)"  # the statements are of fixed texts
    pieces = warehouse.query(
        "SELECT as_of_date, signal, bits, line, explanation FROM campaign_evidence "  # nosec B608
        f"{where} AND subject_kind = 'campaign' ORDER BY as_of_date, evidence_id", *of,
    ).to_pylist()  # fmt: skip
    query = f"SELECT * FROM campaign_attributions {where} ORDER BY as_of_date, actor, level"  # nosec B608
    attributed = warehouse.query(query, *of).to_pylist()
    met = warehouse.query(things(nights), *of).to_pylist()
    return [
        Told(
            row["as_of_date"],
            row,
            _of(pieces, row),
            _of(attributed, row),
            tuple(shareable(_of(met, row))),
        )
        for row in named
        if row["campaign_id"] == of[0]
    ]


def _of(rows: Iterable[Row], night: Row) -> list[Row]:
    return [row for row in rows if row["as_of_date"] == night["as_of_date"]]


def dated(nights: Sequence[tuple[date, Sequence[Object]]]) -> list[Object]:
    """The last night's objects, with the night on which each was first told and the one from which on it is as it is now."""
    first: dict[str, date] = {}
    since: dict[str, date] = {}
    before: dict[str, Object] = {}
    for night, found in nights:
        for each in found:
            first.setdefault(each["id"], night)
            if before.get(each["id"]) != each:
                since[each["id"]] = night
        before = {each["id"]: each for each in found}
    return [_dated(each, first[each["id"]], since[each["id"]]) for each in nights[-1][1]]


def _dated(thing: Object, first: date, since: date) -> Object:
    if thing["type"] in ("autonomous-system", "ipv4-addr", "ipv6-addr") or "created" in thing:
        return thing
    return {**thing, "created": moment(first), "modified": moment(since)}


def _id(kind: str, *parts: str) -> str:
    made: UUID = uuid5(SPACE, "\x1f".join((kind, *parts)))
    return f"{kind}--{made}"


def objects(night: Told, tlp: str) -> list[Object]:
    """Without the times of creation and change, in order of type and id."""
    campaign, mark = night.campaign, f"marking-definition--{TLP[tlp]}"
    name, key = campaign["name"], campaign["campaign_id"]
    author = _id("identity", "iolaus")
    extension = _id("extension-definition", SCHEMA_OF_EXTENSION)
    base = {"spec_version": "2.1", "created_by_ref": author, "object_marking_refs": [mark]}
    confidence = CONFIDENCE[campaign["analytic_confidence"]]
    judged = {extension: {"extension_type": "property-extension", **_judgement(campaign)}}
    this = _id("campaign", key)
    network = _id("infrastructure", key)
    main: Object = {
        **base, "type": "campaign", "id": this, "name": name, "description": prose(night), "confidence": confidence,
        "objective": "Extraction of a model's abilities through its API", "first_seen": moment(campaign["first_activity"]),
        "last_seen": moment(campaign["last_activity"]), "extensions": judged,
    }  # fmt: skip
    found = [main]
    techniques = [id_ for id_ in TECHNIQUES if id_ != OF_PROXIES or _behind_exits(night.pieces)]
    for technique in techniques:
        found.append(_technique(base, technique))
        found.append(_relationship(base, this, "uses", _id("attack-pattern", technique)))
    if night.things:
        found += [
            {**base, "type": "infrastructure", "id": network, "name": f"Clients and networks of {name}", "confidence": confidence,
             "infrastructure_types": ["anonymization" if _behind_exits(night.pieces) else "unknown"]},
            _relationship(base, this, "uses", network),
        ]  # fmt: skip
    found += _observed(base, night, network)
    for thing in night.things:
        found += _indicator(base, thing, name, this, network, confidence, author)
    found += _attributed(base, night, this)
    fixed = [_author(mark), _marking(tlp), _extension(author, mark)]
    refs = sorted(each["id"] for each in [*found, *fixed] if each["type"] != "marking-definition")
    report: Object = {
        **base, "type": "report", "id": _id("report", key), "name": f"{name}: coordinated extraction through an API",
        "report_types": ["campaign"], "published": moment(campaign["first_published_on"]), "description": prose(night),
        "confidence": confidence, "object_refs": refs, "extensions": judged,
        "external_references": [{"source_name": "iolaus", "external_id": key}],
    }  # fmt: skip
    every = {each["id"]: each for each in [*fixed, *found, report]}
    return [every[id_] for id_ in sorted(every, key=lambda id_: (every[id_]["type"], id_))]


def prose(night: Told) -> str:
    """Judgement, confidence, volumes, and what speaks against, each in a sentence of its own."""
    row = night.campaign
    heavy = sorted(
        (each for each in night.pieces if each["line"] != Line.PRIOR),
        key=lambda each: (-abs(each["bits"]), each["signal"]),
    )
    reasons = [[each for each in heavy if sign * each["bits"] > 0][:3] for sign in (1, -1)]
    said = [", ".join(_words(each) for each in some) or "nothing that was measured" for some in reasons]
    considered = [each for each in night.attributions if each["likelihood"] < LIKELY]
    others = (
        f" Considered and not held likely: {', '.join(sorted({each['actor'] for each in considered}))}."
        if considered
        else ""
    )
    return (
        f"It is {row['likelihood_words']} (likelihood {row['likelihood']:.3f}) that these accounts are deliberate extraction. "
        f"Analytic confidence in this judgement is {row['analytic_confidence']}. "
        f"{row['accounts']:,} accounts made {row['exchanges_low']:,} to {row['exchanges_high']:,} exchanges. "
        f"For it speak: {said[0]}. Against it speak: {said[1]}.{others} "
        "Belonging to a campaign is a probability, not a proven identity; look before you act on it."
    )


def _words(piece: Row) -> str:
    return f"{piece['signal'].replace('_', ' ')} ({piece['bits']:+.1f} bits)"


def _judgement(row: Row) -> Object:
    lines = {
        f"{line}_bits": round(row[f"{line}_bits"] or 0.0, 6) for line in ("coordination", "concealment", "purpose")
    }
    return {
        "verdict": row["verdict"],
        "likelihood": row["likelihood"],
        "likelihood_words": row["likelihood_words"],
        **lines,
    }


def _behind_exits(pieces: Iterable[Row]) -> bool:
    return any(each["signal"] in EXITS and each["bits"] > 0 for each in pieces)


def _author(mark: str) -> Object:
    return {"type": "identity", "spec_version": "2.1", "id": _id("identity", "iolaus"), "name": "iolaus",
            "identity_class": "system", "created": SINCE, "modified": SINCE, "object_marking_refs": [mark]}  # fmt: skip


def _marking(tlp: str) -> Object:
    return {"type": "marking-definition", "spec_version": "2.1", "id": f"marking-definition--{TLP[tlp]}", "created": SINCE,
            "name": f"TLP:{tlp.upper()}",
            "extensions": {TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp}}}  # fmt: skip


def _extension(author: str, mark: str) -> Object:
    return {"type": "extension-definition", "spec_version": "2.1", "id": _id("extension-definition", SCHEMA_OF_EXTENSION),
            "created": SINCE, "modified": SINCE, "created_by_ref": author, "object_marking_refs": [mark],
            "name": "Judgement of a campaign", "schema": SCHEMA_OF_EXTENSION, "version": "1.0.0",
            "description": "Likelihood (0..1) and its word of ICD 203, verdict, and the three lines of evidence in bits.",
            "extension_types": ["property-extension"]}  # fmt: skip


def _technique(base: Object, technique: str) -> Object:
    reference = {"source_name": "mitre-atlas", "external_id": technique, "url": f"https://atlas.mitre.org/techniques/{technique}",
                 "description": f"MITRE ATLAS {ATLAS}"}  # fmt: skip
    return {**base, "type": "attack-pattern", "id": _id("attack-pattern", technique), "name": TECHNIQUES[technique],
            "created": SINCE, "modified": SINCE, "external_references": [reference]}  # fmt: skip


def _relationship(base: Object, source: str, kind: str, target: str, **more: Any) -> Object:
    return {**base, "type": "relationship", "id": _id("relationship", source, kind, target), "relationship_type": kind,
            "source_ref": source, "target_ref": target, **more}  # fmt: skip


def _observed(base: Object, night: Told, network: str) -> list[Object]:
    """The campaign's exchanges as one observation of the networks they came from.

    Their autonomous systems are told by indicators alone: MISP loses an indicator of one that is an observable, too.
    """
    seen: list[Object] = [
        {"type": f"{thing.kind.partition('-')[0]}-addr", "value": thing.value}
        for thing in night.things
        if thing.kind in ("ipv4-net", "ipv6-net")
    ]
    if not seen:
        return []
    marked = {"spec_version": "2.1", "object_marking_refs": base["object_marking_refs"]}
    seen = [{**each, **marked, "id": _of_content(each)} for each in seen]
    row = night.campaign
    whole = {
        **base, "type": "observed-data", "id": _id("observed-data", row["campaign_id"]),
        "first_observed": moment(row["first_activity"]), "last_observed": moment(row["last_activity"]),
        "number_observed": min(max(row["exchanges"], 1), MOST_OBSERVED), "object_refs": sorted(each["id"] for each in seen),
    }  # fmt: skip
    return [*seen, whole]


def _of_content(thing: Object) -> str:
    """The id that STIX gives an observable for what it is."""
    import stix2

    made: str = stix2.parse({**thing, "spec_version": "2.1"}, version="2.1").id
    return made


def _indicator(
    base: Object, thing: Shareable, name: str, campaign: str, network: str, confidence: int, author: str
) -> list[Object]:
    id_ = _id("indicator", campaign, thing.kind, thing.value)
    return [
        {**base, "type": "indicator", "id": id_, "name": f"{WORDS[thing.kind]} {thing.value} of {name}",
         "description": f"{thing.accounts:,} of the campaign's accounts used it; others use it, too (accounts of groups "
                        f"that nobody accuses: {thing.others:,}), unless something else speaks for the campaign.",
         "indicator_types": ["anomalous-activity"], "pattern": pattern(thing.kind, thing.value), "pattern_type": "stix",
         "valid_from": moment(thing.first_seen), "valid_until": moment(thing.valid_until), "confidence": confidence},
        _relationship(base, id_, "indicates", campaign),
        {**base, "type": "sighting", "id": _id("sighting", id_), "sighting_of_ref": id_, "count": thing.accounts,
         "first_seen": moment(thing.first_seen), "last_seen": moment(thing.last_seen), "where_sighted_refs": [author]},
    ]  # fmt: skip


def _attributed(base: Object, night: Told, campaign: str) -> list[Object]:
    """Attributions that are likely, each as what its level allows to say."""
    found: list[Object] = []
    for row in night.attributions:
        kind = (
            "threat-actor" if row["level"] in ORGANISATIONS else "intrusion-set" if row["level"] == OPERATOR else None
        )
        if kind is None or row["likelihood"] < LIKELY:
            continue
        id_, confidence = _id(kind, row["actor"]), CONFIDENCE[row["analytic_confidence"]]
        typed = {"threat_actor_types": ["competitor"]} if kind == "threat-actor" else {}
        basis = f"For: {row['supporting']}. Against: {row['contradicting'] or 'nothing known'}. Basis: {row['basis']}."
        found += [
            {**base, "type": kind, "id": id_, "name": row["actor"], "confidence": confidence, **typed},
            _relationship(base, campaign, "attributed-to", id_, confidence=confidence,
                          description=f"Likelihood {row['likelihood']:.2f}. {basis}"),
        ]  # fmt: skip
    return found
