"""A world follows the input contract, repeats byte for byte, and is as dirty and as hidden as it claims."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import date, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import networkx as nx
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from jobs.errors import UsageError
from jobs.evaluation.scores import pairwise
from jobs.simulate.worlds import write_world

FIRST = date(2026, 3, 2)
DAYS = 5
TEXT, INSTANT, WHOLE, INTEGER = pa.string(), pa.timestamp("us", tz="UTC"), pa.int64(), pa.int32()
REQUESTS = {
    "request_id": TEXT, "requested_at": INSTANT, "account_id": TEXT, "api_key_id": TEXT, "access_path": TEXT,
    "operation": TEXT, "request_model": TEXT, "client_address": TEXT, "user_agent": TEXT, "tls_ja4": TEXT,
    "input_tokens": WHOLE, "output_tokens": WHOLE, "cache_read_input_tokens": WHOLE, "reasoning_output_tokens": WHOLE,
    "max_tokens": INTEGER, "temperature": pa.float64(), "stream": pa.bool_(), "finish_reason": TEXT,
    "status_code": INTEGER, "system_prompt_hash": TEXT, "tools_hash": TEXT, "prompt_sketch": pa.list_(INTEGER),
    "task_label": TEXT, "elicitation_score": pa.float64(),
}  # fmt: skip
COLUMNS = {
    "accounts": "account_id created_at organization_id organization_name email email_verified phone full_name country "
    "signup_address signup_device_id kyc_status kyc_document_hash referral_code access_program tier status "
    "status_changed_at status_reason",
    "payment_instruments": "account_id instrument_fingerprint kind bin issuer_country funding added_at removed_at",
    "logins": "account_id logged_in_at client_address device_id user_agent",
    "charges": "billing_account_id invoice_id charge_period_start charge_period_end charge_category sku_meter "
    "consumed_quantity consumed_unit billed_cost billing_currency x_instrument_fingerprint x_payment_status",
    "ip_networks": "cidr asn organization kind country",
    "model_releases": "model released_at",
    "indicators": "indicator_id kind value actor source_id source_reliability credibility valid_from valid_until",
    "known_campaigns": "incident_id name actor provider metric bound value first_day last_day as_of scope source "
    "source_grade response",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every campaign and look-alike kind of preset small, on half its accounts and days."""
    root = tmp_path_factory.mktemp("world")
    write_world(root, "small", seed=11, accounts=2_500, days=DAYS, first_day=FIRST)
    return root


@pytest.fixture(params=["small", "causes"], scope="module")
def any_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of a roster, and one whose groups are drawn by cause."""
    if request.param == "small":
        return request.getfixturevalue("world")
    root = tmp_path_factory.mktemp("causes")
    write_world(root, "causes", seed=11, accounts=2_500, days=DAYS, first_day=FIRST)
    return root


def raw(root: Path, table: str, day: int) -> pa.Table:
    return pq.read_table(
        root / "raw" / table / f"ds={FIRST + timedelta(days=day)}" / "part-0.parquet", partitioning=None
    )


def requests(root: Path) -> pa.Table:
    return pa.concat_tables([raw(root, "api_requests", day) for day in range(DAYS)])


def truth(root: Path, name: str) -> pa.Table:
    return pq.read_table(root / "truth" / f"{name}.parquet")


def digests(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(("preset", "truths"), [("tiny", 6), ("causes", 7)])
def test_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path: Path, preset: str, truths: int) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        write_world(tmp_path / name, preset, seed=seed, accounts=250, days=2, first_day=FIRST)
    one = digests(tmp_path / "one")
    assert len(one) == 9 * 2 + truths
    assert one == digests(tmp_path / "two")
    assert one != digests(tmp_path / "other")


def test_requests_have_the_types_of_the_input_contract(any_world: Path) -> None:
    schema = raw(any_world, "api_requests", 0).schema
    assert {field.name: field.type for field in schema} == REQUESTS
    lengths = set(pc.list_value_length(requests(any_world).column("prompt_sketch")).to_pylist())
    assert lengths == {16, None}


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_every_other_table_is_delivered_daily_with_the_contracted_columns(any_world: Path, table: str) -> None:
    for day in range(DAYS):
        rows = raw(any_world, table, day)
        assert rows.column_names == COLUMNS[table].split()
        assert rows.num_rows > 0
        for field in rows.schema:
            if field.name.endswith("_at") or field.name.startswith(("charge_period", "valid_")):
                assert field.type == INSTANT
    if table == "charges":
        assert raw(any_world, table, 0).schema.field("billed_cost").type == pa.decimal128(18, 6)


def test_an_account_is_in_the_snapshot_once_and_never_acts_before_sign_up(any_world: Path) -> None:
    rows = raw(any_world, "accounts", DAYS - 1)
    ids = rows.column("account_id").to_pylist()
    created = dict(zip(ids, rows.column("created_at").to_pylist(), strict=True))
    assert len(created) == len(ids)
    made = requests(any_world)
    for account, at in zip(made.column("account_id").to_pylist(), made.column("requested_at").to_pylist(), strict=True):
        assert account is None or created[account] <= at


def test_deliveries_are_late_repeated_and_broken_now_and_then(any_world: Path) -> None:
    seen: Counter[str] = Counter()
    lags: Counter[int] = Counter()
    for day in range(DAYS):
        rows = raw(any_world, "api_requests", day)
        seen.update(rows.column("request_id").to_pylist())
        lags.update((FIRST + timedelta(days=day) - at.date()).days for at in rows.column("requested_at").to_pylist())
    assert set(lags) == {0, 1, 2, 3}
    assert 0.003 < 1 - lags[0] / lags.total() < 0.015
    assert 0.0003 < sum(count > 1 for count in seen.values()) / len(seen) < 0.003
    rows = requests(any_world)
    broken = [
        pc.sum(pc.less(rows.column("input_tokens"), 0)).as_py(),
        pc.sum(pc.equal(rows.column("client_address"), "none:0")).as_py(),
        rows.column("account_id").null_count,
    ]
    assert all(count > 0 for count in broken)
    assert sum(broken) / rows.num_rows < 0.001


def test_true_volume_is_what_the_raw_zone_holds(world: Path) -> None:
    """For campaigns whose accounts do nothing else: distinct whole answered requests, counted from the files."""
    campaign = {
        row["account_id"]: row["campaign_id"]
        for row in truth(world, "accounts").to_pylist()
        if row["role"] == "operated"
    }
    only_extraction = {"true-aster", "true-clover", "true-dodder", "true-elder"}
    counted: dict[tuple[str, date], set[str]] = defaultdict(set)
    columns = ["request_id", "account_id", "requested_at", "status_code", "input_tokens", "client_address"]
    for row in requests(world).select(columns).to_pylist():
        mine = campaign.get(row["account_id"])
        is_whole = row["input_tokens"] >= 0 and row["client_address"] != "none:0"
        if mine in only_extraction and is_whole and row["status_code"] == 200:
            counted[mine, row["requested_at"].date()].add(row["request_id"])
    daily = {
        (row["campaign_id"], row["activity_date"]): row["exchanges"]
        for row in truth(world, "daily").to_pylist()
        if row["campaign_id"] in only_extraction
    }
    assert {campaign for campaign, _ in daily} == only_extraction
    assert daily == {key: len(ids) for key, ids in counted.items()}


def test_no_operated_account_stands_out_by_volume(world: Path) -> None:
    role = {row["account_id"]: row["role"] for row in truth(world, "accounts").to_pylist()}
    per_day = Counter(
        (account, at.date())
        for account, at in zip(
            *(requests(world).column(c).to_pylist() for c in ("account_id", "requested_at")), strict=True
        )
    )
    operated = sorted(count for (account, _), count in per_day.items() if role.get(account) == "operated")
    others = sorted(count for (account, _), count in per_day.items() if role.get(account, "") is None)
    assert 18 < sum(operated) / len(operated) < 32
    assert operated[-1] < others[int(len(others) * 0.995)]


def test_a_ban_ends_an_account_and_a_new_one_replaces_it_within_a_day(world: Path) -> None:
    mine = {row["account_id"] for row in truth(world, "accounts").to_pylist() if row["tier"] == "rotation"}
    rows = [row for row in raw(world, "accounts", DAYS - 1).to_pylist() if row["account_id"] in mine]
    banned = {row["account_id"]: row["status_changed_at"] for row in rows if row["status"] == "banned"}
    created = sorted(row["created_at"] for row in rows)
    assert len(banned) >= 2
    for at in banned.values():
        assert any(timedelta(0) < other - (at - timedelta(hours=2)) < timedelta(days=1) for other in created)
    made = requests(world)
    for account, at in zip(*(made.column(c).to_pylist() for c in ("account_id", "requested_at")), strict=True):
        assert account not in banned or at < banned[account]


def test_two_operators_share_one_proxy_network_with_innocents_and_victims(world: Path) -> None:
    rows = truth(world, "accounts").to_pylist()
    networks = Counter(row["proxy_network"] for row in truth(world, "campaigns").to_pylist())
    assert networks["Hydra Gate"] == 2
    assert sum(row["role"] == "victim" for row in rows) >= 10
    mine = defaultdict(set)
    kinds = {row["account_id"]: row["campaign_id"] if row["role"] != "victim" else "victim" for row in rows}
    kinds |= {row["account_id"]: "customer" for row in rows if row["lookalike"] == "proxy_customer"}
    made = requests(world)
    for account, address in zip(*(made.column(c).to_pylist() for c in ("account_id", "client_address")), strict=True):
        mine[kinds.get(account)].add(address)
    for other in ("true-heather", "victim"):
        assert len(mine["true-gorse"] & mine[other]) > 5
    pools = mine["true-gorse"] | mine["true-heather"] | mine["true-borage"] | mine["true-elder"]
    assert len(mine["customer"] & pools) > 5


def test_every_lookalike_kind_is_present_and_no_operated_account_is_one(world: Path) -> None:
    rows = truth(world, "accounts").to_pylist()
    assert {row["lookalike"] for row in rows} == {
        "enterprise_nat", "agency", "white_label", "aggregator", "class", "hackathon", "evaluation_vendor",
        "academic_benchmark", "ci_agents", "proxy_customer", "release_day", "family", "framework_default",
        "mobile_nat", "vpn_exits", "bystander", "enterprise_vpn", None,
    }  # fmt: skip
    assert not [row for row in rows if row["role"] == "operated" and row["lookalike"] is not None]


def test_an_enterprise_vpn_is_one_exit_of_people_in_many_countries(world: Path) -> None:
    staff = {row["account_id"] for row in truth(world, "accounts").to_pylist() if row["lookalike"] == "enterprise_vpn"}
    rows = [row for row in raw(world, "accounts", DAYS - 1).to_pylist() if row["account_id"] in staff]
    assert len({row["organization_id"] for row in rows}) == 1
    assert len({row["country"] for row in rows}) >= 4
    owner = {row["cidr"]: row["organization"] for row in raw(world, "ip_networks", 0).to_pylist()}
    ranges = [ip_network(cidr) for cidr, name in owner.items() if name.startswith("Southgate")]
    through: Counter[bool] = Counter()
    made = requests(world)
    for account, address in zip(*(made.column(c).to_pylist() for c in ("account_id", "client_address")), strict=True):
        if account in staff and address != "none:0":
            through[any(ip_address(address) in cidr for cidr in ranges)] += 1
    assert 0.7 < through[True] / through.total() < 0.9


def test_bystanders_share_one_thing_with_an_operated_account(world: Path) -> None:
    """Of 28, four share a card (one of them may have no card in use) and four a device, and no one both."""
    roles = {row["account_id"]: row["lookalike"] or row["role"] for row in truth(world, "accounts").to_pylist()}
    last = raw(world, "accounts", DAYS - 1).to_pylist()
    cards = raw(world, "payment_instruments", DAYS - 1).to_pylist()
    device = {row["account_id"]: row["signup_device_id"] for row in last}
    card = {row["account_id"]: row["instrument_fingerprint"] for row in cards}
    sharing = {}
    for name, held in (("device", device), ("card", card)):
        operated = {value for account, value in held.items() if roles[account] == "operated"}
        sharing[name] = {a for a, value in held.items() if roles[a] == "bystander" and value in operated}
    assert len(sharing["device"]) == 4
    assert 1 <= len(sharing["card"]) <= 4
    assert not sharing["device"] & sharing["card"]


def test_nobody_is_banned_before_having_worked(tmp_path: Path) -> None:
    dials = ["banned_share=0.1", "ramp_days=4"]
    write_world(tmp_path, "tiny", seed=5, days=6, first_day=FIRST, dials=dials)
    parts = sorted((tmp_path / "raw" / "api_requests").glob("*/*.parquet"))
    worked = {
        account for path in parts for account in pq.ParquetFile(path).read(["account_id"])["account_id"].to_pylist()
    }
    last = pq.ParquetFile(sorted((tmp_path / "raw" / "accounts").glob("*/*.parquet"))[-1]).read().to_pylist()
    roles = {row["account_id"]: row["role"] for row in truth(tmp_path, "accounts").to_pylist()}
    banned = {row["account_id"] for row in last if row["status"] == "banned" and roles[row["account_id"]] == "operated"}
    assert len(banned) > 10
    assert len(banned - worked) <= 1  # whoever sleeps on its only day


def test_a_world_without_campaigns_holds_look_alikes_only(tmp_path: Path) -> None:
    write_world(tmp_path, "innocent", seed=1, accounts=600, days=1, first_day=FIRST)
    assert truth(tmp_path, "campaigns").num_rows == 0
    rows = truth(tmp_path, "accounts").to_pylist()
    assert not [row for row in rows if row["role"] == "operated"]
    assert {"agency", "white_label", "class"} <= {row["lookalike"] for row in rows}


def test_union_find_on_card_and_device_does_not_solve_the_world(world: Path) -> None:
    """The alternative a team would build in a day must stay below a pairwise F1 of .6, and not by finding nothing."""
    graph = nx.Graph()
    for row in raw(world, "accounts", DAYS - 1).select(["account_id", "signup_device_id"]).to_pylist():
        graph.add_edge(row["account_id"], ("device", row["signup_device_id"]))
    for row in raw(world, "payment_instruments", DAYS - 1).to_pylist():
        graph.add_edge(row["account_id"], ("card", row["instrument_fingerprint"]))
    said = {}
    for number, part in enumerate(nx.connected_components(graph)):
        members = [node for node in part if isinstance(node, str)]
        if len(members) > 1:
            said.update(dict.fromkeys(members, str(number)))
    operated = {
        row["account_id"]: row["campaign_id"]
        for row in truth(world, "accounts").to_pylist()
        if row["role"] == "operated"
    }
    score = pairwise(operated, said)["pairwise_f1"]
    assert isinstance(score, float)
    assert 0.05 < score < 0.6


def test_a_world_is_not_written_over_a_raw_zone(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(UsageError, match="already holds a raw zone"):
        write_world(tmp_path, "tiny", seed=1, first_day=FIRST)


def test_charges_are_the_price_of_the_tokens_used(world: Path) -> None:
    """At prices of whole micro-dollars per token, one day's usage lines add up to that day's requests."""
    lines = [row for row in raw(world, "charges", 0).to_pylist() if row["charge_category"] == "Usage"]
    billed = Counter()
    for row in lines:
        assert row["consumed_unit"] == "tokens"
        billed[row["billing_account_id"], row["sku_meter"]] += row["consumed_quantity"]
    used = Counter()
    made = pa.Table.from_pylist(list({row["request_id"]: row for row in requests(world).to_pylist()}.values()))
    for row in made.to_pylist():
        if row["requested_at"].date() == FIRST and row["account_id"] is not None and row["input_tokens"] >= 0:
            used[row["account_id"], row["request_model"]] += row["input_tokens"] + row["output_tokens"]
    same = sum(billed[key] == tokens for key, tokens in used.items())
    assert same / len(used) > 0.98  # the rest lost a broken request
    assert all(row["billed_cost"] > 0 for row in lines if row["sku_meter"] != "embed-1")


@pytest.mark.parametrize(
    ("preset", "accounts", "days", "named"),
    [("huge", None, None, "--preset"), ("tiny", 50, None, "--accounts"), ("tiny", None, 0, "--days")],
)
def test_wrong_options_are_named(
    tmp_path: Path, preset: str, accounts: int | None, days: int | None, named: str
) -> None:
    with pytest.raises(UsageError, match=named):
        write_world(tmp_path, preset, seed=1, accounts=accounts, days=days, first_day=FIRST)
