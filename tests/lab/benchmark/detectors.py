"""Detectors that come with the benchmark: iolaus, and what a team would write on its first day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import networkx as nx
import pyarrow as pa
import pyarrow.dataset as ds

from jobs.nights import steps
from jobs.nights.run import Runner, landed_nights, runner
from jobs.settings import settings
from jobs.vocabulary import Role, Verdict

ANSWERS = pa.schema(
    [("account_id", pa.string()), ("group", pa.string()), ("verdict", pa.string()), ("likelihood", pa.float64())]
)
SMALLEST = 10  # accounts: fewer that share a card are a household or a team


def iolaus(root: Path) -> pa.Table:
    """Every landed night, and what the last one says of its campaigns; an account counts where its membership is strongest."""
    with runner(settings(root)) as own:
        nights = landed_nights(own.settings)
        for night in nights:
            for name in steps.steps():
                if name not in (steps.QUALITY, steps.PUBLISH):
                    own.build(name, night)
        return _published(own, nights)


def _published(own: Runner, nights: list) -> pa.Table:  # type: ignore[type-arg]
    night = nights[-1]
    campaigns = own.lake.read_arrow("published.campaigns", night, night).to_pylist()
    called = {row["campaign_id"]: (row["verdict"], row["likelihood"]) for row in campaigns}
    best: dict[str, tuple[float, str]] = {}
    for row in own.lake.read_arrow("published.campaign_members", night, night).to_pylist():
        if row["role"] == Role.OPERATED and row["campaign_id"] in called:
            offer = (-row["membership"], row["campaign_id"])
            best[row["account_id"]] = min(best.get(row["account_id"], offer), offer)
    rows = [(account, group, *called[group]) for account, (_, group) in sorted(best.items())]
    return pa.table(list(map(list, zip(*rows, strict=True))) or [[]] * len(ANSWERS), schema=ANSWERS)


def shared_things(root: Path) -> pa.Table:
    """Accounts joined by one card or one device, ten and more called deliberate: union-find on hard identifiers."""
    graph: nx.Graph = nx.Graph()
    for account, thing in _cards_and_devices(root):
        graph.add_edge(("account", account), thing)
    rows = []
    for component in nx.connected_components(graph):
        accounts = sorted(name for kind, name in component if kind == "account")
        if len(accounts) >= SMALLEST:
            rows += [(account, accounts[0], str(Verdict.DELIBERATE), None) for account in accounts]
    return pa.table(list(map(list, zip(*sorted(rows), strict=True))) or [[]] * len(ANSWERS), schema=ANSWERS)


def _cards_and_devices(root: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    for table, column in (("payment_instruments", "instrument_fingerprint"), ("accounts", "signup_device_id")):
        delivery = sorted((root / "raw" / table).glob("ds=*"))[-1]
        by_format: dict[str, list[str]] = defaultdict(list)
        for file in sorted(delivery.iterdir()):
            by_format["parquet" if file.suffix == ".parquet" else "json"].append(str(file))
        for form, files in sorted(by_format.items()):
            for row in ds.dataset(files, format=form).to_table(["account_id", column]).to_pylist():
                if row[column]:
                    yield row["account_id"], (table, row[column])


DETECTORS: dict[str, Callable[[Path], pa.Table]] = {"iolaus": iolaus, "shared-things": shared_things}
