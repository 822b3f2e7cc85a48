"""Booking against limits, links and closings, by hand."""

from __future__ import annotations

import numpy as np

from data.demo.booking import CLOSING, DAY, EVENING, book, daily_balances


def test_order_of_time_decides_what_is_refused() -> None:
    balance = np.array([100, 0])
    booked = book(
        account=np.array([0, 0, 0, 1]),
        second=np.array([300, 100, 200, EVENING]),
        signed=np.array([-60, -80, 30, 80]),
        link=np.array([-1, -1, -1, 1]),
        refused=np.zeros(4, dtype=bool),
        closing=np.zeros(4, dtype=bool),
        balance=balance,
        floor=np.array([0, 0]),
    )
    assert booked.done.tolist() == [False, True, True, True]
    assert booked.short.tolist() == [True, False, False, False]
    assert balance.tolist() == [50, 80]


def test_a_credit_whose_debit_was_refused_is_not_booked() -> None:
    balance = np.array([10, 0])
    booked = book(
        np.array([0, 1]),
        np.array([100, EVENING]),
        np.array([-20, 20]),
        np.array([-1, 0]),
        np.zeros(2, dtype=bool),
        np.zeros(2, dtype=bool),
        balance,
        np.array([-5, 0]),
    )
    assert booked.done.tolist() == [False, False]
    assert balance.tolist() == [10, 0]


def test_closing_pays_out_what_is_left() -> None:
    balance = np.array([70, -30])
    booked = book(
        np.array([0, 0, 1]),
        np.array([500, CLOSING, CLOSING]),
        np.array([-20, 0, 0]),
        np.full(3, -1),
        np.zeros(3, dtype=bool),
        np.array([False, True, True]),
        balance,
        np.array([0, -100]),
    )
    assert booked.amount.tolist() == [-20, -50, 30]
    assert balance.tolist() == [0, 0]


def test_daily_balances_carry_forward() -> None:
    balances = daily_balances(
        account=np.array([0, 0, 1]),
        day=np.array([1, 1, 0]),
        after=np.array([5, 7, 9]),
        second=np.array([DAY + 1, DAY + 2, 5]),
        opening=np.array([1, 2]),
        days=3,
    )
    assert balances.tolist() == [[1, 9], [7, 9], [7, 9]]
