"""Interest on accounts: accrued daily on closing balances, exact to the cent per account.

Interest is kept as whole cents × YEAR, so that nothing is lost between days:

    accrued cents = Σ (balance × rate) // YEAR
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.demo import parameters
from data.demo.accounts import Accounts
from data.demo.ledger import CENTRES, Journal
from data.demo.parameters import Size
from data.demo.reference import CARD, CURRENT, CURRENT_SME, SAVINGS, TERM

Ints = NDArray[np.int64]

YEAR = 365 * 1_000_000
"""Days of a year × millionths of the rate."""
QUARTER_STARTS = (1, 4, 7, 10)


@dataclass
class AccruedInterest:
    """Interest owed to (`credit`) and by (`debit`) the customers, per account, in cents × YEAR."""

    credit: Ints
    debit: Ints

    @classmethod
    def none(cls, accounts: int) -> AccruedInterest:
        """Nothing accrued yet."""
        return cls(np.zeros(accounts, dtype=np.int64), np.zeros(accounts, dtype=np.int64))

    def cents(self) -> Ints:
        """Accrued interest per account, positive where the customer gets it."""
        return self.credit // YEAR - self.debit // YEAR

    def due(self, size: Size, accounts: Accounts, month: int) -> Ints:
        """What is to be capitalised on the first day of a month: credit positive, debit negative, cents.

        Savings quarterly, term deposits every twelve months, cards and overdrafts monthly; everything where
        the
        account is closed in the month.
        """
        timeline = size.timeline
        closes = (accounts.close_day >= timeline.starts[month]) & (accounts.close_day <= timeline.ends[month])
        quarter = timeline.calendar_month(month) in QUARTER_STARTS
        opened = accounts.open_day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        year, calendar_month = timeline.year_months[month]
        age = (year - 1970) * 12 + calendar_month - opened
        pays = (
            ((accounts.product == SAVINGS) & quarter)
            | ((accounts.product == TERM) & (age % 12 == 1) & (age > 1))
            | closes
        )
        return np.where(pays, self.credit // YEAR, 0) - self.debit // YEAR

    def settle(self, account: Ints, cents: Ints) -> None:
        """Take out what has been capitalised (credit positive, debit negative)."""
        np.subtract.at(self.credit, account, np.maximum(cents, 0) * YEAR)
        np.subtract.at(self.debit, account, np.maximum(-cents, 0) * YEAR)

    def waive(self, size: Size, accounts: Accounts, journal: Journal, month: int) -> None:
        """Give up what an account that closes in the month still owed."""
        timeline = size.timeline
        closes = np.flatnonzero(
            (accounts.close_day >= timeline.starts[month]) & (accounts.close_day <= timeline.ends[month])
        )
        cents = self.debit[closes] // YEAR
        journal.post("debit_interest_waived", accounts.close_day[closes], cents, accounts.branch[closes])
        self.debit[closes] = 0

    def accrue(self, size: Size, accounts: Accounts, journal: Journal, month: int, balances: Ints) -> None:
        """Accrue a month on its closing balances [day, account] and post it; a month of closing earns
        nothing.
        """
        timeline = size.timeline
        days = np.arange(timeline.starts[month], timeline.starts[month + 1])
        stays = accounts.close_day > timeline.ends[month]
        overdraft = np.isin(accounts.product, (CURRENT, CURRENT_SME))
        charges_card = (accounts.product == CARD) & accounts.revolver
        debit_rate = np.select(
            [overdraft, charges_card], [parameters.RATE_PPM["overdraft"], accounts.rate_ppm], 0
        )
        credit_rate = np.where(np.isin(accounts.product, (SAVINGS, TERM)), accounts.rate_ppm, 0)
        for event, kept, base, rate in (
            ("deposit_interest_accrual", self.credit, balances, credit_rate),
            ("debit_interest_accrual", self.debit, -balances, debit_rate),
        ):
            earning = np.flatnonzero(stays & (rate > 0))
            units = np.cumsum(np.maximum(base[:, earning], 0) * rate[earning], axis=0) + kept[earning]
            cents = np.diff(units // YEAR, axis=0, prepend=(kept[earning] // YEAR)[None, :])
            kept[earning] = units[-1]
            by_centre = np.zeros((len(days), CENTRES), dtype=np.int64)
            np.add.at(by_centre.T, accounts.branch[earning], cents.T)
            journal.post(
                event, np.repeat(days, CENTRES), by_centre.reshape(-1), np.tile(np.arange(CENTRES), len(days))
            )
