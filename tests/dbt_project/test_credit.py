"""The loan book's metrics, computed again with pandas from the loan system's extracts and the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dashboards.metrics import MetricRequest, query
from dashboards.snapshot import Snapshot
from tests.dbt_project.conftest import Project, Warehouse, settings_in
from tests.dbt_project.published import snapshot_of

FIRST, AFTER_LAST = date(2023, 10, 1), date(2025, 3, 1)
LAST: Any = pd.Period("2025-02")
NEEDED = (
    *("loan", "loan_cash_flow", "loan_transaction", "loan_application", "customer", "branch", "product"),
    *("gl_account", "gl_balance", "exchange_rate", "financial_fact"),
)
BUCKETS = ["0", "1-29", "30-59", "60-89", "90-119", "120-179", "180+"]
PAID = ("capital_repayment", "interest_repayment")
TIER1 = "financial_fact.value[tier1_capital]"


@pytest.fixture(scope="module", params=[4, 17])
def bank(
    request: pytest.FixtureRequest, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """Seventeen months of a small bank that sends what its loans need, of two seeds in which some go bad."""
    bank = Warehouse(settings_in(tmp_path_factory.mktemp(f"credit_{request.param}")), project)
    extracts = bank.write_demo(customers=300, months=17, end=date(2025, 2, 28), seed=request.param)
    for file in extracts.iterdir():
        if file.name.rpartition("_")[0] not in NEEDED:
            file.unlink()
    bank.deliver("demo", extracts)
    bank.build_models(FIRST, AFTER_LAST, "+marts.credit", "+kpi_capital_month", "+dim_month", "dim_product")
    return bank


@pytest.fixture(scope="module")
def files(bank: Warehouse) -> Files:
    """The extracts as they were delivered, read without any of our code."""
    return Files(bank.extracts)


@pytest.fixture(scope="module")
def snapshot(bank: Warehouse, files: Files) -> Iterator[Snapshot]:
    """What readers see of it; a long table's figures are held concept by concept."""
    with snapshot_of(bank) as opened:
        reported = files.reported.loc[files.reported["concept"].eq("tier1_capital"), "period_end"]
        yield replace(opened, availability={**opened.availability, TIER1: frozenset(reported.str[:7])})


def read(folder: Path, table: str, **how: Any) -> Any:
    """All files of a table, one after the other, as text."""
    files = sorted(folder.glob(f"{table}_2*"))
    assert files, table
    return pd.concat([pd.read_csv(file, dtype=str, **how) for file in files], ignore_index=True)


@dataclass
class Files:
    """What the bank sent."""

    folder: Path

    @cached_property
    def reported(self) -> Any:
        """The capital returns."""
        return read(self.folder, "financial_fact")

    @cached_property
    def movements(self) -> Any:
        """What happened on the loans within the history; the take-on rows speak of the time before."""
        widths = [18, 8, 8, 8, 15, 3, 20]
        names = ["id", "date", "value_date", "loan_id", "amount", "currency", "type"]
        files = sorted(self.folder.glob("loan_transaction_*.txt"))
        rows = pd.concat([pd.read_fwf(one, widths=widths, names=names, dtype=str) for one in files])
        for name in ("date", "value_date"):
            rows[name] = pd.to_datetime(rows[name], format="%Y%m%d")
        rows["amount"] = rows["amount"].astype(int) / 100
        rows = rows[rows["value_date"] >= pd.Timestamp(FIRST)]
        return rows.assign(month=rows["date"].dt.to_period("M")).reset_index(drop=True)

    @cached_property
    def schedule(self) -> Any:
        """Interest and principal by the day they are due."""
        rows = read(self.folder, "loan_cash_flow")
        rows["due"] = pd.to_datetime(rows["payment_date"])
        rows["amount"] = rows["amount"].astype(float)
        return rows.assign(month=rows["due"].dt.to_period("M"))

    @cached_property
    def loans(self) -> Any:
        """One row per loan and month-end, with what the definitions make of it."""
        rows = read(self.folder, "loan")
        for name in ("date", "start_date", "default_date", "forbearance_date"):
            rows[name] = pd.to_datetime(rows[name])
        for name in (
            *("balance", "orig_notional", "days_past_due", "provision_amount", "rate"),
            *("pd_irb", "lgd_irb", "ead"),
        ):
            rows[name] = rows[name].astype(float)
        rows["month"] = rows["date"].dt.to_period("M")
        written = self.movements[self.movements["type"].eq("write_off")]
        written = written.groupby(["loan_id", "month"])["amount"].sum().rename("written_off")
        rows = rows.rename(columns={"id": "loan_id"}).join(written, on=["loan_id", "month"])
        rows["written_off"] = rows["written_off"].fillna(0.0)
        rows["is_open"] = rows["balance"] > 0
        defaulted = rows["days_past_due"].gt(90) | rows["impairment_status"].eq("stage_3")
        rows["in_default"] = rows["is_open"] & defaulted
        rows["defaults"] = rows["in_default"] | rows["written_off"].gt(0)
        return rows

    @property
    def book(self) -> Any:
        """Open loans only."""
        return self.loans[self.loans["is_open"]]

    def at(self, month: Any) -> Any:
        """Loans open at a month's end."""
        return self.book[self.book["month"].eq(month)]

    @cached_property
    def begun(self) -> Any:
        """Loans that began within the history, by their first row."""
        firsts = self.loans.sort_values("month").drop_duplicates("loan_id").set_index("loan_id")
        firsts = firsts[firsts["start_date"] >= pd.Timestamp(FIRST)]
        return firsts.assign(start=firsts["start_date"].dt.to_period("M"))


def ask(snapshot: Snapshot, *metrics: str, **rest: Any) -> Any:
    """The one value of a question without groups, else its rows by group."""
    table = query(snapshot, MetricRequest.of(metrics, **rest))
    keys = len(table.request.group_by)
    if not keys:
        (record,) = table.records
        return record[0] if len(record) == 1 else record
    return {record[:keys] if keys > 1 else record[0]: record[keys] for record in table.records}


def month_of(day: date) -> pd.Period:
    """The month that a row is labelled by."""
    return pd.Period(day, "M")


def close(found: Any, expected: Any) -> bool:
    """The same keys, the same values to nine digits."""
    return found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_shares_of_the_book_at_every_month_end(snapshot: Snapshot, files: Files) -> None:
    book = files.book
    total = book.groupby("month")["balance"].sum()

    def share(rows: pd.Series, column: str = "balance") -> dict[pd.Period, float]:
        return (
            book[rows].groupby("month")[column].sum().reindex(total.index, fill_value=0) / total
        ).to_dict()

    days = book["days_past_due"]
    expected = {
        "par30": share(days.gt(30)),
        "pd_30_89_ratio": share(days.between(30, 89)),
        "npl_ratio": share(book["in_default"]),
        "noncurrent_ratio": share(days.ge(90) | book["accrual_status"].eq("non_accrual")),
        "forbearance_ratio": share(book["forbearance_date"] <= book["date"]),
    }
    assert sum(any(values.values()) for values in expected.values()) >= 4
    for metric, values in expected.items():
        # a column that nothing ever stood in was not delivered
        if metric == "forbearance_ratio" and not any(values.values()):
            assert query(snapshot, MetricRequest.of(metric)).unavailable
            continue
        found = ask(snapshot, metric, group_by="metric_time__month")
        assert close({month_of(day): value for day, value in found.items()}, values), metric


def test_stages_and_the_allowance_on_what_is_not_performing(snapshot: Snapshot, files: Files) -> None:
    now = files.at(LAST)
    stages = now.groupby(now["impairment_status"].str[-1])["balance"].sum() / now["balance"].sum()
    found = ask(snapshot, "stage_share", group_by="stage", start="2025-02")
    assert close(found, {**dict.fromkeys("123", 0.0), **stages.to_dict(), "unknown": 0.0})
    assert sum(found.values()) == pytest.approx(1)
    bad = files.book[files.book["in_default"]]
    covered = bad.groupby("month")["provision_amount"].sum() / bad.groupby("month")["balance"].sum()
    months = ask(snapshot, "npl_coverage", group_by="metric_time__month")
    assert close(
        {month_of(day): value for day, value in months.items() if value is not None}, covered.to_dict()
    )


def test_what_is_collected_of_what_is_due(snapshot: Snapshot, files: Files) -> None:
    """Of loans open at either end of the month, or begun in it."""
    opens = set(zip(files.book["loan_id"], files.book["month"], strict=True))
    started = dict(zip(files.loans["loan_id"], files.loans["start_date"].dt.to_period("M"), strict=True))

    def runs(loan: str, month: pd.Period) -> bool:
        return (loan, month) in opens or (loan, month - 1) in opens or started.get(loan) == month

    def total(rows: pd.DataFrame) -> pd.Series:
        kept = [runs(*key) for key in zip(rows["loan_id"], rows["month"], strict=True)]
        return rows[kept].groupby("month")["amount"].sum()

    paid = files.movements[files.movements["type"].isin(PAID)]
    due = total(files.schedule[files.schedule["month"].between(pd.Period(FIRST, "M"), LAST)])
    found = ask(snapshot, "collection_efficiency", group_by="metric_time__month")
    assert close({month_of(day): value for day, value in found.items()}, (total(paid) / due).to_dict())
    by_branch = ask(snapshot, "collected", group_by="branch")
    assert float(sum(by_branch.values())) == pytest.approx(total(paid).sum())


@pytest.mark.parametrize(
    ("basis", "since", "factor", "ends"),
    [
        ("fdic_ytd", "2024-01", 1, ("2023-12", "2024-03", "2024-06", "2024-09", "2024-12")),
        ("fdic_qtr", "2024-10", 4, ("2024-09", "2024-12")),
    ],
)
def test_net_charge_offs_are_annualised_over_average_loans(
    snapshot: Snapshot, files: Files, basis: str, since: str, factor: int, ends: tuple[str, ...]
) -> None:
    moved = files.movements[files.movements["month"].between(pd.Period(since), pd.Period("2024-12"))]
    net = moved.loc[moved["type"].eq("write_off"), "amount"].sum()
    net -= moved.loc[moved["type"].eq("recovery"), "amount"].sum()
    closings = [files.loans.loc[files.loans["month"].eq(pd.Period(end)), "balance"].sum() for end in ends]
    assert net != 0
    found = ask(snapshot, "nco_rate", where=f"basis = {basis}", start=since, end="2024-12")
    assert found == pytest.approx(factor * net / (sum(closings) / len(closings)), rel=1e-9)


def test_a_vintage_is_observed_as_a_whole(snapshot: Snapshot, files: Files) -> None:
    begun = files.begun.assign(quarter=files.begun["start"].dt.asfreq("Q"))
    went = files.loans[
        (files.loans["days_past_due"].ge(90) & files.loans["is_open"]) | files.loans["written_off"].gt(0)
    ]
    first_bad = went.sort_values("month").drop_duplicates("loan_id").set_index("loan_id")
    begun["age"] = [
        (first_bad.at[loan, "month"] - row["start"]).n if loan in first_bad.index else None
        for loan, row in begun.iterrows()
    ]
    begun["owed"] = (first_bad["balance"] + first_bad["written_off"]).reindex(begun.index).fillna(0)
    by_amount, by_count = {}, {}
    for quarter, cohort in begun.groupby("quarter"):
        for age in range((LAST - quarter.asfreq("M", how="end")).n + 1):
            bad = cohort["age"].le(age)
            key = (f"{quarter.year}-Q{quarter.quarter}", age)
            by_amount[key] = cohort.loc[bad, "owed"].sum() / cohort["orig_notional"].sum()
            by_count[key] = bad.mean()
    assert any(by_amount.values())
    groups = "vintage,months_on_book"
    assert close(ask(snapshot, "vintage_default_rate", group_by=groups), by_amount)
    assert close(ask(snapshot, "vintage_default_rate_count", group_by=groups), by_count)


def test_defaults_within_twelve_months(snapshot: Snapshot, files: Files) -> None:
    defaults = files.loans[files.loans["defaults"]].groupby("loan_id")["month"].agg(list).to_dict()
    expected = {}
    for month in pd.period_range(FIRST, LAST - 12, freq="M"):
        here = files.at(month)
        performing = here[~here["in_default"]]["loan_id"]
        hit = [any(month < one <= month + 12 for one in defaults.get(loan, ())) for loan in performing]
        expected[month] = sum(hit) / len(hit)
    assert any(expected.values())
    found = ask(snapshot, "default_rate_12m", group_by="metric_time__month")
    assert close({month_of(day): value for day, value in found.items()}, expected)
    assert ask(snapshot, "default_rate_12m", start="2025-02") is None


def test_the_first_payment(snapshot: Snapshot, files: Files) -> None:
    lines = files.schedule.groupby(["loan_id", "due"])["amount"].sum().reset_index()
    firsts = lines.sort_values("due").drop_duplicates("loan_id").set_index("loan_id")
    paid = files.movements[files.movements["type"].isin(PAID)]
    expected = {}
    for month, cohort in files.begun.groupby("start"):
        limits = {loan: firsts.at[loan, "due"] + pd.Timedelta(days=30) for loan in cohort.index}
        if max(limits.values()) > LAST.end_time:
            continue
        unpaid = [
            firsts.at[loan, "amount"]
            - paid.loc[paid["loan_id"].eq(loan) & paid["date"].le(limit), "amount"].sum()
            > 1
            for loan, limit in limits.items()
        ]
        expected[month] = sum(unpaid) / len(unpaid)
    found = ask(snapshot, "first_payment_default", group_by="metric_time__month")
    assert any(expected.values())
    assert close({month_of(day): value for day, value in found.items() if value is not None}, expected)
    granted = ask(snapshot, "amount_originated")
    assert float(granted) == pytest.approx(files.begun["orig_notional"].sum())


def test_applications_approved(snapshot: Snapshot, files: Files) -> None:
    asked = read(files.folder, "loan_application")
    decided = asked[asked["decision"].isin(["approved", "declined"])]
    expected = decided["decision"].eq("approved").groupby(decided["channel"]).mean().to_dict()
    assert close(ask(snapshot, "loan_approval_rate", group_by="channel"), expected)


def test_what_comes_back_of_defaults(snapshot: Snapshot, files: Files) -> None:
    state = files.loans[files.loans["defaults"]]
    known = state["default_date"].isna() | (state["default_date"] >= state["month"].dt.start_time)
    firsts = state[known].sort_values("month").drop_duplicates("loan_id")
    came = owed = 0.0
    for loan in firsts.itertuples():
        moved = files.movements[files.movements["loan_id"].eq(loan.loan_id)]
        counts = (moved["type"].isin(PAID) & moved["date"].gt(loan.date)) | (
            moved["type"].eq("recovery") & moved["date"].ge(loan.month.start_time)
        )
        later = moved[counts]
        years = (later["date"] - loan.date).dt.days.clip(lower=0) / 365
        came += (later["amount"] / (1 + loan.rate) ** years).sum()
        owed += loan.balance + loan.written_off
    assert came > 0
    assert ask(snapshot, "recovery_rate") == pytest.approx(came / owed, rel=1e-8)


def test_the_allowance_by_warm(snapshot: Snapshot, files: Files) -> None:
    product = files.loans.drop_duplicates("loan_id").set_index("loan_id")["product_id"]
    moved = files.movements.assign(product=files.movements["loan_id"].map(product))
    signs = moved["type"].map({"write_off": 1, "recovery": -1}).fillna(0)
    net = (moved["amount"] * signs).groupby(moved["product"]).sum()
    balance_months = files.book.groupby("product_id")["balance"].sum()
    now = files.at(LAST)
    ahead = files.schedule[
        files.schedule["type"].eq("principal")
        & files.schedule["due"].gt(LAST.end_time)
        & files.schedule["loan_id"].isin(now["loan_id"])
    ]
    pool = ahead["loan_id"].map(product)
    days = (ahead["due"] - LAST.end_time.normalize()).dt.days
    life = (ahead["amount"] * days).groupby(pool).sum() / ahead["amount"].groupby(pool).sum() / 365
    expected = now.groupby("product_id")["balance"].sum() * 12 * net / balance_months * life
    found = ask(snapshot, "acl_warm", group_by="product", start="2025-02")
    assert {name: float(value) for name, value in found.items()} == pytest.approx(
        expected.round(2).to_dict(), abs=0.011
    )
    assert any(found.values())
    assert query(snapshot, MetricRequest.of("acl_warm", start="2023-12", end="2023-12")).unavailable


def bucket(days: float) -> int:
    """Place among the buckets of the OCC's procedures."""
    return sum(days >= start for start in (1, 30, 60, 90, 120, 180))


def test_losses_as_the_book_rolls(snapshot: Snapshot, files: Files) -> None:
    book = files.book.assign(place=files.book["days_past_due"].map(bucket))
    by_loan = book.set_index(["loan_id", "month"])
    moves = []
    for month in (LAST - 2, LAST - 1, LAST):
        for row in book[book["month"].eq(month - 1)].itertuples():
            rolled = 0.0
            if (row.loan_id, month) in by_loan.index:
                after = by_loan.loc[(row.loan_id, month)]
                rolled = after["balance"] if after["place"] == row.place + 1 else 0.0
            moves.append((row.product_id, row.place, row.balance, rolled))
    rolls = pd.DataFrame(moves, columns=["product", "place", "before", "rolled"])

    def rate(product: str, place: int) -> float | None:
        for rows in (rolls[rolls["product"].eq(product)], rolls):
            here = rows[rows["place"].eq(place)]
            if here["before"].sum() > 0:
                return here["rolled"].sum() / here["before"].sum()
        return None

    def factor(product: str, place: int) -> float | None:
        if place >= 5:
            return 1.0
        own = rate(product, place)
        worse = factor(product, place + 1)
        if own == 0:
            return 0.0
        return None if own is None or worse is None else own * worse

    now = book[book["month"].eq(LAST)].groupby(["product_id", "place"])["balance"].sum()
    expected = {}
    for (product, place), balance in now.items():
        lost = factor(product, place)
        expected[product, BUCKETS[place]] = None if lost is None else round(balance * lost, 2)
    found = ask(snapshot, "roll_forecast_loss", group_by="product,dpd_bucket", start="2025-02")
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert (found[key] is None) == (value is None), key
        assert value is None or float(found[key]) == pytest.approx(value, abs=0.011), key
    whole = ask(snapshot, "roll_forecast_loss", start="2025-02")
    assert (whole is None) == (None in expected.values())


def test_concentration(snapshot: Snapshot, files: Files) -> None:
    now = files.at(LAST)
    customers = read(files.folder, "customer")
    industry = customers[customers["date"].eq("2025-02-28")].set_index("id")["nace_code"]
    region = read(files.folder, "branch").drop_duplicates("branch_id", keep="last")
    groups = {
        "borrower": now["customer_id"],
        "industry": now["customer_id"].map(industry),
        "product": now["product_id"],
        "region": now["branch_id"].map(region.set_index("branch_id")["region_id"]),
    }
    expected = {}
    for name, group in groups.items():
        shares = now["balance"].groupby(group).sum()
        expected[name] = ((shares / shares.sum()) ** 2).sum()
    found = ask(snapshot, "exposure_concentration", group_by="concentration", start="2025-02")
    assert close(found, expected)
    owed = now.groupby("customer_id")["balance"].sum()
    top = owed.nlargest(20).sum() / owed.sum()
    assert ask(snapshot, "exposure_top_20_share", start="2025-02") == pytest.approx(top, rel=1e-9)


def test_the_loss_to_be_expected(snapshot: Snapshot, files: Files) -> None:
    now = files.at(LAST)
    expected = (now["pd_irb"] * now["lgd_irb"] * now["ead"]).sum()
    assert float(ask(snapshot, "expected_loss", start="2025-02")) == pytest.approx(expected, abs=0.005)
    table = query(snapshot, MetricRequest.of("ecl_ifrs9"))
    assert table.unavailable == {"ecl_ifrs9": "not available: needs models.loan_loss"}


def test_what_is_bad_against_what_bears_it(snapshot: Snapshot, files: Files) -> None:
    """At the end of 2024, for which the bank has reported its capital."""
    end = pd.Period("2024-12")
    here = files.at(end)
    noncurrent = here["days_past_due"].ge(90) | here["accrual_status"].eq("non_accrual")
    ledger = read(files.folder, "gl_balance", sep=";", encoding="latin-1")
    columns = ["date", "code", "centre", "currency", "opening", "debit", "credit", "closing"]
    ledger = ledger.set_axis(columns, axis=1)
    ledger = ledger[ledger["date"].eq("31.12.2024")]
    chart = read(files.folder, "gl_account").drop_duplicates("ledger_code", keep="last")
    line = ledger["code"].map(chart.set_index("ledger_code")["kpi_line"])
    closing = ledger["closing"].str.replace(".", "").str.replace(",", ".").astype(float)
    assert ledger.loc[line.isin(["allowance", "oreo"]), "currency"].eq("EUR").all()
    reported = files.reported[
        files.reported["concept"].eq("tier1_capital") & files.reported["period_end"].eq("2024-12-31")
    ]
    bad = here.loc[noncurrent, "balance"].sum() + closing[line.eq("oreo")].sum()
    bears = float(reported["value"].iloc[0]) - closing[line.eq("allowance")].sum()
    assert ask(snapshot, "noncurrent_to_t1_acl", start="2024-12", end="2024-12") == pytest.approx(
        bad / bears, rel=1e-9
    )
    november = query(snapshot, MetricRequest.of("noncurrent_to_t1_acl", start="2024-11", end="2024-11"))
    assert november.unavailable["noncurrent_to_t1_acl"] == f"not available: needs {TIER1}"
