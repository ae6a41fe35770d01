"""Every night, after what, and what to do when it is red: the table of contents of the pipeline.

A task is named after the table it builds and runs `iolaus build TABLE --date NIGHT`; how is in `jobs/`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset, CronDataIntervalTimetable, Param, TaskGroup
from night_tasks import BuildStep, NightBefore

# Step: the steps it waits for. An edge that follows from others is left out.
# `python -m infra.airflow.write_steps` rewrites the block from what the jobs declare to read.
# steps: begin
STEPS: dict[str, tuple[str, ...]] = {
    "staged.case_decisions": (),
    "staged.charges": (),
    "staged.indicators": (),
    "staged.ip_networks": (),
    "staged.known_campaigns": (),
    "staged.model_releases": (),
    "staged.payment_instruments": (),
    "staged.accounts": ("staged.ip_networks",),
    "staged.api_requests": ("staged.ip_networks",),
    "staged.logins": ("staged.ip_networks",),
    "signals.account_costs": ("staged.charges",),
    "signals.card_bin_clusters": ("staged.payment_instruments",),
    "signals.charged_instruments": ("staged.charges",),
    "signals.payment_instruments": ("staged.payment_instruments",),
    "campaigns.incidents": ("staged.known_campaigns",),
    "staged.deliveries": (
        "staged.accounts",
        "staged.api_requests",
        "staged.case_decisions",
        "staged.charges",
        "staged.indicators",
        "staged.known_campaigns",
        "staged.logins",
        "staged.model_releases",
        "staged.payment_instruments",
    ),
    "staged.rejected": (
        "staged.accounts",
        "staged.api_requests",
        "staged.case_decisions",
        "staged.charges",
        "staged.indicators",
        "staged.known_campaigns",
        "staged.logins",
        "staged.model_releases",
        "staged.payment_instruments",
    ),
    "signals.account_countries": ("staged.api_requests",),
    "signals.account_days": ("staged.api_requests",),
    "signals.account_usage": ("staged.api_requests",),
    "signals.activity_rhythms": ("staged.api_requests",),
    "signals.client_fingerprints": ("staged.api_requests",),
    "signals.devices": ("staged.accounts", "staged.logins"),
    "signals.egress_addresses": ("staged.api_requests",),
    "signals.egress_networks": ("staged.api_requests",),
    "signals.email_patterns": ("staged.accounts",),
    "signals.kyc_documents": ("staged.accounts",),
    "signals.login_addresses": ("staged.logins",),
    "signals.phone_patterns": ("staged.accounts",),
    "signals.prompt_templates": ("staged.api_requests",),
    "signals.referrals": ("staged.accounts",),
    "signals.release_pivots": ("staged.api_requests", "staged.model_releases"),
    "signals.shared_bursts": ("staged.api_requests",),
    "signals.signup_addresses": ("staged.accounts",),
    "signals.signup_bursts": ("staged.accounts",),
    "signals.system_prompts": ("staged.api_requests",),
    "signals.delivery_figures": ("staged.deliveries",),
    "links.observations": (
        "signals.account_days",
        "signals.activity_rhythms",
        "signals.card_bin_clusters",
        "signals.charged_instruments",
        "signals.client_fingerprints",
        "signals.devices",
        "signals.egress_addresses",
        "signals.egress_networks",
        "signals.email_patterns",
        "signals.kyc_documents",
        "signals.login_addresses",
        "signals.payment_instruments",
        "signals.phone_patterns",
        "signals.prompt_templates",
        "signals.referrals",
        "signals.release_pivots",
        "signals.signup_addresses",
        "signals.signup_bursts",
        "signals.system_prompts",
    ),
    "links.beats": ("links.observations", "signals.shared_bursts"),
    "links.placeholders": ("links.observations",),
    "links.synchronies": ("links.beats",),
    "links.incidences": ("links.placeholders", "links.synchronies"),
    "links.entities": ("links.incidences",),
    "links.cells": ("links.entities", "staged.case_decisions"),
    "links.components": ("links.cells",),
    "campaigns.clusters": ("links.components",),
    "campaigns.lineage": ("campaigns.clusters",),
    "campaigns.link_audit": ("campaigns.clusters",),
    "campaigns.members": ("campaigns.lineage", "signals.account_usage"),
    "published.link_audit": ("campaigns.link_audit",),
    "campaigns.daily": ("campaigns.members",),
    "campaigns.features": ("campaigns.members", "signals.account_countries"),
    "published.campaign_members": ("campaigns.members",),
    "campaigns.judgements": ("campaigns.features",),
    "published.campaign_daily": ("campaigns.daily",),
    "campaigns.evidence": ("campaigns.judgements",),
    "campaigns.registry": ("campaigns.daily", "campaigns.judgements", "signals.account_costs"),
    "campaigns.attributions": ("campaigns.registry", "staged.indicators"),
    "campaigns.events": ("campaigns.registry",),
    "campaigns.rankings": ("campaigns.incidents", "campaigns.registry"),
    "campaigns.verdicts": ("campaigns.registry",),
    "published.campaign_evidence": ("campaigns.evidence",),
    "published.campaigns": ("campaigns.registry",),
    "published.account_verdicts": ("campaigns.verdicts",),
    "published.campaign_attributions": ("campaigns.attributions",),
    "published.campaign_lineage": ("campaigns.events",),
    "published.campaign_rankings": ("campaigns.rankings",),
    "quality": (
        "published.account_verdicts",
        "published.campaign_attributions",
        "published.campaign_daily",
        "published.campaign_evidence",
        "published.campaign_lineage",
        "published.campaign_members",
        "published.campaign_rankings",
        "published.campaigns",
        "published.link_audit",
        "signals.delivery_figures",
        "staged.rejected",
    ),
    "publish": ("quality",),
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
}

ON_RED = """
One run is one night: run `2026-11-20` starts on the 21st at 04:00 UTC, when the night's deliveries are in, and builds
every table for `--date 2026-11-20`. Tasks are idempotent and skip what has not changed: **clearing a failed task is
always safe**. Nothing is published before `quality` has passed, so readers keep the last good night.

## When it is red

The error of a failed task ends with one sentence that names the table, the file or the option.

**`night_before`** keeps the nights in order.
- "is failed": an earlier night is red, and every later one waits for it. Clear its failed tasks; when it has
  succeeded, clear this run.
- "never run here": the DAG was paused or the scheduler down. Run the `airflow backfill create` command in the
  sentence, then clear this run. Were these nights built with `iolaus run` or `iolaus backfill`, mark the task success.
- "has not ended", "names no night": a manual run builds the night given as its logical date; trigger it with one.

**`staged.*`** (exit code 1, after two retries): a delivery is missing, unreadable or lacks a required column. Ask the
team that delivers the named file; once it is replaced, clear the task. Bad *rows* never turn a task red: they are in
`staged.rejected` with their reason.

**`quality`, "refused"** (exit code 3, not retried): a critical check failed and nothing was published. `iolaus status`
lists the checks. Repair the delivery or the rule, then clear the first task that reads it *with its downstream*.
Never mark `quality` success: that publishes what it refused.

**`publish`** (exit code 1, after two retries): the warehouse is unreachable or locked; the last night still stands.
See who holds it, then clear the task.

**Any task**
- "wrong usage" (exit code 2, not retried): a setting is missing or wrong where the worker gets it: `IOLAUS_ROOT`,
  `IOLAUS_ENGINE`, `IOLAUS_WAREHOUSE`, `IOLAUS_PSEUDONYM_KEY`. Correct it and clear the task.
- exit code 1: engine or lake could not be reached, or the step failed. Read the sentence, clear the task.
- exit code 137 or negative: the system killed the process, mostly for want of memory.
- "not on this worker's PATH": the worker lacks the project. Rebuild its image.

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
        max_active_tasks=4,  # every step uses all the cores it gets
        dagrun_timeout=timedelta(hours=20),  # a hanging night turns red before the next one is due
        default_args={
            "owner": "attribution",
            "retries": 2,
            "retry_delay": timedelta(minutes=2),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=30),
            "execution_timeout": timedelta(hours=2),
        },
        params={
            "root": Param(None, type=["null", "string"], pattern="^/", description="Lake folder; empty: IOLAUS_ROOT"),
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
    groups = {layer: TaskGroup(layer, tooltip=purpose) for layer, purpose in LAYERS.items()}
    tasks = {}
    for step in STEPS:
        layer, _, table = step.rpartition(".")
        tasks[step] = BuildStep(
            task_id=table,
            step=step,
            task_group=groups.get(layer),
            pool="iolaus_publish" if step == "publish" else "default_pool",
            outlets=[Asset(f"attribution.{name}") for name in PUBLISHED] if step == "publish" else [],
        )
    for step, waits_for in STEPS.items():
        tasks[step].set_upstream([tasks[earlier] for earlier in waits_for] or gate)
