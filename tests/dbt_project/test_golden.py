"""Worked examples of the authorities, from ledger balances to the published figure."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.dbt_project.conftest import Project, Warehouse, settings_in

SEPTEMBER, AFTER_LAST = "2024-09-01", date(2024, 10, 1)
CHART = {
    "cash": ("asset", False),
    "securities": ("asset", True),
    "loans": ("asset", True),
    "allowance": ("asset", False),
    "deposits_savings": ("liability", False),
    "share_capital": ("equity", False),
    "interest_income_loans": ("pnl", False),
    "interest_expense_deposits": ("pnl", False),
    "staff_expenses": ("pnl", False),
}
"""One ledger account for each leaf, named as the leaf."""


def _held_before(average: Decimal, end: Decimal) -> Decimal:
    """What stood until 29 September, where the mean of the three quarters' daily averages is `average`."""
    return (3 * average - end / 92) / (2 + Decimal(91) / 92)


@pytest.fixture(scope="module")
def ubpr_bank(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The example of a UBPR engine's public tests, third quarter of 2024, as a ledger would hold it."""
    ends = {"securities": Decimal(640_000), "loans": Decimal(895_000), "allowance": Decimal(-10_000)}
    averages = {"securities": Decimal(621_000), "loans": Decimal(884_800), "allowance": Decimal(-9_500)}
    ends["cash"] = Decimal(1_720_000) - sum(ends.values())
    averages["cash"] = Decimal(1_680_000) - sum(averages.values())
    balances = {leaf: (_held_before(averages[leaf], end), end) for leaf, end in ends.items()}
    balances["deposits_savings"] = (Decimal(-1_390_000), Decimal(-1_400_000))
    earned = {
        "interest_income_loans": Decimal(-63_500),
        "interest_expense_deposits": Decimal(24_000),
        "staff_expenses": Decimal(63_500 - 24_000 - 20_440),
    }
    rows = []
    for leaf, (before, end) in balances.items():
        rows += [(date(2024, month, 1), leaf, before) for month in range(1, 10)]
        rows.append((date(2024, 9, 30), leaf, end))
    rows += [(date(2024, 9, 30), leaf, amount) for leaf, amount in earned.items()]
    # a year before: as much in every month that goes in, 1,640,000 in all
    rows += [(date(2023, 9 + step, 30), "cash", Decimal(1_640_000)) for step in range(4) if 9 + step < 13]

    bank = Warehouse(settings_in(tmp_path_factory.mktemp("ubpr")), project)
    bank.register()
    with closing(duckdb.connect(str(bank.settings.warehouse / "work.duckdb"))) as con:
        for table in ("gl_balance", "gl_account"):
            con.execute(f"CREATE TABLE raw.golden_{table} AS SELECT * FROM raw.{table}")
            con.execute(f"CREATE OR REPLACE VIEW raw.{table} AS FROM raw.golden_{table}")
        con.executemany(
            "INSERT INTO raw.golden_gl_account BY NAME SELECT ? AS ledger_code, ? AS name, ? AS kpi_line, "
            "? AS asset_liability, ? AS is_earning_asset, 'none' AS subledger",
            [(leaf, leaf, leaf, group, earns) for leaf, (group, earns) in CHART.items()],
        )
        con.executemany(
            "INSERT INTO raw.golden_gl_balance BY NAME SELECT ? AS date, ? AS ledger_code, "
            "'EUR' AS currency_code, 0 AS opening, 0 AS debit, 0 AS credit, ? AS closing",
            [(day, leaf, round(amount, 2)) for day, leaf, amount in rows],
        )
        con.execute(
            "INSERT INTO raw.batch BY NAME "
            "SELECT 'gl_balance' AS table_name, DATE '2024-09-30' AS business_date"
        )
        con.execute("INSERT INTO raw.reporting_currency VALUES ('EUR')")
    bank.dbt(
        "build", "--exclude-resource-type", "unit_test", "test",
        "--select", "+kpi_finance_basis_month", "+kpi_finance_month",
        "--event-time-start", "2023-09-01", "--event-time-end", AFTER_LAST.isoformat(),
    )  # fmt: skip
    return bank


@pytest.mark.parametrize(
    ("expression", "percent"),
    [
        ("sum(interest_income_annual) / sum(earning_assets_average)", 5.6227),
        ("sum(interest_expense_annual) / sum(earning_assets_average)", 2.1251),
        ("sum(net_interest_income_annual) / sum(earning_assets_average)", 3.4976),
        ("sum(net_profit_annual) / sum(total_assets_average)", 1.6222),
    ],
)
def test_the_ubpr_s_worked_example_on_averages(ubpr_bank: Warehouse, expression: str, percent: float) -> None:
    ((found,),) = ubpr_bank.query(
        f"SELECT 100.0 * {expression} FROM kpi_finance_basis_month "
        f"WHERE basis = 'ubpr' AND month = '{SEPTEMBER}'"
    )
    assert float(found) == pytest.approx(percent, abs=0.00005)


@pytest.mark.parametrize(
    ("expression", "percent"),
    [
        # of loans held for investment: 5,000 are held for sale, which the ledger's line holds too
        ("sum(allowance) / (sum(gross_loans) - 5000)", 1.1236),
        ("sum(net_loans) / sum(total_deposits)", 63.2143),
        ("sum(total_assets - total_assets_last_year) / sum(total_assets_last_year)", 4.8780),
    ],
)
def test_the_ubpr_s_worked_example_at_the_quarter_s_end(
    ubpr_bank: Warehouse, expression: str, percent: float
) -> None:
    ((found,),) = ubpr_bank.query(
        f"SELECT 100.0 * {expression} FROM kpi_finance_month WHERE month = '{SEPTEMBER}'"
    )
    assert float(found) == pytest.approx(percent, abs=0.00005)
