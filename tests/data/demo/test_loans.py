"""Loans: schedules add up, positions follow from payments, nothing unpaid disappears."""

from __future__ import annotations

import numpy as np

from data.demo.loans import Chances
from tests.data.demo.conftest import SmallBank


def test_schedule_repays_the_whole_loan(bank: SmallBank) -> None:
    assert (
        bank.one(
            """select count(*) from (
            select loan_id, sum(amount)::decimal(18, 2) as repaid from loan_cash_flow where type = 'principal'
            group by loan_id)
        join (select distinct id as loan_id, orig_notional::decimal(18, 2) as lent from loan)
            using (loan_id)
        where repaid <> lent"""
        )
        == 0
    )
    assert bank.one("select count(*) from loan where id not in (select loan_id from loan_cash_flow)") == 0


def test_instalments_fall_between_start_and_end(bank: SmallBank) -> None:
    assert (
        bank.one(
            """select count(*) from loan_cash_flow as f
        join (select distinct id, start_date, end_date from loan) as l on l.id = f.loan_id
        where payment_date <= start_date or payment_date > end_date"""
        )
        == 0
    )


def test_balance_is_what_was_lent_less_what_came_back(bank: SmallBank) -> None:
    assert (
        bank.one(
            """select count(*) from (
            select l.id, l.date, any_value(l.balance)::decimal(18, 2) as balance,
                sum(case m.type when 'advance' then m.amount when 'capital_repayment' then -m.amount
                    when 'write_off' then -m.amount else 0 end) as moved
            from loan as l left join loan_movement as m on m.loan_id = l.id and m.date <= l.date
            group by l.id, l.date)
        where balance <> moved"""
        )
        == 0
    )


def test_days_past_due_follow_from_schedule_and_payments(bank: SmallBank) -> None:
    rows = bank.con.execute(
        """with instalment as (
            select loan_id, payment_date, sum(sum(amount)::decimal(18, 2)) over (
                partition by loan_id order by payment_date) as owed
            from loan_cash_flow group by loan_id, payment_date
        ), paid as (
            select l.id, l.date, l.days_past_due, coalesce(sum(m.amount) filter (
                m.type in ('capital_repayment', 'interest_repayment')), 0) as total
            from loan as l left join loan_movement as m on m.loan_id = l.id and m.date <= l.date
            where l.status = 'active' group by all
        )
        select days_past_due, coalesce(paid.date - min(payment_date), 0)
        from paid left join instalment on loan_id = id and owed > total and payment_date < paid.date
        group by paid.id, paid.date, days_past_due, total"""
    ).fetchall()
    assert len(rows) > 500
    assert max(delivered for delivered, _ in rows) > 60
    assert all(delivered == derived for delivered, derived in rows)


def test_nothing_unpaid_disappears_and_closed_is_empty(bank: SmallBank) -> None:
    assert (
        bank.one(
            """select count(*) from (
            select id, max(date) as seen, arg_max(status, date) as status from loan group by id)
        where seen < (select max(date) from loan) and status <> 'closed'"""
        )
        == 0
    )
    assert (
        bank.one("select count(*) from loan where status in ('closed', 'written_off') and balance <> 0") == 0
    )
    assert bank.one("select count(*) from loan where status = 'closed'") > 0  # type: ignore[operator]
    assert (
        bank.one(
            "select count(*) from loan where status = 'active' and (balance <= 0 or balance > orig_notional)"
        )
        == 0
    )


def test_stage_3_means_more_than_90_days_or_default(bank: SmallBank) -> None:
    assert (
        bank.one(
            """select count(*) from loan where status = 'active' and impairment_status <> 'stage_3'
        and days_past_due > 90"""
        )
        == 0
    )
    assert (
        bank.one(
            """select count(*) from loan where status = 'active' and impairment_status = 'stage_1'
        and days_past_due > 30"""
        )
        == 0
    )


def test_the_first_extract_already_finds_arrears(bank: SmallBank) -> None:
    assert (
        bank.one("select count(*) from loan where date = (select min(date) from loan) and days_past_due > 0")
        > 0
    )  # type: ignore[operator]


def test_chances_pick_as_many_as_expected() -> None:
    random = np.random.default_rng(3)
    chances, picked = Chances(0.5), 0
    chance = np.full(40, 0.01)
    for _ in range(50):
        picked += int(chances.pick(random, chance).sum())
    assert abs(picked - 20) <= 1
