"""Charges and sign-ins of one day, consistent with the day's requests and accounts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.simulate import catalogues as cat
from jobs.simulate import files, places
from jobs.simulate.people import DAY_US, Accounts, Column, Streams

PAYMENT = ("paid", "failed", "refunded", "charged_back")


def charges(rng: np.random.Generator, accounts: Accounts, cards: Column, tokens: Column, micro: Column, day_us: int,
            month: str) -> pa.Table:  # fmt: skip
    """One usage line per account and model of the day, and some tax and credit lines, on the `cards` of the day.

    `tokens` and `micro` are (accounts, models): tokens used, and their price in millionths of a dollar.
    """
    account, model = np.nonzero(tokens)
    usage = micro[account, model]
    tax = np.flatnonzero((places.COUNTRY_SHARES[accounts.country[account]] < 0.09) & (usage > 0))
    credit = np.flatnonzero(rng.random(len(account)) < 0.004)
    line = np.concatenate([np.arange(len(account)), tax, credit])
    kind = np.repeat([0, 1, 2], [len(account), len(tax), len(credit)])
    cost = np.where(kind == 0, usage[line], np.where(kind == 1, usage[line] // 5, -(usage[line] // 2)))
    payer = account[line]
    stolen = accounts.card_kind[payer] == "card"
    chance = np.where((accounts.card_funding[payer] == "prepaid") & stolen, 0.02, 0.004)
    status = np.where(rng.random(len(line)) < chance, rng.integers(1, 4, len(line)), 0)
    is_usage = kind == 0
    quantity = pc.if_else(pa.array(is_usage), files.money(tokens[account, model][line] * 1_000_000), None)
    return pa.table(
        {
            "billing_account_id": files.words(accounts.account_id[payer]),
            "invoice_id": files.words([f"inv_{month}_{name[5:]}" for name in accounts.account_id[payer]]),
            "charge_period_start": files.instants(np.full(len(line), day_us)),
            "charge_period_end": files.instants(np.full(len(line), day_us + DAY_US)),
            "charge_category": files.chosen(("Usage", "Tax", "Credit"), kind),
            "sku_meter": files.chosen(cat.MODELS, model[line], ~is_usage),
            "consumed_quantity": quantity,
            "consumed_unit": files.chosen(("tokens",), np.zeros(len(line), np.int64), ~is_usage),
            "billed_cost": files.money(cost.astype(np.int64)),
            "billing_currency": files.chosen(("USD",), np.zeros(len(line), np.int64)),
            "x_instrument_fingerprint": files.words(cards[payer]),
            "x_payment_status": files.chosen(PAYMENT, status),
        }
    )


def logins(rng: np.random.Generator, accounts: Accounts, streams: Streams, day: int, day_us: int) -> pa.Table:
    """Console sign-ins: from the account's usual exit and device; everybody signs in on the day of sign-up."""
    count = len(accounts.account_id)
    first = (accounts.created_us >= day_us) & (accounts.created_us < day_us + DAY_US)
    open_today = (accounts.created_us < day_us) & (accounts.banned_day > day)
    comes = (open_today & (rng.random(count) < accounts.login_share)) | first
    who = np.flatnonzero(comes)
    local = rng.normal(13, 4, len(who)) - places.HOURS_FROM_UTC[accounts.country[who]]
    at = np.where(first[who], accounts.created_us[who], day_us + (local % 24 * 3_600e6).astype(np.int64))
    order = np.lexsort((who, at))
    who, at = who[order], at[order]
    usual = np.where(rng.random(len(who)) < 0.8, accounts.signup_address[who], streams.address[who, 1])
    address, address_at = places.texts(usual)
    return pa.table(
        {
            "account_id": files.words(accounts.account_id[who]),
            "logged_in_at": files.instants(at),
            "client_address": files.chosen(address, address_at),
            "device_id": files.words(accounts.device[who]),
            "user_agent": files.chosen([cat.CLIENTS[6][0], cat.CLIENTS[7][0]], who % 2),
        }
    )
