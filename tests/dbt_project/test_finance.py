"""The statements and ratios of a bank, computed again with pandas from its extracts and the definitions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from tests.dbt_project.conftest import Project, Warehouse, settings_in

FIRST, AFTER_LAST = date(2023, 12, 1), date(2025, 1, 1)
QUARTERS = ("2024-03-01", "2024-06-01", "2024-09-01", "2024-12-01")
CENT = 0.01
LEDGER = ["date", "ledger_code", "cost_center_code", "currency_code", "opening", "debit", "credit", "closing"]
INCOME = ("interest_income_loans", "interest_income_securities", "interest_income_other")
EXPENSE = ("interest_expense_deposits", "interest_expense_borrowings")
DEPOSITS = ("deposits_current", "deposits_savings", "deposits_term")


@dataclass(frozen=True)
class Books:
    """Whole-bank daily balances by leaf, in euro, debit positive: one row per day, one column per leaf."""

    closings: pd.DataFrame
    earning: pd.Series

    def leaf(self, *leaves: str) -> pd.Series:
        """Debit-positive daily closings of some leaves together."""
        return self.closings[[leaf for leaf in leaves if leaf in self.closings]].sum(axis=1)

    def flow(self, start: str, end: str, *leaves: str) -> float:
        """What profit-and-loss leaves earned from the first to the last day, both included; expense negative.

        The ledger runs year to date from zero on 1 January.
        """
        total = 0.0
        closings = self.leaf(*leaves)
        for year in range(int(start[:4]), int(end[:4]) + 1):
            last = closings[:end][str(year)].iloc[-1]
            before = pd.Timestamp(start) - pd.Timedelta(days=1)
            first = closings.get(before, 0.0) if before.year == year else 0.0
            total -= last - first
        return total

    @property
    def assets(self) -> pd.Series:
        """Total assets, loans net of the allowance."""
        return self.leaf(
            "cash", "due_from_banks", "securities", "loans", "allowance", "fixed_assets", "intangibles",
            "other_assets",
        )  # fmt: skip

    @property
    def equity(self) -> pd.Series:
        """Whatever is not owed to others."""
        return self.assets + self.leaf(*DEPOSITS, "borrowings", "other_liabilities")


@pytest.fixture(scope="module", params=[20240229, 7])
def bank(
    request: pytest.FixtureRequest, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """Thirteen months of a small bank, December to December, of two seeds."""
    bank = Warehouse(settings_in(tmp_path_factory.mktemp(f"finance_{request.param}")), project)
    bank.deliver("demo", bank.write_demo(customers=60, months=13, end=date(2024, 12, 31), seed=request.param))
    bank.build_models(
        FIRST, AFTER_LAST,
        "+kpi_finance_basis_month", "+kpi_finance_month", "+kpi_capital_month", "+kpi_staff_month",
    )  # fmt: skip
    return bank


@pytest.fixture(scope="module")
def books(bank: Warehouse) -> Books:
    """The extracts as they were delivered, read without any of our code."""
    extracts = bank.extracts
    # the ledger comes with semicolons and decimal commas, in latin-1
    balances = _read(extracts, "gl_balance", ";", "latin-1").set_axis(LEDGER, axis=1)
    chart = _read(extracts, "gl_account").drop_duplicates("ledger_code", keep="last")
    rates = _read(extracts, "exchange_rate")
    balances = balances.merge(chart[["ledger_code", "kpi_line", "is_earning_asset"]], on="ledger_code")
    balances["date"] = pd.to_datetime(balances["date"], format="%d.%m.%Y")
    quotes = rates.assign(date=pd.to_datetime(rates["date"]), rate=rates["quote"].astype(float))
    usd = quotes.set_index("date")["rate"]
    balances["closing"] = balances["closing"].str.replace(".", "").str.replace(",", ".").astype(float)
    dollars = balances["currency_code"].eq("USD")
    balances.loc[dollars, "closing"] *= balances.loc[dollars, "date"].map(usd)
    closings = balances.pivot_table(index="date", columns="kpi_line", values="closing", aggfunc="sum").fillna(
        0.0
    )
    earns = balances["is_earning_asset"].astype(str).str.lower().eq("true")
    return Books(closings, balances[earns].groupby("date")["closing"].sum())


def _read(folder: Path, table: str, sep: str = ",", encoding: str = "utf-8") -> pd.DataFrame:
    files = sorted(folder.glob(f"{table}_*.csv"))
    assert files, table
    return pd.concat(
        [pd.read_csv(file, dtype=str, sep=sep, encoding=encoding) for file in files], ignore_index=True
    )


def _ratio(bank: Warehouse, above: str, below: str, basis: str, first: str, last: str) -> float:
    ((value,),) = bank.query(
        f"SELECT sum({above})::DOUBLE / sum({below}) FROM kpi_finance_basis_month "
        f"WHERE basis = '{basis}' AND month BETWEEN '{first}' AND '{last}'"
    )
    return value


def test_statements_are_the_ledger_s(bank: Warehouse, books: Books) -> None:
    end = "2024-06-30"
    day = pd.Timestamp(end)
    expected = {
        "interest_income": books.flow("2024-06-01", end, *INCOME),
        "interest_expense": -books.flow("2024-06-01", end, *EXPENSE),
        "deposit_interest_expense": -books.flow("2024-06-01", end, "interest_expense_deposits"),
        "nonint_income": books.flow("2024-06-01", end, "fee_income", "fee_expense", "other_operating_income"),
        "nonint_expense": -books.flow(
            "2024-06-01", end, "staff_expenses", "other_administrative_expenses", "depreciation",
            "amortisation_intangibles",
        ),
        "provision_expense": -books.flow("2024-06-01", end, "provision_expense"),
        "tax": -books.flow("2024-06-01", end, "tax"),
        "total_assets": books.assets[day],
        "earning_assets": books.earning[day],
        "gross_loans": books.leaf("loans")[day],
        "allowance": -books.leaf("allowance")[day],
        "total_deposits": -books.leaf(*DEPOSITS)[day],
        "interest_bearing_liabilities": -books.leaf("deposits_savings", "deposits_term", "borrowings")[day],
        "total_equity": books.equity[day],
        "total_assets_days": books.assets["2024-06-01":end].sum(),
    }  # fmt: skip
    columns = ", ".join(f"sum({name})::DOUBLE" for name in expected)
    (found,) = bank.query(f"SELECT {columns} FROM kpi_finance_month WHERE month = '2024-06-01'")
    # every branch's line of a second currency is rounded by itself
    assert dict(zip(expected, found, strict=True)) == pytest.approx(expected, abs=40 * CENT)


@pytest.mark.parametrize(
    ("above", "below", "leaves", "stock"),
    [
        ("interest_income_annual", "earning_assets_average", INCOME, "earning"),
        ("net_interest_income_annual", "earning_assets_average", INCOME + EXPENSE, "earning"),
        ("net_interest_income_annual", "total_assets_average", INCOME + EXPENSE, "assets"),
        ("net_interest_income_annual", "total_equity_average", INCOME + EXPENSE, "equity"),
    ],
)
def test_each_basis_follows_its_authority(
    bank: Warehouse, books: Books, above: str, below: str, leaves: tuple[str, ...], stock: str
) -> None:
    """FDIC year to date and quarter, FFIEC UBPR, and days; the third quarter of 2024 and December."""
    held: pd.Series = getattr(books, stock)
    ends = [pd.Timestamp(day) for day in ("2023-12-31", "2024-03-31", "2024-06-30", "2024-09-30")]
    year = books.flow("2024-01-01", "2024-09-30", *leaves)
    quarter = books.flow("2024-07-01", "2024-09-30", *leaves)
    quarterly = [
        held[slice(*quarter)].mean()
        for quarter in (
            ("2024-01-01", "2024-03-31"),
            ("2024-04-01", "2024-06-30"),
            ("2024-07-01", "2024-09-30"),
        )
    ]
    expected = {
        "fdic_ytd": year * 4 / 3 / (sum(held[day] for day in ends) / 4),
        "fdic_qtr": quarter * 4 / ((held[ends[2]] + held[ends[3]]) / 2),
        "ubpr": year * 4 / 3 / (sum(quarterly) / 3),
    }
    found = {name: _ratio(bank, above, below, name, "2024-09-01", "2024-09-01") for name in expected}
    assert found == pytest.approx(expected, rel=1e-6)
    daily = books.flow("2024-05-01", "2024-09-30", *leaves) * 365 / held["2024-05-01":"2024-09-30"].sum()
    assert _ratio(bank, above, below, "daily", "2024-05-01", "2024-09-01") == pytest.approx(daily, rel=1e-6)


def test_year_to_date_needs_the_december_before(bank: Warehouse) -> None:
    """December 2023 is the first month: its own year is not there, the next is, with December's closings."""
    rows = bank.query(
        "SELECT basis, list(DISTINCT month::VARCHAR ORDER BY month::VARCHAR) "
        "FROM kpi_finance_basis_month GROUP BY basis"
    )
    months = dict(rows)
    assert months["fdic_ytd"] == months["ubpr"] == list(QUARTERS)
    assert months["fdic_qtr"] == list(QUARTERS)
    assert len(months["daily"]) == 13


def test_branches_add_up_to_the_bank(bank: Warehouse) -> None:
    """Averages too: every month counts for every branch."""
    differences = bank.query(
        "SELECT basis, month FROM kpi_finance_basis_month GROUP BY ALL "
        "HAVING count(*) <> (SELECT count(DISTINCT branch_id) FROM kpi_finance_basis_month)"
    )
    assert differences == []


def test_last_year_s_balances_stand_beside(bank: Warehouse, books: Books) -> None:
    ((now, before),) = bank.query(
        "SELECT sum(total_deposits)::DOUBLE, sum(total_deposits_last_year)::DOUBLE "
        "FROM kpi_finance_month WHERE month = '2024-12-01'"
    )
    deposits = -books.leaf(*DEPOSITS)
    assert [now, before] == pytest.approx(
        [deposits[pd.Timestamp("2024-12-31")], deposits[pd.Timestamp("2023-12-31")]], abs=40 * CENT
    )
    assert bank.query(
        "SELECT count(*) FROM kpi_finance_month "
        "WHERE month < '2024-12-01' AND total_deposits_last_year IS NOT NULL"
    ) == [(0,)]


def test_capital_is_what_is_reported_over_the_quarter_s_average_assets(bank: Warehouse, books: Books) -> None:
    reported = _read(bank.extracts, "financial_fact")
    december = reported[reported["period_end"].eq("2024-12-31")].set_index("concept")["value"].astype(float)
    ((cet1, assets, average, exposure),) = bank.query(
        "SELECT cet1_capital::DOUBLE, risk_weighted_assets::DOUBLE, leverage_assets::DOUBLE, "
        "total_exposure_measure FROM kpi_capital_month WHERE month = '2024-12-01'"
    )
    assert cet1 / assets == december["cet1_capital"] / december["risk_weighted_assets"]
    assert average == pytest.approx(books.assets["2024-10-01":"2024-12-31"].mean(), rel=1e-6)
    assert exposure is None
    # the quarter before the first month is not there to be averaged
    assert bank.query("SELECT month::VARCHAR FROM kpi_capital_month WHERE leverage_assets IS NULL") == [
        ("2023-12-01",)
    ]


def test_staff_is_that_of_the_month_s_own_list(bank: Warehouse) -> None:
    for day in ("20240630", "20241231"):
        listed = pd.read_csv(bank.extracts / f"branch_{day}.csv")
        ((staff,),) = bank.query(
            f"SELECT sum(fte)::DOUBLE FROM kpi_staff_month WHERE month_end = '{pd.Timestamp(day):%Y-%m-%d}'"
        )
        assert staff == pytest.approx(listed.loc[listed["close_date"].isna(), "fte"].sum(), abs=CENT)
