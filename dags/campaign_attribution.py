"""Every night, after what, and what to do when it is red: the table of contents of the pipeline.

A task is a layer and runs `iolaus build TABLE ... --date NIGHT` for its tables, in one process; how is in `jobs/`. Every table
is an asset, whose events say how many rows it got in how many seconds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset, CronDataIntervalTimetable, Param
from night_tasks import BuildLayer, NightBefore

# Layer: its tables, in the order in which they are built; each layer waits for the one before.
# `python -m infra.airflow.write_steps` rewrites the block from what the jobs declare to read.
# steps: begin
STEPS: dict[str, tuple[str, ...]] = {
    "staged": (
        "staged.case_decisions",
        "staged.charges",
        "staged.indicators",
        "staged.ip_networks",
        "staged.known_campaigns",
        "staged.model_releases",
        "staged.payment_instruments",
        "staged.accounts",
        "staged.api_requests",
        "staged.logins",
        "staged.deliveries",
        "staged.rejected",
    ),
    "signals": (
        "signals.account_costs",
        "signals.card_bin_clusters",
        "signals.charged_instruments",
        "signals.payment_instruments",
        "signals.account_countries",
        "signals.account_days",
        "signals.activity_rhythms",
        "signals.client_fingerprints",
        "signals.devices",
        "signals.egress_addresses",
        "signals.egress_networks",
        "signals.email_patterns",
        "signals.kyc_documents",
        "signals.login_addresses",
        "signals.phone_patterns",
        "signals.prompt_templates",
        "signals.referrals",
        "signals.release_pivots",
        "signals.shared_bursts",
        "signals.signup_addresses",
        "signals.signup_bursts",
        "signals.system_prompts",
        "signals.account_usage",
        "signals.delivery_figures",
    ),
    "links": (
        "links.observations",
        "links.beats",
        "links.placeholders",
        "links.synchronies",
        "links.incidences",
        "links.entities",
        "links.cells",
        "links.components",
    ),
    "campaigns": (
        "campaigns.incidents",
        "campaigns.clusters",
        "campaigns.lineage",
        "campaigns.link_audit",
        "campaigns.members",
        "campaigns.daily",
        "campaigns.features",
        "campaigns.judgements",
        "campaigns.evidence",
        "campaigns.registry",
        "campaigns.attributions",
        "campaigns.events",
        "campaigns.rankings",
        "campaigns.verdicts",
    ),
    "published": (
        "published.link_audit",
        "published.campaign_members",
        "published.campaign_daily",
        "published.campaign_evidence",
        "published.campaigns",
        "published.account_verdicts",
        "published.campaign_attributions",
        "published.campaign_lineage",
        "published.campaign_rankings",
    ),
    "quality": ("quality",),
    "publish": ("publish",),
}
# steps: end

PUBLISHED = (
    "account_verdicts",
    "campaign_attributions",
    "campaign_daily",
    "campaign_evidence",
    "campaign_lineage",
    "campaign_members",
    "campaign_rankings",
    "campaigns",
    "data_quality",
    "link_audit",
    "runs",
)

LAYERS = {
    "staged": "Raw deliveries as clean, pseudonymised facts",
    "signals": "Who met which entity on which day",
    "links": "What a shared entity is worth, and who hangs together",
    "campaigns": "Clusters over time, scored and attributed",
    "published": "The tables consumers were promised",
    "quality": "Judges every table; nothing is published before it has passed",
    "publish": "Swaps the night into the warehouse",
}


def asset(step: str) -> Asset:
    """What a step builds in the lake."""
    return Asset(f"iolaus.{step}", uri=f"iolaus://lake/{step}", extra={"step": step})


def promised(table: str) -> Asset:
    """A published table, as consumers wait for it."""
    return Asset(f"attribution.{table}", uri=f"iolaus://warehouse/attribution/{table}")


ON_RED = """
One run is one night: run `2026-11-20` starts on the 21st at 04:00 UTC, when the night's deliveries are in, and builds
every table for `--date 2026-11-20`, one task per layer. Tasks are idempotent and skip what has not changed: **clearing a
failed task is always safe**, and it goes on at the table that failed. The XCom `tables` of a task says which tables it has
built; each table is an asset. Nothing is published before `quality` has passed, so readers keep the last good night.

## When it is red

The error of a failed task ends with one sentence that names the table, the file or the option.

**`night_before`** keeps the nights in order.
- "is failed": an earlier night is red, and every later one waits for it. Clear its failed tasks; when it has
  succeeded, clear this run.
- "never run here": the DAG was paused or the scheduler down. Run the `airflow backfill create` command in the
  sentence, then clear this run. Were these nights built with `iolaus run` or `iolaus backfill`, mark the task success.
- "has not ended", "names no night": a manual run builds the night given as its logical date; trigger it with one.

**`staged`** (exit code 1, after two retries): a delivery is missing, unreadable or lacks a required column. Ask the
team that delivers the named file; once it is replaced, clear the task. Bad *rows* never turn a task red: they are in
`staged.rejected` with their reason.

**`quality`, "refused"** (exit code 3, not retried): a critical check failed and nothing was published. `iolaus status`
lists the checks. Repair the delivery or the rule, then clear `staged` *with its downstream*.
Never mark `quality` success: that publishes what it refused.

**`publish`** (exit code 1, after two retries): the warehouse is unreachable or locked; the last night still stands.
See who holds it, then clear the task.

**Any task**
- "wrong usage" (exit code 2, not retried): a setting is missing or wrong where the worker gets it: `IOLAUS_ROOT`,
  `IOLAUS_ENGINE`, `IOLAUS_WAREHOUSE`, `IOLAUS_PSEUDONYM_KEY` (and `_BEFORE`). Correct it and clear the task.
- exit code 1: engine or lake could not be reached, or the step failed. Read the sentence, clear the task.
- exit code 137 or negative: the system killed the process, mostly for want of memory.
- "not on this worker's PATH": the worker lacks the project. Rebuild its image.

**One table alone** is built again by `iolaus build TABLE --date NIGHT` on a worker.

**Rebuild old nights**, here the 18th to the 20th (a run counts as 04:00 of its night):

    airflow backfill create --dag-id campaign_attribution --from-date 2026-11-18 --to-date 2026-11-21 \\
      --reprocess-behavior completed --max-active-runs 1

Later nights that depended on them are marked stale in `attribution.runs` until they are rebuilt too. A night that lacks
rows which came late is rebuilt with them by `iolaus backfill --stale` on a worker, while this DAG is paused.
"""

with (
    DAG(
        dag_id="campaign_attribution",
        description="Links coordinated accounts into campaigns, night by night, and publishes what is known about them",
        doc_md=ON_RED,
        # Four hours for late files: the interval begins at 04:00 of the night's own day, so `ds` is the night.
        schedule=CronDataIntervalTimetable("0 4 * * *", timezone="UTC"),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=20),  # a hanging night turns red before the next one is due
        default_args={
            "owner": "attribution",
            "retries": 2,
            "retry_delay": timedelta(minutes=2),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=30),
            "execution_timeout": timedelta(hours=6),
        },
        params={
            "root": Param(
                None,
                type=["null", "string"],
                pattern="^(/|s3://)",
                description="Folder or s3://bucket/key; empty: IOLAUS_ROOT",
            ),
            "engine": Param(
                None,
                type=["null", "string"],
                pattern="^(sail|spark|sc://(?!.*(@|[Tt][Oo][Kk][Ee][Nn] *=)).+)$",  # a token belongs into the worker's environment
                description="sail, spark or sc://host:port; empty: IOLAUS_ENGINE",
            ),
            "warehouse": Param(
                None,
                type=["null", "string"],
                pattern="^(duckdb:///.+|postgresql://[^:@]+@.+)$",
                description="duckdb:///path/to/file.duckdb or postgresql://user@host/database; empty: IOLAUS_WAREHOUSE",
            ),
        },
        tags={"attribution", "iolaus", "nightly"},
    ) as dag
):
    gate = NightBefore(task_id="night_before", retries=0)
    before = gate
    for layer, steps in STEPS.items():
        task = BuildLayer(
            task_id=layer,
            steps=steps,
            doc=LAYERS[layer],
            pool="iolaus_publish" if layer == "publish" else "default_pool",
            outlets=[asset(step) for step in steps] + ([*map(promised, PUBLISHED)] if layer == "publish" else []),
        )
        before >> task
        before = task
