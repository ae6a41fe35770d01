"""One day of requests: how many each stream makes, when, from where, with what prompt.

Ordinary streams follow the local day, sessions and lognormal volumes; scheduled jobs fire on the hour; groups that
share a beat work in the same batches. A prompt's sketch keeps each of its template's 16 MinHash values with a chance
equal to the Jaccard similarity of the two texts, which is what MinHash estimates (Broder 1997).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from jobs.simulate import catalogues as cat
from jobs.simulate import files, people, places
from jobs.simulate.people import DAY_US, Column, Streams
from jobs.simulate.population import Beat, Builder

PIECE = 150_000  # requests held in memory at a time
LOCAL_HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 18, 15, 17, 19, 18, 17, 14, 11, 10, 9, 7, 4, 2], float)
LOCAL_CUT = np.cumsum(LOCAL_HOURS) / LOCAL_HOURS.sum()
ADOPTION_PER_DAY = 0.06  # of ordinary flagship traffic that moves to a new model each day


@dataclass(frozen=True)
class Release:
    """When the new flagship comes out, in microseconds since 1970."""

    at_us: int


@dataclass
class Piece:
    """A piece of a day: the Arrow rows, and beside them what truth and charges need."""

    rows: pa.Table
    account: Column
    campaign: Column  # extraction traffic of that campaign, else -1
    answered: Column
    model: Column
    input_tokens: Column
    output_tokens: Column


@dataclass(frozen=True)
class Texts:
    """Strings the requests point at, built once per world."""

    account_ids: list[str]
    agents: list[str]
    ja4: list[str]
    hashes: list[str]
    tool_hashes: list[str]
    templates: NDArray[np.uint32]


def texts(build: Builder, rng: np.random.Generator) -> Texts:
    size = cat.SHARED_TEMPLATES + len(build.accounts.account_id)
    digits = rng.bytes(size * 8).hex()
    hashes = [digits[at * 16 : at * 16 + 16] for at in range(size)]
    agents, ja4 = zip(*build.clients, strict=True)
    values = rng.integers(0, 1 << 32, (size, 16), dtype=np.uint32)
    tools = ["t" + value[1:] for value in hashes]
    return Texts(list(build.accounts.account_id), list(agents), list(ja4), hashes, tools, values)


def day_counts(rng: np.random.Generator, streams: Streams, day: int, weekday: int) -> Column:
    """Requests of every stream today."""
    here = (streams.first_day <= day) & (day < streams.last_day)
    awake = rng.random(len(here)) < streams.active_share
    pace = streams.rate * np.exp(rng.normal(0, 1, len(here)) * streams.volume_sigma)
    if weekday >= 5:
        pace = pace * streams.weekend
    return np.where(here & awake, rng.poisson(np.minimum(pace, 5_000.0)), 0)


def batches(rng: np.random.Generator, beats: list[Beat]) -> Column:
    """Start of every batch today in seconds, one row per beat; unused places repeat a used one."""
    longest = max((beat.slots for beat in beats), default=1)
    starts = np.zeros((max(1, len(beats)), longest))
    for row, beat in enumerate(beats):
        span = (beat.to_hour - beat.from_hour) * 3_600
        apart = 0.0 if beat.is_on_the_dot else 137.0 * (row % 20)
        even = np.linspace(0, span, beat.slots, endpoint=False) + apart
        times = even if beat.fixed else np.sort(rng.random(beat.slots)) * span
        starts[row] = (beat.from_hour * 3_600 + times)[np.arange(longest) % beat.slots]
    return starts


def seconds(rng: np.random.Generator, streams: Streams, of: Column, sessions: Column, starts: Column,
            beats: list[Beat]) -> Column:  # fmt: skip
    """Second of the UTC day of each request of streams `of`."""
    count = len(of)
    jitter = np.array([beat.jitter_seconds for beat in beats] or [0.0])
    rhythm = streams.rhythm[of]
    at = rng.random(count) * 86_400
    spread = rng.exponential(1.0, count)
    pick = rng.random(count)
    by_session = rhythm == people.DIURNAL
    at[by_session] = sessions[of, (pick * 3).astype(int)][by_session] + spread[by_session] * 900
    on_hour = rhythm == people.CRON
    hour = np.floor(pick * 24) * 3_600 + streams.minute[of] * 60
    at[on_hour] = hour[on_hour] + spread[on_hour] * 15
    in_beat = rhythm == people.BEAT
    beat = streams.beat[of][in_beat]
    batch = starts[beat, (pick[in_beat] * starts.shape[1]).astype(int)]
    at[in_beat] = batch + spread[in_beat] * jitter[beat]
    wrapped: Column = at % 86_400
    return wrapped


def after_sign_up(rng: np.random.Generator, at_us: Column, created_us: Column, end_us: int) -> Column:
    """Requests drawn before the account existed move to a moment between its sign-up and the end of the day."""
    room = (end_us - created_us) * rng.random(len(at_us))
    return np.where(at_us < created_us, created_us + room.astype(np.int64), at_us)


def one_of(rng: np.random.Generator, cuts: Column) -> Column:
    """Column chosen per row of cumulative chances."""
    passed: Column = (rng.random(len(cuts))[:, None] > cuts).sum(axis=1)
    return np.minimum(passed, np.int64(cuts.shape[1] - 1))


def models(rng: np.random.Generator, streams: Streams, of: Column, at_us: Column, release: Release) -> Column:
    """Model of each request; from the release on, flagship traffic moves at the stream's pivot share in 24 hours."""
    model = one_of(rng, cat.MODEL_CUTS[streams.model_mix[of]])
    days_out = (at_us - release.at_us) / DAY_US
    moved = np.where(days_out <= 1, streams.pivot[of], streams.pivot[of] + ADOPTION_PER_DAY * days_out)
    moves = (days_out > 0) & (model == cat.FLAGSHIP) & (rng.random(len(of)) < np.minimum(moved, 0.95))
    return np.where(moves, cat.NEW_FLAGSHIP, model)


def prompt_sketches(rng: np.random.Generator, streams: Streams, of: Column, known: Column) -> NDArray[np.uint32]:
    """16 MinHash values per request: a variant of a template of the stream, or a prompt of its own."""
    values = rng.integers(0, 1 << 32, (len(of), 16), dtype=np.uint32)
    from_template = np.flatnonzero(rng.random(len(of)) < streams.template_share[of])
    owner = of[from_template]
    favourite = np.minimum(rng.geometric(0.7, len(owner)) - 1, 3)
    source = known[streams.template[owner, favourite]]
    kept = rng.random((len(owner), 16), dtype=np.float32) < streams.template_keep[owner, None]
    values[from_template] = np.where(kept, source, values[from_template])
    return values


def day_pieces(rng: np.random.Generator, build: Builder, streams: Streams, known: Texts, day: int, weekday: int,
               release: Release) -> Iterator[Piece]:  # fmt: skip
    """All requests made on one day, in pieces of about `PIECE` rows, each in order of time."""
    counts = day_counts(rng, streams, day, weekday)
    local = np.searchsorted(LOCAL_CUT, rng.random((len(counts), 3)))
    sessions = (local - streams.hours_from_utc[:, None] + rng.random(local.shape)) % 24 * 3_600
    starts = batches(rng, build.beats)
    wander = (rng.random(streams.address_span.shape) * streams.address_span).astype(np.int64)
    today = streams.address + wander
    ends = np.cumsum(counts)
    bounds = np.searchsorted(ends, np.arange(PIECE, int(ends[-1]) + PIECE, PIECE), side="left") + 1
    begin = 0
    for end in np.minimum(bounds, len(counts)):
        of = np.repeat(np.arange(begin, end), counts[begin:end])
        begin = int(end)
        if len(of):
            base_us = build.first_us + day * DAY_US
            at_us = base_us + (seconds(rng, streams, of, sessions, starts, build.beats) * 1e6).astype(np.int64)
            at_us = after_sign_up(rng, at_us, build.accounts.created_us[streams.account[of]], base_us + DAY_US)
            order = np.argsort(at_us, kind="stable")
            yield piece(rng, streams, of[order], at_us[order], today, known, release)


def piece(rng: np.random.Generator, streams: Streams, of: Column, at_us: Column, today: Column, known: Texts,
          release: Release) -> Piece:  # fmt: skip
    count = len(of)
    account = streams.account[of]
    model = models(rng, streams, of, at_us, release)
    sketch = prompt_sketches(rng, streams, of, known.templates)
    no_sketch = rng.random(count) < 0.01
    address = today[of, one_of(rng, streams.address_cut[of])]
    address_text, address_at = places.texts(address)
    status = rng.choice(np.array([200, 429, 500, 400]), count, p=(0.982, 0.01, 0.003, 0.005))
    answered = status == 200
    embeds = model == cat.EMBED
    input_tokens = np.exp(rng.normal(streams.input_log[of], 0.7)).astype(np.int64) + 1
    output_tokens = np.where(answered & ~embeds, np.exp(rng.normal(streams.output_log[of], 0.7)).astype(np.int64), 0)
    limits = np.array([1_024, 2_048, 4_096, 8_192, 16_384])
    max_tokens = limits[(account * 7) % 5]
    clipped = output_tokens >= max_tokens
    output_tokens = np.minimum(output_tokens, max_tokens)
    system, tools = streams.system_prompt[of], streams.tools[of]
    chat = streams.access_path[of] == 2
    calls = (tools >= 0) & (rng.random(count) < 0.6)
    reason = np.where(~answered, 4, np.where(clipped, 1, np.where(calls, 2, 0)))
    reason[answered & (rng.random(count) < 0.002)] = 3
    identifiers = np.frombuffer(rng.bytes(count * 8).hex().encode(), dtype="S16")
    second_key = (account % 5 == 0) & (rng.random(count) < 0.3)
    keys = [f"key_{text[5:]}_{n}" for text in known.account_ids for n in (1, 2)]
    rows = pa.table(
        {
            "request_id": pa.array(identifiers).cast(pa.string()),
            "requested_at": files.instants(at_us),
            "account_id": files.chosen(known.account_ids, account),
            "api_key_id": files.chosen(keys, account * 2 + second_key, chat),
            "access_path": files.chosen(cat.ACCESS_PATHS, streams.access_path[of]),
            "operation": files.chosen(("chat", "embeddings"), embeds.astype(np.int64)),
            "request_model": files.chosen(cat.MODELS, model),
            "client_address": files.chosen(address_text, address_at),
            "user_agent": files.chosen(known.agents, streams.client[of]),
            "tls_ja4": files.chosen(known.ja4, streams.client[of]),
            "input_tokens": pa.array(input_tokens),
            "output_tokens": pa.array(output_tokens),
            "cache_read_input_tokens": pa.array((input_tokens * (rng.random(count) < 0.2) * 0.6).astype(np.int64)),
            "reasoning_output_tokens": pa.array((output_tokens * rng.random(count) * 0.4).astype(np.int64)),
            "max_tokens": pa.array(max_tokens.astype(np.int32)),
            "temperature": pa.array(np.array([0.0, 0.2, 0.7, 1.0])[(account * 3) % 4]),
            "stream": pa.array((account % 3 == 0) | chat),
            "finish_reason": files.chosen(("stop", "length", "tool_calls", "content_filter", "error"), reason),
            "status_code": pa.array(status.astype(np.int32)),
            "system_prompt_hash": files.chosen(known.hashes, np.maximum(system, 0), system < 0),
            "tools_hash": files.chosen(known.tool_hashes, np.maximum(tools, 0), tools < 0),
            "prompt_sketch": files.sketches(sketch, no_sketch),
            "task_label": files.chosen(cat.TASKS, one_of(rng, cat.TASK_CUTS[streams.task_mix[of]])),
            "elicitation_score": pa.array(elicitation(rng, streams, of), from_pandas=False),
        }
    )
    return Piece(rows, account, streams.campaign[of], answered, model, input_tokens, output_tokens)


def elicitation(rng: np.random.Generator, streams: Streams, of: Column) -> NDArray[Any]:
    return np.round(rng.beta(streams.elicit_a[of], streams.elicit_b[of]), 4)
