"""Accounts, their holders, cards and standing orders: contracts, not movements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.demo import arrow, parameters
from data.demo.marketing import Contacts
from data.demo.parameters import Size
from data.demo.population import Population, customer_ids
from data.demo.reference import (
    CARD,
    CURRENCIES,
    CURRENT,
    CURRENT_SME,
    CURRENT_USD,
    EUR,
    PRODUCTS,
    SAVINGS,
    TERM,
    USD,
)
from data.demo.timeline import NEVER, Timeline, add_months

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LEAVING_DAY = 23
"""Leavers close everything this many days into their last month."""
CARD_LIFE_DAYS = 1461


@dataclass
class Accounts:
    """Column arrays, one element per account; an account keeps the branch that opened it."""

    customer: Ints
    product: Ints
    currency: Ints
    branch: Ints
    open_day: Ints
    close_day: Ints
    maturity_day: Ints
    rolls_over: Flags
    limit: Ints
    rate_ppm: Ints
    opening_balance: Ints
    revolver: Flags
    current_of: Ints
    """For each account its owner's current account in EUR."""
    primary: Ints
    """For each customer the current account in EUR."""
    savings_of: Ints
    """For each customer the savings account, -1 where there is none."""
    card_of: Ints
    """For each customer the credit card account, -1 where there is none."""
    dollar_of: Ints
    """For each customer the USD account, -1 where there is none."""

    @property
    def count(self) -> int:
        """How many accounts there are over the whole time."""
        return len(self.customer)

    def open_on(self, day: int) -> Flags:
        """Accounts that may be booked on at a day."""
        return (self.open_day <= day) & (self.close_day >= day)


def open_accounts(size: Size, people: Population, contacts: Contacts) -> Accounts:
    """All accounts that ever are, with their balances on the eve of the first day."""
    random = size.random("accounts")
    timeline = size.timeline
    count = people.count
    individual = ~people.is_sme
    gone = np.where(
        people.leave_month < size.months,
        timeline.starts[np.clip(people.leave_month, 0, size.months)] + LEAVING_DAY,
        NEVER,
    )
    rows: list[tuple[Ints, int, Ints]] = []
    everyone = np.arange(count)
    rows.append((everyone[individual], CURRENT, people.start_day[individual]))
    rows.append((everyone[~individual], CURRENT_SME, people.start_day[~individual]))
    for product, share, yearly in ((SAVINGS, 0.58, 0.05), (CARD, 0.27, 0.04), (CURRENT_USD, 0.035, 0.006)):
        allowed = individual if product != CURRENT_USD else np.ones(count, bool)
        scale = np.where(individual, 1.0, 4.0)
        likes = np.where(people.behaviour == 2, 1.25, 0.95) if product == SAVINGS else scale
        has = allowed & (random.random(count) < share * likes)
        delay = np.where(random.random(count) < 0.6, 0, random.exponential(900, count)).astype(np.int64)
        first = people.start_day + delay
        early = has & (first <= timeline.last_day)
        wait = (random.exponential(365 / yearly, count)).astype(np.int64)
        later = ~has & allowed & (timeline.first_day + wait <= timeline.last_day)
        first = np.where(has, first, np.maximum(timeline.first_day, people.start_day) + wait)
        sold = (contacts.product == product) & contacts.converted
        bought = np.full(count, NEVER)
        np.minimum.at(bought, contacts.customer[sold], contacts.outcome_second[sold] // 86_400)
        first = np.where(early | later, np.minimum(first, bought), bought)
        held = np.flatnonzero(first <= np.minimum(timeline.last_day, gone - 40))
        rows.append((held, product, first[held]))
    rows += _term_rows(size, random, people, contacts, gone)
    customer = np.concatenate([who for who, _, _ in rows])
    product = np.concatenate([np.full(len(who), what) for who, what, _ in rows])
    open_day = np.concatenate([day for _, _, day in rows])
    order = np.lexsort((product, customer, open_day))
    customer, product, open_day = customer[order], product[order], open_day[order]
    total = len(customer)
    income = people.income[0, customer]
    is_sme = people.is_sme[customer]
    term = product == TERM
    maturity, rolls = _maturities(timeline, random, open_day, term, total)
    close_day = np.where(term & ~rolls, np.minimum(maturity, gone[customer]), gone[customer])
    accounts = Accounts(
        customer=customer,
        product=product,
        currency=np.where(product == CURRENT_USD, USD, EUR),
        branch=people.branch[np.clip(timeline.month_of(open_day), 0, None), customer],
        open_day=open_day,
        close_day=np.where(close_day > timeline.last_day, NEVER, close_day),
        maturity_day=maturity,
        rolls_over=rolls,
        limit=_limits(random, product, income, is_sme, people.behaviour[customer]),
        rate_ppm=_rates(random, product),
        opening_balance=np.where(
            open_day < timeline.first_day, _opening_balances(random, people, customer, product, income), 0
        ),
        revolver=random.random(total) < np.where(people.behaviour[customer] == 4, 0.75, 0.22),
        current_of=np.zeros(total, dtype=np.int64),
        primary=np.full(count, -1),
        savings_of=np.full(count, -1),
        card_of=np.full(count, -1),
        dollar_of=np.full(count, -1),
    )
    everyday = np.isin(product, (CURRENT, CURRENT_SME))
    for target, chosen in (
        (accounts.primary, everyday),
        (accounts.savings_of, product == SAVINGS),
        (accounts.card_of, product == CARD),
        (accounts.dollar_of, product == CURRENT_USD),
    ):
        target[customer[chosen]] = np.flatnonzero(chosen)
    accounts.current_of = accounts.primary[customer]
    card = product == CARD
    accounts.opening_balance = np.where(
        card, -np.minimum(-accounts.opening_balance, accounts.limit * 8 // 10), accounts.opening_balance
    )
    return accounts


def _term_rows(
    size: Size, random: np.random.Generator, people: Population, contacts: Contacts, gone: Ints
) -> list[tuple[Ints, int, Ints]]:
    """Term deposits: some exist already, others are bought, by people of some wealth."""
    timeline = size.timeline
    likes = ~people.is_sme & (people.birth_day < timeline.first_day - 30 * 365)
    weight = np.clip(people.wealth, 0.2, 3.0)
    old = np.flatnonzero(
        likes & (people.start_day < timeline.first_day - 420) & (random.random(people.count) < 0.13 * weight)
    )
    rows = [(old, TERM, timeline.first_day - random.integers(1, 365, len(old)))]
    for month in range(size.months):
        here = people.present(month) & likes & (people.start_day < timeline.starts[month])
        buyers = np.flatnonzero(here & (random.random(people.count) < 0.0065 * weight))
        day = timeline.starts[month] + random.integers(1, 27, len(buyers))
        keep = day < gone[buyers] - 40
        rows.append((buyers[keep], TERM, day[keep]))
    sold = (contacts.product == TERM) & contacts.converted
    day = contacts.outcome_second[sold] // 86_400
    keep = (day <= timeline.last_day) & (day < gone[contacts.customer[sold]] - 40)
    rows.append((contacts.customer[sold][keep], TERM, day[keep]))
    return rows


def _maturities(
    timeline: Timeline, random: np.random.Generator, open_day: Ints, term: Flags, total: int
) -> tuple[Ints, Flags]:
    """Term deposits fall due on the first of the month after twelve full months, and most roll over once."""
    stamps = open_day.astype("datetime64[D]").astype("datetime64[M]")
    first = (stamps + parameters.TERM_MONTHS + 1).astype("datetime64[D]").astype(np.int64)
    rolls = (random.random(total) < 0.6) & term
    extended = add_months(first, parameters.TERM_MONTHS)
    horizon = np.where(rolls & (first <= timeline.last_day), extended, first)
    return np.where(term, horizon, NEVER), rolls & (extended > timeline.last_day)


def _limits(random: np.random.Generator, product: Ints, income: Ints, sme: Flags, behaviour: Ints) -> Ints:
    """Overdraft and card limits in cents, whole hundreds of EUR."""
    overdraft = np.where(random.random(len(product)) < 0.7, income * np.where(sme, 1.2, 1.0), 0)
    card = income * random.uniform(0.8, 1.6, len(product))
    raw = np.select([np.isin(product, (CURRENT, CURRENT_SME)), product == CARD], [overdraft, card], 0)
    return (raw / 10_000).astype(np.int64) * 10_000 + np.where(product == CARD, 50_000, 0)


def _rates(random: np.random.Generator, product: Ints) -> Ints:
    """Millionths a year: on credit balances for deposits, on debit balances for cards."""
    base = np.array([parameters.RATE_PPM.get(p.product_id, 0) for p in PRODUCTS])[product]
    spread = np.select(
        [product == TERM, product == SAVINGS], [random.integers(-4, 9, len(product)) * 500, 0], 0
    )
    return base + spread


def _opening_balances(
    random: np.random.Generator, people: Population, customer: Ints, product: Ints, income: Ints
) -> Ints:
    """Balances on the eve of the first day, in cents."""
    noise = np.exp(random.normal(0, 0.6, len(customer)))
    wealth = people.wealth[customer]
    amount = np.select(
        [
            product == CURRENT,
            product == CURRENT_SME,
            product == SAVINGS,
            product == TERM,
            product == CARD,
            product == CURRENT_USD,
        ],
        [
            income * 1.3 * noise,
            income * 2.3 * noise,
            income * 5.2 * wealth * noise,
            income * 6.0 * np.clip(wealth, 0.6, None) * noise,
            -income * 0.16 * noise,
            income * 0.9 * noise,
        ],
        0.0,
    )
    cents = amount.astype(np.int64)
    return np.where(product == TERM, cents // 10_000 * 10_000 + 100_000, cents)


def account_ids(index: Ints, missing: Flags | None = None) -> pa.Array:
    """`A0000042`."""
    return arrow.ids("A", index, 7, missing)


def snapshot(accounts: Accounts, timeline: Timeline, month: int, balance: Ints, accrued: Ints) -> pa.Table:
    """The `account` extract of a month end: what is open, and once more what was closed in the month."""
    day = int(timeline.ends[month])
    who = np.flatnonzero((accounts.open_day <= day) & (accounts.close_day >= timeline.starts[month]))
    count = len(who)
    product = accounts.product[who]
    closed = accounts.close_day[who] <= day
    term = product == TERM
    end_day = np.where(closed, accounts.close_day[who], accounts.maturity_day[who])
    return pa.table(
        {
            "id": account_ids(who),
            "date": arrow.dates(np.full(count, day)),
            "customer_id": customer_ids(accounts.customer[who]),
            "type": arrow.lookup([p.fire_type for p in PRODUCTS], product),
            "product_id": arrow.lookup([p.product_id for p in PRODUCTS], product),
            "currency_code": arrow.lookup(CURRENCIES, accounts.currency[who]),
            "balance": arrow.money(balance[who]),
            "accrued_interest": arrow.money(accrued[who]),
            "rate": arrow.decimal(accounts.rate_ppm[who], 9, 6),
            "rate_type": arrow.lookup(("variable", "fixed"), term.astype(int)),
            "limit_amount": arrow.money(accounts.limit[who], missing=accounts.limit[who] == 0),
            "start_date": arrow.dates(accounts.open_day[who]),
            "end_date": arrow.dates(end_day, ~closed & ~term),
            "status": arrow.lookup(("active", "closed"), closed.astype(int)),
            "branch_id": arrow.ids("B", accounts.branch[who], 2),
            "cost_center_code": arrow.ids("CC", accounts.branch[who], 2),
            "ledger_code": arrow.lookup([p.ledger_code for p in PRODUCTS], product),
            "asset_liability": arrow.lookup(("liability", "asset"), (product == CARD).astype(int)),
            "statement_frequency": arrow.lookup(
                ("monthly", "quarterly"), np.isin(product, (SAVINGS, TERM)).astype(int)
            ),
        }
    )


def holders(accounts: Accounts, people: Population, day: int) -> pa.Table:
    """The `account_holder` extract: every owner, and the spouse on the older partner's everyday account."""
    who = np.flatnonzero(accounts.open_day <= day)
    owner = accounts.customer[who]
    joint = who[
        np.isin(accounts.product[who], (CURRENT, SAVINGS)) & (people.spouse[owner] > owner) & (owner % 3 != 0)
    ]
    index = np.concatenate([who, joint])
    customer = np.concatenate([owner, people.spouse[accounts.customer[joint]]])
    role = np.concatenate([np.zeros(len(who), int), np.ones(len(joint), int)])
    since = np.maximum(accounts.open_day[index], people.start_day[customer])
    visible = since <= day
    order = np.lexsort((customer, index))
    order = order[visible[order]]
    end = accounts.close_day[index]
    return pa.table(
        {
            "account_id": account_ids(index[order]),
            "customer_id": customer_ids(customer[order]),
            "role": arrow.lookup(("owner", "authorised"), role[order]),
            "start_date": arrow.dates(since[order]),
            "end_date": arrow.dates(end[order], end[order] > day),
        }
    )


def card_ids(account: Ints, day: Ints, accounts: Accounts, missing: Flags | None = None) -> pa.Array:
    """`K` + account + generation: a card is replaced every four years counted from the account's opening."""
    generation = np.clip((day - accounts.open_day[account]) // CARD_LIFE_DAYS, 0, None)
    return arrow.ids("K", account * 100 + generation, 9, missing)


def cards(accounts: Accounts, day: int) -> pa.Table:
    """The `card` extract: every card still valid within the last two years, one generation after the
    other.
    """
    carries = np.isin(accounts.product, (CURRENT, CURRENT_SME, CARD)) & (accounts.open_day <= day)
    base = np.flatnonzero(carries)
    latest = (np.minimum(day, accounts.close_day[base]) - accounts.open_day[base]) // CARD_LIFE_DAYS
    previous = latest - 1
    index = np.concatenate([base, base[previous >= 0]])
    generation = np.concatenate([latest, previous[previous >= 0]])
    order = np.lexsort((generation, index))
    index, generation = index[order], generation[order]
    issue = accounts.open_day[index] + generation * CARD_LIFE_DAYS
    expiry = issue + CARD_LIFE_DAYS - 1
    closed = accounts.close_day[index] <= day
    state = np.select([closed, expiry < day], [2, 1], 0)
    return pa.table(
        {
            "card_id": arrow.ids("K", index * 100 + generation, 9),
            "account_id": account_ids(index),
            "customer_id": customer_ids(accounts.customer[index]),
            "type": arrow.lookup(("debit", "credit"), (accounts.product[index] == CARD).astype(int)),
            "issue_date": arrow.dates(issue),
            "expiry_date": arrow.dates(expiry),
            "status": arrow.lookup(("active", "expired", "closed"), state),
        }
    )
