"""The bank itself: its opening balance sheet, overheads, treasury, tax and owners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.demo import parameters
from data.demo.accounts import Accounts
from data.demo.ledger import CHART, LEDGER, PNL, Journal
from data.demo.loans import LoanLife, Loans
from data.demo.parameters import Size
from data.demo.reference import BRANCHES, CARD, EUR, HEAD_OFFICE, PRODUCTS, SAVINGS, TERM, USD

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SECURITIES_YIELD, BALANCE_YIELD, BORROWING_RATE = 0.029, 0.021, 0.031
EQUITY_SHARE, OTHER_LIABILITIES_SHARE, LEAST_BORROWINGS = 0.095, 0.008, 0.04
"""Of total assets on the first day."""
LIQUIDITY_SHARE = 0.10
"""Balances with banks as a share of deposits that treasury returns to every month."""
COST_TO_INCOME = 0.59
"""Overheads as a share of the operating income expected on the first day; afterwards they follow wages and
customers."""
STAFF, PREMISES, DEPRECIATION, AMORTISATION = 0.545, 0.365, 0.06, 0.03
"""How overheads divide."""
FULL_TIME_COST = 6_900_000
"""Yearly cost in cents of one full-time employee."""
FEES_PER_CUSTOMER = 20_500
"""Fee income in cents a year that one customer brings, all kinds together, for the first estimate of
costs."""
TAX_RATE = 0.27
DIVIDEND_SHARE = 0.035
"""Dividend paid in May, as a share of equity."""
INTERCHANGE, SCHEME_FEE = 0.0042, 0.0010
"""Of card payments."""

_HEAD_OFFICE_STAFF = 0.42


def staff_weights() -> Floats:
    """Share of the staff per cost centre."""
    weights = np.array([float(row[2]) for row in BRANCHES])
    shares = weights / weights.sum() * (1 - _HEAD_OFFICE_STAFF)
    shares[HEAD_OFFICE] = _HEAD_OFFICE_STAFF
    return shares


@dataclass
class House:
    """What the bank spends and holds for itself."""

    yearly_cost: int
    """Overheads of the first year in cents."""
    start_customers: int

    def full_time_staff(self, year: float, customers: int) -> Floats:
        """Employees per cost centre `year` years after the start."""
        growth = (customers / self.start_customers) ** 0.6
        return staff_weights() * self.yearly_cost * STAFF / FULL_TIME_COST * growth


def open_books(size: Size, journal: Journal, accounts: Accounts, loans: Loans, life: LoanLife) -> House:
    """Write the opening balance sheet, and size the overheads to what the bank will earn on it."""
    opening = journal.opening
    euro = opening[:, :, EUR]
    for product, traits in enumerate(PRODUCTS):
        code = LEDGER[traits.ledger_code]
        mine = accounts.product == product
        where = (accounts.branch[mine], accounts.currency[mine])
        np.add.at(opening[code], where, -accounts.opening_balance[mine])
        lent = loans.product == product
        np.add.at(euro[code], loans.branch[lent], life.opening_balance[lent])
    np.add.at(euro[LEDGER["1300"]], loans.branch, life.opening_accrued)
    np.add.at(euro[LEDGER["1290"]], loans.branch, -life.opening_provision)
    opening[LEDGER["1010"], HEAD_OFFICE, USD] = -opening[:, :, USD].sum()
    deposits = -int(sum(euro[LEDGER[row.code]].sum() for row in CHART if row.kpi_line.startswith("deposits")))
    lending = int(
        sum(euro[LEDGER[row.code]].sum() for row in CHART if row.kpi_line in ("loans", "allowance"))
    )
    fixed = 1 - EQUITY_SHARE - OTHER_LIABILITIES_SHARE - LEAST_BORROWINGS
    total = int(max(deposits / fixed, lending / 0.74))
    weights = staff_weights()
    for code, share in (("1400", 0.011), ("1000", 0.004)):
        euro[LEDGER[code]] += np.round(weights * total * share).astype(np.int64)
    euro[LEDGER["1410"], HEAD_OFFICE] += total * 4 // 1000
    euro[LEDGER["1500"], HEAD_OFFICE] += total * 5 // 1000
    euro[LEDGER["1010"], HEAD_OFFICE] += int(deposits * LIQUIDITY_SHARE)
    equity = int(total * EQUITY_SHARE)
    euro[LEDGER["3000"], HEAD_OFFICE] -= equity * 6 // 10
    euro[LEDGER["3100"], HEAD_OFFICE] -= equity - equity * 6 // 10
    euro[LEDGER["2620"], HEAD_OFFICE] -= int(total * OTHER_LIABILITIES_SHARE)
    euro[LEDGER["2500"], HEAD_OFFICE] -= total - deposits - equity - int(total * OTHER_LIABILITIES_SHARE)
    euro[LEDGER["1100"], HEAD_OFFICE] -= euro.sum()
    return House(
        yearly_cost=int(COST_TO_INCOME * _expected_income(size, euro, accounts, loans, life)),
        start_customers=size.customers,
    )


def _expected_income(size: Size, euro: Ints, accounts: Accounts, loans: Loans, life: LoanLife) -> float:
    """Operating income of the first year in cents, as the opening balance sheet promises it."""
    balance = accounts.opening_balance
    interest = float((life.opening_balance * loans.rate_ppm / 1e6).sum())
    interest += float(-(balance[accounts.product == CARD]).sum()) * 0.5 * parameters.RATE_PPM["CRD-EUR"] / 1e6
    interest += (
        float(euro[LEDGER["1100"]].sum()) * SECURITIES_YIELD
        + float(euro[LEDGER["1010"]].sum()) * BALANCE_YIELD
    )
    for product in (SAVINGS, TERM):
        mine = accounts.product == product
        interest -= float((balance[mine] * accounts.rate_ppm[mine] / 1e6).sum())
    interest += float(euro[LEDGER["2500"]].sum()) * BORROWING_RATE
    return interest + size.customers * FEES_PER_CUSTOMER


def post_month(
    size: Size, house: House, journal: Journal, month: int, customers: int, card_volume: Ints, invested: Ints
) -> None:
    """Post a month of overheads, treasury and commissions.

    Args:
        size: the bank's size.
        house: its overheads.
        journal: where to post.
        month: index of the month.
        customers: present at the month end.
        card_volume: card payments in cents per [day of the month, cost centre].
        invested: what customers sent to the broker, in cents per day of the month.
    """
    timeline = size.timeline
    random = size.random(f"house-{month}")
    first, last = int(timeline.starts[month]), int(timeline.ends[month])
    days = np.arange(first, last + 1)
    calendar_month = timeline.calendar_month(month)
    opening = journal.closing_on(first - 1)[:, :, EUR]
    centres = np.arange(len(BRANCHES))
    growth = (customers / house.start_customers) ** 0.6 * (1 + parameters.WAGE_GROWTH) ** (month / 12)
    monthly = house.yearly_cost / 12 * growth
    weights = staff_weights()
    journal.post(
        "staff_salaries",
        last - 4,
        np.round(monthly * STAFF * weights * random.uniform(0.98, 1.02)).astype(np.int64),
        centres,
    )
    for day, share in ((first + 1, 0.4), (first + 11, 0.3), (first + 20, 0.3)):
        amount = (
            monthly
            * PREMISES
            * share
            * (0.5 * weights + 0.5 / len(BRANCHES))
            * random.uniform(0.9, 1.1, len(BRANCHES))
        )
        journal.post("premises_and_it", day, np.round(amount).astype(np.int64), centres)
    wear = np.round(monthly * DEPRECIATION * weights).astype(np.int64)
    journal.post("depreciation", last, wear, centres)
    journal.post("premises_bought", first + 14, wear, centres)
    software = int(monthly * AMORTISATION)
    journal.post("software_amortisation", last, software)
    journal.post("software_bought", first + 17, software)
    journal.post("rental_income", first + 4, int(monthly * 0.012))
    journal.post("brokerage_commission", days, (invested * 7 + 500) // 1000)
    journal.post("brokerage_commission", last, customers * 190)
    journal.post(
        "interchange", days[:, None], np.round(card_volume * INTERCHANGE).astype(np.int64), centres[None, :]
    )
    journal.post("card_scheme_fee", days, np.round(card_volume.sum(axis=1) * SCHEME_FEE).astype(np.int64))
    securities, borrowed = int(opening[LEDGER["1100"]].sum()), -int(opening[LEDGER["2500"]].sum())
    journal.post("securities_interest_accrual", days, int(securities * SECURITIES_YIELD / 365))
    journal.post("borrowing_interest_accrual", days, int(borrowed * BORROWING_RATE / 365))
    balances = max(int(opening[LEDGER["1010"]].sum()), 0)
    journal.post("bank_balance_interest", last, int(balances * BALANCE_YIELD / 365) * len(days))
    if calendar_month % 3 == 0:
        journal.post("securities_interest_received", last - 3, int(opening[LEDGER["1310"]].sum()))
        journal.post("borrowing_interest_paid", last - 3, -int(opening[LEDGER["2410"]].sum()))
        journal.post("securities_sale_gain", last - 8, int(securities * random.uniform(-0.0002, 0.0004)))
        journal.post("tax_paid", last - 2, -int(opening[LEDGER["2610"]].sum()))
    deposits = -int(
        sum(opening[LEDGER[row.code]].sum() for row in CHART if row.kpi_line.startswith("deposits"))
    )
    # Treasury brings the balance with other banks back to its share of deposits.
    journal.post(
        "securities_bought", first + 2, int(opening[LEDGER["1010"]].sum() - deposits * LIQUIDITY_SHARE)
    )
    if calendar_month == 5:
        equity = -int(opening[LEDGER["3000"]].sum() + opening[LEDGER["3100"]].sum())
        journal.post("dividend", first + 19, int(equity * DIVIDEND_SHARE))


def post_tax(journal: Journal, month: int) -> None:
    """Accrue tax on the month's result; a loss gives tax back."""
    timeline = journal.timeline
    lo = int(timeline.starts[month]) - timeline.first_day
    hi = lo + timeline.length(month)
    flow = (journal.credit[lo:hi, PNL, :, EUR] - journal.debit[lo:hi, PNL, :, EUR]).sum()
    # The close of the year before is no result of this month.
    flow -= journal.carried.get(month, 0)
    journal.post("tax_accrual", int(timeline.ends[month]), int(flow * TAX_RATE))
