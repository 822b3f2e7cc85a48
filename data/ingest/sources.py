"""Whose data this is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data.ingest import ledger
from runtime.errors import BankError
from runtime.settings import Settings


@dataclass(frozen=True)
class OwnBank:
    """The bank whose performance is looked at; `business_date` is the last day its deliveries speak of."""

    bank: str
    currency_code: str | None
    """Currency of its figures: the settings', else its mapping's; None: the one most accounts are held in."""
    business_date: date | None
    observed_until: date | None


def reporting_currency(settings: Settings) -> str | None:
    """The currency of every figure; None where neither the settings nor a mapping say one."""
    own = any(row["role"] == "own" for row in ledger.sources(settings))
    return own_bank(settings).currency_code if own else settings.reporting_currency


def own_bank(settings: Settings) -> OwnBank:
    """The own bank of this BANK_DATA.

    Raises:
        BankError: no own bank delivered anything yet.
    """
    own = [row for row in ledger.sources(settings) if row["role"] == "own"]
    if not own:
        raise BankError(
            "There is no bank here yet.",
            f"Nothing of an own bank was delivered to {settings.data}.",
            "Run ./bank up for the demo bank, or ./bank ingest --source NAME DIR for your own.",
        )
    dates = [date.fromisoformat(row["business_date"]) for row in own if row["business_date"]]
    until = [date.fromisoformat(row["observed_until"]) for row in own if row["observed_until"]]
    return OwnBank(
        bank=own[0]["bank"],
        currency_code=settings.reporting_currency
        or next((row["currency_code"] for row in own if row["currency_code"]), None),
        business_date=max(dates, default=None),
        observed_until=max(until, default=None),
    )
