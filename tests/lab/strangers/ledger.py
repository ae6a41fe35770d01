"""What accounts are charged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .account import Account, Instrument
from .dials import Dials
from .people import COUNTRIES
from .rhythm import DAY
from .world import World

Row = dict[str, object]
_SUBSCRIPTION = {"plus": "20", "team": "30", "max": "100"}


def charges(world: World, requests: pa.Table) -> list[tuple[int, Row]]:
    """Return charge lines with the day of their delivery."""
    dials = world.dials.fork("ledger")
    by_id = {account.account_id: account for account in world.accounts}
    lines = [line for account in world.accounts for line in _subscription(world, dials, account)]
    for day, name, model, tokens, cost in _usage(world, requests):
        account = by_id[name]
        line = _line(world, dials, account, day, "Usage", cost)
        line |= {"sku_meter": model, "consumed_quantity": float(tokens), "consumed_unit": "tokens"}
        lines.append((day, line))
        if account.profile.access_program and dials.coin(0.8):
            lines.append((day, _line(world, dials, account, day, "Credit", -cost)))
        elif account.profile.country in ("DE", "FR", "ES", "GB") and cost > 1 and dials.coin(0.3):
            lines.append((day, _line(world, dials, account, day, "Tax", cost * 0.2)))
    return lines


def _usage(world: World, requests: pa.Table) -> Iterator[tuple[int, str, str, int, float]]:
    """Yield what each account used of each model on each day (chat is paid by subscription)."""
    used = requests.filter(
        pc.and_(pc.not_equal(requests["access_path"], "chat"), pc.equal(requests["status_code"], 200))
    )
    start = np.datetime64(world.first_day, "D")
    days = (used["requested_at"].cast(pa.timestamp("us")).to_numpy().astype("datetime64[D]") - start).astype(int)
    daily = used.select(["account_id", "request_model", "input_tokens", "output_tokens"]).append_column(
        "day", pa.array(days)
    )
    grouped = daily.group_by(["day", "account_id", "request_model"], use_threads=False).aggregate(
        [("input_tokens", "sum"), ("output_tokens", "sum")]
    )
    prices = {model.name: model for model in world.models}
    for row in grouped.to_pylist():
        price = prices[row["request_model"]]
        tokens = row["input_tokens_sum"] + row["output_tokens_sum"]
        cost = (row["input_tokens_sum"] * price.price_in + row["output_tokens_sum"] * price.price_out) / 1e6
        yield row["day"], row["account_id"], row["request_model"], tokens, cost


def _subscription(world: World, dials: Dials, account: Account) -> Iterator[tuple[int, Row]]:
    """Yield a monthly fee if its day falls into the world, or a purchase of credits."""
    fee = _SUBSCRIPTION.get(account.profile.tier or "")
    for day in range(max(0, int(account.created // DAY)), world.days):
        if day * DAY >= account.closed_at or not account.instruments:
            return
        if fee and int((day * DAY - account.created) // DAY) % 30 == 0:
            yield day, _line(world, dials, account, day, "Purchase", float(fee))
        elif account.profile.tier == "build" and dials.coin(0.05):
            yield (
                day,
                _line(world, dials, account, day, "Purchase", float(dials.pick((5, 10, 20, 50, 100), (5, 4, 4, 2, 1)))),
            )


def _line(world: World, dials: Dials, account: Account, day: int, category: str, cost: float) -> Row:
    start = datetime.combine(world.first_day, time(), UTC) + timedelta(days=day)
    paid_by = _in_force(account, (day + 1) * DAY)
    country = COUNTRIES.get(account.profile.country or "")
    return {
        "billing_account_id": account.account_id,
        "invoice_id": f"inv_{account.account_id[4:14]}_{start:%Y%m}",
        "charge_period_start": start,
        "charge_period_end": start + timedelta(days=1),
        "charge_category": category,
        "sku_meter": None,
        "consumed_quantity": None,
        "consumed_unit": None,
        "billed_cost": Decimal(f"{cost:.6f}"),
        "billing_currency": country.currency if country else "USD",
        "x_instrument_fingerprint": paid_by.fingerprint if paid_by else None,
        "x_payment_status": _payment(dials, paid_by) if paid_by else None,
    }


def _in_force(account: Account, moment: float) -> Instrument | None:
    usable = [
        one for one in account.instruments if one.added < moment and (one.removed is None or one.removed > moment)
    ]
    return usable[-1] if usable else None


def _payment(dials: Dials, instrument: Instrument) -> str:
    if dials.coin(instrument.trouble):
        return "failed"
    if dials.coin(instrument.disputed):
        return "charged_back"
    return "refunded" if dials.coin(0.002) else "paid"
