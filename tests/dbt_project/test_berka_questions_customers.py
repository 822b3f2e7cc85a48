"""What the heads of retail banking and marketing ask of the PKDD'99 bank, answered twice.

Once by the metrics or by SQL over the marts, once by pandas from the bank's own files.
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

from dashboards.metrics import MetricRequest, compare, query, sql
from dashboards.snapshot import Snapshot
from tests.dbt_project.conftest import Warehouse
from tests.dbt_project.published import snapshot_of

END = pd.Timestamp("1994-03-31")
LAST = "1994-03"
BY_THE_BANK = ("UROK", "SLUZBY", "SANKC. UROK")
SCHEDULED = ("SIPO", "POJISTNE", "UVER")
FREQUENCY = {
    "POPLATEK MESICNE": "monthly",
    "POPLATEK TYDNE": "weekly",
    "POPLATEK PO OBRATU": "after_transaction",
}
BANDS = {18: "0-17", 25: "18-24", 35: "25-34", 45: "35-44", 55: "45-54", 65: "55-64", 75: "65-74", 200: "75+"}


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
    """The bank at the end of March 1994, as its files say."""

    folder: Path

    def read(self, name: str) -> pd.DataFrame:
        """One file, as text."""
        return pd.read_csv(self.folder / f"{name}.asc", sep=";", dtype=str)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """Accounts opened by then, with region, owner and what is known of their movements; one row each."""
        rows = self.read("account")
        rows["opened"] = pd.to_datetime("19" + rows["date"])
        rows = rows[rows["opened"].le(END)]
        regions = self.read("district").set_index("A1")["A3"]
        rows["region"] = rows["district_id"].map(regions)
        rows["frequency"] = rows["frequency"].map(FREQUENCY)
        owners = self.read("disp")
        owners = owners[owners["type"].eq("OWNER")].set_index("account_id")["client_id"]
        rows["owner"] = rows["account_id"].map(owners)
        rows = rows.set_index("account_id")
        rows["balance"] = self.balances[LAST].reindex(rows.index).fillna(0.0)
        own = self.transactions[self.transactions["own"]].groupby("account_id")["day"].max()
        rows["last_own"] = own
        rows["dormant"] = (END - rows["last_own"].fillna(rows["opened"])).dt.days.ge(90)
        return rows

    @cached_property
    def transactions(self) -> pd.DataFrame:
        """All movements: signed amount, day, month, whether the customer started it."""
        rows = self.read("trans")
        rows["day"] = pd.to_datetime("19" + rows["date"])
        rows["month"] = rows["day"].dt.strftime("%Y-%m")
        rows["amount"], rows["balance"] = rows["amount"].astype(float), rows["balance"].astype(float)
        rows["signed"] = rows["amount"].where(rows["type"].eq("PRIJEM"), -rows["amount"])
        symbol = rows["k_symbol"].fillna("").str.strip()
        at_the_counter = rows["operation"].isin(["VKLAD", "VYBER", "VYBER KARTOU"])
        rows["own"] = at_the_counter & ~symbol.isin([*BY_THE_BANK, *SCHEDULED])
        rows["instalment"] = symbol.eq("UVER")
        return rows

    @cached_property
    def balances(self) -> pd.DataFrame:
        """Balance of every account at every month end: the one written last, carried on until the next.

        Of several movements of the last day, the last is the one whose balance the running sum comes to.
        """
        rows = self.transactions
        days = rows.groupby(["account_id", "day"])["signed"].sum().groupby(level=0).cumsum().rename("running")
        rows = rows.merge(days.reset_index(), on=["account_id", "day"])
        rows = rows[rows["day"].eq(rows.groupby(["account_id", "month"])["day"].transform("max"))]
        rows["off"] = (rows["balance"] - rows["running"]).abs()
        rows = rows.sort_values(["off", "trans_id"]).drop_duplicates(["account_id", "month"])
        table = rows.pivot_table(index="account_id", columns="month", values="balance")
        return table.reindex(columns=months(15)).ffill(axis=1)

    @cached_property
    def loans(self) -> pd.DataFrame:
        """Loans granted by then, with what is owed and whether one instalment was ever over 90 days late."""
        rows = self.read("loan").astype({"amount": float, "payments": float, "duration": int})
        rows["granted"] = pd.to_datetime("19" + rows["date"])
        rows = rows[rows["granted"].le(END)].set_index("account_id")
        paid = self.transactions[self.transactions["instalment"]]
        rows["owed"] = rows["amount"] - paid.groupby("account_id")["amount"].sum().reindex(rows.index).fillna(
            0.0
        )
        rows["defaulted"] = [
            any(self._is_late(loan, paid[paid["account_id"].eq(str(account))], month) for month in months(15))
            for account, loan in rows.iterrows()
        ]
        return rows

    @staticmethod
    def _is_late(loan: pd.Series, paid: pd.DataFrame, month: str) -> bool:
        """Whether at a month's end an instalment of more than 90 days before is unpaid, but for tenths."""
        end = pd.Timestamp(month) + pd.offsets.MonthEnd(1)
        first = loan["granted"].replace(day=12)
        first += pd.DateOffset(months=0 if loan["granted"].day < 12 else 1)
        dues = [first + pd.DateOffset(months=number) for number in range(loan["duration"])]
        total = paid.loc[paid["day"].le(end), "amount"].sum()
        return any(
            (end - due).days > 90 and number * loan["payments"] - total > number
            for number, due in enumerate(dues, start=1)
        )

    @cached_property
    def customers(self) -> pd.DataFrame:
        """Owners of accounts, with sex, age band and region as of then, and what they hold."""
        rows = self.read("client").set_index("client_id")
        month = rows["birth_number"].str[2:4].astype(int)
        rows["sex"] = month.gt(50).map({True: "F", False: "M"})
        born = (
            "19"
            + rows["birth_number"].str[:2]
            + (month % 50).astype(str).str.zfill(2)
            + rows["birth_number"].str[4:]
        )
        rows["band"] = [band(birth) for birth in pd.to_datetime(born)]
        regions = self.read("district").set_index("A1")["A3"]
        rows["region"] = rows["district_id"].map(regions)
        owned = self.accounts
        rows = rows[rows.index.isin(owned["owner"])]
        owing = owned.loc[owned.index.isin(self.loans.index[self.loans["owed"].gt(0)]), "owner"]
        last = owned.groupby("owner")["last_own"].max()
        recent = last.index[(END - last).dt.days.lt(90)]
        rows["active"] = rows.index.isin(recent) | rows.index.isin(owing)
        cards = self.read("card")
        cards = cards[pd.to_datetime("19" + cards["issued"].str[:6]).le(END)]
        cards["account_id"] = cards["disp_id"].map(self.read("disp").set_index("disp_id")["account_id"])
        holders = {
            "personal_loan": owing,
            "card": cards["account_id"].map(owned["owner"]),
            "standing_order": self.read("order")["account_id"].map(owned["owner"]),
            "gold": cards.loc[cards["type"].eq("gold"), "account_id"].map(owned["owner"]),
        }
        for name, who in holders.items():
            rows[name] = rows.index.isin(who.dropna())
        return rows


def months(number: int) -> list[str]:
    """The last months of the books."""
    return [f"{month:%Y-%m}" for month in pd.date_range(end=END, periods=number, freq="ME")]


def band(birth: pd.Timestamp) -> str:
    """Ten-year band of the age at the end of the books."""
    age = END.year - birth.year - ((END.month, END.day) < (birth.month, birth.day))
    return next(name for upper, name in BANDS.items() if age < upper)


def asked(snapshot: Snapshot, metrics: str, groups: str, **question: Any) -> dict[Any, Any]:
    """The answer of the metrics: groups to figures."""
    question = {"start": LAST, "end": LAST} | question
    answer = query(snapshot, MetricRequest.of(metrics, groups, **question))
    keys = len(answer.request.group_by)
    return {
        record[:keys] if keys > 1 else record[0]: record[keys:] if len(record) > keys + 1 else record[-1]
        for record in answer.records
    }


def test_retail_1_the_portfolio_of_regions_and_its_growth(snapshot: Snapshot, berka: Berka) -> None:
    accounts = berka.accounts
    region = accounts.groupby("region")
    before = accounts[accounts["opened"].le(pd.Timestamp("1993-03-31"))].groupby("region").size()
    now = region.size()
    assert asked(snapshot, "accounts_open", "branch__region") == now.to_dict()
    compared = compare(
        snapshot, MetricRequest.of("accounts_open", "branch__region", start=LAST, end=LAST), ["last_year"]
    )
    growth = {record[0]: (int(record[1]), int(record[2])) for record in compared.records}
    assert growth == {name: (now[name], before[name]) for name in now.index}
    opened = accounts.groupby([accounts["opened"].dt.year, "region"]).size()
    found = asked(snapshot, "accounts_opened", "metric_time__year,branch__region", start="1993", end=LAST)
    assert {(year.year, name): count for (year, name), count in found.items()} == opened.to_dict()
    average = accounts["balance"].clip(lower=0).groupby(accounts["region"]).mean()
    assert asked(snapshot, "deposits_per_account", "branch__region") == pytest.approx(average.to_dict())
    march = berka.transactions[berka.transactions["month"].eq(LAST)]
    moved = march["account_id"].map(accounts["region"]).value_counts()
    per_account = moved / region["dormant"].apply(lambda dormant: (~dormant).sum())
    assert asked(snapshot, "txns_per_active_account", "branch__region") == pytest.approx(
        per_account.to_dict()
    )


def test_retail_2_products_held_by_age(snapshot: Snapshot, berka: Berka) -> None:
    active = berka.customers[berka.customers["active"]]
    found = asked(snapshot, "product_penetration", "family,age_band")
    for family in ("card", "personal_loan", "standing_order"):
        expected = active.groupby("band")[family].mean().to_dict()
        answer = {name: rate for (held, name), rate in found.items() if held == family and rate is not None}
        assert answer == pytest.approx(expected), family
    assert active["card"].sum() > 5 and active["standing_order"].sum() > 100


def test_retail_3_accounts_without_activity(snapshot: Snapshot, berka: Berka) -> None:
    groups = berka.accounts.groupby(["region", "frequency"])["dormant"]
    found = asked(snapshot, "accounts_dormant,dormant_rate", "branch__region,statement_frequency")
    expected = {key: (group.sum(), pytest.approx(group.mean())) for key, group in groups}
    assert found == expected
    assert groups.sum().sum() > 10


def test_retail_4_accounts_that_lost_half_of_their_mean(snapshot: Snapshot, berka: Berka) -> None:
    window = berka.balances[months(6)]
    mean = window.mean(axis=1, skipna=False)
    expected = set(window.index[window[LAST].lt(mean / 2) & mean.gt(0)])
    answer = sql(
        snapshot, "SELECT account_id FROM fct_account_month WHERE month = '1994-03-01' AND is_balance_flight"
    )
    assert {account for (account,) in answer.records} == expected
    (total,) = query(snapshot, MetricRequest.of("balance_flight_flag", start=LAST, end=LAST)).records[0]
    assert total == len(expected) > 10


QUADRANTS = """
with customers as (
    select
        customer_id,
        sum(case when month = '1994-03-01' then balance else 0 end) as balance,
        sum(transaction_count) as movements
    from fct_account_month
    where month >= '1994-01-01'
    group by customer_id
), limits as (
    select median(balance) as balance, median(movements) as movements from customers
)
select
    c.movements > l.movements as is_frequent, c.balance > l.balance as is_rich, d.sex, d.region_id, count(*)
from customers as c cross join limits as l
join dim_customer as d using (customer_id)
group by all
"""


def test_marketing_1_four_behavioural_quadrants(snapshot: Snapshot, berka: Berka) -> None:
    """By balance and movements of the quarter, each above its median or not, with sex and region."""
    quarter = berka.transactions[berka.transactions["month"].isin(months(3))]
    customers = berka.customers.copy()
    customers["balance"] = berka.accounts.groupby("owner")["balance"].sum()
    moved = quarter["account_id"].map(berka.accounts["owner"]).value_counts()
    customers["movements"] = moved.reindex(customers.index).fillna(0)
    customers["frequent"] = customers["movements"].gt(customers["movements"].median())
    customers["rich"] = customers["balance"].gt(customers["balance"].median())
    expected = customers.groupby(["frequent", "rich", "sex", "region"]).size().to_dict()
    assert {tuple(place): count for *place, count in sql(snapshot, QUADRANTS).records} == expected


GOLD_CARDS = """
with accounts as (
    select
        account_id, any_value(customer_id) as customer_id, avg(balance) as balance,
        sum(case when month >= '1994-01-01' then transaction_count else 0 end) as movements
    from fct_account_month
    where month >= '1993-10-01'
    group by account_id
)
select customer_id
from accounts
where
    balance > (select median(balance) from accounts)
    and movements >= 30
    and account_id not in (
        select account_id from dim_card where card_type = 'gold' and issue_date <= '1994-03-31'
    )
    and customer_id not in (select customer_id from fct_loan_month where is_new_default)
"""


def test_marketing_2_who_to_offer_a_gold_card(snapshot: Snapshot, berka: Berka) -> None:
    """Mean of up to six month ends above the median, ten movements a month, no gold card, no default ever."""
    accounts = berka.accounts.copy()
    quarter = berka.transactions[berka.transactions["month"].isin(months(3))]
    accounts["movements"] = quarter["account_id"].value_counts()
    ends = pd.Series({month: pd.Timestamp(month) + pd.offsets.MonthEnd(1) for month in months(6)})
    window = berka.balances[months(6)].reindex(accounts.index).fillna(0.0)
    known = pd.DataFrame({month: accounts["opened"].le(end) for month, end in ends.items()})
    accounts["mean"] = window.where(known).mean(axis=1)
    defaulted = accounts.loc[accounts.index.isin(berka.loans.index[berka.loans["defaulted"]]), "owner"]
    gold = berka.customers.index[berka.customers["gold"]]
    chosen = accounts["mean"].gt(accounts["mean"].median()) & accounts["movements"].ge(30)
    expected = set(accounts.loc[chosen, "owner"]) - set(defaulted) - set(gold)
    assert {customer for (customer,) in sql(snapshot, GOLD_CARDS).records} == expected
    assert len(expected) > 10
    assert berka.loans["defaulted"].any()


UPTAKE = """
select d.sex, d.age_band, d.region_id, count(distinct l.customer_id) / count(distinct a.customer_id)
from fct_account_month as a
join dim_customer as d using (customer_id)
left join fct_loan_month as l on l.customer_id = a.customer_id and l.month = a.month and l.is_open
where a.month = '1994-03-01' and a.is_open
group by all
"""


def test_marketing_3_loan_uptake_by_sex_age_and_region(snapshot: Snapshot, berka: Berka) -> None:
    expected = berka.customers.groupby(["sex", "band", "region"])["personal_loan"].mean().to_dict()
    found = {tuple(place): rate for *place, rate in sql(snapshot, UPTAKE).records}
    assert found == pytest.approx(expected)
    # and of the active ones by the metric
    active = berka.customers[berka.customers["active"]]
    rates = asked(snapshot, "product_penetration", "age_band,customer_region", where="family = personal_loan")
    by_place = active.groupby(["band", "region"])["personal_loan"].mean().to_dict()
    assert {place: rate for place, rate in rates.items() if rate is not None} == pytest.approx(by_place)


VALUE = """
with moved as (
    select customer_id, sum(credits + debits) as value from fct_account_month group by customer_id
), owed as (
    select customer_id, sum(balance) as value from fct_loan_month
    where month = '1994-03-01' group by customer_id
)
select moved.customer_id, moved.value + coalesce(owed.value, 0) as value
from moved left join owed using (customer_id)
order by value desc, customer_id limit 100
"""


def test_marketing_4_the_hundred_customers_of_most_value(snapshot: Snapshot, berka: Berka) -> None:
    """Everything moved on their accounts, and what they owe."""
    owner = berka.accounts["owner"]
    rows = berka.transactions
    moved = rows["amount"].groupby(rows["account_id"].map(owner)).sum()
    owed = berka.loans.assign(owner=owner).groupby("owner")["owed"].sum()
    value = moved.add(owed.reindex(moved.index).fillna(0.0)).round(2)
    ranked = value.reset_index().set_axis(["customer", "value"], axis=1)
    ranked = ranked.sort_values(["value", "customer"], ascending=[False, True]).head(100)
    found = [(customer, float(amount)) for customer, amount in sql(snapshot, VALUE).records]
    assert [customer for customer, _ in found] == ranked["customer"].tolist()
    assert [amount for _, amount in found] == pytest.approx(ranked["value"].tolist())
