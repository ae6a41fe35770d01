"""A world under construction: its calendar, models, internet, software, banks and people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from . import people, personas
from .account import Account, Mix, Profile
from .clients import Programs
from .dials import Dials
from .network import Internet
from .rhythm import DAY
from .wallet import Banks


@dataclass(frozen=True, slots=True)
class Model:
    """A model on sale: when it came out (seconds since the world began), dollars a million tokens in and out, popularity."""

    name: str
    released: float
    price_in: float
    price_out: float
    popularity: float


class World:
    """Everything that accounts share, and the accounts."""

    def __init__(self, seed: int, days: int, size: int) -> None:
        """Lay out a world without people."""
        self.seed, self.days, self.size = seed, days, size
        self.dials = Dials(seed)
        calendar = self.dials.fork("calendar")
        self.first_day = date(2026, 3, 2) + timedelta(days=calendar.count(0, 200))
        self.internet = Internet(self.dials.fork("internet"))
        self.programs = Programs(self.dials.fork("programs"))
        self.banks = Banks(self.dials.fork("banks"))
        self.models = self._models(calendar)
        self.vpn_share = calendar.between(0.04, 0.12)
        self.newness = calendar.scale(0.004, 0.015)
        self.accounts: list[Account] = []
        self.personas = personas.weights(self.dials.fork("personas"))

    @staticmethod
    def _models(dials: Dials) -> list[Model]:
        """Return the price list; in most worlds a model comes out while we watch."""
        fresh = DAY * dials.between(0.3, 2.2) if dials.coin(0.6) else -DAY * dials.between(8, 60)
        return [
            Model("lumen-3", -500 * DAY, 3.0, 15.0, 2.0),
            Model("lumen-3-mini", -430 * DAY, 0.25, 1.25, 2.5),
            Model("lumen-4", -150 * DAY, 3.0, 15.0, 5.0),
            Model("lumen-4-mini", -120 * DAY, 0.3, 1.5, 4.0),
            Model("lumen-4-max", -110 * DAY, 15.0, 75.0, 1.5),
            Model("lumen-embed-2", -300 * DAY, 0.1, 0.0, 0.0),
            Model("lumen-5", fresh, 4.0, 20.0, 2.0),
        ]

    @property
    def end(self) -> float:
        """Return the world's last moment."""
        return self.days * DAY

    @property
    def newest(self) -> Model:
        """Return the model that came out last."""
        return max(self.models, key=lambda model: model.released)

    def taste(self, dials: Dials, most: int = 3) -> Mix:
        """Return somebody's favourite models, chosen among those on sale before the world began."""
        offered = [model for model in self.models if model.released < 0 and model.popularity]
        chosen = {
            dials.pick(offered, [model.popularity for model in offered]).name for _ in range(dials.count(1, most))
        }
        return Mix.pairs([(name, dials.between(0.2, 1.0)) for name in sorted(chosen)])

    def only(self, *names: str) -> Mix:
        """Return a mix of models by name."""
        return Mix.pairs([(name, 1.0) for name in names])

    def person(self, dials: Dials, persona: str | None = None, country: str | None = None) -> Account:
        """Add an ordinary customer: of a persona and country if given, else as they come."""
        home = people.COUNTRIES[country] if country in people.COUNTRIES else people.country_of(dials)
        name = people.full_name(dials, home)
        line = self.internet.home(dials, country or home.code)
        device = dials.token(16)
        profile = Profile(
            country=home.code,
            full_name=name if dials.coin(0.93) else None,
            email=people.email(dials, name),
            email_verified=dials.coin(0.93),
            phone=people.phone(dials, home) if dials.coin(0.7) else None,
            signup_address=line.one(dials),
            signup_device_id=device,
            referral_code=f"r{dials.count(1, 400):03d}" if dials.coin(0.03) else None,
        )
        age = dials.between(0, self.days) if dials.coin(self.newness * self.days) else -dials.scale(0.5, 900)
        account = Account(
            f"acc_{dials.token(14)}", age * DAY, profile, line, self.programs.browser(dials), device, home.offset
        )
        self.accounts.append(account)
        account.adopts = dials.between(0, 0.6) if dials.coin(0.7) else dials.between(0.6, 1.0)
        if dials.coin(0.45):
            account.calls_from(self.internet.mobile(dials, home.code), dials.between(0.1, 0.6))
        if dials.coin(self.vpn_share):
            account.calls_from(self.internet.vpn(dials), dials.between(0.3, 1.0))
        personas.settle(self, dials, account, persona or dials.pick(*self.personas))
        self._fate(dials, account)
        return account

    def _fate(self, dials: Dials, account: Account) -> None:
        """Close or suspend a few accounts, and give some their document check."""
        if dials.coin(0.09):
            account.profile.kyc_status = dials.pick(("verified", "pending", "failed"), (8, 1.5, 0.5))
            account.profile.kyc_document_hash = dials.token(40)
        if dials.coin(0.035):
            status, reason = dials.pick(
                (
                    ("closed", "customer_request"),
                    ("suspended", "payment_failure"),
                    ("suspended", "rate_abuse_review"),
                    ("banned", "policy_violation"),
                ),
                (5, 3, 0.6, 0.8),
            )
            moment = self.end - DAY * dials.scale(0.05, 200)
            if moment > account.created:
                account.statuses.append((moment, status, reason))

    def moments(self, dials: Dials, count: int) -> np.ndarray:
        """Return ordered moments of the world's days."""
        return np.sort(dials.rng.random(count) * self.end)
