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
    business_date: date | None
    observed_until: date | None


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
        currency_code=next((row["currency_code"] for row in own if row["currency_code"]), None),
        business_date=max(dates, default=None),
        observed_until=max(until, default=None),
    )
