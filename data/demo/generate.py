"""Put the demo bank together: build its customers and contracts, then live through the months and write each.

Months are made one after the other, so memory holds one month of movements whatever the bank's size.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.demo import (
    accounts as account_module,
)
from data.demo import (
    arrow,
    fraud,
    house,
    ledger,
    loan_extracts,
    loans,
    marketing,
    population,
    standing,
    treasury,
    writers,
)
from data.demo.booking import DAY, book, daily_balances
from data.demo.interest import AccruedInterest
from data.demo.kinds import BRANCH, CODE, INSUFFICIENT_FUNDS, KINDS, PHONE, REJECT_REASONS
from data.demo.kinds import CHANNELS as CHANNEL_NAMES
from data.demo.movements import Movements, keep_rows
from data.demo.parameters import Size
from data.demo.payments import Habits, Month, draw, habits
from data.demo.reference import (
    BANK_CODES,
    BRANCHES,
    CATEGORIES,
    CURRENCIES,
    EUR,
    MORTGAGE,
    OWN_BANK_CODE,
    PRODUCTS,
    USD,
)
from data.demo.timeline import NEVER, day_number

Ints = NDArray[np.int64]
Columns = dict[str, Ints]
Progress = Callable[[str, int, int], None]

PEER_FILES = ("institutions.csv", "financials.csv")
_LEDGER_OF_PRODUCT = np.array([ledger.LEDGER[p.ledger_code] for p in PRODUCTS])
_CARD, _CASH_OUT, _CASH_IN = CODE["card_payment"], CODE["cash_withdrawal"], CODE["cash_deposit"]


def generate(
    out: Path,
    truth: Path,
    customers: int = 2000,
    months: int = 36,
    end: date = date(2025, 12, 31),
    seed: int = 20240229,
    progress: Progress | None = None,
    peers: Path | None = None,
) -> None:
    """Write a complete small bank's extracts, and beside them what only the generator knows.

    Args:
        out: folder of the extracts, one file per table and month.
        truth: folder of the truth, Parquet; no pipeline reads it.
        customers: customers on the first day; others join and some leave.
        months: whole months, the last one that of `end`.
        end: any day of the last month.
        seed: same seed, same bytes.
        progress: called with (month done, number, of how many).
        peers: folder for the FDIC extract that ships with the project; not written if None.

    Raises:
        ValueError: fewer than 50 customers, or no month at all.
    """
    if customers < 50 or months < 1:
        raise ValueError(
            f"a demo bank needs at least 50 customers and one month, not {customers} and {months}"
        )
    out.mkdir(parents=True, exist_ok=True)
    truth.mkdir(parents=True, exist_ok=True)
    bank = found(Size(customers, months, end, seed))
    for month in range(months):
        business_date = bank.size.timeline.business_date(month).strftime("%Y%m%d")
        for name, table in live_month(bank, month):
            writers.write(out, name, business_date, table)
        if progress:
            progress(business_date, month + 1, months)
    for name, table in known_truth(bank).items():
        pq.write_table(table, truth / f"{name}.parquet", compression="zstd")
    if peers is not None:
        ship_peers(peers)


def ship_peers(folder: Path) -> None:
    """Copy the FDIC's public figures that ship with the project into a landing folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PEER_FILES:
        shutil.copyfile(Path(__file__).parent / "peers" / name, folder / name)


@dataclass
class Bank:
    """The bank while it lives: contracts, and the state that one month hands to the next."""

    size: Size
    people: population.Population
    contacts: marketing.Contacts
    loans: loans.Loans
    life: loans.LoanLife
    loan_events: tuple[Ints, Ints, Ints, Ints]
    accounts: account_module.Accounts
    orders: standing.Orders
    habits: Habits
    journal: ledger.Journal
    house: house.House
    dollar_rate: Ints
    short_rate: NDArray[np.float64]
    macro: list[pa.Table]
    mules: Ints
    balance: Ints
    interest: AccruedInterest
    usual: NDArray[np.float64]
    opening_of_month: Ints
    cases: fraud.Cases = field(default_factory=fraud.Cases)


def found(size: Size) -> Bank:
    """Everything before the first day."""
    people = population.populate(size)
    contacts = marketing.campaigns(size, people)
    lent = loans.lend(size, people, contacts)
    life = loans.live(size, people, lent)
    _keep_debtors(size, people, lent, life)
    owned = account_module.open_accounts(size, people, contacts)
    has_mortgage = np.zeros(people.count, dtype=bool)
    has_mortgage[lent.customer[lent.product == MORTGAGE]] = True
    journal = ledger.Journal(size.timeline)
    short = treasury.short_rates(size)
    random = size.random("mules")
    candidates = np.flatnonzero((people.leave_month == NEVER) & (people.kind == 0) & (people.join_month < 0))
    return Bank(
        size=size,
        people=people,
        contacts=contacts,
        loans=lent,
        life=life,
        loan_events=life.events.columns(size.timeline.first_day),
        accounts=owned,
        orders=standing.orders(size, people, owned, has_mortgage),
        habits=habits(size, people),
        journal=journal,
        house=house.open_books(size, journal, owned, lent, life),
        dollar_rate=treasury.dollar_rates(size),
        short_rate=short,
        macro=treasury.macro(size, short),
        mules=np.sort(random.choice(candidates, max(1, size.customers // 400), replace=False)),
        balance=owned.opening_balance.copy(),
        opening_of_month=owned.opening_balance.copy(),
        interest=AccruedInterest.none(owned.count),
        usual=people.income[0, owned.customer] * 0.02,
    )


def _keep_debtors(size: Size, people: population.Population, lent: loans.Loans, life: loans.LoanLife) -> None:
    """Nobody leaves with an unpaid loan."""
    leave = people.leave_month[lent.customer]
    goes = np.flatnonzero(leave < size.months)
    unpaid = goes[life.state[leave[goes], goes] == loans.ACTIVE]
    people.leave_month[lent.customer[unpaid]] = NEVER
    population.fade(people)


def live_month(bank: Bank, month: int) -> list[tuple[str, pa.Table]]:
    """Live through a month; returns its extracts by table name, in the contract's order."""
    size, journal, timeline = bank.size, bank.journal, bank.size.timeline
    first, last = int(timeline.starts[month]), int(timeline.ends[month])
    if timeline.calendar_month(month) == 1:
        journal.close_year(month)
    random = size.random(f"month-{month}")
    now = Month(
        index=month,
        first_day=first,
        last_day=last,
        size=size,
        people=bank.people,
        accounts=bank.accounts,
        orders=bank.orders,
        habits=bank.habits,
        balance=bank.balance,
        interest_due=bank.interest.due(size, bank.accounts, month),
        dollar_rate=bank.dollar_rate,
        random=random,
        movements=Movements(),
    )
    draw(now)
    events = _events_of(bank, first, last)
    _loan_movements(bank, now, events)
    fraud.commit(now, bank.mules)
    refunds = _fraud_refunds(bank, now)
    columns = _booked(bank, now)
    done = columns["done"] == 1
    balances = daily_balances(
        columns["account"][done],
        columns["day"][done],
        columns["balance_after"][done],
        columns["second"][done],
        bank.opening_of_month,
        timeline.length(month),
    )
    _post_movements(bank, month, columns, refunds)
    _post_loans(bank, month, events, columns)
    bank.interest.waive(size, bank.accounts, journal, month)
    bank.interest.accrue(size, bank.accounts, journal, month, balances)
    present = int(bank.people.present(month).sum())
    house.post_month(size, bank.house, journal, month, present, *_volumes(bank, month, columns))
    journal.revalue(month, bank.dollar_rate)
    house.post_tax(journal, month)
    number = _number(columns)
    bank.cases.record(random, columns, number, month)
    raised = fraud.alerts(random, columns, bank.usual)
    _learn_usual(bank, columns)
    return _extracts(bank, month, columns, number, raised, events)


def _events_of(bank: Bank, first: int, last: int) -> tuple[Ints, Ints, Ints, Ints]:
    lo, hi = np.searchsorted(bank.loan_events[2], [first, last + 1])
    kind, loan, day, amount = (values[lo:hi] for values in bank.loan_events)
    return kind, loan, day, amount


def _loan_movements(bank: Bank, now: Month, events: tuple[Ints, Ints, Ints, Ints]) -> None:
    """Payouts, instalments, and debits that failed because the borrower has no money to spare."""
    kind, loan, day, amount = events
    account = bank.accounts.primary[bank.loans.customer[loan]]
    for event, name, hour, refused in (
        (loans.ADVANCE, "loan_payout", 9, 0),
        (loans.PAYMENT, "loan_payment", 4, 0),
        (loans.MISSED_PAYMENT, "loan_payment", 4, INSUFFICIENT_FUNDS),
    ):
        rows = np.flatnonzero(kind == event)
        now.movements.add(
            name, account[rows], now.batch(day[rows], hour), amount[rows], loan=loan[rows], refused=refused
        )


def _fraud_refunds(bank: Bank, now: Month) -> Ints:
    """Make victims whole; returns what comes back from others, per refund, in the order of the movements."""
    account, day, amount, recovered = bank.cases.refunds(bank.size.timeline, now.index)
    now.movements.add("fraud_refund", account, now.batch(day, 9), amount)
    return recovered


def _booked(bank: Bank, now: Month) -> Columns:
    """Drop what falls on accounts that are not open, book the rest, and carry the balances forward."""
    columns = now.movements.columns()
    owned = bank.accounts
    day = columns["second"] // DAY
    account = columns["account"]
    keep = (owned.open_day[account] <= day) & (owned.close_day[account] >= day)
    keep &= (columns["amount"] > 0) | (columns["closing"] == 1)
    # Twice, because a link may point to a row that itself hangs on another.
    for _ in range(2):
        keep &= (columns["link"] < 0) | keep[np.maximum(columns["link"], 0)]
    columns = keep_rows(columns, keep)
    bank.opening_of_month = bank.balance.copy()
    result = book(
        columns["account"],
        columns["second"],
        columns["signed"],
        columns["link"],
        columns["refused"] > 0,
        columns["closing"] == 1,
        bank.balance,
        -owned.limit,
    )
    columns["signed"] = result.amount
    columns["amount"] = np.abs(result.amount)
    settles = (columns["closing"] == 1) & (result.amount > 0)
    columns["kind"] = np.where(settles, CODE["closing_settlement"], columns["kind"])
    columns["done"] = result.done.astype(np.int64)
    columns["balance_after"] = result.balance_after
    columns["refused"] = np.where(
        ~result.done & (columns["refused"] == 0) & result.short, INSUFFICIENT_FUNDS, columns["refused"]
    )
    columns["day"] = columns["second"] // DAY - now.first_day
    # A linked movement whose source was refused never reached the books, nor did a closing of an empty
    # account.
    seen = (columns["done"] == 1) | (columns["refused"] > 0)
    seen &= (columns["done"] == 1) | (columns["link"] < 0)
    return keep_rows(columns, seen & (columns["amount"] > 0))


def _post_movements(bank: Bank, month: int, columns: Columns, recovered: Ints) -> None:
    """Post every booked movement by its kind's rule, and what hangs on it."""
    owned, journal, first = bank.accounts, bank.journal, int(bank.size.timeline.starts[month])
    done = columns["done"] == 1
    account = columns["account"]
    ledger_code = _LEDGER_OF_PRODUCT[owned.product[account]]
    centre, currency = owned.branch[account], owned.currency[account]
    for kind in np.unique(columns["kind"][done]).tolist():
        rows = np.flatnonzero(done & (columns["kind"] == kind))
        name = KINDS[kind].name
        if name == "account_fee":
            dollars = rows[currency[rows] == USD]
            day = columns["second"][dollars] // DAY
            cents = columns["amount"][dollars]
            journal.post("dollar_account_fee", day, cents, centre[dollars], USD, ledger_code[dollars])
            in_euros = cents * bank.dollar_rate[day - bank.size.timeline.first_day] // 1_000_000
            journal.post("dollar_fee_position", day, in_euros)
            rows = rows[currency[rows] == EUR]
        plain = columns["amount"][rows] - columns["charge"][rows]
        day = columns["second"][rows] // DAY
        journal.post(name, day, plain, centre[rows], currency[rows], ledger_code[rows])
        journal.post(
            "payment_charge", day, columns["charge"][rows], centre[rows], currency[rows], ledger_code[rows]
        )
    interest = np.flatnonzero(
        done & np.isin(columns["kind"], (CODE["interest_paid"], CODE["interest_charged"]))
    )
    bank.interest.settle(account[interest], columns["signed"][interest])
    cash = np.flatnonzero(done & np.isin(columns["kind"], (_CASH_OUT, _CASH_IN)))
    journal.post(
        "cash_supply",
        columns["second"][cash] // DAY,
        -columns["signed"][cash] - columns["charge"][cash],
        centre[cash],
    )
    refunds = np.flatnonzero(done & (columns["kind"] == CODE["fraud_refund"]))
    back = np.minimum(recovered[: len(refunds)], columns["amount"][refunds])
    journal.post("fraud_recovery", first + columns["day"][refunds], back, centre[refunds])


_LOAN_RULES = {
    loans.ADVANCE: "loan_advance",
    loans.PRINCIPAL_PAID: "loan_principal",
    loans.INTEREST_PAID: "loan_interest",
    loans.INTEREST_PAID_NONACCRUAL: "loan_interest_nonaccrual",
    loans.WRITE_OFF: "loan_write_off",
    loans.RECOVERY: "loan_recovery",
    loans.REVERSED_ACCRUAL: "loan_interest_reversal",
    loans.EXTERNAL_PAYMENT: "loan_payment_external",
}


def _post_loans(bank: Bank, month: int, events: tuple[Ints, Ints, Ints, Ints], columns: Columns) -> None:
    """Post the month of the loan book: movements, interest earned, fees, provisions."""
    lent, life, journal, timeline = bank.loans, bank.life, bank.journal, bank.size.timeline
    kind, loan, day, amount = events
    ledger_code, centre = _LEDGER_OF_PRODUCT[lent.product[loan]], lent.branch[loan]
    for event, rule in _LOAN_RULES.items():
        rows = np.flatnonzero(kind == event)
        journal.post(rule, day[rows], amount[rows], centre[rows], EUR, ledger_code[rows])
    # Instalments that the account could not bear, or that it is closed for, were paid from elsewhere.
    rows = np.flatnonzero(kind == loans.PAYMENT)
    journal.post("loan_payment_external", day[rows], amount[rows])
    paid = np.flatnonzero((columns["done"] == 1) & (columns["kind"] == CODE["loan_payment"]))
    journal.post("loan_payment_external", columns["second"][paid] // DAY, -columns["amount"][paid])
    rows = np.flatnonzero(kind == loans.ADVANCE)
    fee = amount[rows] * np.where(lent.product[loan[rows]] == MORTGAGE, 5, 12) // 1000
    journal.post("loan_arrangement_fee", day[rows], fee, centre[rows])
    for when, key, cents in life.accruals:
        if len(when) and timeline.starts[month] <= when[0] <= timeline.ends[month]:
            journal.post("loan_interest_accrual", when, cents, key // len(PRODUCTS))
    before = life.opening_provision if month == 0 else life.provision[month - 1]
    change = np.zeros(ledger.CENTRES, dtype=np.int64)
    np.add.at(change, lent.branch, life.provision[month] - before)
    rows = np.flatnonzero(kind == loans.WRITE_OFF)
    np.add.at(change, centre[rows], amount[rows])
    journal.post("loan_provision", int(timeline.ends[month]), change, np.arange(ledger.CENTRES))


def _volumes(bank: Bank, month: int, columns: Columns) -> tuple[Ints, Ints]:
    """Card payments per [day, cost centre], and money sent to the broker per day."""
    days = bank.size.timeline.length(month)
    card = np.zeros((days, ledger.CENTRES), dtype=np.int64)
    rows = np.flatnonzero((columns["done"] == 1) & (columns["kind"] == _CARD))
    np.add.at(
        card, (columns["day"][rows], bank.accounts.branch[columns["account"][rows]]), columns["amount"][rows]
    )
    invested = np.zeros(days, dtype=np.int64)
    rows = np.flatnonzero((columns["done"] == 1) & (columns["kind"] == CODE["investment"]))
    np.add.at(invested, columns["day"][rows], columns["amount"][rows])
    return card, invested


def _number(columns: Columns) -> Ints:
    """Number of each movement within the month, from 1, in order of time."""
    order = np.lexsort((np.arange(len(columns["kind"])), columns["account"], columns["second"]))
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(1, len(order) + 1)
    return number


def _learn_usual(bank: Bank, columns: Columns) -> None:
    """The rules tool learns each account's usual payment from the month."""
    rows = np.flatnonzero((columns["done"] == 1) & (columns["signed"] < 0) & (columns["closing"] == 0))
    account = columns["account"][rows]
    count = np.bincount(account, minlength=bank.accounts.count)
    mean = np.bincount(account, weights=columns["amount"][rows], minlength=bank.accounts.count) / np.maximum(
        count, 1
    )
    bank.usual = np.where(count > 0, 0.7 * bank.usual + 0.3 * mean, bank.usual)


def _ratings(bank: Bank, month: int) -> Ints:
    """Internal rating per customer, 0 (A) … 4 (E): by strength, worse with arrears."""
    strength = bank.people.credit_strength
    rating = np.select([strength > 0.8, strength > -0.2, strength > -1.2], [0, 1, 2], 3)
    owner = bank.loans.customer
    late = np.zeros(bank.people.count, dtype=np.int64)
    np.maximum.at(late, owner, np.select([bank.life.stage[month] == 3, bank.life.dpd[month] > 30], [4, 3], 0))
    return np.maximum(rating, late)


def _extracts(
    bank: Bank,
    month: int,
    columns: Columns,
    number: Ints,
    raised: Columns,
    events: tuple[Ints, Ints, Ints, Ints],
) -> list[tuple[str, pa.Table]]:
    size, timeline = bank.size, bank.size.timeline
    day = int(timeline.ends[month])
    ends_quarter = timeline.calendar_month(month) % 3 == 0
    houses = np.array(bank.macro[month]["value"][12:16].to_numpy() * 10, dtype=np.int64)
    tables = [
        ("branch", _branches(bank, month)),
        ("product", _products()),
        ("customer", population.snapshot(bank.people, month, day, _ratings(bank, month))),
        (
            "account",
            account_module.snapshot(bank.accounts, timeline, month, bank.balance, bank.interest.cents()),
        ),
        ("account_holder", account_module.holders(bank.accounts, bank.people, day)),
        ("card", account_module.cards(bank.accounts, day)),
        ("standing_order", standing.extract(bank.orders, day)),
        ("transaction", _transactions(bank, month, columns, number)),
        ("loan", loan_extracts.positions(bank.loans, bank.life, bank.accounts, timeline, month)),
        ("loan_cash_flow", loan_extracts.schedules(bank.loans, bank.life, timeline, month)),
        ("loan_transaction", loan_extracts.movements(bank.loans, bank.life, timeline, month, events)),
        ("collateral", loan_extracts.collateral(bank.loans, bank.life, bank.people, timeline, month, houses)),
        ("loan_application", loan_extracts.applications(bank.loans.applications, timeline, month)),
        ("gl_account", ledger.chart()),
        ("gl_balance", ledger.trial_balances(bank.journal, month)),
        ("alert", fraud.alerts_extract(timeline, month, columns, number, raised)),
        ("fraud_case", fraud.cases_extract(bank.cases, timeline, month)),
        ("contact", marketing.extract(size, bank.contacts, month)),
        ("exchange_rate", treasury.exchange_rates(timeline, bank.dollar_rate, month)),
        ("curve", treasury.curves(timeline, bank.short_rate, month)),
        ("macro_series", bank.macro[month]),
    ]
    if ends_quarter:
        closing = bank.journal.closing_on(day)[:, :, EUR]
        tables.append(("financial_fact", treasury.capital(closing, day)))
    year, calendar_month = timeline.year_months[month]
    if calendar_month == 11 or month == 0:
        months = min(calendar_month, month) + 1
        budgets = treasury.budget(bank.journal.closing_on(day)[:, :, EUR], months)
        tables.append(("target", treasury.targets(year + (calendar_month == 11), budgets)))
    return tables


def _branches(bank: Bank, month: int) -> pa.Table:
    count = len(BRANCHES)
    present = int(bank.people.present(month).sum())
    staff = bank.house.full_time_staff(month / 12, present)
    opened = [day_number(date(1962 + 4 * index, 3 + index % 9, 1)) for index in range(count)]
    return pa.table(
        {
            "branch_id": arrow.ids("B", np.arange(count), 2),
            "name": [row[0] for row in BRANCHES],
            "parent_branch_id": pa.array([None] + ["B00"] * (count - 1), pa.string()),
            "region_id": [row[1] for row in BRANCHES],
            "cost_center_code": arrow.ids("CC", np.arange(count), 2),
            "open_date": arrow.dates(np.array(opened)),
            "close_date": arrow.nulls(count, pa.date32()),
            "fte": arrow.decimal(np.round(staff * 100).astype(np.int64), 8, 2),
            "latitude": [row[3] for row in BRANCHES],
            "longitude": [row[4] for row in BRANCHES],
            "attributes": ['{"kind": "head_office"}'] + ['{"kind": "branch"}'] * (count - 1),
        }
    )


def _products() -> pa.Table:
    return pa.table(
        {
            "product_id": [p.product_id for p in PRODUCTS],
            "product_name": [p.name for p in PRODUCTS],
            "family": [p.family for p in PRODUCTS],
            "fire_type": [p.fire_type for p in PRODUCTS],
            "ftp_method": [p.ftp_method for p in PRODUCTS],
            "behavioural_life_months": pa.array([p.behavioural_life_months for p in PRODUCTS], pa.int32()),
        }
    )


def _transactions(bank: Bank, month: int, columns: Columns, number: Ints) -> pa.Table:
    """The `transaction` extract of a month, in order of time.

    RJCT rows moved no money. A reversal is a row of its own with status RVSL that moves the balance back.
    """
    order = np.argsort(number)
    where = number
    columns = {name: values[order] for name, values in columns.items()}
    count = len(order)
    kind, account, channel = columns["kind"], columns["account"], columns["channel"]
    done = columns["done"] == 1
    reverses = columns["reversal_of"] >= 0
    day = columns["second"] // DAY
    card = np.isin(kind, (_CARD, CODE["card_reversal"])) | ((kind == _CASH_OUT) & (channel != BRANCH))
    category, merchant, terminal = columns["category"], columns["merchant"], columns["terminal"]
    own = columns["own_bank"] == 1
    other = columns["counterparty"]
    nobody = other < 0
    purpose = np.where(columns["purpose"] >= 0, len(KINDS) + columns["purpose"], kind)
    of_atm = kind == _CASH_OUT
    terminal_number = np.where(of_atm, terminal, merchant * 10 + terminal)
    terminals = arrow.kernels.if_else(
        pa.array(of_atm),
        arrow.ids("ATM", np.maximum(terminal_number, 0), 6),
        arrow.ids("POS", np.maximum(terminal_number, 0), 6),
    )
    stamp = np.full(count, month)
    return pa.table(
        {
            "transaction_id": fraud.transaction_ids(bank.size.timeline, stamp, number[order]),
            "account_id": account_module.account_ids(account),
            "booking_date_time": arrow.timestamps(columns["second"]),
            "value_date_time": arrow.timestamps(columns["second"], ~done),
            "credit_debit_indicator": arrow.lookup(("DBIT", "CRDT"), (columns["signed"] > 0).astype(int)),
            "amount": arrow.money(columns["amount"]),
            "currency_code": arrow.lookup(CURRENCIES, bank.accounts.currency[account]),
            "status": arrow.lookup(("BOOK", "RJCT", "RVSL"), np.select([~done, reverses], [1, 2], 0)),
            "balance_after": arrow.money(columns["balance_after"], missing=~done),
            "bank_transaction_code": arrow.lookup([k.bank_transaction_code for k in KINDS], kind),
            "proprietary_code": arrow.lookup([k.name for k in KINDS], kind),
            "purpose_code": arrow.lookup([k.purpose for k in KINDS] + list(standing.PURPOSES), purpose),
            "channel": arrow.lookup(CHANNEL_NAMES, channel),
            "initiated_by": arrow.lookup([k.initiated_by for k in KINDS], kind),
            "counterparty_account": arrow.kernels.if_else(
                pa.array(own),
                account_module.account_ids(np.maximum(other, 0)),
                standing.counterparties(np.maximum(other, 0), nobody),
            ),
            "counterparty_bank": arrow.lookup(
                (*BANK_CODES, OWN_BANK_CODE), np.where(own, len(BANK_CODES), other % len(BANK_CODES)), nobody
            ),
            "merchant_id": arrow.ids("M", merchant, 6, merchant < 0),
            "merchant_category_code": arrow.lookup(
                [c.code for c in CATEGORIES] + ["6011"],
                np.where(of_atm, len(CATEGORIES), category),
                (category < 0) & ~of_atm,
            ),
            "terminal_id": _where_not(terminals, terminal < 0),
            "card_id": account_module.card_ids(account, day, bank.accounts, ~card),
            "charge_amount": arrow.money(columns["charge"], missing=columns["charge"] == 0),
            "loan_id": loan_extracts.loan_ids(columns["loan"], columns["loan"] < 0),
            "reject_reason": arrow.lookup(REJECT_REASONS, columns["refused"], done),
            "manual_touch": pa.array(np.isin(channel, (BRANCH, PHONE))),
            "reversal_of": fraud.transaction_ids(
                bank.size.timeline, stamp, where[np.maximum(columns["reversal_of"], 0)], ~reverses
            ),
        }
    )


def _where_not(values: pa.Array, missing: NDArray[np.bool_]) -> pa.Array:
    return arrow.kernels.if_else(pa.array(missing), pa.scalar(None, values.type), values)


def known_truth(bank: Bank) -> dict[str, pa.Table]:
    """What the generator knows and no extract says: tables customer, borrower, fraud_transaction,
    contact_effect.
    """
    people, timeline = bank.people, bank.size.timeline
    who = np.arange(people.count)
    leaves = people.leave_month < bank.size.months
    left = timeline.starts[np.where(leaves, people.leave_month, 0)] + account_module.LEAVING_DAY
    mule = np.isin(who, bank.mules)
    cases = bank.cases.columns()
    lent = bank.loans
    running = np.flatnonzero(bank.life.closed_day >= timeline.first_day)
    return {
        "customer": pa.table(
            {
                "customer_id": population.customer_ids(who),
                "behaviour": arrow.lookup(population.BEHAVIOURS, people.behaviour),
                "leaves_on": arrow.dates(left, ~leaves),
                "is_fraudster": pa.array(mule),
                "persuadable": pa.array(people.persuadable),
                "credit_strength": pa.array(people.credit_strength),
            }
        ),
        "borrower": pa.table(
            {
                "loan_id": loan_extracts.loan_ids(running),
                "customer_id": population.customer_ids(lent.customer[running]),
                "pd": pa.array(lent.pd[running]),
            }
        ),
        "fraud_transaction": pa.table(
            {
                "transaction_id": fraud.transaction_ids(timeline, cases["month"], cases["number"]),
                "account_id": account_module.account_ids(cases["account"]),
                "fraud_type": arrow.lookup(fraud.TYPES, cases["kind"]),
                "case_id": arrow.ids("F", cases["case"], 8),
                "booking_date_time": arrow.timestamps(cases["second"]),
                "known_at": arrow.timestamps(cases["reported"]),
                "amount": arrow.money(cases["amount"]),
            }
        ),
        "contact_effect": pa.table(
            {
                "contact_id": arrow.ids("M", np.arange(len(bank.contacts.customer)), 7),
                "uplift": pa.array(bank.contacts.uplift),
            }
        ),
    }
