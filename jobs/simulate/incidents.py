"""The published cases, as registry rows; what was not stated stays null.

Sources: Anthropic's report of 2026-02-23 (also MITRE ATLAS AML.CS0056); the letter of 2026-06-10 as reported by CNBC,
Reuters and Bloomberg on 2026-06-24; Google Threat Intelligence Group, 2026-02-12.
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa

ANTHROPIC = "Anthropic, 2026-02-23; MITRE ATLAS AML.CS0056"
LETTER = "Letter of 2026-06-10, reported by CNBC, Reuters and Bloomberg, 2026-06-24"
GOOGLE = "Google Threat Intelligence Group, 2026-02-12"
FEBRUARY = date(2026, 2, 23)
JUNE = date(2026, 6, 24)
SPRING = (date(2026, 4, 22), date(2026, 6, 5))

Row = tuple[str, str, str | None, str, str, str, int, date | None, date | None, date, str, str]

ROWS: tuple[Row, ...] = (
    ("deepseek-2026", "DeepSeek", "DeepSeek", "Anthropic", "exchanges", "floor", 150_000, None, None, FEBRUARY,
     "campaign", ANTHROPIC),
    ("moonshot-2026", "Moonshot", "Moonshot AI", "Anthropic", "exchanges", "floor", 3_400_000, None, None, FEBRUARY,
     "campaign", ANTHROPIC),
    ("minimax-2026", "MiniMax", "MiniMax", "Anthropic", "exchanges", "floor", 13_000_000, None, None, FEBRUARY,
     "campaign", ANTHROPIC),
    ("three-labs-2026", "DeepSeek, Moonshot and MiniMax together", None, "Anthropic", "exchanges", "floor", 16_000_000,
     None, None, FEBRUARY, "aggregate", ANTHROPIC),
    ("three-labs-2026", "DeepSeek, Moonshot and MiniMax together", None, "Anthropic", "accounts", "about", 24_000,
     None, None, FEBRUARY, "aggregate", ANTHROPIC),
    ("qwen-affiliated-2026", "Operators affiliated with Alibaba's Qwen", "Alibaba-affiliated operators", "Anthropic",
     "exchanges", "floor", 28_800_000, *SPRING, JUNE, "campaign", LETTER),
    ("qwen-affiliated-2026", "Operators affiliated with Alibaba's Qwen", "Alibaba-affiliated operators", "Anthropic",
     "accounts", "about", 25_000, *SPRING, JUNE, "campaign", LETTER),
    ("google-2026", "Reasoning-trace coercion", None, "Google", "exchanges", "floor", 100_000, None, None,
     date(2026, 2, 12), "campaign", GOOGLE),
)  # fmt: skip

SCHEMA = pa.schema(
    [
        ("incident_id", pa.string()), ("name", pa.string()), ("actor", pa.string()), ("provider", pa.string()),
        ("metric", pa.string()), ("bound", pa.string()), ("value", pa.int64()), ("first_day", pa.date32()),
        ("last_day", pa.date32()), ("as_of", pa.date32()), ("scope", pa.string()), ("source", pa.string()),
    ]
)  # fmt: skip


def known_campaigns() -> pa.Table:
    columns = list(zip(*ROWS, strict=True))
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, schema=SCHEMA)
