"""The figures behind the features of one campaign, and how strongly each feature is present.

Ramps run from what an ordinary group shows to what leaves no doubt that the feature is there; they are set by meaning, wide, and
the same for every world.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa

from jobs.graph.intent.hypotheses import ramp

STRENGTHS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("feature", pa.string()),
        ("strength", pa.float64()),
        ("figure", pa.float64()),
    ]
)
MIN_OWN = 0.25  # a campaign's own share of its accounts' traffic: below, what is measured would be blown up too much
MIN_DECLARING = 3  # members of one organisation: two may be a coincidence
Facts = dict[str, dict[str, int]]


def strengths(facts: pa.Table) -> pa.Table:
    """`facts` of one campaign: campaign_id, kind, key, value. Gives rows of STRENGTHS, sorted by feature."""
    table: Facts = defaultdict(dict)
    for kind, key, value in zip(*[facts[name].to_pylist() for name in ("kind", "key", "value")], strict=True):
        if value is not None:
            table[kind][key] = value
    campaign = facts["campaign_id"][0].as_py()
    found = sorted(_measure(table).items())
    return pa.table(
        [
            pa.array([campaign] * len(found), pa.string()),
            pa.array([name for name, _ in found], pa.string()),
            pa.array([round(strength, 6) for _, (strength, _) in found], pa.float64()),
            pa.array([round(observed, 6) for _, (_, observed) in found], pa.float64()),
        ],
        schema=STRENGTHS,
    )


def _measure(table: Facts) -> dict[str, tuple[float, float]]:
    """Feature to (strength, observed figure). A feature that cannot be measured is left out and says nothing."""
    members = len(table["member.requests"])
    if not members:
        return {}
    requests = _total(table, "requests")
    found: dict[str, tuple[float, float]] = {}

    def note(name: str, observed: float, low: float, high: float) -> None:
        found[name] = (ramp(observed, low, high), observed)

    def shared(signal: str, kind: str = "with") -> float:
        return table[kind].get(signal, 0) / members

    note("handful", float(members), 15.0, 8.0)
    note("common_owner", _owned(table) / members, 0.25, 0.7)
    programme = sum(table["member.programme"].values()) / members
    campus = _total(table, "education_requests") / max(requests, 1)
    note("education_network", max(campus, 0.0) * (1.0 if programme >= 0.3 else 0.5), 0.15, 0.5)
    if table["population"].get("elicitation_sum_micros"):
        mean = _total(table, "elicitation_sum_micros") / max(requests, 1) / 1e6
        usual = table["population"]["elicitation_sum_micros"] / max(table["population"]["requests"], 1) / 1e6
        note("elicitation", (mean - usual) / _own_share(table), 0.1, 0.35)
    if table["member.sketched_requests"] and _total(table, "sketched_requests") > 0:
        note("one_template", shared("prompt_template"), 0.3, 0.8)
    if table["task"] and table["population_task"]:
        note("narrow_tasks", min(1.0, _task_distance(table) / _own_share(table)), 0.2, 0.5)
    note("synchrony", shared("shared_burst"), 0.1, 0.5)
    series = shared("made_in_series")
    note("machine_made_identities", series if _owned(table) < 0.6 * members else 0.0, 0.3, 0.8)
    one_place = max(shared("egress_prefix", "top"), shared("egress_address", "top"))
    away = min(_total(table, "foreign_requests") + _total(table, "proxy_requests"), requests) / max(requests, 1)
    note("proxied", away * (1.0 - one_place), 0.15, 0.6)  # a server abroad that all use openly hides nothing
    note("even_load", _unevenness(table), 0.9, 0.45)
    note("one_address", one_place, 0.3, 0.8)
    note("one_payer", shared("payment_instrument", "top"), 0.2, 0.6)
    hours = np.array(sorted(table["member.created_hour"].values()))
    if len(hours):
        spread_hours = float(np.percentile(hours, 90) - np.percentile(hours, 10))
        span_days = max(table["member.last_day"].values()) - min(table["member.first_day"].values()) + 1
        note("short_event", max(spread_hours / 24.0, span_days / 4.0), 3.0, 1.0)
    note("sanctioned", sum(table["member.sanctioned"].values()) / members, 0.05, 0.3)
    verified = sum(table["member.verified"].values()) / members
    note("verified", verified if shared("kyc_document") < 0.1 else 0.0, 0.5, 0.95)
    note("software_only", shared("beside_software"), 0.6, 0.2)
    return found


def _total(table: Facts, name: str) -> int:
    return sum(table[f"member.{name}"].values())


def _own_share(table: Facts) -> float:
    """Part (MIN_OWN..1) of its accounts' exchanges that is the campaign's own.

    Unrelated customers' requests through the same accounts are like everybody's: they dilute what sets the campaign apart
    from everybody by this share. It is an upper bound (`jobs.graph.intent.own_traffic`), so dividing by it never exaggerates.
    """
    exchanges = _total(table, "exchanges")
    return max(MIN_OWN, _total(table, "exchanges_attributed") / exchanges) if exchanges else 1.0


def _owned(table: Facts) -> float:
    """Members that declare an organisation which others of the group declare too: one company, or several side by side.

    A mail domain counts half, and only the one that most members have: companies have one, and so do catch-alls.
    """
    by_kind: dict[str, int] = defaultdict(int)
    for declared, members in table["owner"].items():
        by_kind[declared.partition("|")[0]] += members if members >= MIN_DECLARING else 0
    return max(float(max(by_kind.values(), default=0)), 0.5 * max(table["domain"].values(), default=0))


def _task_distance(table: Facts) -> float:
    """Total variation distance (0..1) between the campaign's tasks and everybody's."""
    mine, all_ = sum(table["task"].values()), sum(table["population_task"].values())
    labels = sorted({*table["task"], *table["population_task"]})
    gaps = [abs(table["task"].get(t, 0) / mine - table["population_task"].get(t, 0) / all_) for t in labels]
    return float(np.sum(gaps) / 2)


def _unevenness(table: Facts) -> float:
    """Coefficient of variation of members' requests per active day; independent customers show 1 or more."""
    days = table["member.days"]
    rates = np.array([table["member.requests"][a] / max(days[a], 1) for a in sorted(table["member.requests"])])
    return float(rates.std() / rates.mean()) if len(rates) and rates.mean() > 0 else 1.0
