"""Standing orders: rent, insurance, leisure, savings plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.demo import arrow
from data.demo.accounts import Accounts, account_ids
from data.demo.parameters import Size
from data.demo.population import Population
from data.demo.reference import BANK_CODES
from data.demo.timeline import NEVER

Ints = NDArray[np.int64]

RENT, INSURANCE, LEISURE, PLAN = range(4)
PURPOSES = ("RENT", "INSU", "GDSV", "SAVG")


@dataclass
class Orders:
    """Column arrays, one element per standing order; amounts in cents, `quarterly` every third month."""

    account: Ints
    purpose: Ints
    amount: Ints
    day_of_month: Ints
    quarterly: NDArray[np.bool_]
    start_day: Ints
    end_day: Ints
    creditor: Ints

    def due(self, month: int, first_day: int) -> tuple[Ints, Ints]:
        """Orders that fall due in a month (index), and on which day."""
        day = first_day + self.day_of_month
        live = (self.start_day <= day) & (self.end_day > day)
        live &= ~self.quarterly | ((month + self.creditor) % 3 == 0)
        index = np.flatnonzero(live)
        return index, day[index]


def orders(size: Size, people: Population, accounts: Accounts, has_mortgage: NDArray[np.bool_]) -> Orders:
    """Draw every customer's standing orders; who moves gets a new rent, who leaves ends them all."""
    random = size.random("standing")
    timeline, count = size.timeline, people.count
    individual = ~people.is_sme
    income = people.income[0]
    leave = np.where(
        people.leave_month < size.months,
        timeline.starts[np.clip(people.leave_month, 0, size.months)] - 25,
        NEVER,
    )
    begin = np.maximum(people.start_day + 5, timeline.first_day - random.integers(30, 2500, count))
    begin = np.where(people.join_month >= 0, people.start_day + 5, np.maximum(begin, people.start_day))
    parts: list[tuple[Ints, ...]] = []
    rents = individual & ~has_mortgage & (random.random(count) < 0.72)
    moved = np.concatenate([np.zeros((1, count), bool), people.postal[1:] != people.postal[:-1]])
    spell_start = begin.copy()
    rent = income * random.uniform(0.24, 0.38, count)
    for month in range(size.months + 1):
        ended = rents if month == size.months else rents & moved[month] & (people.join_month < month)
        who = np.flatnonzero(ended)
        last = leave[who] if month == size.months else np.minimum(leave[who], timeline.starts[month])
        valid = spell_start[who] < last
        parts.append(_rows(who[valid], RENT, rent[who[valid]], 0, spell_start[who[valid]], last[valid]))
        if month < size.months:
            spell_start[who] = timeline.starts[month]
            rent[who] = rent[who] * random.uniform(0.95, 1.2, len(who))
    for purpose, share, low, high, quarterly in (
        (INSURANCE, 0.6, 0.02, 0.05, 1),
        (LEISURE, 0.4, 0.008, 0.02, 0),
        (PLAN, 0.3, 0.02, 0.07, 0),
    ):
        who = np.flatnonzero(individual & (random.random(count) < share) & (begin < leave))
        amount = income[who] * random.uniform(low, high, len(who))
        parts.append(_rows(who, purpose, amount, quarterly, begin[who], leave[who]))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    customer, purpose, amount, quarterly, start, end = columns
    account = accounts.primary[customer]
    order = np.lexsort((start, purpose, account))
    total = len(order)
    return Orders(
        account=account[order],
        purpose=purpose[order],
        amount=amount[order],
        day_of_month=np.where(
            purpose[order] == RENT, random.integers(0, 3, total), random.integers(1, 27, total)
        ),
        quarterly=quarterly[order] == 1,
        start_day=start[order],
        end_day=end[order],
        creditor=random.integers(0, 9000, total),
    )


def _rows(
    who: Ints, purpose: int, amount: NDArray[np.float64], quarterly: int, start: Ints, end: Ints
) -> tuple[Ints, ...]:
    full = np.ones(len(who), dtype=np.int64)
    return who, full * purpose, (amount / 100).astype(np.int64) * 100 + 500, full * quarterly, start, end


def extract(orders: Orders, day: int) -> pa.Table:
    """The `standing_order` extract as of a day."""
    rows = np.flatnonzero(orders.start_day <= day)
    return pa.table(
        {
            "standing_order_id": arrow.ids("S", rows, 7),
            "account_id": account_ids(orders.account[rows]),
            "amount": arrow.money(orders.amount[rows]),
            "frequency": arrow.lookup(("monthly", "quarterly"), orders.quarterly[rows].astype(int)),
            "creditor_account": counterparties(orders.creditor[rows]),
            "creditor_bank": arrow.lookup(BANK_CODES, orders.creditor[rows] % len(BANK_CODES)),
            "purpose_code": arrow.lookup(PURPOSES, orders.purpose[rows]),
            "start_date": arrow.dates(orders.start_day[rows]),
            "end_date": arrow.dates(orders.end_day[rows], orders.end_day[rows] > day),
        }
    )


def counterparties(number: Ints, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Account numbers at other banks, `X` + eight digits."""
    return arrow.ids("X", number, 8, missing)
