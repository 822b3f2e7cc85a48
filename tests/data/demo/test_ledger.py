"""The books: every day foots, balances follow from turnovers, customers' balances agree to the cent."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from data.demo.ledger import CHART, LEDGER, RULES, Journal
from data.demo.reference import PRODUCTS
from data.demo.timeline import Timeline, day_number
from tests.data.demo.conftest import SmallBank

KPI_LINES = {
    "interest_income_loans interest_income_securities interest_income_other interest_expense_deposits",
    "interest_expense_borrowings fee_income fee_expense other_operating_income sec_gains staff_expenses",
    "other_administrative_expenses depreciation amortisation_intangibles provision_expense tax cash",
    "due_from_banks securities loans allowance fixed_assets intangibles other_assets deposits_current",
    "deposits_savings deposits_term borrowings other_liabilities share_capital retained_earnings",
}


def test_every_rule_posts_to_the_chart() -> None:
    codes = {code for rule in RULES for code in (rule.debit, rule.credit)} - {"@account", "@loan"}
    assert codes <= set(LEDGER)
    assert len({rule.event for rule in RULES}) == len(RULES)
    assert {product.ledger_code for product in PRODUCTS} <= set(LEDGER)


def test_chart_uses_exactly_the_known_lines() -> None:
    assert {row.kpi_line for row in CHART} == {line for row in KPI_LINES for line in row.split()}


def test_a_posting_stands_on_both_sides_and_a_negative_one_the_other_way() -> None:
    journal = Journal(Timeline(1, date(2025, 1, 31)))
    day = day_number(date(2025, 1, 10))
    journal.post("salary", day, np.array([100_00, -30_00]), 3, 0, LEDGER["2100"])
    closing = journal.closing_on(day)
    assert closing[LEDGER["1010"], 0, 0] == 70_00
    assert closing[LEDGER["2100"], 3, 0] == -70_00
    assert journal.credit[9, LEDGER["2100"], 3, 0] == 100_00
    assert journal.debit[9, LEDGER["2100"], 3, 0] == 30_00


def test_year_end_carries_the_result_to_retained_earnings() -> None:
    journal = Journal(Timeline(2, date(2025, 1, 31)))
    journal.post("rental_income", day_number(date(2024, 12, 5)), 500)
    journal.post("tax_accrual", day_number(date(2024, 12, 31)), 120)
    journal.close_year(1)
    closing = journal.closing_on(day_number(date(2025, 1, 1)))
    assert closing[LEDGER["4200"]].sum() == closing[LEDGER["5600"]].sum() == 0
    assert closing[LEDGER["3100"]].sum() == -380


def test_trial_balance_foots_every_day_in_every_currency(bank: SmallBank) -> None:
    assert bank.one("select count(distinct date) from gl") == 489
    assert bank.one("select count(distinct currency_code) from gl") == 2
    assert (
        bank.one(
            "select count(*) from (select 1 from gl group by date, currency_code having sum(closing) <> 0)"
        )
        == 0
    )


def test_closing_follows_from_opening_and_opening_from_the_day_before(bank: SmallBank) -> None:
    assert bank.one("select count(*) from gl where closing <> opening + debit - credit") == 0
    assert bank.one("select count(*) from gl where debit < 0 or credit < 0") == 0
    assert (
        bank.one(
            """select count(*) from (
            select opening, lag(closing) over (
                partition by ledger_code, cost_center_code, currency_code order by date) as eve from gl)
        where eve <> opening"""
        )
        == 0
    )


def test_clearing_accounts_are_empty_every_evening(bank: SmallBank) -> None:
    assert (
        bank.one(
            """select count(*) from (
            select 1 from gl where ledger_code in ('2600', '2605')
            group by date, ledger_code, currency_code having sum(closing) <> 0)"""
        )
        == 0
    )


@pytest.mark.parametrize(("table", "column", "sign"), [("account", "balance", 1), ("loan", "balance", -1)])
def test_customers_balances_equal_the_ledger(bank: SmallBank, table: str, column: str, sign: int) -> None:
    assert (
        bank.one(
            f"""with customers as (
            select date, ledger_code::varchar as ledger_code, branch_id, currency_code,
                sum({column})::decimal(20, 2) as total
            from {table} group by all
        ), books as (
            select date, ledger_code, 'B' || cost_center_code[3:] as branch_id, currency_code, closing from gl
        )
        select count(*) from customers left join books using (date, ledger_code, branch_id, currency_code)
        where total + {sign} * coalesce(closing, 0) <> 0"""
        )
        == 0
    )


@pytest.mark.parametrize(
    ("codes", "table", "column", "sign"),
    [
        ("'1300'", "loan", "accrued_interest_balance", -1),
        ("'1290'", "loan", "provision_amount", 1),
        ("'2400', '1320'", "account", "accrued_interest", 1),
    ],
)
def test_accruals_and_provisions_equal_the_ledger(
    bank: SmallBank, codes: str, table: str, column: str, sign: int
) -> None:
    assert (
        bank.one(
            f"""select max(abs(total + {sign} * closing)) from
            (select date, sum({column})::decimal(20, 2) as total from {table} group by all)
            join (select date, sum(closing) as closing from gl where ledger_code in ({codes}) group by all)
            using (date)"""
        )
        == 0
    )


def test_profit_and_loss_starts_anew_on_1_january(bank: SmallBank) -> None:
    rows = bank.con.execute(
        """select date, sum(abs(closing)) from gl join (select distinct ledger_code::varchar as ledger_code,
            asset_liability from gl_account) using (ledger_code)
        where asset_liability = 'pnl' and date in ('2023-12-31', '2024-01-01') group by date order by date"""
    ).fetchall()
    quarter, first_day = (float(amount) for _, amount in rows)
    assert 0 < first_day < quarter / 10
