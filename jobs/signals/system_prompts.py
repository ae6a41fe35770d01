"""One row per activity date, account and system prompt or set of tools.

An operator's harness sends its own instructions (signal `system_prompt`) and tool definitions (`tool_set`) from
every account. Frameworks' defaults are shared by many who have nothing to do with each other; their rarity says so
downstream.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.api_requests": NIGHT}

SYSTEM_PROMPT = Signal(
    "system_prompt",
    family="software",
    keeps_time=True,
    of_software=True,
    habit="system",
    indicators={"system-prompt-hash": "value"},
)
TOOL_SET = Signal("tool_set", family="software", keeps_time=True, of_software=True)
SIGNALS = (SYSTEM_PROMPT, TOOL_SET)


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Observations of both signals; `events` counts requests."""
    prompts = observation(api_requests, SYSTEM_PROMPT.name, F.col("system_prompt_hash"), F.col("requested_at"))
    return prompts.unionByName(observation(api_requests, TOOL_SET.name, F.col("tools_hash"), F.col("requested_at")))
