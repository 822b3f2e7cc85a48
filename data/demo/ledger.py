"""The general ledger: a chart of accounts, one table of posting rules, and the daily trial balance they give.

Every event has a debit and a credit, so every day foots in each currency. `@account` and `@loan` stand for
the
ledger code of the customer's account or loan. Profit and loss is booked in EUR only; dollars meet euros on
the
exchange position (1590), which is revalued daily.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.demo import arrow
from data.demo.reference import BRANCHES, CURRENCIES, EUR, HEAD_OFFICE, USD
from data.demo.timeline import Timeline

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LedgerAccount:
    """One row of the chart of accounts."""

    code: str
    name: str
    group: str
    kpi_line: str
    earning: bool = False
    subledger: str = "none"
    mdrm: str | None = None
    finrep: str | None = None


CHART = (
    LedgerAccount("1000", "Cash in hand", "asset", "cash", finrep="F01.01"),
    LedgerAccount(
        "1010", "Due from central bank and banks", "asset", "due_from_banks", True, finrep="F01.01"
    ),
    LedgerAccount("1100", "Debt securities", "asset", "securities", True, finrep="F01.01"),
    LedgerAccount("1210", "Mortgages", "asset", "loans", True, "loan", "RCON2122", "F18.00"),
    LedgerAccount("1220", "Personal loans", "asset", "loans", True, "loan", "RCON2122", "F18.00"),
    LedgerAccount("1230", "Business loans", "asset", "loans", True, "loan", "RCON2122", "F18.00"),
    LedgerAccount("1240", "Credit card balances", "asset", "loans", True, "account", "RCON2122", "F18.00"),
    LedgerAccount(
        "1290", "Allowance for credit losses", "asset", "allowance", mdrm="RCON3123", finrep="F04.04"
    ),
    LedgerAccount("1300", "Interest receivable on loans", "asset", "other_assets"),
    LedgerAccount("1310", "Interest receivable on securities", "asset", "other_assets"),
    LedgerAccount("1320", "Interest receivable on cards and overdrafts", "asset", "other_assets"),
    LedgerAccount("1400", "Premises and equipment", "asset", "fixed_assets"),
    LedgerAccount("1410", "Software", "asset", "intangibles"),
    LedgerAccount("1500", "Other assets", "asset", "other_assets"),
    LedgerAccount("1590", "Foreign exchange position", "asset", "other_assets"),
    LedgerAccount(
        "2100", "Current accounts of persons", "liability", "deposits_current", False, "account", "RCON2200"
    ),
    LedgerAccount(
        "2110",
        "Current accounts of businesses",
        "liability",
        "deposits_current",
        False,
        "account",
        "RCON2200",
    ),
    LedgerAccount(
        "2120", "Current accounts in USD", "liability", "deposits_current", False, "account", "RCON2200"
    ),
    LedgerAccount("2200", "Savings accounts", "liability", "deposits_savings", False, "account", "RCON2200"),
    LedgerAccount("2300", "Term deposits", "liability", "deposits_term", False, "account", "RCON2200"),
    LedgerAccount("2400", "Interest payable on deposits", "liability", "other_liabilities"),
    LedgerAccount("2410", "Interest payable on borrowings", "liability", "other_liabilities"),
    LedgerAccount("2500", "Borrowings", "liability", "borrowings"),
    LedgerAccount("2600", "Payments between own customers", "liability", "other_liabilities"),
    LedgerAccount("2605", "Loan payments in clearing", "liability", "other_liabilities"),
    LedgerAccount("2610", "Tax payable", "liability", "other_liabilities"),
    LedgerAccount("2620", "Accounts payable", "liability", "other_liabilities"),
    LedgerAccount("3000", "Share capital", "equity", "share_capital", mdrm="RCON3210"),
    LedgerAccount("3100", "Retained earnings", "equity", "retained_earnings", mdrm="RCON3210"),
    LedgerAccount(
        "4000", "Interest on loans", "pnl", "interest_income_loans", mdrm="RIAD4010", finrep="F02.00 r010"
    ),
    LedgerAccount(
        "4010", "Interest on cards and overdrafts", "pnl", "interest_income_loans", finrep="F02.00 r010"
    ),
    LedgerAccount(
        "4020", "Interest on securities", "pnl", "interest_income_securities", finrep="F02.00 r010"
    ),
    LedgerAccount(
        "4030", "Interest on balances with banks", "pnl", "interest_income_other", finrep="F02.00 r010"
    ),
    LedgerAccount("4100", "Account fees", "pnl", "fee_income", finrep="F02.00 r200"),
    LedgerAccount("4110", "Card interchange", "pnl", "fee_income", finrep="F02.00 r200"),
    LedgerAccount("4120", "Payment and cash charges", "pnl", "fee_income", finrep="F02.00 r200"),
    LedgerAccount("4130", "Loan arrangement and brokerage fees", "pnl", "fee_income", finrep="F02.00 r200"),
    LedgerAccount("4200", "Rental and other income", "pnl", "other_operating_income"),
    LedgerAccount("4210", "Foreign exchange result", "pnl", "other_operating_income"),
    LedgerAccount("4300", "Result of securities sold", "pnl", "sec_gains", mdrm="RIAD3196"),
    LedgerAccount("5000", "Interest on deposits", "pnl", "interest_expense_deposits", finrep="F02.00 r090"),
    LedgerAccount(
        "5010", "Interest on borrowings", "pnl", "interest_expense_borrowings", finrep="F02.00 r090"
    ),
    LedgerAccount("5100", "Card scheme and clearing fees", "pnl", "fee_expense", finrep="F02.00 r210"),
    LedgerAccount(
        "5200", "Salaries and social security", "pnl", "staff_expenses", mdrm="RIAD4135", finrep="F02.00 r360"
    ),
    LedgerAccount(
        "5300", "Premises, IT and marketing", "pnl", "other_administrative_expenses", finrep="F02.00 r360"
    ),
    LedgerAccount(
        "5310", "Fraud and operational losses", "pnl", "other_administrative_expenses", finrep="F02.00 r360"
    ),
    LedgerAccount("5400", "Depreciation of premises", "pnl", "depreciation", finrep="F02.00 r390"),
    LedgerAccount(
        "5410",
        "Amortisation of software",
        "pnl",
        "amortisation_intangibles",
        mdrm="RIADC232",
        finrep="F02.00 r390",
    ),
    LedgerAccount(
        "5500",
        "Provision for credit losses",
        "pnl",
        "provision_expense",
        mdrm="RIADJJ33",
        finrep="F02.00 r460",
    ),
    LedgerAccount("5600", "Income tax", "pnl", "tax", mdrm="RIAD4302", finrep="F02.00 r620"),
)
LEDGER = {row.code: index for index, row in enumerate(CHART)}
PNL = np.array([row.group == "pnl" for row in CHART])

BRANCH_CENTRE, HEAD_OFFICE_CENTRE = "branch", "head_office"


@dataclass(frozen=True)
class Rule:
    """Event → debit and credit ledger code, each with the cost centre it is booked on."""

    event: str
    debit: str
    credit: str
    debit_centre: str = BRANCH_CENTRE
    credit_centre: str = BRANCH_CENTRE


def _customer_pays(event: str, to: str = "1010", centre: str = HEAD_OFFICE_CENTRE) -> Rule:
    return Rule(event, "@account", to, credit_centre=centre)


def _customer_gets(event: str, source: str = "1010", centre: str = HEAD_OFFICE_CENTRE) -> Rule:
    return Rule(event, source, "@account", debit_centre=centre)


def _head_office(event: str, debit: str, credit: str) -> Rule:
    return Rule(event, debit, credit, HEAD_OFFICE_CENTRE, HEAD_OFFICE_CENTRE)


RULES = (
    # Money from and to other banks.
    _customer_gets("salary"),
    _customer_gets("pension"),
    _customer_gets("benefit"),
    _customer_gets("sales_income"),
    _customer_gets("transfer_in"),
    _customer_gets("term_funding"),
    _customer_gets("foreign_in"),
    _customer_gets("card_reversal"),
    _customer_gets("closing_settlement"),
    _customer_pays("transfer_out"),
    _customer_pays("supplier_payment"),
    _customer_pays("payroll"),
    _customer_pays("tax_payment"),
    _customer_pays("standing_order"),
    _customer_pays("direct_debit"),
    _customer_pays("card_payment"),
    _customer_pays("investment"),
    _customer_pays("foreign_out"),
    _customer_pays("closing_payout"),
    # Cash over the branch's counter and machines; the armoured car evens out every day.
    _customer_pays("cash_withdrawal", "1000", BRANCH_CENTRE),
    _customer_gets("cash_deposit", "1000", BRANCH_CENTRE),
    Rule("cash_supply", "1000", "1010", credit_centre=HEAD_OFFICE_CENTRE),
    # Between accounts of this bank: the clearing account is empty every evening.
    _customer_pays("internal_transfer_out", "2600"),
    _customer_gets("internal_transfer_in", "2600"),
    _customer_pays("savings_out", "2600"),
    _customer_gets("savings_in", "2600"),
    _customer_pays("card_settlement_out", "2600"),
    _customer_gets("card_settlement_in", "2600"),
    _customer_pays("term_repaid_out", "2600"),
    _customer_gets("term_repaid_in", "2600"),
    # Currencies meet on the exchange position, the profit and loss stays in EUR.
    _customer_pays("exchange_out", "1590"),
    _customer_gets("exchange_in", "1590"),
    _head_office("exchange_revaluation", "1590", "4210"),
    _head_office("dollar_fee_position", "1590", "4100"),
    # Fees and interest on accounts.
    _customer_pays("account_fee", "4100", BRANCH_CENTRE),
    _customer_pays("dollar_account_fee", "1590"),
    _customer_pays("payment_charge", "4120", BRANCH_CENTRE),
    Rule("deposit_interest_accrual", "5000", "2400"),
    _customer_gets("interest_paid", "2400", BRANCH_CENTRE),
    Rule("debit_interest_accrual", "1320", "4010"),
    _customer_pays("interest_charged", "1320", BRANCH_CENTRE),
    Rule("deposit_interest_forfeited", "2400", "5000"),
    Rule("debit_interest_waived", "4010", "1320"),
    Rule("interchange", "1010", "4110", debit_centre=HEAD_OFFICE_CENTRE),
    _head_office("card_scheme_fee", "5100", "1010"),
    # Loans.
    _customer_gets("loan_payout", "2605"),
    Rule("loan_advance", "@loan", "2605", credit_centre=HEAD_OFFICE_CENTRE),
    Rule("loan_arrangement_fee", "1010", "4130", debit_centre=HEAD_OFFICE_CENTRE),
    _customer_pays("loan_payment", "2605"),
    _head_office("loan_payment_external", "1010", "2605"),
    Rule("loan_principal", "2605", "@loan", debit_centre=HEAD_OFFICE_CENTRE),
    Rule("loan_interest", "2605", "1300", debit_centre=HEAD_OFFICE_CENTRE),
    Rule("loan_interest_nonaccrual", "2605", "4000", debit_centre=HEAD_OFFICE_CENTRE),
    Rule("loan_interest_accrual", "1300", "4000"),
    Rule("loan_interest_reversal", "4000", "1300"),
    Rule("loan_write_off", "1290", "@loan"),
    Rule("loan_recovery", "1010", "5500", debit_centre=HEAD_OFFICE_CENTRE),
    Rule("loan_provision", "5500", "1290"),
    # Fraud: the bank makes the customer whole and gets part of it back from the scheme.
    _customer_gets("fraud_refund", "5310", BRANCH_CENTRE),
    Rule("fraud_recovery", "1010", "5310", debit_centre=HEAD_OFFICE_CENTRE),
    # The house.
    Rule("staff_salaries", "5200", "1010", credit_centre=HEAD_OFFICE_CENTRE),
    Rule("premises_and_it", "5300", "1010", credit_centre=HEAD_OFFICE_CENTRE),
    Rule("depreciation", "5400", "1400"),
    _head_office("software_amortisation", "5410", "1410"),
    Rule("premises_bought", "1400", "1010", credit_centre=HEAD_OFFICE_CENTRE),
    _head_office("software_bought", "1410", "1010"),
    _head_office("rental_income", "1010", "4200"),
    _head_office("brokerage_commission", "1010", "4130"),
    # Treasury.
    _head_office("securities_interest_accrual", "1310", "4020"),
    _head_office("securities_interest_received", "1010", "1310"),
    _head_office("securities_bought", "1100", "1010"),
    _head_office("securities_sale_gain", "1010", "4300"),
    _head_office("bank_balance_interest", "1010", "4030"),
    _head_office("borrowing_interest_accrual", "5010", "2410"),
    _head_office("borrowing_interest_paid", "2410", "1010"),
    _head_office("borrowings_taken", "1010", "2500"),
    # Tax and owners.
    _head_office("tax_accrual", "5600", "2610"),
    _head_office("tax_paid", "2610", "1010"),
    _head_office("dividend", "3100", "1010"),
)
RULE = {rule.event: rule for rule in RULES}

CENTRES = len(BRANCHES)


class Journal:
    """Daily debit and credit turnover in cents per [day, ledger code, cost centre, currency]."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        shape = (timeline.days, len(CHART), CENTRES, len(CURRENCIES))
        self.debit = np.zeros(shape, dtype=np.int64)
        self.credit = np.zeros(shape, dtype=np.int64)
        self.opening = np.zeros(shape[1:], dtype=np.int64)
        """Debit-positive balances on the eve of the first day."""
        self.carried: dict[int, int] = {}
        """Debit-positive result carried to retained earnings, per month of the close."""

    def post(
        self,
        event: str,
        day: Ints | int,
        amount: Ints | int,
        centre: Ints | int = HEAD_OFFICE,
        currency: Ints | int = EUR,
        ledger: Ints | int = -1,
    ) -> None:
        """Book an event; `ledger` is the position in the chart that `@account` or `@loan` stands for.

        A negative amount is booked the other way round, so that turnovers are never negative.
        """
        rule = RULE[event]
        days, amounts, centres, currencies, ledgers = (
            values.reshape(-1) for values in np.broadcast_arrays(day, amount, centre, currency, ledger)
        )
        index = days - self.timeline.first_day
        for code, where, plus, minus in (
            (rule.debit, rule.debit_centre, self.debit, self.credit),
            (rule.credit, rule.credit_centre, self.credit, self.debit),
        ):
            position = ledgers if code.startswith("@") else np.full(len(index), LEDGER[code])
            place = centres if where == BRANCH_CENTRE else np.full(len(index), HEAD_OFFICE)
            shape = self.debit.shape
            flat = np.ravel_multi_index((index, position, place, currencies), shape)
            for target, signed in ((plus, amounts), (minus, -amounts)):
                some = signed > 0
                np.add.at(target.reshape(-1), flat[some], signed[some])

    def closing_on(self, day: int) -> Ints:
        """Closing balances of one day, [ledger code, cost centre, currency]; those of the eve included."""
        through = day - self.timeline.first_day + 1
        return self.opening + (self.debit[:through] - self.credit[:through]).sum(axis=0)

    def close_year(self, month: int) -> None:
        """Carry the profit and loss of the year before to retained earnings, on the first day of a
        January.
        """
        index = int(self.timeline.starts[month]) - self.timeline.first_day
        result = self.opening if index == 0 else self.closing_on(self.timeline.first_day + index - 1)
        result = np.where(PNL[:, None, None], result, 0)
        self.debit[index] += np.maximum(-result, 0)
        self.credit[index] += np.maximum(result, 0)
        profit = result.sum(axis=0)
        retained = LEDGER["3100"]
        self.debit[index, retained] += np.maximum(profit, 0)
        self.credit[index, retained] += np.maximum(-profit, 0)
        self.carried[month] = int(result.sum())

    def revalue(self, month: int, dollar_rate: Ints) -> None:
        """Bring the exchange position's euro side to each day's rate; the difference is the exchange result.

        Args:
            month: index of the month; the months before are revalued already.
            dollar_rate: EUR per USD in millionths, one per day of the bank's life.
        """
        lo = int(self.timeline.starts[month]) - self.timeline.first_day
        hi = lo + self.timeline.length(month)
        position = LEDGER["1590"]
        flow = (self.debit[:hi, position] - self.credit[:hi, position]).sum(axis=1)
        balance = self.opening[position].sum(axis=0) + np.cumsum(flow, axis=0)
        gap = -(balance[lo:, USD] * dollar_rate[lo:hi] // 1_000_000) - balance[lo:, EUR]
        self.post(
            "exchange_revaluation", self.timeline.first_day + np.arange(lo, hi), np.diff(gap, prepend=0)
        )


def chart() -> pa.Table:
    """The `gl_account` extract."""
    return pa.table(
        {
            "ledger_code": [row.code for row in CHART],
            "name": [row.name for row in CHART],
            "parent_ledger_code": arrow.nulls(len(CHART)),
            "asset_liability": [row.group for row in CHART],
            "type": [_fire_type(row) for row in CHART],
            "purpose": [row.kpi_line for row in CHART],
            "kpi_line": [row.kpi_line for row in CHART],
            "is_earning_asset": [row.earning for row in CHART],
            "subledger": [row.subledger for row in CHART],
            "mdrm_code": pa.array([row.mdrm for row in CHART], pa.string()),
            "finrep_cell": pa.array([row.finrep for row in CHART], pa.string()),
        }
    )


def _fire_type(row: LedgerAccount) -> str:
    if row.group != "pnl":
        return row.group
    return "income" if row.code < "5000" else "expense"


def trial_balances(journal: Journal, month: int) -> pa.Table:
    """The `gl_balance` extract of a month: every day, every combination used until its end."""
    timeline = journal.timeline
    lo = int(timeline.starts[month]) - timeline.first_day
    hi = lo + timeline.length(month)
    used = np.argwhere(
        (journal.opening != 0)
        | (journal.debit[:hi] != 0).any(axis=0)
        | (journal.credit[:hi] != 0).any(axis=0)
    )
    code, centre, currency = used.T
    days = hi - lo
    before = journal.closing_on(timeline.first_day + lo - 1)[code, centre, currency]
    flow = (journal.debit[lo:hi] - journal.credit[lo:hi])[:, code, centre, currency]
    close = before + np.cumsum(flow, axis=0)
    opening = np.vstack([before[None, :], close[:-1]])
    order_code, order_centre, order_currency = (np.tile(values, days) for values in (code, centre, currency))
    return pa.table(
        {
            "date": arrow.dates(np.repeat(timeline.first_day + lo + np.arange(days), len(used))),
            "ledger_code": arrow.lookup([row.code for row in CHART], order_code),
            "cost_center_code": arrow.ids("CC", order_centre, 2),
            "currency_code": arrow.lookup(CURRENCIES, order_currency),
            "opening": arrow.money(opening.reshape(-1), digits=20),
            "debit": arrow.money(journal.debit[lo:hi, code, centre, currency].reshape(-1), digits=20),
            "credit": arrow.money(journal.credit[lo:hi, code, centre, currency].reshape(-1), digits=20),
            "closing": arrow.money(close.reshape(-1), digits=20),
        }
    )
