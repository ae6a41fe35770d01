"""One row per API request. The prompt's text is used for its sketch here and goes no further.

The credential is a token: some producers deliver the key itself, with which whoever reads the lake could send requests.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from jobs.columns import LATE_DAYS
from jobs.landing import sketches
from jobs.landing.landed import Landed, address_columns
from jobs.landing.shapes import FACT, Field, RawTable
from jobs.privacy import pseudonyms

MAX_TOKENS = 10**8  # ten times the longest context of any model; sums of such counts stay whole numbers of 64 bits
MAX_PROMPT_BYTES = 8 << 20  # a context of a million tokens has about four


def derive(landed: Landed) -> dict[str, pa.Array]:
    return address_columns(landed, "client_address", "client") | {
        "api_key_id": landed.tokens("credential", "api_key_id", pseudonyms.plain),
        "prompt_sketch": sketches.as_text(_sketches(landed)),
    }


def _sketches(landed: Landed) -> pa.Array:
    """The producer's sketch; where there is none, ours of the text."""
    given, texts = landed["prompt_sketch"], landed["prompt_text"]
    wanted = pc.and_(given.is_null(), texts.is_valid())
    if not pc.any(wanted).as_py():
        return given
    encoded = pc.if_else(wanted, texts, None).dictionary_encode()
    made = pa.array(sketches.sketches(encoded.dictionary.to_pylist()), given.type).take(encoded.indices)
    return pc.if_else(wanted, made, given)


RAW = RawTable(
    name="api_requests",
    kind=FACT,
    fields=(
        Field("request_id", required=True),
        Field("requested_at", "timestamp", required=True),
        Field("account_id", required=True),
        Field("api_key_id"),
        Field("access_path", required=True, one_of=("api", "cloud_marketplace", "chat")),
        Field("operation", required=True, one_of=("chat", "text_completion", "embeddings", "execute_tool")),
        Field("request_model", required=True),
        Field("client_address", address=True),
        Field("user_agent"),
        Field("tls_ja4"),
        Field("input_tokens", "long", required=True, low=0, high=MAX_TOKENS),
        Field("output_tokens", "long", required=True, low=0, high=MAX_TOKENS),
        Field("cache_read_input_tokens", "long", low=0, high=MAX_TOKENS),
        Field("reasoning_output_tokens", "long", low=0, high=MAX_TOKENS),
        Field("max_tokens", "int"),
        Field("temperature", "double"),
        Field("stream", "boolean"),
        Field("finish_reason"),
        Field("status_code", "int", required=True),
        Field("system_prompt_hash"),
        Field("tools_hash"),
        Field("prompt_sketch", "array<int>", length=sketches.SIZE),
        Field("prompt_text", max_bytes=MAX_PROMPT_BYTES),
        Field("task_label"),
        Field("elicitation_score", "double", low=0, high=1),
    ),
    key=("request_id",),
    event_at="requested_at",
    late_days=LATE_DAYS,
    derive=derive,
    made_from={"prompt_sketch": ("prompt_sketch", "prompt_text")},
)
