"""What the head of credit asks of the PKDD'99 bank, answered twice.

Once by the metrics or by SQL over the marts, once by pandas from the bank's own files. The status of a
contract (A, B ended well or not, C, D running well or not) is of 1998; what the books to March 1994 show is
derived from schedule and payments.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dashboards.metrics import MetricRequest, query, sql
from dashboards.snapshot import Snapshot
from tests.dbt_project.conftest import Warehouse
from tests.dbt_project.published import snapshot_of

END = pd.Timestamp("1994-03-31")
MONTHS: Any = pd.period_range("1993-01", "1994-03", freq="M")
LAST = "1994-03"


@pytest.fixture(scope="module")
def snapshot(berka_bank: Warehouse) -> Iterator[Snapshot]:
    """What readers see of the bank."""
    with snapshot_of(berka_bank) as opened:
        yield opened


@pytest.fixture(scope="module")
def berka(berka_bank: Warehouse) -> Berka:
    """The files, read without any of our code."""
    return Berka(Path(os.environ["BANK_REFERENCE_DATA"]) / "berka")


@dataclass
class Berka:
    """The bank as its files say."""

    folder: Path

    def read(self, name: str) -> Any:
        """One file, as text."""
        return pd.read_csv(self.folder / f"{name}.asc", sep=";", dtype=str)

    @cached_property
    def movements(self) -> Any:
        """All transactions with day, month and signed amount."""
        rows = self.read("trans")
        rows["day"] = pd.to_datetime("19" + rows["date"])
        rows["month"] = rows["day"].dt.to_period("M")
        rows["amount"] = rows["amount"].astype(float)
        rows["signed"] = rows["amount"].where(rows["type"].eq("PRIJEM"), -rows["amount"])
        return rows

    @cached_property
    def loans(self) -> Any:
        """All 682 contracts, with district, region and owner."""
        rows = self.read("loan")
        for name in ("amount", "payments"):
            rows[name] = rows[name].astype(float)
        rows["duration"] = rows["duration"].astype(int)
        rows["start"] = pd.to_datetime("19" + rows["date"])
        accounts = self.read("account").set_index("account_id")["district_id"]
        districts = self.read("district").set_index("A1")
        rows["district"] = rows["account_id"].map(accounts)
        rows["region"] = rows["district"].map(districts["A3"])
        owners = self.read("disp")
        owners = owners[owners["type"].eq("OWNER")].set_index("account_id")["client_id"]
        rows["owner"] = rows["account_id"].map(owners)
        return rows.set_index("loan_id")

    @cached_property
    def positions(self) -> Any:
        """Every loan at every month-end of the books: what is left, and days past due.

        Due on the 12th, first the next 12th after the contract's day; tenths are no arrears.
        """
        paid = self.movements[self.movements["k_symbol"].eq("UVER")]
        rows = []
        for loan in self.loans[self.loans["start"] <= END].itertuples():
            first = loan.start.replace(day=12)
            first += pd.DateOffset(months=0 if loan.start.day < 12 else 1)
            dues = [first + pd.DateOffset(months=number) for number in range(loan.duration)]
            mine = paid[paid["account_id"].eq(loan.account_id)]
            for month in MONTHS:
                end = month.end_time.normalize()
                if loan.start > end:
                    continue
                came = mine.loc[mine["day"] <= end, "amount"].sum()
                unpaid = [
                    due
                    for number, due in enumerate(dues, start=1)
                    if due <= end and number * loan.payments - came > number
                ]
                days = (end - unpaid[0]).days if unpaid else 0
                due_now = sum(loan.payments for due in dues if due.to_period("M") == month)
                now = mine.loc[mine["month"].eq(month), "amount"].sum()
                rows.append((loan.Index, month, max(loan.amount - came, 0.0), days, due_now, now))
        table = pd.DataFrame(rows, columns=["loan_id", "month", "balance", "days", "due", "paid"])
        return table.join(self.loans, on="loan_id")

    @property
    def book(self) -> Any:
        """Loans with a balance at the end of March 1994."""
        return self.positions[self.positions["month"].eq(MONTHS[-1]) & self.positions["balance"].gt(0)]


def ask(snapshot: Snapshot, metrics: str, **rest: Any) -> Any:
    """The answer as a table."""
    return query(snapshot, MetricRequest.of(metrics, **rest)).frame


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Equal in every cell, rows in any order; missing values alike."""
    keys = expected.index.nlevels
    expected = expected.reset_index()
    found = found.set_axis(expected.columns, axis=1)
    rows, others = (
        {tuple(row[:keys]): row[keys:] for row in table.itertuples(index=False)}
        for table in (found, expected)
    )
    assert rows.keys() == others.keys()
    for key, row in rows.items():
        for one, other in zip(row, others[key], strict=True):
            assert (pd.isna(one) and pd.isna(other)) or float(one) == pytest.approx(float(other), rel=1e-9), (
                key
            )


def test_bad_loans_by_region_and_tenor_matured_apart_from_live(snapshot: Snapshot, berka: Berka) -> None:
    found = sql(
        snapshot,
        """
        SELECT region_id, term_months, status IN ('A', 'B') AS matured, count(*) AS loans,
            sum(orig_notional) AS amount,
            coalesce(sum(orig_notional) FILTER (WHERE status IN ('B', 'D')), 0)::DOUBLE / sum(orig_notional)
        FROM dim_loan JOIN dim_branch USING (branch_id)
        GROUP BY ALL
        """,
    ).frame
    loans = berka.loans.assign(
        matured=berka.loans["status"].isin(["A", "B"]),
        lost=berka.loans["amount"].where(berka.loans["status"].isin(["B", "D"]), 0.0),
    )
    groups = loans.groupby(["region", "duration", "matured"])
    expected = groups.agg(loans=("amount", "size"), amount=("amount", "sum"), lost=("lost", "sum"))
    expected["bad"] = expected.pop("lost") / expected["amount"]
    assert expected["loans"].sum() == 682
    same(found, expected)


def test_bad_loans_as_the_books_show_them(snapshot: Snapshot, berka: Berka) -> None:
    """By region at the end of March 1994; every one of them is a contract that ended badly."""
    book = berka.book
    bad = book["balance"].where(book["days"] > 90, 0.0)
    total = book.groupby("region")["balance"].sum()
    expected = pd.DataFrame({"npl": bad.groupby(book["region"]).sum() / total, "balance": total})
    assert expected["npl"].gt(0).any()
    assert book.loc[book["days"] > 90, "status"].isin(["B", "D"]).all()
    same(ask(snapshot, "npl_ratio,loan_balance", group_by="branch__region", start=LAST), expected)


def test_good_loans_beside_bad_ones(snapshot: Snapshot, berka: Berka) -> None:
    found = sql(
        snapshot,
        """
        WITH unemployment AS (
            SELECT region_id AS branch_id, value AS rate FROM fct_macro
            WHERE series_id = 'unemployment_rate' AND observation_date = '1996-12-31'
        )
        SELECT loan.status IN ('B', 'D') AS is_bad, count(*) AS loans,
            sum(loan.orig_notional)::DOUBLE / count(*) AS amount,
            sum(loan.term_months)::DOUBLE / count(*) AS term,
            sum(loan.orig_notional / loan.term_months)::DOUBLE / count(*) AS instalment,
            count(*) FILTER (WHERE customer.sex = 'F')::DOUBLE / count(*) AS women,
            sum(account.credits)::DOUBLE / count(account.credits) AS income,
            avg(unemployment.rate) AS unemployment
        FROM dim_loan AS loan
        JOIN dim_customer AS customer USING (customer_id)
        LEFT JOIN fct_account_month AS account
            ON account.account_id = loan.account_id AND account.month = '1994-02-01'
        LEFT JOIN unemployment ON unemployment.branch_id = loan.branch_id
        GROUP BY ALL
        """,
    ).frame
    loans = berka.loans
    births = berka.read("client").set_index("client_id")["birth_number"]
    women = births.str[2:4].astype(int).gt(50)
    opened = pd.to_datetime("19" + berka.read("account").set_index("account_id")["date"])
    # February, because the file breaks off within the last day of March
    before = pd.Timestamp("1994-02-28")
    moves = berka.movements
    income = (
        moves[moves["month"].eq(MONTHS[-2]) & moves["signed"].gt(0)].groupby("account_id")["amount"].sum()
    )
    income = income.reindex(opened[opened <= before].index, fill_value=0.0)
    rates = pd.to_numeric(berka.read("district").set_index("A1")["A13"], errors="coerce")
    loans = loans.assign(
        is_bad=loans["status"].isin(["B", "D"]),
        women=loans["owner"].map(women).astype(float),
        income=loans["account_id"].map(income),
        unemployment=loans["district"].map(rates),
    )
    expected = loans.groupby("is_bad").agg(
        loans=("amount", "size"), amount=("amount", "mean"), term=("duration", "mean"),
        instalment=("payments", "mean"), women=("women", "mean"), income=("income", "mean"),
        unemployment=("unemployment", "mean"),
    )  # fmt: skip
    assert list(expected["loans"]) == [606, 76]
    same(found, expected)


def test_the_ten_districts_with_most_exposure(snapshot: Snapshot, berka: Berka) -> None:
    table = ask(
        snapshot, "loan_balance,npl_ratio", group_by="branch", start=LAST, order_by="-loan_balance", limit=10
    )
    rates = sql(
        snapshot,
        "SELECT region_id, value FROM fct_macro "
        "WHERE series_id = 'unemployment_rate' AND observation_date = '1995-12-31'",
    ).frame.set_index("region_id")["value"]
    table["unemployment"] = table["branch"].map(rates)
    book = berka.book.assign(bad=berka.book["balance"].where(berka.book["days"] > 90, 0.0))
    expected = book.groupby("district")[["balance", "bad"]].sum()
    expected["npl"] = expected.pop("bad") / expected["balance"]
    unemployment = pd.to_numeric(berka.read("district").set_index("A1")["A12"], errors="coerce")
    expected["unemployment"] = unemployment.reindex(expected.index)
    expected = expected.nlargest(10, "balance")
    assert list(table["branch"]) == list(expected.index)
    same(table, expected)


def test_live_borrowers_whose_money_runs_out(snapshot: Snapshot, berka: Berka) -> None:
    """The balance fell three months in a row, or cash drawn is half as much again of income as before."""
    found = sql(
        snapshot,
        """
        WITH live AS (
            SELECT facts.loan_id, loan.account_id
            FROM fct_loan_month AS facts JOIN dim_loan AS loan USING (loan_id)
            WHERE facts.month = '1994-03-01' AND facts.is_open
        ), balances AS (
            SELECT account_id, month,
                balance < lag(balance) OVER (PARTITION BY account_id ORDER BY month) AS fell
            FROM fct_account_month WHERE month >= '1993-12-01'
        ), flows AS (
            SELECT account_id, month = '1994-03-01' AS is_now,
                sum(amount) FILTER (WHERE credit_debit_indicator = 'DBIT' AND channel IN ('branch', 'atm'))
                    AS drawn,
                sum(amount) FILTER (WHERE credit_debit_indicator = 'CRDT') AS came_in
            FROM fct_transaction WHERE month >= '1993-12-01' GROUP BY ALL
        )
        SELECT live.loan_id,
            (SELECT count(*) = 3 FROM balances WHERE account_id = live.account_id AND fell) AS falling,
            coalesce(
                now.drawn::DOUBLE / nullif(now.came_in, 0)
                > 1.5 * before.drawn / nullif(before.came_in, 0), false
            ) AS spike
        FROM live
        LEFT JOIN flows AS now ON now.account_id = live.account_id AND now.is_now
        LEFT JOIN flows AS before ON before.account_id = live.account_id AND NOT before.is_now
        """,
    ).frame
    moves = berka.movements
    live = berka.book.set_index("loan_id")["account_id"]
    ends = moves.pivot_table(index="account_id", columns="month", values="signed", aggfunc="sum")
    ends = ends.reindex(columns=MONTHS).fillna(0.0).cumsum(axis=1).round(2)
    recent = moves[moves["month"] >= MONTHS[-4]]
    # interest, fees and penalties are booked by the bank, whatever their operation says
    own = ~recent["k_symbol"].fillna("").str.strip().isin(["UROK", "SLUZBY", "SANKC. UROK"])
    cash = recent["operation"].isin(["VYBER", "VYBER KARTOU"]) & own & recent["signed"].lt(0)
    is_now = recent["month"].eq(MONTHS[-1])
    drawn = recent["amount"].where(cash).groupby([recent["account_id"], is_now]).sum(min_count=1).unstack()
    came = (
        recent["amount"].where(recent["signed"] > 0).groupby([recent["account_id"], is_now]).sum().unstack()
    )
    share = drawn / came.where(came > 0)
    expected = pd.DataFrame(index=live.index)
    expected["falling"] = [
        bool((ends.loc[account, MONTHS[-4:]].diff().iloc[1:] < 0).all()) for account in live
    ]
    expected["spike"] = [bool(share.at[one, True] > 1.5 * share.at[one, False]) for one in live]
    assert expected["falling"].any() and expected["spike"].any() and not expected.all().any()
    same(found, expected)


def test_what_schedule_and_payments_say(snapshot: Snapshot, berka: Berka) -> None:
    """Collection month by month, and the one quarter of loans that is half a year old."""
    rows = berka.positions
    sums = rows.groupby("month")[["paid", "due"]].sum()
    expected = {
        month.start_time.date(): float(row.paid / row.due) for month, row in sums[sums["due"] > 0].iterrows()
    }
    table = ask(snapshot, "collection_efficiency", group_by="metric_time__month")
    found = table.dropna().set_index("metric_time__month")["collection_efficiency"].to_dict()
    assert {pd.Timestamp(day).date(): value for day, value in found.items()} == pytest.approx(expected)

    quarter = rows[rows["start"].dt.to_period("Q").eq(pd.Period("1993Q3"))]
    granted = quarter.drop_duplicates("loan_id")["amount"].sum()
    age = (quarter["month"] - quarter["start"].dt.to_period("M")).map(lambda months: months.n)
    late = quarter[quarter["days"] >= 90].assign(age=age).sort_values("month").drop_duplicates("loan_id")
    curve = {months: late.loc[late["age"] <= months, "balance"].sum() / granted for months in range(7)}
    vintage = ask(
        snapshot, "vintage_default_rate", group_by="months_on_book", where="vintage = 1993-Q3"
    ).set_index("months_on_book")["vintage_default_rate"]
    assert any(curve.values())
    assert vintage.to_dict() == pytest.approx(curve)


def test_what_the_files_do_not_tell(snapshot: Snapshot) -> None:
    """No loan is twelve months old, none carries a probability of default, and there is no ledger."""
    metrics = "default_rate_12m,expected_loss,npl_coverage,noncurrent_to_t1_acl,loan_approval_rate,ecl_ifrs9"
    table = query(snapshot, MetricRequest.of(metrics))
    assert table.records == [(None,) * 6]
    assert table.unavailable.keys() == set(metrics.split(",")) - {"default_rate_12m"}
    assert table.unavailable["expected_loss"] == "not available: needs loan.pd_irb, loan.lgd_irb, loan.ead"
    assert table.unavailable["loan_approval_rate"] == "not available: needs loan_application.decision"
