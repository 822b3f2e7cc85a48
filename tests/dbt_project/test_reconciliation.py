"""Breaks planted in the extracts: exactly these are listed, kind by kind, and told by the metrics.

What must be found is written down beside what is planted, or summed from the files with pandas; none of it is
taken from our own SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from dashboards.metrics import MetricRequest, query
from dashboards.snapshot import Snapshot
from tests.dbt_project.conftest import AFTER_LAST_MONTH, FIRST_MONTH, Project, Warehouse, settings_in
from tests.dbt_project.published import snapshot_of
from tests.end_to_end.deliveries import Row, edited

MONTHS = ["2024-10", "2024-11", "2024-12", "2025-01", "2025-02"]
KINDS = ["exchange_rate", "kpi_line", "movement", "opening", "subledger", "trial_balance"]
COLUMNS = (
    "kind, date_day::VARCHAR, ledger_code, cost_center_code, currency_code, difference, first_date::VARCHAR"
)
MID_MONTH = "2024-11-15"


@dataclass
class Extracts:
    """The delivered files, and edits of single rows of them."""

    folder: Path

    def ledger(self, name: str, day: str, code: str, centre: str, **amounts: str) -> None:
        """Add amounts to one row of the ledger, in the file's own convention."""
        names = {"opening": "Anfangssaldo", "debit": "Soll", "credit": "Haben", "closing": "Endsaldo"}
        hits: list[str] = []

        def edit(row: Row) -> None:
            if (row["Buchungstag"], row["Sachkonto"], row["Kostenstelle"]) == (day, code, centre):
                hits.append(row["Sachkonto"])
                for column, amount in amounts.items():
                    value = Decimal(row[names[column]].replace(",", ".")) + Decimal(amount)
                    row[names[column]] = str(value).replace(".", ",")

        self.edit(f"gl_balance_{name}.csv", edit, delimiter=";", encoding="latin-1")
        assert len(hits) == 1

    def edit(self, name: str, change: Callable[[Row], None], **convention: str) -> None:
        file = self.folder / name
        file.write_bytes(edited(file.read_bytes(), change, **convention))

    def read(self, table: str, **options: Any) -> pd.DataFrame:
        files = sorted(self.folder.glob(f"{table}_2*.csv"))
        frames = [pd.read_csv(file, dtype=str, keep_default_na=False, **options) for file in files]
        return pd.concat(frames, ignore_index=True)

    def mid_month_snapshot(self) -> None:
        """Accounts as they stood on the 15th: the month's end less what was booked after it."""
        accounts = pd.read_csv(self.folder / "account_20241130.csv", dtype=str, keep_default_na=False)
        booked = self.read("transaction")
        booked = booked[
            booked["status"].isin(["BOOK", "RVSL"])
            & booked["booking_date_time"].between(f"{MID_MONTH} 24", "2024-11-30 24")
        ]
        sign = booked["credit_debit_indicator"].map({"CRDT": 1, "DBIT": -1})
        later = (booked["amount"].map(Decimal) * sign).groupby(booked["account_id"]).sum()
        accounts = accounts[accounts["start_date"] <= MID_MONTH].assign(date=MID_MONTH)
        balances = [
            Decimal(balance) - later.get(account, Decimal(0))
            for account, balance in zip(accounts["id"], accounts["balance"], strict=True)
        ]
        accounts.assign(balance=list(map(str, balances))).to_csv(
            self.folder / f"account_{MID_MONTH.replace('-', '')}.csv", index=False
        )


Broken = tuple[Warehouse, Extracts, dict[str, str]]
"""The bank with planted breaks, and how each node of its build ended."""


def build(project: Project, folder: Path, plant: Callable[[Extracts], None]) -> tuple[Warehouse, Extracts]:
    """A small bank over a turn of the year whose extracts are edited before they are delivered."""
    bank = Warehouse(settings_in(folder), project)
    extracts = Extracts(bank.write_demo(customers=60, months=5, end=date(2025, 2, 28), seed=11))
    extracts.mid_month_snapshot()
    plant(extracts)
    bank.deliver("demo", extracts.folder)
    return bank, extracts


def plant(extracts: Extracts) -> None:
    """One break of each kind, and one that stays open."""
    # an entry of cash without another side, on the year's last day: that day does not foot, the next one
    # opens without it
    extracts.ledger("20241231", "31.12.2024", "1000", "CC01", debit="5000", closing="5000")
    # a row of the last day that is refused at the gate: the day lacks its amount, the month keeps the one of
    # the day before
    extracts.edit("gl_balance_20250228.csv", _no_closing_of_share_capital, delimiter=";", encoding="latin-1")
    # a turnover that the closing does not know
    extracts.ledger("20241130", "12.11.2024", "1400", "CC00", debit="7.50")
    # an opening out of the blue, taken back by the day's turnover
    extracts.ledger("20250131", "09.01.2025", "1500", "CC00", opening="3", credit="3")
    # a cent too much on one account, two months' ends in a row, and a nickel in the middle of another month
    for name, amount in (("20250131", "0.01"), ("20250228", "0.01"), ("20241115", "0.05")):
        extracts.edit(f"account_{name}.csv", _more_on_the_first_current_account(amount))
    for month in ("20241031", "20241130", "20241231", "20250131", "20250228"):
        extracts.edit(f"gl_account_{month}.csv", _no_kpi_line)
        for table in ("customer", "account"):
            extracts.edit(f"{table}_{month}.csv", _no_branch)
    # no rate of the dollar after 19 January: from the 26th on the last one is too old
    extracts.edit("exchange_rate_20250131.csv", _old_from_the_20th)


def _more_on_the_first_current_account(amount: str) -> Callable[[Row], None]:
    def edit(row: Row) -> None:
        if row["id"] == "A0000000":
            assert (row["ledger_code"], row["currency_code"]) == ("2100", "EUR")
            row["balance"] = str(Decimal(row["balance"]) + Decimal(amount))

    return edit


def _no_closing_of_share_capital(row: Row) -> None:
    if (row["Buchungstag"], row["Sachkonto"]) == ("28.02.2025", "3000"):
        row["Endsaldo"] = ""


def _no_branch(row: Row) -> None:
    if "C000055" in (row["id"], row.get("customer_id")):
        row["branch_id"] = ""


def _no_kpi_line(row: Row) -> None:
    if row["ledger_code"] == "1410":
        row["kpi_line"] = ""


def _old_from_the_20th(row: Row) -> None:
    if row["date"] >= "2025-01-20":
        row["base_currency_code"] = "CHF"


@pytest.fixture(scope="module")
def broken(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    """Breaks planted and built."""
    bank, extracts = build(project, tmp_path_factory.mktemp("broken"), plant)
    return bank, extracts, bank.build(FIRST_MONTH, AFTER_LAST_MONTH)


@pytest.fixture(scope="module")
def snapshot(broken: Broken) -> Iterator[Snapshot]:
    """The same bank, published."""
    with snapshot_of(broken[0]) as opened:
        yield opened


def test_exactly_the_planted_breaks_are_listed(broken: Broken) -> None:
    bank, extracts, _ = broken
    ends = ["2024-10-31", "2024-11-30", "2024-12-31", "2025-01-31", "2025-02-28"]
    software = extracts.read("gl_balance", sep=";", encoding="latin-1").set_axis(
        ["date", "code", "centre", "currency", "opening", "debit", "credit", "closing"], axis=1
    )
    amounts = software[["debit", "credit", "closing"]].map(
        lambda text: Decimal(str(text).replace(",", ".") or 0)
    )
    ledger = software[["date", "code", "currency"]].join(amounts)
    ledger["date"] = ledger["date"].map(lambda text: "-".join(reversed(str(text).split("."))))
    closings = ledger[ledger["code"].eq("1410")].groupby("date")["closing"].sum()
    capital = ledger[ledger["code"].eq("3000")].groupby("date")["closing"].sum()
    assert capital["2025-02-27"] < 0
    dollars = ledger[ledger["currency"].eq("USD") & ledger["date"].str.startswith("2025-01")]
    last = dollars[dollars["date"].eq(ends[3])]["closing"].map(abs).sum()
    accounts = extracts.read("account")
    held = accounts[accounts["currency_code"].eq("USD") & accounts["date"].eq(ends[3])]["balance"]
    booked = extracts.read("transaction")
    booked = booked[
        booked["currency_code"].eq("USD") & booked["booking_date_time"].between("2025-01-26", "2025-02-01")
    ]
    expected = [
        ("trial_balance", "2024-12-31", None, None, "EUR", Decimal("5000.00"), "2024-12-31"),
        ("trial_balance", ends[4], None, None, "EUR", -capital["2025-02-27"], ends[4]),
        ("opening", "2025-01-01", "1000", "CC01", "EUR", Decimal("-5000.00"), "2025-01-01"),
        ("movement", "2024-11-12", "1400", "CC00", "EUR", Decimal("-7.50"), "2024-11-12"),
        ("opening", "2025-01-09", "1500", "CC00", "EUR", Decimal("3.00"), "2025-01-09"),
        ("subledger", MID_MONTH, "2100", None, "EUR", Decimal("-0.05"), MID_MONTH),
        ("subledger", ends[3], "2100", None, "EUR", Decimal("-0.01"), ends[3]),
        ("subledger", ends[4], "2100", None, "EUR", Decimal("-0.01"), ends[3]),
        *(("kpi_line", end, "1410", None, "EUR", closings[end], ends[0]) for end in ends),
        ("exchange_rate", ends[3], None, None, "USD", sum(map(abs, map(Decimal, held))), ends[3]),
        ("exchange_rate", ends[3], None, None, "USD",
         dollars[["debit", "credit"]].sum().sum() + last, ends[3]),
        *([("exchange_rate", ends[3], None, None, "USD", booked["amount"].map(Decimal).sum(), ends[3])]
          if len(booked) else []),
    ]  # fmt: skip
    found = bank.query(f"SELECT {COLUMNS} FROM fct_recon_break")
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    ages = bank.query("SELECT DISTINCT age_days = DATE '2025-02-28' - first_date FROM fct_recon_break")
    assert ages == [(True,)]


def test_a_break_warns_and_fails_nothing(broken: Broken) -> None:
    """The build is green but for its warnings: that is what makes a provisional snapshot."""
    warned = {name.split(".")[2] for name, status in broken[2].items() if status == "warn"}
    assert warned >= {
        "ledger_trial_balance_foots", "ledger_closing_is_opening_plus_movements",
        "ledger_opening_is_previous_closing", "ledger_equals_subledgers",
        "ledger_accounts_have_a_kpi_line", "ledger_currencies_have_a_rate",
    }  # fmt: skip


def test_what_has_no_rate_is_in_no_figure_and_never_at_one(
    broken: Broken,
) -> None:
    bank = broken[0]
    ((untranslated, others),) = bank.query(
        "SELECT count(*) FILTER (balance_reporting IS NULL), count(*) FILTER (balance_reporting = balance) "
        "FROM fct_account_month WHERE month = '2025-01-01' AND currency_code = 'USD' AND balance <> 0"
    )
    assert untranslated > 0
    assert others == 0


def test_a_customer_without_a_branch_counts_as_of_an_unknown_one(broken: Broken) -> None:
    """Where no account of theirs has one either. So branches add up to the bank; it is no break."""
    bank = broken[0]
    assert bank.query("SELECT branch_id FROM dim_customer WHERE customer_id = 'C000055'") == [("unknown",)]
    by_month = bank.query(
        "SELECT month::VARCHAR, sum(customers) FILTER (branch_id = 'unknown') FROM kpi_customers_month "
        "GROUP BY 1 ORDER BY 1"
    )
    assert by_month == [(f"{month}-01", 1) for month in MONTHS]


def test_the_metrics_tell_them_by_kind(snapshot: Snapshot) -> None:
    def ask(metrics: str, group_by: str = "", **more: Any) -> list[tuple[Any, ...]]:
        return query(snapshot, MetricRequest.of(metrics, group_by, **more)).records

    counted = ask("recon_breaks", "recon_kind")
    with snapshot.cursor() as cursor:
        rows = cursor.execute("SELECT kind, count(*) FROM fct_recon_break GROUP BY 1 ORDER BY 1").fetchall()
    assert counted == rows
    assert ask("recon_breaks") == [(sum(number for _, number in rows),)]
    # the month's last difference of the one account, without a word about kinds: the subledger's
    assert ask("recon_break", "metric_time__month") == [
        (date(2024, 10, 1), Decimal("0.00")),
        (date(2024, 11, 1), Decimal("0.05")),
        (date(2024, 12, 1), Decimal("0.00")),
        (date(2025, 1, 1), Decimal("0.01")),
        (date(2025, 2, 1), Decimal("0.01")),
    ]
    assert ask("recon_break") == [(Decimal("0.01"),)]
    assert dict(ask("recon_break", "recon_kind", start="2024-12", end="2024-12"))["trial_balance"] == 5000
    assert (
        dict(ask("recon_break_age", "recon_kind"))["kpi_line"]
        == (date(2025, 2, 28) - date(2024, 10, 31)).days
    )


def test_books_without_a_break_list_none(project: Project, tmp_path: Path) -> None:
    """The middle of the month and the turn of the year included."""
    bank, _ = build(project, tmp_path / "sound", lambda _: None)
    bank.build_models(FIRST_MONTH, AFTER_LAST_MONTH, "+kpi_control_break_month")
    assert bank.query("SELECT * FROM fct_recon_break") == []
    assert bank.query(
        "SELECT kind, sum(breaks), count(*) FROM kpi_control_break_month GROUP BY 1 ORDER BY 1"
    ) == [(kind, 0, 5) for kind in KINDS]
    with closing(duckdb.connect(str(bank.settings.warehouse / "work.duckdb"), read_only=True)) as con:
        con.execute(f"ATTACH '{bank.settings.warehouse / 'bank.duckdb'}' AS bank (READ_ONLY)")
        days = con.execute(
            "SELECT balance_date::VARCHAR, count(*) > 3 FROM intermediate.int_subledger_compared "
            "GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert (MID_MONTH, True) in days
    assert len(days) == 6
