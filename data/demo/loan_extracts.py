"""The loan system's extracts: positions, schedules, movements, collateral, applications."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.demo import arrow
from data.demo.accounts import Accounts, account_ids
from data.demo.loans import (
    ACTIVE,
    ADVANCE,
    CLOSED,
    DECISIONS,
    DECLINE_REASONS,
    INTEREST_CHARGED,
    INTEREST_PAID,
    INTEREST_PAID_NONACCRUAL,
    LGD,
    PRINCIPAL_PAID,
    PURPOSES,
    RECOVERY,
    STATES,
    WRITE_OFF,
    WRITTEN_OFF,
    Applications,
    LoanLife,
    Loans,
)
from data.demo.population import Population, customer_ids
from data.demo.reference import MORTGAGE, PRODUCTS, SME_LOAN
from data.demo.timeline import NEVER, Timeline

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def loan_ids(index: Ints, missing: Flags | None = None) -> pa.Array:
    """`L0000042`."""
    return arrow.ids("L", index, 7, missing)


def on_books(loans: Loans, life: LoanLife, timeline: Timeline, month: int) -> Ints:
    """Loans in the month's extract: those running, those closed in the month, and those written off."""
    state = life.state[month]
    closed_now = (state == CLOSED) & (life.closed_day >= timeline.starts[month])
    return np.flatnonzero((state == ACTIVE) | closed_now | (state == WRITTEN_OFF))


def positions(loans: Loans, life: LoanLife, accounts: Accounts, timeline: Timeline, month: int) -> pa.Table:
    """The `loan` extract of a month end."""
    day = int(timeline.ends[month])
    who = on_books(loans, life, timeline, month)
    count = len(who)
    product = loans.product[who]
    state = life.state[month, who]
    stage = life.stage[month, who]
    dpd = life.dpd[month, who]
    default_day = life.default_day[month, who]
    forborne = life.forbearance[month, who]
    balance = life.balance[month, who]
    lgd = np.array([int(LGD.get(p, 0.5) * 1_000_000) for p in range(len(PRODUCTS))])[product]
    longest = max(len(v) for v in PURPOSES.values())
    purposes = [
        PURPOSES[p][i % len(PURPOSES[p])] if p in PURPOSES else ""
        for p in range(len(PRODUCTS))
        for i in range(longest)
    ]
    return pa.table(
        {
            "id": loan_ids(who),
            "date": arrow.dates(np.full(count, day)),
            "customer_id": customer_ids(loans.customer[who]),
            "account_id": account_ids(accounts.primary[loans.customer[who]]),
            "type": arrow.lookup([p.fire_type for p in PRODUCTS], product),
            "purpose": arrow.lookup(purposes, product * longest + loans.purpose[who] % longest),
            "product_id": arrow.lookup([p.product_id for p in PRODUCTS], product),
            "currency_code": arrow.constant("EUR", count),
            "start_date": arrow.dates(loans.start_day[who]),
            "end_date": arrow.dates(loans.end_day[who]),
            "orig_notional": arrow.money(loans.notional[who]),
            "balance": arrow.money(balance),
            "accrued_interest_balance": arrow.money(life.accrued[month, who]),
            "rate": arrow.decimal(loans.rate_ppm[who], 9, 6),
            "rate_type": arrow.constant("fixed", count),
            "repayment_type": arrow.constant("repayment", count),
            "repayment_frequency": arrow.constant("monthly", count),
            "arrears_balance": arrow.money(life.arrears[month, who]),
            "first_arrears_date": arrow.dates(life.first_arrears[month, who], dpd == 0),
            "days_past_due": pa.array(dpd, pa.int32()),
            "default_date": arrow.dates(default_day, default_day == NEVER),
            "accrual_status": arrow.lookup(("accrual", "non_accrual"), (stage == 3).astype(int)),
            "impairment_status": arrow.lookup(("stage_1", "stage_2", "stage_3"), stage - 1),
            "provision_amount": arrow.money(life.provision[month, who]),
            "cum_write_offs": arrow.money(life.written_off[month, who]),
            "cum_recoveries": arrow.money(life.recovered[month, who]),
            "forbearance_date": arrow.dates(forborne, (forborne == NEVER) | (state == CLOSED)),
            "status": arrow.lookup(STATES, state),
            "limit_amount": arrow.nulls(count, pa.decimal128(18, 2)),
            "orig_credit_score": pa.array(loans.score[who], pa.int32()),
            "pd_irb": arrow.decimal(
                np.where(stage == 3, 1_000_000, np.round(loans.pd_estimate[who] * 1_000_000)).astype(
                    np.int64
                ),
                9,
                6,
            ),
            "lgd_irb": arrow.decimal(lgd, 9, 6),
            "ead": arrow.money(balance + life.accrued[month, who]),
            "branch_id": arrow.ids("B", loans.branch[who], 2),
            "ledger_code": arrow.lookup([p.ledger_code for p in PRODUCTS], product),
        }
    )


def schedules(loans: Loans, life: LoanLife, timeline: Timeline, month: int) -> pa.Table:
    """The `loan_cash_flow` extract: whole schedules of the month's new loans; the first month brings the
    old ones.
    """
    first, last = int(timeline.starts[month]), int(timeline.ends[month])
    new = (loans.start_day >= first) & (loans.start_day <= last)
    if month == 0:
        new |= (loans.start_day < first) & (life.closed_day >= first)
    who = np.flatnonzero(new)
    term = loans.term[who]
    loan = np.repeat(who, term)
    number = np.arange(len(loan)) - np.repeat(np.cumsum(term) - term, term)
    interest = loans.cumulative_interest[loan, number + 1] - loans.cumulative_interest[loan, number]
    total = loans.cumulative_total[loan, number + 1] - loans.cumulative_total[loan, number]
    due = loans.due_days(loan, number)
    count = len(loan)
    loan, number, due = (np.repeat(values, 2) for values in (loan, number, due))
    amount = np.stack([interest, total - interest], axis=1).reshape(-1)
    kind = np.tile([0, 1], count)
    # The loan system has no rows of nothing: interest of the last instalment may round to zero.
    some = amount > 0
    return pa.table(
        {
            "id": arrow.ids("Q", (loan * 1000 + number)[some] * 2 + kind[some], 12),
            "date": arrow.dates(np.full(int(some.sum()), last)),
            "loan_id": loan_ids(loan[some]),
            "payment_date": arrow.dates(due[some]),
            "type": arrow.lookup(("interest", "principal"), kind[some]),
            "amount": arrow.money(amount[some]),
            "currency_code": arrow.constant("EUR", int(some.sum())),
        }
    )


_DELIVERED = {
    ADVANCE: "advance",
    INTEREST_CHARGED: "interest",
    PRINCIPAL_PAID: "capital_repayment",
    INTEREST_PAID: "interest_repayment",
    INTEREST_PAID_NONACCRUAL: "interest_repayment",
    WRITE_OFF: "write_off",
    RECOVERY: "recovery",
}


def movements(
    loans: Loans, life: LoanLife, timeline: Timeline, month: int, events: tuple[Ints, Ints, Ints, Ints]
) -> pa.Table:
    """The `loan_transaction` extract of a month.

    The first month brings over the loans that the bank had already: one row each for what was advanced,
    repaid and
    paid in interest before, dated on the first day, with the day of the advance or of the last instalment
    paid as
    value date. So advances less repayments less write-offs are the balance from the first day on.
    """
    kind, loan, day, amount = events
    delivered = np.isin(kind, list(_DELIVERED))
    kind, loan, day, amount = kind[delivered], loan[delivered], day[delivered], amount[delivered]
    value_day = day
    if month == 0:
        first = timeline.first_day
        old = np.flatnonzero((loans.start_day < first) & (life.closed_day >= first))
        interest = loans.interest_within(life.opening_paid)[old]
        parts = []
        for what, cents in (
            (ADVANCE, loans.notional[old]),
            (PRINCIPAL_PAID, loans.notional[old] - life.opening_balance[old] - life.opening_written_off[old]),
            (INTEREST_PAID, interest),
            (WRITE_OFF, life.opening_written_off[old]),
            (RECOVERY, life.opening_recovered[old]),
        ):
            some = cents > 0
            when = np.minimum(
                loans.start_day[old] if what == ADVANCE else np.full(len(old), first - 1), first - 1
            )
            parts.append(
                (np.full(some.sum(), what), old[some], np.full(some.sum(), first), cents[some], when[some])
            )
        take_on = [np.concatenate(column) for column in zip(*parts, strict=True)]
        kind, loan, day, amount, value_day = (
            np.concatenate([mine, theirs])
            for mine, theirs in zip(take_on, (kind, loan, day, amount, value_day), strict=True)
        )
    order = np.lexsort((np.arange(len(kind)), loan, day))
    year, calendar_month = timeline.year_months[month]
    names = [_DELIVERED.get(k, "") for k in range(max(_DELIVERED) + 1)]
    return pa.table(
        {
            "id": arrow.ids("LT", (year * 100 + calendar_month + 1) * 1_000_000 + np.arange(len(order)), 12),
            "date": arrow.dates(day[order]),
            "value_date": arrow.dates(value_day[order]),
            "loan_id": loan_ids(loan[order]),
            "amount": arrow.money(amount[order]),
            "currency_code": arrow.constant("EUR", len(order)),
            "type": arrow.lookup(names, kind[order]),
        }
    )


def collateral(
    loans: Loans, life: LoanLife, people: Population, timeline: Timeline, month: int, prices: Ints
) -> pa.Table:
    """The `collateral` extract: property behind mortgages, equipment behind business loans; id `H` + loan
    number.

    Args:
        loans: all loans.
        life: their positions.
        people: for the postal code.
        timeline: months.
        month: index of the month.
        prices: house price index per region in thousandths of its start.
    """
    day = int(timeline.ends[month])
    who = on_books(loans, life, timeline, month)
    who = who[np.isin(loans.product[who], (MORTGAGE, SME_LOAN)) & (life.state[month, who] == ACTIVE)]
    house = loans.product[who] == MORTGAGE
    region = people.region[0, loans.customer[who]]
    value = np.where(house, loans.collateral[who] * prices[region] // 1000, loans.collateral[who])
    valued = np.where(house, timeline.starts[month // 12 * 12], loans.start_day[who])
    count = len(who)
    return pa.table(
        {
            "id": arrow.ids("H", who, 7),
            "date": arrow.dates(np.full(count, day)),
            "type": arrow.lookup(("equipment", "residential_property"), house.astype(int)),
            "value": arrow.money(value),
            "value_date": arrow.dates(np.maximum(valued, np.minimum(loans.start_day[who], day))),
            "valuation_type": arrow.lookup(("appraisal", "index"), house.astype(int)),
            "currency_code": arrow.constant("EUR", count),
            "postal_code": arrow.ids(
                "", (region + 1) * 10_000 + people.postal[0, loans.customer[who]] * 11, 5
            ),
            "charge": pa.array(np.ones(count), pa.int32()),
        }
    )


def applications(wanted: Applications, timeline: Timeline, month: int) -> pa.Table:
    """The `loan_application` extract: everybody who asked in the month, with the decision."""
    who = np.flatnonzero((wanted.day >= timeline.starts[month]) & (wanted.day <= timeline.ends[month]))
    decision = wanted.decision[who]
    return pa.table(
        {
            "application_id": arrow.ids("P", who, 7),
            "customer_id": customer_ids(wanted.customer[who]),
            "application_date": arrow.dates(wanted.day[who]),
            "product_id": arrow.lookup([p.product_id for p in PRODUCTS], wanted.product[who]),
            "requested_amount": arrow.money(wanted.amount[who]),
            "channel": arrow.lookup(("branch", "web", "mobile"), wanted.channel[who]),
            "score": arrow.decimal(np.round(wanted.score[who] * 10_000).astype(np.int64), 9, 4),
            "decision": arrow.lookup(DECISIONS, decision),
            "decision_date": arrow.dates(wanted.decision_day[who], decision == 3),
            "decline_reason": arrow.lookup(DECLINE_REASONS, wanted.reason[who], decision != 1),
            "loan_id": loan_ids(wanted.loan[who], wanted.loan[who] < 0),
        }
    )
