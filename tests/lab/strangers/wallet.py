"""Means of payment."""

from __future__ import annotations

from .account import Instrument
from .dials import Dials
from .people import COUNTRIES, UNSERVED


class Banks:
    """The card issuers of one world: every country has a few BINs, some issuers are used from everywhere."""

    def __init__(self, dials: Dials) -> None:
        """Fix the BINs."""
        self._bins = {
            code: [f"{dials.pick('45')}{dials.count(10_000, 99_999)}" for _ in range(dials.count(4, 9))]
            for code in (*COUNTRIES, *UNSERVED)
        }
        self._prepaid = [f"{dials.pick('45')}{dials.count(10_000, 99_999)}" for _ in range(8)]
        self._virtual = [f"4{dials.count(10_000, 99_999)}" for _ in range(6)]

    @staticmethod
    def fingerprint(dials: Dials) -> str:
        """Return a new instrument's fingerprint."""
        return f"fp_{dials.token(20)}"

    def card(self, dials: Dials, country: str) -> Instrument:
        """Return a person's ordinary card."""
        number = dials.pick(self._bins[country])
        return Instrument(
            self.fingerprint(dials), "card", number, country, dials.pick(("debit", "credit", "unknown"), (5, 4, 0.4))
        )

    def prepaid(self, dials: Dials, brand: int | None = None) -> Instrument:
        """Return a prepaid or gift card, of the given brand or any."""
        index = dials.count(0, len(self._prepaid) - 1) if brand is None else brand % len(self._prepaid)
        return Instrument(
            self.fingerprint(dials),
            "card",
            self._prepaid[index],
            dials.pick(("US", "US", "GB")),
            "prepaid",
            trouble=0.05,
        )

    def virtual(self, dials: Dials, issuer: int | None = None) -> Instrument:
        """Return a virtual card, as fintechs hand out by the dozen."""
        index = dials.count(0, len(self._virtual) - 1) if issuer is None else issuer % len(self._virtual)
        return Instrument(
            self.fingerprint(dials),
            "card",
            self._virtual[index],
            dials.pick(("US", "GB", "SG")),
            dials.pick(("debit", "prepaid", "credit")),
        )

    def stolen(self, dials: Dials) -> Instrument:
        """Return somebody else's card."""
        country = dials.pick(("US", "US", "GB", "CA", "BR", "FR", "AU"))
        return Instrument(
            self.fingerprint(dials),
            "card",
            dials.pick(self._bins[country]),
            country,
            "credit",
            trouble=0.25,
            disputed=0.08,
        )

    def bank(self, dials: Dials, country: str) -> Instrument:
        """Return a bank account, as companies use."""
        return Instrument(self.fingerprint(dials), "bank", None, country, None)

    def crypto(self, dials: Dials) -> Instrument:
        """Return a crypto wallet."""
        return Instrument(self.fingerprint(dials), "crypto", None, None, None, trouble=0.02)

    def wallet(self, dials: Dials, country: str | None = None) -> Instrument:
        """Return a phone's or shop's wallet."""
        return Instrument(self.fingerprint(dials), "wallet", None, country, dials.pick(("debit", "unknown")))

    def marketplace(self, dials: Dials) -> Instrument:
        """Return a cloud marketplace's billing."""
        return Instrument(self.fingerprint(dials), "marketplace", None, None, None)
