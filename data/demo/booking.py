"""Booking: movements are taken in order of time against balances and limits, and refused where money is
short.

All accounts go forward together: step by step, the k-th movement of a day of every account at once. A
movement
linked to another one (the credit of an internal transfer, a reversal) is booked only if that one was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

EVENING = 23 * 3600
"""Second of the day from which the evening batch books: linked credits, and after them closings."""
CLOSING = EVENING + 45 * 60
DAY = 86_400


@dataclass
class Booked:
    """Outcome per movement, in the order given."""

    amount: Ints
    """Signed cents; differs from what was asked only for closings."""
    done: Flags
    short: Flags
    """Refused for lack of money."""
    balance_after: Ints


def book(
    account: Ints,
    second: Ints,
    signed: Ints,
    link: Ints,
    refused: Flags,
    closing: Flags,
    balance: Ints,
    floor: Ints,
) -> Booked:
    """Book one month's movements; `balance` (cents per account) is carried forward in place.

    Args:
        account: account of each movement.
        second: booking time in seconds since 1970-01-01.
        signed: cents, credits positive.
        link: movement that must have been booked first, -1 for none; earlier in (day, batch).
        refused: refused for a reason other than money.
        closing: pays out whatever the balance is.
        balance: balances before the month.
        floor: lowest balance allowed, per account.
    """
    count = len(account)
    # Three stages of a day: ordinary movements, linked credits, closings.
    time = second % DAY
    stage = second // DAY * 3 + (time >= EVENING) + (time >= CLOSING)
    by_account = np.lexsort((np.arange(count), second, account))
    same = np.empty(count, dtype=bool)
    same[:1] = False
    same[1:] = (account[by_account][1:] == account[by_account][:-1]) & (
        stage[by_account][1:] == stage[by_account][:-1]
    )
    start = np.maximum.accumulate(np.where(same, 0, np.arange(count)))
    rank = np.empty(count, dtype=np.int64)
    rank[by_account] = np.arange(count) - start
    order = np.lexsort((account, rank, stage))
    key = stage[order] * 100_000 + rank[order]
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(key)) + 1, [count]])
    acct, value, source, blocked, ends = (
        account[order],
        signed[order].copy(),
        link[order],
        refused[order],
        closing[order],
    )
    done = np.zeros(count + 1, dtype=bool)
    done[-1] = True  # what a link of -1 points to
    after = np.empty(count, dtype=np.int64)
    fine = np.empty(count, dtype=bool)
    limit = floor[acct]
    for lo, hi in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        part = slice(lo, hi)
        who, amount = acct[part], value[part]
        have = balance[who]
        if ends[lo]:
            amount = np.where(ends[part], -have, amount)
            value[part] = amount
        then = have + amount
        enough = (amount >= 0) | (then >= limit[part])
        ok = enough & ~blocked[part] & done[source[part]]
        balance[who] = then = np.where(ok, then, have)
        after[part], fine[part] = then, enough
        done[order[part]] = ok
    result = Booked(
        amount=np.empty(count, dtype=np.int64),
        done=done[:count],
        short=np.empty(count, dtype=bool),
        balance_after=np.empty(count, dtype=np.int64),
    )
    result.amount[order] = value
    result.short[order] = ~fine
    result.balance_after[order] = after
    return result


def daily_balances(account: Ints, day: Ints, after: Ints, second: Ints, opening: Ints, days: int) -> Ints:
    """End-of-day balances [day, account] from booked movements; `day` counts from 0, `opening` before day
    0.
    """
    last = np.lexsort((second, account, day))
    acct, when, value = account[last], day[last], after[last]
    final = np.ones(len(last), dtype=bool)
    final[:-1] = (acct[1:] != acct[:-1]) | (when[1:] != when[:-1])
    row = np.full((days, len(opening)), -1, dtype=np.int64)
    row[when[final], acct[final]] = np.flatnonzero(final)
    row = np.maximum.accumulate(row, axis=0) if days else row
    # Within (day, account) order the positions grow with the day, so the running maximum is the latest one.
    return np.where(row >= 0, value[np.maximum(row, 0)] if len(value) else 0, opening)
