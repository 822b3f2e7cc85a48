"""Customers, accounts and transactions, computed again with pandas from the extracts and the definitions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
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

FIRST, AFTER_LAST = date(2023, 11, 1), date(2025, 3, 1)
LAST = "2025-02"
INCOME = ("SALA", "PENS")
DIGITAL = ("card_ecom", "web", "mobile")
BANDS = {18: "0-17", 25: "18-24", 35: "25-34", 45: "35-44", 55: "45-54", 65: "55-64", 75: "65-74", 200: "75+"}


@pytest.fixture(scope="module", params=[20240229, 7])
def bank(
    request: pytest.FixtureRequest, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """Sixteen months of a small bank, of two seeds."""
    bank = Warehouse(settings_in(tmp_path_factory.mktemp(f"customers_{request.param}")), project)
    bank.deliver("demo", bank.write_demo(customers=90, months=16, end=date(2025, 2, 28), seed=request.param))
    bank.build_models(FIRST, AFTER_LAST, "+marts.customers", "+marts.transactions", "+marts.dimensions")
    return bank


@pytest.fixture(scope="module")
def snapshot(bank: Warehouse) -> Iterator[Snapshot]:
    """What readers see of it."""
    with snapshot_of(bank) as opened:
        yield opened


@pytest.fixture(scope="module")
def files(bank: Warehouse) -> Files:
    """The extracts as they were delivered, read without any of our code."""
    return Files(bank.extracts)


@dataclass
class Files:
    """A bank's extracts, and what follows from them by definition."""

    folder: Path

    def read(self, table: str) -> pd.DataFrame:
        """All rows of all files of a table, as text."""
        paths = sorted(self.folder.glob(f"{table}_2*.csv"))
        assert paths, table
        return pd.concat([pd.read_csv(path, dtype=str) for path in paths], ignore_index=True)

    def newest(self, table: str, key: str) -> pd.DataFrame:
        """The rows of a list as last delivered."""
        return self.read(table).drop_duplicates(key, keep="last")

    @cached_property
    def months(self) -> list[str]:
        """Every month of the books."""
        return [months_later("2023-11", number) for number in range(16)]

    @cached_property
    def rates(self) -> pd.Series:
        """Euro for a dollar, by day."""
        quotes = self.read("exchange_rate")
        return quotes.set_index(pd.to_datetime(quotes["date"]))["quote"].astype(float)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """Every account at every month end at which it was open, with the balance in euro."""
        rows = self.read("account")
        rows["month"] = pd.to_datetime(rows["date"]).dt.strftime("%Y-%m")
        rows["closed"] = pd.to_datetime(rows["end_date"]) <= pd.to_datetime(rows["date"])
        rows = rows[~rows["closed"] | (rows["balance"].astype(float) != 0)].copy()
        rows["own"] = rows["balance"].astype(float)
        rate = pd.to_datetime(rows["date"]).map(self.rates)
        rows["euro"] = (rows["own"] * rate.where(rows["currency_code"].eq("USD"), 1.0)).round(2)
        rows["deposit"] = rows["euro"].clip(lower=0)
        family = self.newest("product", "product_id").set_index("product_id")["family"]
        rows["family"] = rows["product_id"].map(family)
        return rows

    @cached_property
    def loans(self) -> pd.DataFrame:
        """Every loan at every month end at which something was owed."""
        rows = self.read("loan")
        rows["month"] = pd.to_datetime(rows["date"]).dt.strftime("%Y-%m")
        rows = rows[rows["balance"].astype(float) > 0].copy()
        family = self.newest("product", "product_id").set_index("product_id")["family"]
        rows["family"] = rows["product_id"].map(family)
        return rows

    @cached_property
    def transactions(self) -> pd.DataFrame:
        """Every movement with its amount in euro and what became of it."""
        rows = self.read("transaction").drop_duplicates("transaction_id", keep="last")
        when = pd.to_datetime(rows["booking_date_time"], format="ISO8601")
        rows["day"], rows["hour"], rows["month"] = (
            when.dt.normalize(),
            when.dt.hour,
            when.dt.strftime("%Y-%m"),
        )
        rate = rows["day"].map(self.rates)
        amount = rows["amount"].astype(float)
        rows["euro"] = (amount * rate.where(rows["currency_code"].eq("USD"), 1.0)).round(2)
        rows["booked"] = rows["status"].isin(["BOOK", "RVSL"])
        rows["credit"] = rows["credit_debit_indicator"].eq("CRDT")
        owners = self.accounts_ever.set_index("id")
        rows["customer_id"] = rows["account_id"].map(owners["customer_id"])
        return rows

    @cached_property
    def retries(self) -> pd.DataFrame:
        """Debits that repeat one declined in the 24 hours before: the same account, amount and payee."""
        rows = self.transactions[~self.transactions["credit"]].copy()
        rows["payee"] = rows["merchant_id"].fillna(rows["counterparty_account"])
        rows["when"] = pd.to_datetime(rows["booking_date_time"], format="ISO8601")
        rows = rows[rows["payee"].notna()]
        same = ["account_id", "amount", "currency_code", "payee"]
        pairs = rows.merge(
            rows.loc[rows["status"].eq("RJCT"), [*same, "when"]], on=same, suffixes=("", "_before")
        )
        waited = pairs["when"] - pairs["when_before"]
        pairs = pairs[waited.gt(pd.Timedelta(0)) & waited.le(pd.Timedelta(days=1))]
        return pairs.drop_duplicates("transaction_id")

    @cached_property
    def accounts_ever(self) -> pd.DataFrame:
        """Every account once."""
        return self.read("account").drop_duplicates("id", keep="last")

    @cached_property
    def customers(self) -> pd.DataFrame:
        """Who owns something open at a month end, with the place that the month's extract gives them."""
        owned = pd.concat([self.accounts[["customer_id", "month"]], self.loans[["customer_id", "month"]]])
        owned = owned.drop_duplicates()
        places = self.read("customer")
        places["month"] = pd.to_datetime(places["date"]).dt.strftime("%Y-%m")
        columns = ["id", "month", "branch_id", "segment_code", "region_id", "birth_date"]
        owned = owned.merge(places[columns], left_on=["customer_id", "month"], right_on=["id", "month"])
        deposits = self.accounts.groupby(["customer_id", "month"])["deposit"].sum()
        return (
            owned.set_index(["customer_id", "month"])
            .assign(deposit=deposits)
            .fillna({"deposit": 0.0})
            .reset_index()
        )

    def present(self, month: str) -> set[str]:
        """Customers at the end of a month."""
        return set(self.customers.loc[self.customers["month"].eq(month), "customer_id"])

    def last_own(self, key: str, month: str) -> pd.Series:
        """Day of the last movement that the customer started, up to a month's end, by account or customer."""
        own = self.transactions[
            self.transactions["booked"] & self.transactions["initiated_by"].eq("customer")
        ]
        return own[own["month"].le(month)].groupby(key)["day"].max()

    def active(self, month: str) -> set[str]:
        """Customers with a movement of their own in 90 days or an open loan."""
        end = month_end(month)
        last = self.last_own("customer_id", month)
        recent = set(last.index[(end - last).dt.days < 90])
        borrowers = set(self.loans.loc[self.loans["month"].eq(month), "customer_id"])
        return self.present(month) & (recent | borrowers)

    def held(self, month: str) -> set[tuple[str, str]]:
        """Customer and product family for all that is open at a month's end."""
        end = month_end(month)
        accounts = self.accounts[self.accounts["month"].eq(month)]
        loans = self.loans[self.loans["month"].eq(month)]
        pairs = set(zip(accounts["customer_id"], accounts["family"], strict=True))
        pairs |= set(zip(loans["customer_id"], loans["family"], strict=True))
        owner = accounts.set_index("id")["customer_id"]
        for table, key, family, since, until in (
            ("card", "card_id", "card", "issue_date", "expiry_date"),
            ("standing_order", "standing_order_id", "standing_order", "start_date", "end_date"),
        ):
            rows = self.newest(table, key)
            valid = ~(pd.to_datetime(rows[since]) > end) & ~(pd.to_datetime(rows[until]) < end)
            owners = rows.loc[valid, "account_id"].map(owner).dropna()
            pairs |= {(one, family) for one in owners}
        return pairs

    def dormant(self, month: str) -> pd.DataFrame:
        """Open accounts of a month, with whether nothing of the customer's came in 90 days."""
        end = month_end(month)
        rows = self.accounts[self.accounts["month"].eq(month)].copy()
        start = pd.to_datetime(rows["start_date"])
        known = start.where(start > pd.Timestamp(FIRST), pd.Timestamp(FIRST))
        last = rows["id"].map(self.last_own("account_id", month)).fillna(known)
        rows["dormant"] = (end - last).dt.days >= 90
        return rows

    def flight(self, month: str) -> set[str]:
        """Open accounts below half the mean of six month ends."""
        table = self.accounts.pivot_table(index="id", columns="month", values="own", aggfunc="sum")
        window = [months_later(month, -number) for number in range(6)]
        mean = table[window].mean(axis=1, skipna=False)
        return set(table.index[table[month].lt(mean / 2) & mean.gt(0)])


def month_end(month: str) -> pd.Timestamp:
    """Last day of a month."""
    return pd.Timestamp(month) + pd.offsets.MonthEnd(1)


def months_later(month: str, number: int) -> str:
    """The month so many later."""
    return f"{pd.Timestamp(month) + pd.DateOffset(months=number):%Y-%m}"


def asked(snapshot: Snapshot, *metrics: str, **question: Any) -> list[tuple[Any, ...]]:
    """The records of an answer; a single month by default."""
    question = {"start": LAST, "end": LAST} | question
    return query(snapshot, MetricRequest.of(metrics, **question)).records


def figures(snapshot: Snapshot, *metrics: str, **question: Any) -> dict[str, float]:
    """One figure of each metric."""
    (record,) = asked(snapshot, *metrics, **question)
    return {name: float(value) for name, value in zip(metrics, record, strict=True)}


# ---------------------------------------------------------------- customers


def test_customers_come_stay_and_go(snapshot: Snapshot, files: Files) -> None:
    months = files.months
    before, year = months[-2], months[-12:]
    opened = pd.to_datetime(files.accounts_ever["start_date"]).dt.strftime("%Y-%m")
    first = opened.groupby(files.accounts_ever["customer_id"]).min()
    new = set(first.index[first.eq(LAST)]) & files.present(LAST)
    lost = [len(files.present(earlier) - files.present(now)) for earlier, now in itertools.pairwise(months)]
    average = sum(len(files.present(month)) for month in year) / 12
    expected = {
        "customers": len(files.present(LAST)),
        "customers_new": len(new),
        "customers_lost": len(files.present(before) - files.present(LAST)),
        "customers_active": len(files.active(LAST)),
        "customers_lost_12m": sum(lost[-12:]),
        "attrition_rate": sum(lost[-12:]) / average,
        "retention_rate": 1 - sum(lost[-12:]) / average,
        "customer_retention_12m": len(files.present(months[-13]) & files.present(LAST))
        / len(files.present(months[-13])),
    }
    assert sum(lost[-12:]) > 0
    assert figures(snapshot, *expected) == pytest.approx(expected, rel=1e-9)


def test_customers_are_where_the_month_s_extract_has_them(snapshot: Snapshot, files: Files) -> None:
    """Past months keep the branch, segment and region of then, also for those who moved since."""
    customers = files.customers
    moves = customers.groupby("customer_id")[["branch_id", "segment_code"]].nunique().gt(1)
    assert moves.any().all(), "somebody changes branch, somebody the segment, or this test shows nothing"
    records = asked(
        snapshot, "customers", group_by="metric_time__month,branch,segment,customer_region", start="2023-11"
    )
    found = {(f"{month:%Y-%m}", *place): count for month, *place, count in records if count}
    expected = customers.groupby(["month", "branch_id", "segment_code", "region_id"]).size()
    assert found == expected.to_dict()


def test_age_is_that_of_the_month(snapshot: Snapshot, files: Files) -> None:
    def band(birth: object, end: pd.Timestamp) -> str:
        if not isinstance(birth, str):
            return "unknown"
        born = pd.Timestamp(birth)
        age = end.year - born.year - ((end.month, end.day) < (born.month, born.day))
        return next(name for upper, name in BANDS.items() if age < upper)

    for month in ("2023-11", LAST):
        rows = files.customers[files.customers["month"].eq(month)]
        end = month_end(month)
        expected = rows["birth_date"].map(lambda birth, end=end: band(birth, end)).value_counts().to_dict()
        records = asked(snapshot, "customers", group_by="age_band", start=month, end=month)
        assert {name: count for name, count in records if count} == expected


def test_products_and_who_gives_them_up(snapshot: Snapshot, files: Files) -> None:
    active, held = files.active(LAST), files.held(LAST)
    before = months_later(LAST, -1)
    kept = {(who, family) for who, family in held if who in active}
    stayed = files.present(LAST) & files.present(before)
    given_up = {pair for pair in files.held(before) - held if pair[0] in stayed}
    expected = {
        "product_families_held": len(kept),
        "products_per_customer": len(kept) / len(active),
        "product_attrition": len(given_up),
    }
    assert figures(snapshot, *expected) == pytest.approx(expected, rel=1e-9)
    families = pd.Series([family for _, family in kept]).value_counts()
    assert {"card", "standing_order", "current", "savings"} <= set(families.index)
    records = asked(snapshot, "customers_holding", "product_penetration", group_by="family")
    found = {family: (count, rate) for family, count, rate in records if count}
    assert found == {
        family: (count, pytest.approx(count / len(active))) for family, count in families.items()
    }
    assert sum(rate for *_, rate in records) == pytest.approx(expected["products_per_customer"])


def test_main_bank_customers(snapshot: Snapshot, files: Files) -> None:
    rows = files.transactions[files.transactions["booked"]]
    income = rows[
        rows["credit"] & rows["purpose_code"].isin(INCOME) & rows["month"].gt(months_later(LAST, -3))
    ]
    months = income.groupby("customer_id")["month"].nunique()
    paid = rows[~rows["credit"] & rows["initiated_by"].ne("bank") & rows["month"].eq(LAST)]
    payments = paid.groupby("customer_id").size()
    main = set(months.index[months >= 2]) & set(payments.index[payments >= 5]) & files.active(LAST)
    assert len(main) > 5
    assert figures(snapshot, "customers_primary", "primary_customer_rate") == pytest.approx(
        {"customers_primary": len(main), "primary_customer_rate": len(main) / len(files.active(LAST))}
    )


def test_what_income_cannot_be_seen_yet_is_not_told(snapshot: Snapshot) -> None:
    answer = query(
        snapshot, MetricRequest.of("customers_primary", "metric_time__month", start="2023-11", end="2024-01")
    )
    assert [record[1] is None for record in answer.records] == [True, True, False]
    assert answer.unavailable["customers_primary"] == (
        "not available for 2023-11 to 2023-12: needs transaction.purpose_code, transaction.booking_date_time "
        "for 2023-09 to 2023-10"
    )


def test_deposits_of_a_year_ago_and_of_the_largest(snapshot: Snapshot, files: Files) -> None:
    customers = files.customers.set_index(["month", "customer_id"])["deposit"]
    then, now = customers["2024-02"], customers[LAST]
    kept = now[now.index.isin(then.index)].sum() / then.sum()
    top = now.sort_values(ascending=False).head(20).sum() / now.sum()
    balances = files.accounts[files.accounts["month"].eq(LAST)]
    expected = {
        "deposit_retention": kept,
        "deposit_concentration_top20": top,
        "deposit_balance": balances["deposit"].sum(),
    }
    assert 0 < top < 1
    assert figures(snapshot, *expected) == pytest.approx(expected, rel=1e-9)


def test_accounts_in_use_dormant_and_losing_deposits(snapshot: Snapshot, files: Files) -> None:
    rows = files.dormant(LAST)
    opened = pd.to_datetime(files.accounts_ever["start_date"]).dt.strftime("%Y-%m").eq(LAST).sum()
    expected = {
        "accounts_open": len(rows),
        "accounts_dormant": rows["dormant"].sum(),
        "dormant_rate": rows["dormant"].mean(),
        "accounts_active": (~rows["dormant"]).sum(),
        "accounts_opened": opened,
        "balance_flight_flag": len(files.flight(LAST)),
    }
    assert expected["balance_flight_flag"] > 0
    assert figures(snapshot, *expected) == pytest.approx(expected)
    regions = files.newest("branch", "branch_id").set_index("branch_id")["region_id"]
    groups = rows.groupby([rows["branch_id"].map(regions), "statement_frequency"])["dormant"].mean().to_dict()
    records = asked(snapshot, "dormant_rate", group_by="branch__region,statement_frequency")
    assert {tuple(place): rate for *place, rate in records} == pytest.approx(groups)


def test_the_retention_matrix(snapshot: Snapshot, files: Files) -> None:
    """Cohorts by quarter of acquisition, followed as long as all of the cohort can be."""
    opened = pd.to_datetime(files.accounts_ever["start_date"]).dt.strftime("%Y-%m")
    first = opened.groupby(files.accounts_ever["customer_id"]).min()
    borrowed = pd.to_datetime(files.read("loan")["start_date"]).dt.strftime("%Y-%m")
    loans = borrowed.groupby(files.read("loan")["customer_id"]).min()
    first = pd.concat([first, loans]).groupby(level=0).min()
    expected: dict[tuple[str, int], float] = {}
    for number in range(4):
        months = [months_later("2024-01", number * 3 + one) for one in range(3)]
        members = [
            (who, month) for who, month in first.items() if month in months and who in files.present(month)
        ]
        for since in range(len(files.months) - 2 - number * 3 - 2):
            stay = [who in files.present(months_later(month, since)) for who, month in members]
            if members:
                expected[f"2024-Q{number + 1}", since] = sum(stay) / len(stay)
    records = asked(snapshot, "cohort_retention_rate", group_by="cohort,months_since", start="2023-11")
    assert {(cohort, since): rate for cohort, since, rate in records} == pytest.approx(expected)
    assert len({cohort for cohort, _ in expected}) >= 3


def test_campaigns_against_their_control_groups(snapshot: Snapshot, files: Files) -> None:
    lines = [pd.read_json(path, lines=True) for path in sorted(files.folder.glob("contact_*.gz"))]
    contacts = pd.concat([frame for frame in lines if len(frame)])
    contacts["converted"] = contacts["outcome"].eq("converted")
    rates = contacts.groupby(["campaignId", "arm"])["converted"].agg(["mean", "size"]).unstack().dropna()
    treated, control = rates["mean"]["treated"], rates["mean"]["control"]
    spread = (
        treated * (1 - treated) / rates["size"]["treated"]
        + control * (1 - control) / rates["size"]["control"]
    )
    uplift, half = treated - control, 1.96 * spread**0.5
    records = asked(
        snapshot, "campaign_uplift", "campaign_uplift_lower", "campaign_uplift_upper",
        group_by="campaign", start="2023-11",
    )  # fmt: skip
    assert len(uplift) >= 3
    expected = {
        name: (uplift[name], uplift[name] - half[name], uplift[name] + half[name]) for name in uplift.index
    }
    assert {record[0]: record[1:] for record in records if record[1] is not None} == {
        name: pytest.approx(values) for name, values in expected.items()
    }


def test_what_no_extract_says_is_said_to_be_missing(snapshot: Snapshot) -> None:
    answer = query(snapshot, MetricRequest.of(["cac", "share_of_wallet"], start=LAST, end=LAST))
    assert answer.unavailable == {
        "cac": "not available: needs financial_fact.value[acquisition_spend]",
        "share_of_wallet": "not available: needs financial_fact.value[estimated_wallet]",
    }


# ---------------------------------------------------------------- transactions


def test_transactions_of_a_month(snapshot: Snapshot, files: Files) -> None:
    rows = files.transactions[files.transactions["month"].eq(LAST)]
    booked = rows[rows["booked"]]
    own = booked[booked["initiated_by"].eq("customer")]
    declined = rows["status"].eq("RJCT").sum()
    retried = files.retries[files.retries["transaction_id"].isin(rows["transaction_id"])]
    again = booked["transaction_id"].isin(retried["transaction_id"]).sum()
    first_declined = declined - retried["status"].eq("RJCT").sum()
    payments = rows[rows["initiated_by"].ne("bank") & rows["manual_touch"].notna()]
    through = payments["booked"] & payments["manual_touch"].str.lower().eq("false")
    merchants = booked[booked["merchant_category_code"].notna()]
    in_use = (~files.dormant(LAST)["dormant"]).sum()
    expected = {
        "txn_volume": len(booked),
        "txn_value": booked["euro"].sum(),
        "net_flow": booked["euro"].where(booked["credit"], -booked["euro"]).sum(),
        "customer_txn_volume": len(own),
        "digital_share": own["channel"].isin(DIGITAL).mean(),
        "retried_volume": len(retried),
        "declined_volume": first_declined,
        "decline_rate": first_declined / (len(booked) - again + first_declined),
        "reversal_rate": booked["reversal_of"].notna().sum() / len(booked),
        "stp_rate": through.sum() / len(payments),
        "txns_per_active_account": len(booked) / in_use,
        "merchant_txn_volume": len(merchants),
        "merchant_txn_value": merchants["euro"].sum(),
        "declines_by_reason": declined,
    }
    assert declined > 0
    found = figures(snapshot, *expected)
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("metric", "group", "column"),
    [
        ("txn_value", "channel", "channel"),
        ("txn_value", "purpose", "purpose_code"),
        ("txn_volume", "direction", "credit_debit_indicator"),
        ("merchant_txn_value", "merchant_category", "merchant_category_code"),
        ("hourly_txn_volume", "hour_of_day", "hour"),
        ("hourly_txn_volume", "day_of_week", "weekday"),
    ],
)
def test_transactions_by_what_they_are(
    snapshot: Snapshot, files: Files, metric: str, group: str, column: str
) -> None:
    rows = files.transactions[files.transactions["booked"] & files.transactions["month"].eq(LAST)]
    rows = rows.assign(weekday=rows["day"].dt.dayofweek + 1)
    if metric.startswith("merchant"):
        rows = rows[rows["merchant_category_code"].notna()]
    keys = rows[column].fillna("unknown")
    expected = (
        rows["euro"].groupby(keys).sum() if metric.endswith("value") else keys.groupby(keys).size()
    ).to_dict()
    records = asked(snapshot, metric, group_by=group)
    assert {key: float(value) for key, value in records if value} == pytest.approx(expected)


def test_transactions_of_a_day_by_branch_and_segment(snapshot: Snapshot, files: Files) -> None:
    """With the branch of the account and the segment of its owner, both of the month."""
    rows = files.transactions[
        files.transactions["booked"] & files.transactions["day"].eq(pd.Timestamp("2024-07-05"))
    ]
    accounts, customers = files.read("account"), files.read("customer")
    branches = accounts[accounts["date"].eq("2024-07-31")].set_index("id")["branch_id"]
    segments = customers[customers["date"].eq("2024-07-31")].set_index("id")["segment_code"]
    places = [rows["account_id"].map(branches), rows["customer_id"].map(segments)]
    expected = rows.groupby(places)["euro"].sum().round(2)
    records = asked(snapshot, "txn_value", group_by="branch,segment", start="2024-07-05", end="2024-07-05")
    assert {tuple(place): float(value) for *place, value in records if value} == pytest.approx(
        expected.to_dict()
    )
