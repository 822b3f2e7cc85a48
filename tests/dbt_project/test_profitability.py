"""Funds transfer pricing and contribution, computed again with pandas from extracts and definitions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.dbt_project.conftest import Project, Warehouse, settings_in

FIRST, MONTH, AFTER_LAST = date(2024, 11, 1), "2025-01", date(2025, 2, 1)
END = date(2025, 1, 31)
DAYS = pd.date_range("2025-01-01", END)
MODELS = ("+kpi_profit_month", "+kpi_finance_month")
CENT = 0.01


@dataclass(frozen=True)
class Extracts:
    """What the bank delivered, read without any of our code; balances by day of January, in euro."""

    accounts: pd.DataFrame
    loans: pd.DataFrame
    account_days: pd.DataFrame
    loan_days: pd.DataFrame
    transactions: pd.DataFrame
    products: pd.DataFrame
    curves: pd.DataFrame
    schedule: pd.DataFrame

    def curve_rate(self, day: pd.Timestamp, tenor: float) -> float:
        """The curve of a day at a tenor: a line between its points, flat beyond them."""
        points = self.curves.loc[[day]]
        return float(np.interp(tenor, points["tenor_days"], points["rate"]))

    def behavioural_rate(self, months: int) -> float:
        """Averaged over the life up to the end of January; what was delivered of it."""
        days = self.curves.index.unique()
        first = pd.Timestamp("2025-02-01") - pd.DateOffset(months=months)
        return float(
            np.mean([self.curve_rate(day, round(months * 365 / 12)) for day in days if day >= first])
        )

    def matched_rate(self, start: pd.Timestamp, life: int) -> float:
        """The last curve up to the start, else the first there is."""
        days = self.curves.index.unique()
        return self.curve_rate(max([day for day in days if day <= start], default=days.min()), life)


def _read(folder: Path, table: str, pattern: str = "*", **options: object) -> pd.DataFrame:
    files = sorted(folder.glob(f"{table}_{pattern}.csv"))
    assert files, table
    return pd.concat([pd.read_csv(file, **options) for file in files], ignore_index=True)  # type: ignore[call-overload]


@pytest.fixture(scope="module", params=[20240229, 7])
def bank(
    request: pytest.FixtureRequest, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """Three months of a small bank over a turn of the year, of two seeds."""
    bank = Warehouse(settings_in(tmp_path_factory.mktemp(f"profit_{request.param}")), project)
    bank.deliver("demo", bank.write_demo(customers=80, months=3, end=END, seed=request.param))
    bank.build_models(FIRST, AFTER_LAST, *MODELS)
    return bank


@pytest.fixture(scope="module")
def extracts(bank: Warehouse) -> Extracts:
    folder = bank.extracts
    rates = _read(folder, "exchange_rate", parse_dates=["date"]).set_index("date")["quote"].astype(float)
    accounts = _read(folder, "account", "20250131", parse_dates=["start_date", "end_date"]).set_index("id")
    loans = _read(folder, "loan", "20250131", parse_dates=["start_date", "end_date"]).set_index("id")
    booked = _read(folder, "transaction", "202501*", parse_dates=["booking_date_time"])
    booked = booked[booked["status"].isin(["BOOK", "RVSL"])]
    booked["day"] = booked["booking_date_time"].dt.normalize()
    booked["signed"] = booked["amount"].where(booked["credit_debit_indicator"].eq("CRDT"), -booked["amount"])
    curves = _read(folder, "curve", parse_dates=["date"])
    moved = pd.concat(
        pd.read_fwf(
            file,
            widths=[18, 8, 8, 8, 15, 3, 20],
            names=["id", "date", "value_date", "loan_id", "amount", "currency_code", "type"],
            dtype=str,
        )
        for file in sorted(folder.glob("loan_transaction_202501*.txt"))
    )
    signs = {
        "advance": 1,
        "further_advance": 1,
        "capitalisation": 1,
        "capital_repayment": -1,
        "write_off": -1,
    }
    moved["signed"] = moved["amount"].astype(float) / 100 * moved["type"].str.strip().map(signs).fillna(0)
    moved["day"] = pd.to_datetime(moved["date"])

    def by_day(closing: pd.Series, movements: pd.DataFrame, key: str) -> pd.DataFrame:
        daily = movements.pivot_table(index="day", columns=key, values="signed", aggfunc="sum")
        daily = daily.reindex(index=DAYS, columns=closing.index).fillna(0.0)
        return closing - daily[::-1].cumsum().shift(1).fillna(0.0)[::-1]

    account_days = by_day(accounts["balance"], booked, "account_id")
    dollars = accounts.index[accounts["currency_code"].eq("USD")]
    account_days[dollars] = account_days[dollars].mul(rates.reindex(DAYS).ffill(), axis=0)
    # a loan repaid in January is in no snapshot of its end
    gone = set(moved["loan_id"]) - set(loans.index)
    before = _read(folder, "loan", "20241231", parse_dates=["start_date", "end_date"]).set_index("id")
    repaid = before.loc[sorted(gone & set(before.index))].assign(balance=0.0)
    loans = pd.concat([loans, repaid])
    schedule = _read(folder, "loan_cash_flow")
    return Extracts(
        accounts, loans, account_days, by_day(loans["balance"], moved, "loan_id"), booked,
        _read(folder, "product").drop_duplicates("product_id", keep="last").set_index("product_id"),
        curves[curves["curve_id"].eq("FTP-EUR")].sort_values("tenor_days").set_index("date").sort_index(kind="stable"),
        schedule.assign(payment_date=pd.to_datetime(schedule["payment_date"])),
    )  # fmt: skip


@pytest.fixture(scope="module")
def priced(extracts: Extracts) -> pd.DataFrame:
    """Per contract of January: product, interest and the price of its funds, by the definition."""
    products: dict[str, dict[str, Any]] = extracts.products.to_dict("index")  # type: ignore[assignment]
    principal = extracts.schedule[extracts.schedule["type"].eq("principal")]
    rows = []
    for account in extracts.accounts.reset_index().to_dict("records"):
        days = extracts.account_days[account["id"]].sum()
        product = products[account["product_id"]]
        rate = (
            extracts.matched_rate(account["start_date"], (account["end_date"] - account["start_date"]).days)
            if product["ftp_method"] == "matched_maturity"
            else extracts.behavioural_rate(int(product["behavioural_life_months"]))
        )
        rows.append((account["product_id"], -max(days, 0) * account["rate"] / 365, days * rate / 365))
    for loan in extracts.loans.reset_index().to_dict("records"):
        days = extracts.loan_days[loan["id"]].sum()
        plan = principal[principal["loan_id"].eq(loan["id"])]
        lives = (plan["payment_date"] - loan["start_date"]).dt.days
        life = round((plan["amount"] * lives).sum() / plan["amount"].sum())
        earned = 0.0 if loan["accrual_status"] == "non_accrual" else days * loan["rate"] / 365
        rate = extracts.matched_rate(loan["start_date"], life)
        rows.append((loan["product_id"], earned, -days * rate / 365))
    table = pd.DataFrame(rows, columns=["product_id", "interest", "transfer"])
    charged = extracts.transactions[
        extracts.transactions["purpose_code"].eq("INTE") & extracts.transactions["signed"].lt(0)
    ]
    charges = -charged["signed"].groupby(charged["account_id"].map(extracts.accounts["product_id"])).sum()
    extra = pd.DataFrame({"product_id": charges.index, "interest": charges.to_numpy()})
    return pd.concat([table, extra]).fillna({"interest": 0.0, "transfer": 0.0})


def _january(bank: Warehouse, columns: str, table: str = "kpi_profit_month") -> tuple[float, ...]:
    ((*values,),) = bank.query(f"SELECT {columns} FROM {table} WHERE month = '{MONTH}-01'")
    return tuple(float(value) for value in values)


def test_margins_are_those_of_the_definition(bank: Warehouse, priced: pd.DataFrame) -> None:
    """By product; each contract's own amounts are rounded to the cent."""
    expected = (priced["interest"] + priced["transfer"]).groupby(priced["product_id"]).sum()
    found = dict(
        bank.query(
            "SELECT product_id, sum(ftp_margin)::DOUBLE FROM fct_profit_month "
            f"WHERE month = '{MONTH}-01' GROUP BY ALL"
        )
    )
    assert found == pytest.approx(expected.to_dict(), abs=150 * CENT)
    assert len(found) == 9


def test_the_funding_gap_is_the_curve_on_what_is_lent_less_what_is_owed(
    bank: Warehouse, priced: pd.DataFrame
) -> None:
    (found,) = _january(bank, "sum(funding_gap)")
    assert found == pytest.approx(-priced["transfer"].sum(), abs=150 * CENT)
    assert abs(found) > 100


def test_parts_are_the_ledger_s_to_the_cent(bank: Warehouse) -> None:
    """Also a data test of the mart, branch by branch."""
    ledger = bank.query(
        "SELECT month, sum(net_interest_income), sum(net_profit) FROM kpi_finance_month GROUP BY 1"
    )
    parts = bank.query(
        """
        SELECT month,
            sum(ftp_margin + funding_gap + treasury_interest + rate_variance_loans + rate_variance_deposits),
            sum(ftp_margin + funding_gap + treasury_interest + rate_variance_loans + rate_variance_deposits
                + fees - direct_cost - allocated_cost - expected_loss + sec_gains - tax)
        FROM kpi_profit_month GROUP BY 1
        """
    )
    assert sorted(parts) == sorted(ledger)
    assert len(ledger) == 3


def test_expected_losses_are_what_provisions_grew_by_and_what_was_lost(
    bank: Warehouse, extracts: Extracts
) -> None:
    folder = bank.extracts
    before = _read(folder, "loan", "20241231").set_index("id")
    now = _read(folder, "loan", "20250131").set_index("id")
    lost = now["cum_write_offs"].sub(before["cum_write_offs"], fill_value=0).sum()
    recovered = now["cum_recoveries"].sub(before["cum_recoveries"], fill_value=0).sum()
    expected = now["provision_amount"].sum() - before["provision_amount"].sum() + lost - recovered
    (found,) = _january(bank, "sum(expected_loss)", "fct_profit_month")
    assert found == pytest.approx(expected, abs=CENT)


def test_a_wrong_rate_shows_in_the_rate_variance_and_nowhere_in_the_sum(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One deposit's rate ten times too high: the margin loses what the variance gains."""
    figures = "sum(ftp_margin), sum(rate_variance_deposits), sum(rate_variance_loans), sum(funding_gap)"
    bank = Warehouse(settings_in(tmp_path_factory.mktemp("wrong_rate")), project)
    folder = bank.write_demo(customers=50, months=3, end=END, seed=3)
    file = folder / "account_20250131.csv"
    accounts = pd.read_csv(file, dtype=str, keep_default_na=False)
    savings = accounts[accounts["product_id"].eq("SAV-EUR")].astype({"balance": float})
    deposit = savings.sort_values("balance").iloc[-1]
    bank.deliver("demo", folder)
    bank.build_models(FIRST, AFTER_LAST, *MODELS)
    right = _january(bank, figures)
    owed = bank.query(
        "SELECT interest_expense::DOUBLE FROM fct_profit_month "
        f"WHERE month = '{MONTH}-01' AND contract_id = '{deposit['id']}'"
    )[0][0]
    accounts.loc[accounts["id"].eq(deposit["id"]), "rate"] = str(float(deposit["rate"]) * 10)
    accounts.to_csv(file, index=False)
    bank.deliver("demo", folder)
    bank.build_models(date(2025, 1, 1), AFTER_LAST, *MODELS)
    wrong = _january(bank, figures)
    assert owed > 1
    assert np.subtract(wrong, right) == pytest.approx([-9 * owed, 9 * owed, 0, 0], abs=0.1)
