"""From streams to requests, and from accounts to sign-ins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .account import Account, Stream
from .rhythm import DAY
from .tables import SCHEMAS
from .world import World

Columns = dict[str, np.ndarray]
_FAILURES = np.array([429, 429, 500, 503, 400, 529], dtype=np.int32)
MOST_A_DAY = 6000


@dataclass(frozen=True, slots=True)
class Requests:
    """All requests: the first `distinct` rows once each, then repeated deliveries; `delivered` is each row's day of delivery."""

    table: pa.Table
    delivered: np.ndarray
    distinct: int


def requests(world: World) -> Requests:
    """Return all requests of a world (those with a day of delivery beyond the world are not delivered yet)."""
    rng = world.dials.fork("traffic").rng
    chunks = [
        columns
        for account in world.accounts
        for stream in account.streams
        if (columns := _perform(world, account, stream, rng))
    ]
    joined = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
    order = np.argsort(joined["requested_at"], kind="stable")
    joined = {name: column[order] for name, column in joined.items()}
    total = len(order)
    joined["request_id"] = np.array(
        [f"req_{number:016x}" for number in rng.permutation(total * 7)[:total] * 0x9E3779B1 + world.seed], dtype=object
    )
    late = rng.choice(4, total, p=(0.985, 0.011, 0.003, 0.001))
    delivered = (joined["requested_at"] // DAY).astype(int) + late
    repeated = np.flatnonzero(rng.random(total) < 0.001)
    rows = np.concatenate([np.arange(total), repeated])
    delivered = np.concatenate([delivered, delivered[repeated] + rng.integers(0, 2, len(repeated))])
    return Requests(_table(world, {name: column[rows] for name, column in joined.items()}), delivered, total)


def _table(world: World, columns: Columns) -> pa.Table:
    """Cast to the contract's types; NaN stands for null in numbers."""
    schema = SCHEMAS["api_requests"]
    arrays = []
    for name in schema.names:
        kind = schema.field(name).type
        if name == "prompt_text":
            arrays.append(pa.nulls(len(columns["request_id"]), kind))
        elif name == "prompt_sketch":
            flat = columns[name].reshape(-1)
            arrays.append(
                pa.ListArray.from_arrays(np.arange(0, len(flat) + 1, columns[name].shape[1], dtype=np.int32), flat)
            )
        elif name == "requested_at":
            arrays.append(moments(world, columns[name]))
        elif columns[name].dtype == float:
            arrays.append(pa.array(columns[name], from_pandas=True).cast(kind))
        else:
            arrays.append(pa.array(columns[name], kind))
    return pa.Table.from_arrays(arrays, schema=schema)


def moments(world: World, seconds: np.ndarray) -> pa.Array:
    """Return seconds since the world began as timestamps."""
    start = np.datetime64(world.first_day, "us")
    return pa.array(start + (np.asarray(seconds) * 1e6).astype("timedelta64[us]"), pa.timestamp("us")).cast(
        pa.timestamp("us", tz="UTC")
    )


def _when(world: World, account: Account, stream: Stream, rng: np.random.Generator) -> np.ndarray:
    """Return the ordered moments of a stream while its account is open."""
    begins = max(0.0, account.created, stream.begins)
    ends = min(world.end, account.closed_at, stream.ends)
    found = []
    for day in range(world.days):
        if (day + 1) * DAY > begins and day * DAY < ends:
            today = stream.rhythm.moments(
                rng, day, (world.first_day.weekday() + day) % 7, min(stream.per_day, MOST_A_DAY)
            )
            found.append(day * DAY + today)
    every = np.sort(np.concatenate(found)) if found else np.empty(0)
    return every[(every >= begins) & (every < ends)]


def _sizes(stream: Stream, words: np.ndarray, rng: np.random.Generator) -> Columns:
    """Draw token counts: the prompt's words, the work's context, and an answer."""
    work, count = stream.work, len(words)
    context = work.context * np.exp(work.spread * rng.standard_normal(count))
    asked = np.round(1.35 * words + context)
    answer = work.output * np.exp(work.spread * rng.standard_normal(count))
    if stream.max_tokens:
        answer = np.minimum(answer, stream.max_tokens)
    answer = np.round(answer)
    return {
        "input_tokens": asked,
        "output_tokens": answer,
        "cache_read_input_tokens": np.floor(
            asked * np.where(rng.random(count) < work.cached, rng.uniform(0.5, 0.95, count), 0.0)
        ),
        "reasoning_output_tokens": np.floor(
            answer * np.where(rng.random(count) < work.reasoning, rng.uniform(0.3, 0.9, count), 0.0)
        ),
    }


def _perform(world: World, account: Account, stream: Stream, rng: np.random.Generator) -> Columns | None:
    """Return the requests of one stream, or None if there are none."""
    when = _when(world, account, stream, rng)
    count = len(when)
    if not count:
        return None
    sketch, words = stream.prompt.draw(rng, count)
    work = stream.work
    operation = work.operations.draw(rng, count)
    model = stream.models.draw(rng, count)
    newest = world.newest
    if operation[0] == "embeddings":
        model[:] = "lumen-embed-2"
    else:
        model[(when > newest.released + 600) & (rng.random(count) < stream.moves_on)] = newest.name
    columns = _sizes(stream, words, rng)
    failed = rng.random(count) < stream.failing
    for name in ("output_tokens", "reasoning_output_tokens", "cache_read_input_tokens"):
        columns[name][failed] = 0.0
    full = stream.max_tokens is not None and columns["output_tokens"] >= stream.max_tokens
    finish = np.where(full, "length", np.where((rng.random(count) < 0.7) & work.tools, "tool_calls", "stop")).astype(
        object
    )
    finish[rng.random(count) < 0.002] = "content_filter"
    finish[failed] = "error"
    addresses = (stream.line or account.line).draw(rng, count)
    if stream.path == "cloud_marketplace":
        addresses[rng.random(count) < 0.85] = None
    label = work.tasks.draw(rng, count)
    label[failed | (rng.random(count) < 0.02)] = None
    mean = min(0.95, work.elicits * np.exp(0.5 * rng.standard_normal()))
    seen = rng.random() > 0.02
    score = rng.beta(4.0 * mean + 0.05, max(0.3, 4.0 * (1.0 - mean)), count).round(4)
    score[failed] = np.nan
    keys = np.array([None] if stream.path == "chat" else account.keys or [None], dtype=object)
    return columns | {
        "requested_at": when,
        "account_id": _same(account.account_id, count),
        "api_key_id": keys[np.minimum(rng.geometric(0.7, count) - 1, len(keys) - 1)],
        "access_path": _same(stream.path, count),
        "operation": operation,
        "request_model": model,
        "client_address": _as_sent(addresses, rng),
        "user_agent": _same(stream.client.user_agent, count),
        "tls_ja4": _same(stream.client.ja4 if seen else None, count),
        "max_tokens": np.full(count, stream.max_tokens or np.nan),
        "temperature": np.full(count, np.nan if stream.temperature is None else stream.temperature),
        "stream": rng.random(count) < stream.streams,
        "finish_reason": finish,
        "status_code": np.where(failed, _FAILURES[rng.integers(len(_FAILURES), size=count)], 200).astype(np.int32),
        "system_prompt_hash": _same(stream.system_prompt, count),
        "tools_hash": _same(stream.tool_set, count),
        "prompt_sketch": sketch,
        "task_label": label,
        "elicitation_score": score,
    }


def _same(value: str | None, count: int) -> np.ndarray:
    return np.full(count, value, dtype=object)


def _as_sent(addresses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dress one stream in two hundred as a load balancer reports it: with a port, or behind an inner hop."""
    dress = rng.random()
    if dress < 0.003:
        return np.array(
            [one and (f"{one}:{rng.integers(1024, 65535)}" if ":" not in one else one) for one in addresses],
            dtype=object,
        )
    if dress < 0.005:
        return np.array([one and f"10.0.0.7, {one}" for one in addresses], dtype=object)
    return addresses


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in."""

    account: Account
    moment: float
    address: str | None
    device: str


def sign_ins(world: World) -> list[SignIn]:
    """Return the sign-ins: at sign-up, and on some days before the work begins."""
    dials = world.dials.fork("sign-ins")
    found = []
    for account in world.accounts:
        first = max(0.0, account.created)
        last = min(world.end, account.closed_at)
        if account.created >= 0:
            found.append(SignIn(account, account.created + 20.0, account.profile.signup_address, account.device))
        for _ in range(int(dials.rng.poisson(account.sign_ins * world.days))):
            moment = dials.between(0, world.days) * DAY
            if first < moment < last:
                device = account.device if dials.coin(0.9) else dials.token(16)
                found.append(SignIn(account, moment, account.line.one(dials), device))
    return sorted(found, key=lambda sign_in: sign_in.moment)
