"""What customers do with their money in a month: income, bills, cards, cash, transfers, saving."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.demo import parameters
from data.demo.accounts import LEAVING_DAY, Accounts
from data.demo.booking import CLOSING, DAY, EVENING
from data.demo.kinds import (
    ATM,
    BATCH,
    BRANCH,
    CARD_ECOM,
    CARD_POS,
    INVALID_PIN,
    LIMIT_EXCEEDED,
    MOBILE,
    PHONE,
    TECHNICAL_ERROR,
    WEB,
)
from data.demo.movements import Movements
from data.demo.parameters import Size
from data.demo.population import Population
from data.demo.reference import (
    CARD,
    CATEGORIES,
    CURRENT,
    CURRENT_SME,
    CURRENT_USD,
    DAY_PROFILES,
    PRODUCTS,
    SAVINGS,
    TERM,
)
from data.demo.standing import PLAN, Orders

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

HOURS = {name: np.cumsum(np.array(weights) / sum(weights)) for name, weights in DAY_PROFILES.items()}
MEAN_TICKET = sum(c.weight * c.median * np.exp(c.sigma**2 / 2) for c in CATEGORIES) / sum(
    c.weight for c in CATEGORIES
)
CARD_RATE = np.array([7.0, 5.4, 3.4, 1.8, 5.8, 3.4])
"""Card payments a month by behaviour."""
CARD_SHARE = np.array([0.36, 0.36, 0.25, 0.15, 0.38, 0.05])
"""Share of income spent by card, by behaviour."""
CASH_RATE = np.array([0.25, 0.7, 0.6, 2.2, 0.7, 0.6])
TRANSFER_RATE = np.array([1.4, 0.85, 0.7, 0.35, 0.8, 1.2])
DIGITAL = np.array([0.97, 0.85, 0.75, 0.30, 0.82, 0.80])
"""Share of orders given by web or mobile, by behaviour; the others use branch and phone."""
ONLINE_SHIFT = np.array([1.5, 1.0, 0.9, 0.35, 1.1, 1.2])
SEASON = np.array([0.93, 0.92, 0.99, 0.98, 1.00, 1.01, 1.02, 0.99, 0.98, 1.01, 1.04, 1.18])
BUFFER_MONTHS = 1.15
"""Balance in months of income that people keep on the everyday account before they sweep the rest away."""


@dataclass
class Habits:
    """What stays with a customer over the years."""

    pay_day: Ints
    employer: Ints
    supplier: Ints
    ticket_scale: Floats
    partner: Ints
    """Customer of the same bank whom one pays now and then."""
    card_first: Floats
    terminal_region: Ints
    sweeps: NDArray[np.bool_]
    merchants: Ints
    """First merchant number of every category, and one past the last."""


def habits(size: Size, people: Population) -> Habits:
    """Draw the customers' habits and the merchants they can go to."""
    random = size.random("habits")
    count = people.count
    total = 400 + size.customers // 4
    per_category = np.array([max(16, int(total * c.merchants)) for c in CATEGORIES])
    rate = CARD_RATE[people.behaviour]
    income = people.income[0] / 100
    budget = np.where(people.is_sme, 0.03, CARD_SHARE[people.behaviour]) * income
    return Habits(
        pay_day=random.choice([0, 14, 24, 25, 26, 27], count, p=[0.12, 0.08, 0.2, 0.25, 0.2, 0.15]),
        employer=random.integers(100_000, 100_000 + max(20, count // 12), count),
        supplier=random.integers(200_000, 209_000, count),
        ticket_scale=np.clip(budget / (rate * MEAN_TICKET), 0.35, 5.0),
        partner=random.integers(0, count, count),
        card_first=random.beta(2, 2.5, count),
        terminal_region=random.integers(0, 1000, count),
        sweeps=random.random(count) < 0.8,
        merchants=np.concatenate([[0], np.cumsum(per_category)]),
    )


@dataclass
class Month:
    """Everything a month's movements are drawn from."""

    index: int
    first_day: int
    last_day: int
    size: Size
    people: Population
    accounts: Accounts
    orders: Orders
    habits: Habits
    balance: Ints
    """Balances on the eve, per account."""
    interest_due: Ints
    """Interest to capitalise on the first day, per account: credit positive, debit negative."""
    dollar_rate: Ints
    """EUR per USD in millionths, one per day of the bank's life."""
    random: np.random.Generator
    movements: Movements

    @property
    def length(self) -> int:
        """Days of the month."""
        return self.last_day - self.first_day + 1

    def clock(self, days: Ints, profile: str) -> Ints:
        """A time of day drawn from a profile, as seconds since 1970-01-01."""
        count = len(days)
        hour = np.searchsorted(HOURS[profile], self.random.random(count))
        return days * DAY + hour * 3600 + self.random.integers(0, 3600, count)

    def batch(self, days: Ints, hour: int) -> Ints:
        """A time in the batch run that starts at an hour."""
        return days * DAY + hour * 3600 + self.random.integers(0, 1500, len(days))

    def link_time(self, seconds: Ints) -> Ints:
        """Evening batch of the same day, when linked credits are booked."""
        return seconds // DAY * DAY + EVENING + self.random.integers(0, 1500, len(seconds))

    def any_day(self, count: int, weights: Floats | None = None) -> Ints:
        """Days of the month, evenly or by weight."""
        if weights is None:
            return self.first_day + self.random.integers(0, self.length, count)
        return self.first_day + np.searchsorted(
            np.cumsum(weights / weights.sum()), self.random.random(count)
        ).clip(max=self.length - 1)

    def weekdays(self) -> Ints:
        """0 for Monday … 6 for Sunday, one per day of the month."""
        return (np.arange(self.first_day, self.last_day + 1) + 3) % 7


def draw(month: Month) -> None:
    """Add all ordinary movements of the month."""
    _bank_charges(month)
    _incomes(month)
    _bills(month)
    _card_payments(month)
    _cash(month)
    _transfers(month)
    _businesses(month)
    _saving(month)
    _card_settlement(month)
    _term_deposits(month)
    _dollars(month)
    _closings(month)


def _here(month: Month) -> NDArray[np.bool_]:
    return month.people.activity[month.index] > 0


def _bank_charges(month: Month) -> None:
    """First day: account fees, and interest of the past period."""
    accounts, first = month.accounts, month.first_day
    fee = np.array([parameters.MONTHLY_FEE.get(p.product_id, 0) for p in PRODUCTS])[accounts.product]
    young = (month.people.birth_day[accounts.customer] > first - 27 * 365) & (accounts.product == CURRENT)
    pays = np.flatnonzero((fee > 0) & (accounts.open_day < first) & (accounts.close_day > first) & ~young)
    month.movements.add("account_fee", pays, month.batch(np.full(len(pays), first), 1), fee[pays])
    for kind, sign in (("interest_paid", 1), ("interest_charged", -1)):
        rows = np.flatnonzero(month.interest_due * sign > 0)
        month.movements.add(
            kind, rows, month.batch(np.full(len(rows), first), 0), np.abs(month.interest_due[rows])
        )


def _incomes(month: Month) -> None:
    """Salaries, pensions, benefits for persons; part of the month's takings is in `_businesses`."""
    people, habits, random = month.people, month.habits, month.random
    activity = people.activity[month.index]
    person = ~people.is_sme & _here(month)
    # The salary moves to the new bank first: half of the leavers' employers pay elsewhere already.
    person &= (activity >= 0.5) | (random.random(people.count) < activity)
    age = (month.first_day - people.birth_day) / 365.25
    day = month.first_day + np.minimum(habits.pay_day, month.length - 1)
    # Paid on the working day before a weekend.
    weekday = (day + 3) % 7
    day = np.maximum(day - np.clip(weekday - 4, 0, 2), month.first_day)
    amount = np.round(
        people.income[month.index] * (1 + random.normal(0, 0.015, people.count) * (age < 66))
    ).astype(np.int64)
    joined = people.start_day < day
    working = person & joined & people.employed[month.index] & (age < 66)
    retired = person & joined & (age >= 66)
    idle = person & joined & ~people.employed[month.index]
    thirteenth = (
        working & (month.size.timeline.calendar_month(month.index) == 11) & (habits.employer % 3 == 0)
    )
    for kind, rows, share in (
        ("salary", working, 1.0),
        ("pension", retired, 1.0),
        ("benefit", idle, 0.55),
        ("salary", thirteenth, 0.6),
    ):
        who = np.flatnonzero(rows)
        month.movements.add(
            kind,
            month.accounts.primary[who],
            month.batch(day[who], 5),
            (amount[who] * share).astype(np.int64),
            counterparty=habits.employer[who] if kind == "salary" else 990_001,
        )


def _bills(month: Month) -> None:
    """Standing orders and direct debits."""
    index, day = month.orders.due(month.index, month.first_day)
    orders = month.orders
    to_savings = month.accounts.savings_of[month.accounts.customer[orders.account[index]]]
    plan = (orders.purpose[index] == PLAN) & (to_savings >= 0)
    target = np.where(plan, to_savings, 0)
    plan &= (month.accounts.open_day[target] <= day) & (month.accounts.close_day[target] > day)
    rest = index[~plan]
    month.movements.add(
        "standing_order",
        orders.account[rest],
        month.batch(day[~plan], 6),
        orders.amount[rest],
        counterparty=orders.creditor[rest],
        purpose=orders.purpose[rest],
    )
    time = month.batch(day[plan], 6)
    source = month.movements.add(
        "savings_out", orders.account[index[plan]], time, orders.amount[index[plan]], channel=BATCH
    )
    month.movements.add(
        "savings_in", to_savings[plan], month.link_time(time), orders.amount[index[plan]], link=source
    )
    people, random = month.people, month.random
    who = np.flatnonzero(~people.is_sme & _here(month) & (random.random(people.count) < 0.93))
    for number, (share, often) in enumerate(((0.042, 0.75), (0.026, 0.55), (0.02, 0.2))):
        rows = who[random.random(len(who)) < often]
        day = month.first_day + (rows * 13 + number * 7) % 27
        winter = 1 + 0.25 * np.cos((month.size.timeline.calendar_month(month.index) - 1) / 6 * np.pi) * (
            number == 0
        )
        amount = people.income[0, rows] * share * winter * random.uniform(0.93, 1.07, len(rows))
        month.movements.add(
            "direct_debit",
            month.accounts.primary[rows],
            month.batch(day, 6),
            amount.astype(np.int64) + 300,
            counterparty=300_000 + number * 50 + rows % 40,
        )


def _calendar_weights(month: Month) -> Floats:
    """How busy each day is: pay-day weeks, Black Friday, the days before Christmas, quiet holidays."""
    days = np.arange(month.length)
    weights = 1 + 0.18 * np.exp(-days / 5.0) + 0.12 * np.exp(-((days - 27) ** 2) / 8.0)
    calendar_month = month.size.timeline.calendar_month(month.index)
    if calendar_month == 12:
        weights *= np.select([days < 8, days < 23, days == 23, days < 26], [1.0, 1.35, 1.0, 0.25], 0.85)
    if calendar_month == 11:
        weekday = month.weekdays()
        black_friday = np.flatnonzero(weekday == 4)[3]
        weights[black_friday : black_friday + 4] *= 1.6
    if calendar_month == 1:
        weights[0] *= 0.35
    if calendar_month == 5:
        weights[0] *= 0.4
    return weights


def _card_payments(month: Month) -> None:
    """Card payments by category with daily, weekly and yearly rhythm, mostly at merchants known before."""
    people, habits, random = month.people, month.habits, month.random
    timeline = month.size.timeline
    calendar_month = timeline.calendar_month(month.index)
    busy = _calendar_weights(month)
    weekday = month.weekdays()
    rate = (
        CARD_RATE[people.behaviour]
        * people.activity[month.index]
        * SEASON[calendar_month - 1]
        * month.length
        / 30.4
    )
    started = np.clip((month.last_day - people.start_day + 1) / month.length, 0, 1)
    customer = np.repeat(np.arange(people.count), random.poisson(rate * started))
    count = len(customer)
    category = _categories(random, count, calendar_month)
    day = np.empty(count, dtype=np.int64)
    second = np.empty(count, dtype=np.int64)
    for number, traits in enumerate(CATEGORIES):
        rows = np.flatnonzero(category == number)
        weights = busy * np.where(weekday >= 5, traits.weekend, 1.0) * np.where(weekday == 6, 0.75, 1.0)
        day[rows] = month.any_day(len(rows), weights)
        second[rows] = month.clock(day[rows], traits.day_profile)
    online_share = np.array([c.online for c in CATEGORIES])[category]
    online = random.random(count) < np.clip(online_share * ONLINE_SHIFT[people.behaviour[customer]], 0, 1)
    year = (month.first_day - timeline.first_day) / 365.25
    sigma = np.array([c.sigma for c in CATEGORIES])[category]
    median = np.array([c.median for c in CATEGORIES])[category]
    amount = median * np.exp(random.normal(0, 1, count) * sigma) * habits.ticket_scale[customer] ** 0.9
    amount *= (1 + parameters.INFLATION) ** year
    cents = np.maximum(np.round(amount * 100).astype(np.int64), 50)
    merchant = choose_merchants(month, customer, category, online, 0.80)
    account = _paying_account(month, customer, day)
    fresh = day > people.start_day[customer]
    fails = random.random(count)
    refused = np.select(
        [fails < 0.004, fails < 0.007, fails < 0.009], [INVALID_PIN, LIMIT_EXCEEDED, TECHNICAL_ERROR], 0
    )
    refused = np.where(online & (refused == INVALID_PIN), TECHNICAL_ERROR, refused)
    rows = np.flatnonzero(fresh)
    positions = month.movements.add(
        "card_payment",
        account[rows],
        second[rows],
        cents[rows],
        channel=np.where(online, CARD_ECOM, CARD_POS)[rows],
        merchant=merchant[rows],
        category=category[rows],
        terminal=np.where(online, -1, random.integers(0, 3, count))[rows],
        refused=refused[rows],
    )
    _reversals(
        month,
        positions,
        account[rows],
        second[rows],
        cents[rows],
        merchant[rows],
        category[rows],
        refused[rows],
    )


def _categories(random: np.random.Generator, count: int, calendar_month: int) -> Ints:
    weights = np.array([c.weight for c in CATEGORIES])
    if calendar_month in (6, 7, 8):
        weights = weights * np.array([c.summer for c in CATEGORIES])
    if calendar_month in (11, 12):
        weights = weights * np.array([c.december for c in CATEGORIES])
    return np.searchsorted(np.cumsum(weights / weights.sum()), random.random(count)).clip(
        max=len(weights) - 1
    )


def choose_merchants(
    month: Month, customer: Ints, category: Ints, online: NDArray[np.bool_], loyal: float
) -> Ints:
    """A favourite of the customer with probability `loyal`, else any merchant, popular ones more often.

    Merchants of a region are every fourth one of their category; online shops are found by everybody.
    """
    random, habits = month.random, month.habits
    count = len(customer)
    base = habits.merchants[category]
    number = habits.merchants[category + 1] - base
    favourite = (
        customer * 7919 + category * 104_729 + (random.random(count) ** 2 * 3).astype(np.int64) * 15_485_863
    ) % number
    popular = (random.random(count) ** 2.2 * number).astype(np.int64)
    offset = np.where(random.random(count) < loyal, favourite, popular)
    local = ~online & (random.random(count) < 0.93)
    region = month.people.region[month.index, customer]
    offset = np.where(local, np.minimum(offset // 4 * 4 + region, number - 1), offset)
    return base + offset


def _paying_account(month: Month, customer: Ints, day: Ints) -> Ints:
    """The credit card where there is one and the customer likes it, else the everyday account."""
    card = month.accounts.card_of[customer]
    usable = (card >= 0) & (month.accounts.open_day[card] < day) & (month.accounts.close_day[card] > day)
    return np.where(
        usable & (month.random.random(len(customer)) < month.habits.card_first[customer]),
        card,
        month.accounts.primary[customer],
    )


def _reversals(
    month: Month,
    source: Ints,
    account: Ints,
    second: Ints,
    amount: Ints,
    merchant: Ints,
    category: Ints,
    refused: Ints,
) -> None:
    """Goods brought back: the whole payment is reversed some days later in the month."""
    random = month.random
    later = second // DAY + random.integers(1, 6, len(second))
    back = (random.random(len(second)) < 0.007) & (refused == 0) & (later <= month.last_day)
    rows = np.flatnonzero(back)
    month.movements.add(
        "card_reversal",
        account[rows],
        month.batch(later[rows], 7),
        amount[rows],
        link=source[rows],
        reversal_of=source[rows],
        merchant=merchant[rows],
        category=category[rows],
    )


def _cash(month: Month) -> None:
    """Machines and counters."""
    people, random = month.people, month.random
    rate = CASH_RATE[people.behaviour] * people.activity[month.index]
    customer = np.repeat(np.arange(people.count), random.poisson(rate))
    day = month.any_day(len(customer))
    rows = day > people.start_day[customer]
    customer, day = customer[rows], day[rows]
    count = len(customer)
    notes = np.array([20, 50, 50, 100, 100, 200, 300])[random.integers(0, 7, count)] * 100
    foreign = random.random(count) < 0.12
    counter = random.random(count) < 0.06
    month.movements.add(
        "cash_withdrawal",
        month.accounts.primary[customer],
        month.clock(day, "any"),
        notes + np.where(foreign, 395, 0),
        channel=np.where(counter, BRANCH, ATM),
        charge=np.where(foreign, 395, 0),
        terminal=np.where(
            counter, -1, people.region[month.index, customer] * 40 + random.integers(0, 40, count)
        ),
    )
    rate = np.where(people.is_sme, 1.6, 0.05) * people.activity[month.index]
    customer = np.repeat(np.arange(people.count), random.poisson(rate))
    day = month.any_day(len(customer), np.where(month.weekdays() < 6, 1.0, 0.0))
    rows = day > people.start_day[customer]
    customer, day = customer[rows], day[rows]
    amount = np.where(people.is_sme[customer], people.income[0, customer] * 0.05, 15_000) * random.gamma(
        2, 0.5, len(customer)
    )
    month.movements.add(
        "cash_deposit",
        month.accounts.primary[customer],
        month.clock(day, "office"),
        (amount / 500).astype(np.int64) * 500 + 2_000,
    )


def order_channels(month: Month, customer: Ints) -> Ints:
    """Where a customer gives an order: mobile or web if digital, else branch or phone."""
    people, random = month.people, month.random
    count = len(customer)
    trend = 0.02 * (month.first_day - month.size.timeline.first_day) / 365.25
    digital = random.random(count) < np.clip(DIGITAL[people.behaviour[customer]] + trend, 0, 0.99)
    phone_first = random.random(count) < np.where(people.behaviour[customer] == 0, 0.85, 0.45)
    return np.where(
        digital, np.where(phone_first, MOBILE, WEB), np.where(random.random(count) < 0.7, BRANCH, PHONE)
    )


def _transfers(month: Month) -> None:
    """Money to and from others: rent to a friend, gifts, invoices; some of it between own customers."""
    people, random, accounts = month.people, month.random, month.accounts
    rate = TRANSFER_RATE[people.behaviour] * people.activity[month.index] * ~people.is_sme
    customer = np.repeat(np.arange(people.count), random.poisson(rate))
    day = month.any_day(len(customer), np.where(month.weekdays() < 5, 1.0, 0.65))
    rows = day > people.start_day[customer]
    customer, day = customer[rows], day[rows]
    count = len(customer)
    amount = people.income[0, customer] * 0.05 * np.exp(random.normal(0, 0.95, count))
    cents = np.where(
        random.random(count) < 0.5,
        (amount / 1000).astype(np.int64) * 1000 + 1000,
        amount.astype(np.int64) + 300,
    )
    second = month.clock(day, "any")
    partner = month.habits.partner[customer]
    target = accounts.primary[partner]
    inside = (
        (random.random(count) < 0.22)
        & (accounts.open_day[target] < day)
        & (accounts.close_day[target] > day)
        & (partner != customer)
    )
    channel = order_channels(month, customer)
    source = month.movements.add(
        "internal_transfer_out",
        accounts.primary[customer[inside]],
        second[inside],
        cents[inside],
        channel=channel[inside],
        counterparty=target[inside],
        own_bank=1,
    )
    month.movements.add(
        "internal_transfer_in",
        target[inside],
        month.link_time(second[inside]),
        cents[inside],
        link=source,
        counterparty=accounts.primary[customer[inside]],
        own_bank=1,
    )
    out = ~inside
    known = (customer * 37 + (random.random(count) ** 2 * 6).astype(np.int64) * 211) % 9000 + 400_000
    other = np.where(random.random(count) < 0.82, known, random.integers(400_000, 470_000, count))
    month.movements.add(
        "transfer_out",
        accounts.primary[customer[out]],
        second[out],
        cents[out],
        channel=channel[out],
        counterparty=other[out],
    )
    rate = 0.35 * people.activity[month.index] * ~people.is_sme
    customer = np.repeat(np.arange(people.count), random.poisson(rate))
    day = month.any_day(len(customer))
    rows = day > people.start_day[customer]
    customer, day = customer[rows], day[rows]
    amount = people.income[0, customer] * 0.05 * np.exp(random.normal(0, 0.9, len(customer)))
    month.movements.add(
        "transfer_in",
        accounts.primary[customer],
        month.batch(day, 10),
        amount.astype(np.int64) + 500,
        counterparty=(customer * 41) % 9000 + 400_000,
    )


def _businesses(month: Month) -> None:
    """Takings, suppliers, wages and taxes of business customers."""
    people, random, accounts = month.people, month.random, month.accounts
    business = np.flatnonzero(people.is_sme & _here(month))
    income = people.income[month.index]
    season = SEASON[month.size.timeline.calendar_month(month.index) - 1]
    activity = people.activity[month.index]
    for kind, rate, share, profile, weekend in (
        ("sales_income", 10, 1.02, "office", 0.2),
        ("supplier_payment", 9, 0.58, "office", 0.05),
    ):
        customer = np.repeat(business, random.poisson(rate * activity[business]))
        day = month.any_day(len(customer), np.where(month.weekdays() < 5, 1.0, weekend))
        rows = day > people.start_day[customer]
        customer, day = customer[rows], day[rows]
        amount = income[customer] * share / rate * random.gamma(1.4, 1 / 1.4, len(customer)) * season
        code = (customer * 53 + random.integers(0, 14, len(customer)) * 97) % 9000 + 200_000
        channel = order_channels(month, customer) if kind == "supplier_payment" else BATCH
        month.movements.add(
            kind,
            accounts.primary[customer],
            month.clock(day, profile),
            amount.astype(np.int64) + 1_000,
            channel=channel,
            counterparty=code,
        )
    paid = business[(people.start_day[business] < month.first_day) & (activity[business] > 0.4)]
    staff = 1 + (income[paid] // 900_000).clip(0, 5)
    who = np.repeat(paid, staff)
    day = np.full(len(who), month.first_day + min(26, month.length - 1))
    month.movements.add(
        "payroll",
        accounts.primary[who],
        month.clock(day, "office"),
        (income[who] * 0.27 / np.repeat(staff, staff)).astype(np.int64),
        channel=WEB,
        counterparty=500_000 + (who * 11 + np.arange(len(who)) % 6) % 90_000,
    )
    month.movements.add(
        "tax_payment",
        accounts.primary[paid],
        month.clock(np.full(len(paid), month.first_day + 9), "office"),
        (income[paid] * 0.10).astype(np.int64),
        channel=WEB,
        counterparty=990_002,
    )


def _saving(month: Month) -> None:
    """Sweep what is too much into savings or investments, fetch back what is missing."""
    people, random, accounts = month.people, month.random, month.accounts
    eligible = _here(month) & (people.start_day < month.first_day) & (people.leave_month > month.index)
    account = accounts.primary
    balance = month.balance[account]
    income = people.income[month.index]
    savings = accounts.savings_of
    usable = (
        (savings >= 0)
        & (accounts.open_day[savings] < month.first_day)
        & (accounts.close_day[savings] > month.last_day)
    )
    excess = balance - income * np.where(people.is_sme, 2.2, BUFFER_MONTHS)
    rich = eligible & (month.habits.sweeps | (excess > income * 3)) & (excess > income * 0.3)
    amount = (np.where(rich, excess * random.uniform(0.5, 0.95, people.count), 0) / 1000).astype(
        np.int64
    ) * 1000
    into_savings = rich & usable & (random.random(people.count) < 0.27)
    who = np.flatnonzero(into_savings)
    second = month.clock(month.first_day + random.integers(1, 25, len(who)), "any")
    source = month.movements.add(
        "savings_out", account[who], second, amount[who], channel=order_channels(month, who)
    )
    month.movements.add("savings_in", savings[who], month.link_time(second), amount[who], link=source)
    who = np.flatnonzero(rich & ~into_savings)
    second = month.clock(month.first_day + random.integers(1, 25, len(who)), "office")
    month.movements.add(
        "investment", account[who], second, amount[who], channel=WEB, counterparty=600_000 + who % 50
    )
    need = np.where(people.is_sme, 0, income * 0.45) - balance
    stock = month.balance[np.maximum(savings, 0)]
    short = eligible & usable & (need > 5_000) & (stock > 20_000)
    amount = np.minimum(need + income // 4, stock * 8 // 10) // 1000 * 1000
    # Now and then a larger wish is paid from savings.
    wish = eligible & usable & ~short & (random.random(people.count) < 0.05) & (stock > 200_000)
    amount = np.where(
        wish, (stock * random.uniform(0.1, 0.4, people.count) / 1000).astype(np.int64) * 1000, amount
    )
    who = np.flatnonzero((short | wish) & (amount > 0))
    second = month.clock(month.first_day + random.integers(0, 4, len(who)), "any")
    source = month.movements.add(
        "savings_out", savings[who], second, amount[who], channel=order_channels(month, who)
    )
    month.movements.add("savings_in", account[who], month.link_time(second), amount[who], link=source)


def _card_settlement(month: Month) -> None:
    """On the fifth, the card's balance of the eve is settled from the everyday account, in full or a part
    of it.
    """
    accounts = month.accounts
    day = month.first_day + 4
    owing = np.flatnonzero(
        (accounts.product == CARD)
        & (month.balance < -200)
        & (accounts.open_day < month.first_day)
        & (accounts.close_day > day)
    )
    owed = -month.balance[owing]
    part = np.maximum(owed // 4, np.minimum(owed, 3_000))
    heavy = accounts.revolver[owing]
    high = owed > accounts.limit[owing] * 6 // 10
    amount = np.where(heavy & ~high, part, np.where(heavy, owed // 2, owed))
    second = month.batch(np.full(len(owing), day), 6)
    source = month.movements.add("card_settlement_out", accounts.current_of[owing], second, amount)
    month.movements.add("card_settlement_in", owing, month.link_time(second), amount, link=source)


def _term_deposits(month: Month) -> None:
    """New deposits come from other banks; those that fall due go to the everyday account."""
    accounts, people, random = month.accounts, month.people, month.random
    term = accounts.product == TERM
    new = np.flatnonzero(
        term & (accounts.open_day >= month.first_day) & (accounts.open_day <= month.last_day)
    )
    owner = accounts.customer[new]
    wealth = np.clip(people.wealth[owner], 0.6, None)
    amount = people.income[0, owner] * 6 * wealth * np.exp(random.normal(0, 0.6, len(new)))
    month.movements.add(
        "term_funding",
        new,
        month.batch(accounts.open_day[new], 11),
        amount.astype(np.int64) // 10_000 * 10_000 + 100_000,
        channel=WEB,
        counterparty=owner % 9000 + 700_000,
    )
    due = np.flatnonzero(
        term & (accounts.close_day == accounts.maturity_day) & (accounts.close_day == month.first_day)
    )
    amount = month.balance[due] + month.interest_due[due]
    second = month.batch(np.full(len(due), month.first_day), 12)
    source = month.movements.add("term_repaid_out", due, second, amount)
    month.movements.add(
        "term_repaid_in", accounts.current_of[due], month.link_time(second), amount, link=source
    )


def _dollars(month: Month) -> None:
    """Dollar accounts: foreign income and payments, and exchange against the euro account."""
    accounts, people, random = month.accounts, month.people, month.random
    account = np.flatnonzero(
        (accounts.product == CURRENT_USD)
        & (accounts.open_day < month.first_day)
        & (accounts.close_day > month.last_day)
    )
    income = people.income[0, accounts.customer[account]]
    for kind, rate, share, profile in (
        ("foreign_in", 1.1, 0.16, "office"),
        ("foreign_out", 1.2, 0.075, "office"),
    ):
        row = np.repeat(np.arange(len(account)), random.poisson(rate, len(account)))
        amount = income[row] * share * random.gamma(1.3, 1 / 1.3, len(row))
        day = month.any_day(len(row), np.where(month.weekdays() < 5, 1.0, 0.1))
        month.movements.add(
            kind,
            account[row],
            month.clock(day, profile),
            amount.astype(np.int64) + 1_000,
            counterparty=800_000 + account[row] * 7 % 9000,
        )
    owner = accounts.customer[account]
    leaves = people.leave_month[owner] <= month.index
    buys = np.flatnonzero(~leaves & (random.random(len(account)) < 0.25))
    euros = (income[buys] * 0.08 * random.gamma(2, 0.5, len(buys))).astype(np.int64) + 5_000
    second = month.clock(month.first_day + random.integers(1, 25, len(buys)), "office")
    source = month.movements.add(
        "exchange_out", accounts.current_of[account[buys]], second, euros, channel=WEB
    )
    rate = month.dollar_rate[second // DAY - month.size.timeline.first_day]
    month.movements.add(
        "exchange_in", account[buys], month.link_time(second), euros * 990_000 // rate, link=source
    )
    sells = np.flatnonzero(
        ~leaves & (month.balance[account] > income * 0.8) & (random.random(len(account)) < 0.5)
    )
    dollars = (month.balance[account[sells]] - income[sells] // 2) // 1000 * 1000
    second = month.clock(month.first_day + random.integers(1, 25, len(sells)), "office")
    source = month.movements.add("exchange_out", account[sells], second, dollars, channel=WEB)
    rate = month.dollar_rate[second // DAY - month.size.timeline.first_day]
    month.movements.add(
        "exchange_in",
        accounts.current_of[account[sells]],
        month.link_time(second),
        dollars * rate // 1_000_000 * 99 // 100,
        link=source,
    )


def _closings(month: Month) -> None:
    """Leavers take their money away in portions, and on the closing day what is left."""
    accounts, people, random = month.accounts, month.people, month.random
    closing = np.flatnonzero(
        (accounts.close_day >= month.first_day)
        & (accounts.close_day <= month.last_day)
        & (accounts.close_day != accounts.maturity_day)
    )
    second = accounts.close_day[closing] * DAY + CLOSING + random.integers(0, 600, len(closing))
    month.movements.add(
        "closing_payout", closing, second, 0, closing=1, counterparty=900_000 + closing % 9000
    )
    left = people.leave_month - month.index
    leaving = (
        np.isin(accounts.product, (CURRENT, CURRENT_SME, SAVINGS))
        & (left[accounts.customer] >= 1)
        & (left[accounts.customer] <= 2)
    )
    rows = np.flatnonzero(leaving & (accounts.open_day < month.first_day) & (month.balance > 50_000))
    amount = (month.balance[rows] * random.uniform(0.25, 0.6, len(rows)) / 1000).astype(np.int64) * 1000
    day = month.first_day + random.integers(0, LEAVING_DAY, len(rows))
    month.movements.add(
        "transfer_out",
        rows,
        month.clock(day, "any"),
        amount,
        channel=order_channels(month, accounts.customer[rows]),
        counterparty=900_000 + rows % 9000,
    )
