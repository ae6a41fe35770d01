"""What analysts decided, and how much it weighs: the feedback that corrects the next nights.

An analyst who looked outweighs any computed evidence. A confirmation holds whatever the evidence becomes. A rejection
outweighs the evidence of the night on which it is first seen, so that the same evidence never raises the campaign again,
while evidence that grows beyond it does. A cleared account links nobody any more: who was tied to a campaign through it
alone is tied no longer.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.vocabulary import CLEARING, Decision, SubjectKind

MICROBITS = 10_000_000  # 1 to 1024: what a confirmed subject reaches at least, and a rejected one falls below


def in_force(case_decisions: DataFrame, subject_kind: str, night: date) -> DataFrame:
    """subject_id, decision, decision_id: the last decision on each subject that was made up to the night."""
    newest = Window.partitionBy("subject_id").orderBy(F.col("decided_at").desc(), F.col("decision_id").desc())
    return (
        case_decisions.where((F.col("subject_kind") == subject_kind) & (F.to_date("decided_at") <= F.lit(night)))
        .withColumn("place", F.row_number().over(newest))
        .where(F.col("place") == 1)
        .select("subject_id", "decision", "decision_id")
    )


def cleared(case_decisions: DataFrame, night: date) -> DataFrame:
    """account_id of the accounts that analysts found not to work for a campaign."""
    decided = in_force(case_decisions, SubjectKind.ACCOUNT, night)
    return decided.where(F.col("decision").isin(*CLEARING)).select(F.col("subject_id").alias("account_id"))


def account_microbits(decision: Column) -> Column:
    """Weight of a decision on an account for its membership (long); a `victim` keeps it and changes its role, null is none."""
    weighed = F.when(decision == Decision.CONFIRMED, MICROBITS).when(decision.isin(*CLEARING), -2 * MICROBITS)
    return weighed.otherwise(0).cast("long")


def decision_microbits(decision: str, evidence: int, held: int | None) -> int:
    """Weight of a decision on a campaign whose `evidence` is given in microbits, prior included.

    `held`: what the same decision weighed the night before; None on the first night it is in force.
    """
    if decision == Decision.CONFIRMED:
        return max(MICROBITS, MICROBITS - evidence)
    if decision in CLEARING:
        return -max(MICROBITS, evidence + MICROBITS) if held is None else held
    return 0
