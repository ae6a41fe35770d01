"""One night with identifiers of people in it, and none of them, nor the key, in anything that the night leaves or says."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql.connect.client.core import SparkConnectClient

from jobs import settings, telemetry
from jobs.cli import commands
from jobs.nights import steps
from jobs.nights.run import runner
from jobs.settings import PSEUDONYM_KEY
from jobs.warehouse import open_warehouse
from tests.conftest import TEST_KEY
from tests.jobs.staged.rawrows import good
from tests.traces import traces
from tests.worlds import FIRST, SECOND, golden_world, partition

IDENTIFYING = {
    "accounts": ("email", "phone", "full_name", "organization_name", "signup_address", "signup_device_id", "kyc_document_hash"),
    "api_requests": ("client_address", "prompt_text", "api_key_id"),
    "logins": ("client_address", "device_id"),
    "charges": ("x_instrument_fingerprint",),
    "payment_instruments": ("instrument_fingerprint",),
}  # fmt: skip
CARD_TOKEN = "ins-planted-1"
HOST, HOST_V6, HOME = "198.51.100.77", "2001:db8:77::7", "198.51.100.201"
NETWORKS = (f"{HOST}/32", f"{HOST_V6}/128", "198.51.100.200/29", "2001:db8:99::/48", "2001:db8:aa:bb00::/56")
CARD, MAIL, PHONE, PERSON = "4929123456789012", "zelda.quill@planted.example", "+49 170 5550199", "Zelda Quillfeather"
PROMPT, HOLDER, DEVICE, DOCUMENT = (
    "the planted prompt of nobody else",
    "Ulrike Homeowner",
    "dev-planted-1",
    "kyc-planted-1",
)
PLANTED = [
    HOST,
    HOST_V6,
    HOME,
    *NETWORKS,
    CARD,
    MAIL,
    PHONE,
    PERSON,
    PROMPT,
    HOLDER,
    DEVICE,
    DOCUMENT,
    "planted.example",
]
PLANTED += ["zelda.quill", "4917055501", "Quillfeather", "49291234567", CARD_TOKEN, TEST_KEY]
Rows = list[dict[str, Any]]


def planted_world(root: Path) -> Path:
    """The tiny world, and a dozen of its accounts that share a host which the registry lists alone, and much else."""
    golden_world(root, days=2)
    accounts = pq.read_table(partition(root, "accounts", FIRST)).to_pylist()
    chosen = [row["account_id"] for row in accounts[:12]]
    for night in (FIRST, SECOND):
        deliver(root, night, "ip_networks", [
            {"cidr": cidr, "asn": 64999, "organization": HOLDER, "kind": "isp", "country": "DE"} for cidr in NETWORKS
        ])  # fmt: skip
        deliver(root, night, "accounts", [planted_account(f"planted-{n}") for n in range(4)])
        deliver(root, night, "payment_instruments", [
            good("payment_instruments", account_id=f"planted-{n}", instrument_fingerprint=CARD_TOKEN, bin=CARD) for n in range(4)
        ])  # fmt: skip
        deliver(root, night, "indicators", [
            good("indicators", indicator_id=f"planted-{kind}-{n}", kind=kind, value=value)
            for n, (kind, value) in enumerate((
                ("ipv4-net", f"{HOST}/32"), ("ipv6-net", f"{HOST_V6}/128"), ("ipv4-net", "198.51.100.200/29"),
                ("email-domain", "planted.example"), ("instrument", CARD_TOKEN), ("phone-prefix", "49170555"),
                ("card-bin", CARD),
            ))
        ])  # fmt: skip
        users = [*chosen, *(f"planted-{n}" for n in range(4))]
        deliver(root, night, "api_requests", [
            request(night, account, n, address)
            for account in users for n, address in enumerate((HOST, HOST_V6, HOME, f"{HOST}:4711, 10.0.0.1"))
        ] + broken_requests(night))  # fmt: skip
        deliver(root, night, "logins", [
            good("logins", account_id=account, logged_in_at=f"{night}T09:00:00Z", client_address=HOST, device_id=DEVICE)
            for account in users
        ])  # fmt: skip
        charge = {"charge_period_start": f"{night}T00:00:00Z", "charge_period_end": f"{night}T01:00:00Z"}
        deliver(root, night, "charges", [
            good("charges", billing_account_id=f"planted-{n}", invoice_id=f"i{n}", x_instrument_fingerprint=CARD_TOKEN, **charge)
            for n in range(4)
        ])  # fmt: skip
    return root


def planted_account(account: str) -> dict[str, Any]:
    """A row whose columns that nobody declared have a person's address for a name."""
    return good("accounts", account_id=account, email=MAIL, phone=PHONE, full_name=PERSON, signup_address=HOST,
                organization_name=PERSON, signup_device_id=DEVICE, kyc_document_hash=DOCUMENT, **{MAIL: 1, HOST: 2})  # fmt: skip


def request(night: date, account: str, number: int, address: str) -> dict[str, Any]:
    moment, name = f"{night}T1{number}:00:00Z", f"planted-{account}-{number}"
    row = good("api_requests", request_id=name, requested_at=moment, account_id=account, client_address=address)
    return row | {"prompt_sketch": None, "prompt_text": PROMPT}


def broken_requests(night: date) -> Rows:
    """Rows that are rejected, and one whose address cannot be read."""
    good_one = request(night, "planted-0", 9, HOST)
    return [
        good_one | {"request_id": "b1", "input_tokens": MAIL},
        good_one | {"request_id": "b2", "access_path": MAIL},
        good_one | {"request_id": "b3", "client_address": f"{PERSON} at {MAIL}"},
        good_one | {"request_id": None},
    ]


def deliver(root: Path, night: date, table: str, rows: Rows) -> None:
    folder = partition(root, table, night)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "part-9.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def identifiers(root: Path) -> list[str]:
    """Every raw identifier that was delivered, and the ways in which an address may be written."""
    found: set[str] = set(PLANTED)
    for table, columns in IDENTIFYING.items():
        for path in (root / "raw" / table).rglob("*.parquet"):
            rows = pq.read_table(path)
            found |= {text for name in columns if name in rows.column_names for text in rows[name].to_pylist() if text}
    exploded = {ip_address(text).exploded for text in found if ":" in text and "/" not in text and "::" in text}
    long_enough = {text for text in found | exploded if len(text) > 6}
    networks = pq.read_table(partition(root, "ip_networks", FIRST) / "part-0.parquet").to_pylist()
    registered = {text for row in networks for text in (row["cidr"].partition("/")[0], row["organization"])}  # publicly
    return sorted(long_enough - registered)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planted_world(tmp_path_factory.mktemp("leaks") / "world")


class Said:
    """What a night said to the engine and to its logs."""

    def __init__(self) -> None:
        self.plans: list[bytes] = []
        self.logs: list[str] = []


@pytest.fixture(scope="module")
def said(root: Path) -> Iterator[Said]:
    """The night, built and published, with every plan and every record of every logger."""
    heard, patch = Said(), pytest.MonkeyPatch()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.logs.append(record.getMessage())

    for name in ("_execute", "_execute_and_fetch_as_iterator"):
        original = getattr(SparkConnectClient, name)

        def listening(client: Any, request: Any, *more: Any, original: Any = original, **named: Any) -> Any:
            heard.plans.append(request.SerializeToString())
            return original(client, request, *more, **named)

        patch.setattr(SparkConnectClient, name, listening)
    for name in ("cache_artifact", "cache_artifacts"):
        kept = getattr(SparkConnectClient, name)

        def keeping(client: Any, blobs: Any, kept: Any = kept) -> Any:
            heard.plans += [blobs] if isinstance(blobs, bytes) else blobs
            return kept(client, blobs)

        patch.setattr(SparkConnectClient, name, keeping)
    listener, level = Listener(), logging.getLogger().level
    logging.getLogger().addHandler(listener)
    logging.getLogger().setLevel(logging.DEBUG)
    (root / "lineage").mkdir()
    patch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "file")
    patch.setenv("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH", f"{root}/lineage/events.jsonl")
    patch.setenv("OPENLINEAGE__TRANSPORT__APPEND", "true")
    try:
        chosen = settings.settings(root, "sail")
        with runner(chosen, telemetry.listener(chosen)) as own:
            own.run(FIRST)
        published = open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
        commands._write_report(published, root / "report" / f"{FIRST}", FIRST)
        yield heard
    finally:
        logging.getLogger().removeHandler(listener)
        logging.getLogger().setLevel(level)
        patch.undo()


def test_nothing_below_the_root_but_what_was_delivered_holds_an_identifier_or_the_key(root: Path, said: Said) -> None:
    words = identifiers(root)
    assert len(words) > 1000
    places = [each for each in root.iterdir() if each.name not in ("raw", "truth")]
    told = {"lake", "lineage", "metrics", "quality", "report", "warehouse.duckdb"}
    assert told <= {each.name for each in places if each.is_file() or any(each.iterdir())}
    assert traces(words, *places) == []


def test_the_planted_networks_were_met_and_are_published_by_token(root: Path, said: Said) -> None:
    published = open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    entities = {row["entity"] for row in published.read("link_audit", FIRST).to_pylist()}
    assert any(each.startswith("net4-32_") for each in entities)
    assert any(each.startswith("net6-128_") for each in entities)


def test_no_plan_and_no_log_holds_an_identifier_or_the_key(root: Path, said: Said) -> None:
    plans, logs = b"\0".join(said.plans), "\n".join(said.logs).encode()
    assert len(said.plans) > 100
    assert len(said.logs) > 10
    words = [word.encode() for word in identifiers(root)]
    assert [word for word in words if word in plans or word in logs] == []


def iolaus(folder: Path, *words: str, **variables: str) -> tuple[str, list[str]]:
    """What a command prints and leaves in its temporary folder, and the command lines of it and of what it starts."""
    folder.mkdir(exist_ok=True)
    command = [str(Path(sys.executable).parent / "iolaus"), *words]
    environment = {**os.environ, PSEUDONYM_KEY: TEST_KEY, "TMPDIR": str(folder), **variables}
    with (folder / "printed").open("w") as printed:
        process = subprocess.Popen(command, env=environment, stdout=printed, stderr=subprocess.STDOUT)
        lines: set[str] = set()
        while process.poll() is None:
            lines |= set(command_lines(process.pid))
            time.sleep(0.05)
    return "\n".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()), sorted(lines)


def command_lines(of: int) -> list[str]:
    """Command lines of a process and of those that it started."""
    found, wanted = [], {of}
    for process in sorted(int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()):
        try:
            parent = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
            if process in wanted or parent in wanted:
                wanted.add(process)
                found.append(
                    Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
        except OSError:
            continue
    return found


def test_no_command_prints_an_identifier_and_no_process_shows_one_or_the_key(
    root: Path, said: Said, tmp_path: Path
) -> None:
    shown: list[str] = []
    where = ("--root", str(root))
    for words in (
        ("run", "--date", f"{FIRST}", *where),
        ("status", *where),
        ("explain", "account", "planted-0", *where),
        ("query", "SELECT * FROM link_audit_current", "--format", "csv", *where),
        ("query", "SELECT * FROM data_quality_current", "--format", "json", *where),
        ("export", "blocklist", "--out", str(tmp_path / "export" / "blocklist.csv"), *where),
    ):
        printed, lines = iolaus(tmp_path / words[0], *words)
        assert printed
        assert lines
        shown += [printed, *lines]
    printed, _ = iolaus(tmp_path / "json", "run", "--date", f"{FIRST}", *where, IOLAUS_LOG="json")
    assert printed.count('"event": "step_done"') == len(steps.steps())
    shown.append(printed)
    text = "\n".join(shown)
    assert [word for word in identifiers(root) if word in text] == []


@pytest.mark.parametrize("damage", ["cut short", "another type", "no object", "a column twice"])
def test_an_error_quotes_no_identifier(root: Path, said: Said, tmp_path: Path, damage: str) -> None:
    broken = tmp_path / "world"
    shutil.copytree(root / "raw", broken / "raw")
    path = partition(broken, "accounts", FIRST) / "part-9.jsonl"
    if damage == "cut short":
        whole = partition(broken, "accounts", FIRST) / "part-0.parquet"
        whole.write_bytes(whole.read_bytes()[:-400])
    elif damage == "another type":
        path.write_text(json.dumps({"account_id": {MAIL: PHONE}, "created_at": PERSON, "status": MAIL}) + "\n")
    elif damage == "no object":
        path.write_text(f"{MAIL},{PHONE},{HOST}\n")
    else:
        path.write_text(json.dumps([planted_account("x"), planted_account("y")]) + "\n")
    printed, lines = iolaus(tmp_path / "said", "run", "--date", f"{FIRST}", "--root", str(broken))
    assert printed
    text = "\n".join([printed, *lines])
    assert [word for word in identifiers(root) if word in text] == []


def test_airflow_renders_neither_the_key_nor_an_identifier(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = """
import json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
folder = Path(sys.argv[1])
dag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder").dags["campaign_attribution"]
params = {name: (dag.params[name] if name in dag.params else "") for name in ("root", "engine", "warehouse")}
for task in dag.tasks:
    task.render_template_fields({"ds": "2026-03-02", "params": params})
    shown = [*task.template_fields, "task_id", "doc_md"]
    print(json.dumps({name: getattr(task, name) for name in shown}, default=str))
"""
    home = root.parent / "airflow"
    environment = {**os.environ, PSEUDONYM_KEY: TEST_KEY, "IOLAUS_ROOT": str(root), "AIRFLOW_HOME": str(home)}
    dags = Path(__file__).parents[2] / "dags"
    done = subprocess.run(
        [sys.executable, "-c", program, str(dags)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count('"settings"') == 7  # a task for each layer of the night
    assert [word for word in identifiers(root) if word in done.stdout + done.stderr] == []
