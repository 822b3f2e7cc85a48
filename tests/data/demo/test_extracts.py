"""The extracts obey the contract's keys and checks, and hold what the demo promises."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from data.demo import generate
from data.demo.writers import FIXED_WIDTH
from runtime.settings import PROJECT_ROOT
from tests.data.demo.conftest import SmallBank

KEYS = {
    "account": "id, date",
    "account_holder": "account_id, customer_id, filename",
    "alert": "alert_id",
    "collateral": "id, date",
    "customer": "id, date",
    "curve": "curve_id, date, tenor_days",
    "exchange_rate": "date, base_currency_code, quote_currency_code",
    "fraud_case": "case_id, transaction_id",
    "financial_fact": "entity_id, concept, period_end, is_ytd",
    "loan": "id, date",
    "loan_application": "application_id",
    "loan_cash_flow": "loan_id, payment_date, type",
    "loan_movement": "id",
    "macro_series": "series_id, region_id, date",
    "target": "metric_id, dimension_key, period",
    "transaction": "transaction_id",
}


@pytest.mark.parametrize("table", [name for name, key in KEYS.items() if "filename" not in key])
def test_keys_are_unique(bank: SmallBank, table: str) -> None:
    assert bank.one(f'select count(*) from "{table}"') > 0  # type: ignore[operator]
    assert (
        bank.one(f'select count(*) from (select 1 from "{table}" group by {KEYS[table]} having count(*) > 1)')
        == 0
    )


@pytest.mark.parametrize(
    ("child", "column", "parent", "key"),
    [
        ("account", "customer_id", "customer", "id"),
        ("account_holder", "customer_id", "customer", "id"),
        ("account_holder", "account_id", "account", "id"),
        ("card", "account_id", "account", "id"),
        ("standing_order", "account_id", "account", "id"),
        ("transaction", "account_id", "account", "id"),
        ("transaction", "card_id", "card", "card_id"),
        ("transaction", "loan_id", "loan", "id"),
        ("transaction", "reversal_of", "transaction", "transaction_id"),
        ("loan", "customer_id", "customer", "id"),
        ("loan", "account_id", "account", "id"),
        ("loan_movement", "loan_id", "loan", "id"),
        ("loan_application", "customer_id", "customer", "id"),
        ("loan_application", "loan_id", "loan", "id"),
        ("fraud_case", "transaction_id", "transaction", "transaction_id"),
        ("alert", "transaction_id", "transaction", "transaction_id"),
        ("alert", "case_id", "fraud_case", "case_id"),
        ("contact", '"customerId"', "customer", "id"),
    ],
)
def test_foreign_keys_are_closed(bank: SmallBank, child: str, column: str, parent: str, key: str) -> None:
    late = " and created_at < (select max(date) from customer) - interval 120 day" if child == "alert" else ""
    assert (
        bank.one(
            f"""select count(*) from "{child}" where {column} is not null{late}
            and {column} not in (select {key} from "{parent}")"""
        )
        == 0
    )


def test_headers_are_the_contracts_columns(bank: SmallBank) -> None:
    checked = 0
    for contract in sorted((PROJECT_ROOT / "data" / "contracts").glob("*.odcs.yaml")):
        table = contract.name.split(".")[0]
        files = sorted(bank.landing.glob(f"{table}_2*.csv"))
        if table == "gl_balance" or not files:
            continue
        schema = yaml.safe_load(contract.read_text())["schema"][0]["properties"]
        columns = [column["name"] for column in schema if column["name"] != "version_id"]
        with files[0].open(newline="", encoding="utf-8") as handle:
            assert next(csv.reader(handle)) == columns, table
        checked += 1
    assert checked == 20


def test_every_month_has_its_files(bank: SmallBank) -> None:
    by_table: dict[str, set[str]] = {}
    for path in bank.landing.iterdir():
        table, business_date = path.name.split(".")[0].rsplit("_", 1)
        by_table.setdefault(table, set()).add(business_date)
    assert len(by_table) == 23
    assert by_table["transaction"] == by_table["gl_balance"] == by_table["contact"]
    assert len(by_table["transaction"]) == 16
    assert {"20240229", "20231231"} <= by_table["loan"]
    assert by_table["financial_fact"] == {"20231231", "20240331", "20240630", "20240930", "20241231"}
    assert by_table["target"] == {"20231031", "20231231", "20241231"}


def test_three_systems_write_in_their_own_way(bank: SmallBank) -> None:
    ledger = (bank.landing / "gl_balance_20240229.csv").read_bytes().decode("latin-1").splitlines()
    assert ledger[0] == "Buchungstag;Sachkonto;Kostenstelle;Währung;Anfangssaldo;Soll;Haben;Endsaldo"
    assert ledger[1].startswith("01.02.2024;1000;CC00;EUR;")
    assert ledger[1].count(",") == 4
    loans = (bank.landing / "loan_transaction_20240229.txt").read_text().splitlines()
    assert {len(line) for line in loans} == {sum(width for _, width in FIXED_WIDTH)}
    contacts = (
        gzip.decompress((bank.landing / "contact_20240229.jsonl.gz").read_bytes()).decode().splitlines()
    )
    rows = [json.loads(line) for line in contacts]
    assert {"contactId", "customerId", "campaignId", "arm"} <= set(rows[0])
    assert {row["cost"] for row in rows} <= {0.0, 0.03, 0.08, 0.95, 6.4}


def test_balances_follow_from_the_movements(bank: SmallBank) -> None:
    assert (
        bank.one(
            """with moved as (
            select account_id as id, last_day(booking_date_time::date) as date,
                sum(case when credit_debit_indicator = 'CRDT' then amount else -amount end)::decimal(18, 2)
                    as flow
            from transaction where status <> 'RJCT' group by all
        ), positions as (
            select id, date, balance::decimal(18, 2) as balance,
                lag(balance::decimal(18, 2)) over (partition by id order by date) as eve
            from account
        )
        select count(*) from positions left join moved using (id, date)
        where balance <> eve + coalesce(flow, 0)"""
        )
        == 0
    )


def test_nothing_is_booked_on_accounts_that_are_not_open(bank: SmallBank) -> None:
    assert (
        bank.one(
            """select count(*) from transaction as t
        join (select id, min(start_date) as opened, max(end_date) filter (status = 'closed') as closed
            from account group by id) as a on a.id = t.account_id
        where booking_date_time::date < opened or booking_date_time::date > closed"""
        )
        == 0
    )
    assert bank.one("select count(*) from account where status = 'closed'") > 5  # type: ignore[operator]
    assert bank.one("select count(*) from account where status = 'closed' and balance <> 0") == 0


def test_no_overdraft_beyond_the_limit(bank: SmallBank) -> None:
    assert (
        bank.one(
            """select count(*) from transaction as t
        join (select id, coalesce(max(limit_amount), 0) as credit_line from account group by id) as a
            on a.id = t.account_id
        where status <> 'RJCT' and credit_debit_indicator = 'DBIT' and balance_after < -credit_line - 0.005"""
        )
        == 0
    )


def test_refused_movements_say_why_and_moved_nothing(bank: SmallBank) -> None:
    assert bank.one("select count(*) from transaction where status = 'RJCT'") > 50  # type: ignore[operator]
    assert (
        bank.one(
            """select count(*) from transaction
        where (status = 'RJCT') <> (reject_reason is not null)
            or (status = 'RJCT') <> (balance_after is null)"""
        )
        == 0
    )


def test_a_reversal_gives_back_what_was_paid_before(bank: SmallBank) -> None:
    assert bank.one("select count(*) from transaction where status = 'RVSL'") > 20  # type: ignore[operator]
    assert (
        bank.one(
            """select count(*) from transaction as r join transaction as o on o.transaction_id = r.reversal_of
        where r.amount <> o.amount or r.account_id <> o.account_id or o.status <> 'BOOK'
            or r.booking_date_time <= o.booking_date_time or r.credit_debit_indicator <> 'CRDT'"""
        )
        == 0
    )


def test_nobody_is_contacted_without_consent(bank: SmallBank) -> None:
    assert (
        bank.one(
            """select count(*) from contact join customer as c
            on c.id = "customerId" and c.date = last_day("contactedAt"::date)
        where not marketing_consent"""
        )
        == 0
    )
    assert bank.one("select count(distinct arm) from contact") == 2


def test_rules_tools_decisions_are_closed_with_a_disposition(bank: SmallBank) -> None:
    assert bank.one("select count(*) from alert where (status = 'closed') <> (disposition is not null)") == 0
    assert bank.one("select count(*) from alert where disposed_at < created_at") == 0


def test_fraud_becomes_known_after_it_happened(bank: SmallBank) -> None:
    assert (
        bank.one(
            """select count(*) from fraud_case join transaction using (transaction_id)
        where reported_at <= booking_date_time or recovered > gross_loss or confirmed_at < reported_at"""
        )
        == 0
    )
    truth = f"read_parquet('{bank.truth}/fraud_transaction.parquet')"
    known = bank.one(f"select count(*) from {truth} where known_at < timestamp '2025-02-01'")
    assert bank.one("select count(*) from fraud_case") == known


def test_the_budget_is_the_year_s_run_rate_and_what_is_to_grow(bank: SmallBank) -> None:
    """Next year's costs, of twelve months known, 2 % up; the board looks when they are 5 % over."""
    costs = (
        "select sum(closing)::double / 12 * 1.02 from gl "
        "join (select distinct ledger_code, kpi_line from gl_account) using (ledger_code) "
        "where date = '2024-12-31' and kpi_line in ('staff_expenses', 'other_administrative_expenses', "
        "'depreciation', 'amortisation_intangibles')"
    )
    budget = "select {} from target where metric_id = 'nonint_expense' and period = '2025-06-01'"
    assert bank.one(budget.format("target")) == pytest.approx(bank.one(costs), abs=0.01)
    assert bank.one(budget.format("amber / target")) == pytest.approx(1.05, abs=1e-5)


def test_a_second_person_approves_targets(bank: SmallBank) -> None:
    assert bank.one("select count(*) from target where approved_by = proposed_by") == 0


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes_and_another_seed_another_bank(tmp_path: Path) -> None:
    for name, seed in (("one", 11), ("two", 11), ("three", 12)):
        generate(tmp_path / name / "l", tmp_path / name / "t", 60, 3, date(2024, 3, 31), seed)
    one, two, three = (_digests(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert one["l/transaction_20240331.csv"] != three["l/transaction_20240331.csv"]


def test_peers_are_copied_as_they_are(tmp_path: Path) -> None:
    generate(tmp_path / "l", tmp_path / "t", 60, 1, date(2024, 1, 31), 1, peers=tmp_path / "fdic")
    assert (tmp_path / "fdic" / "institutions.csv").read_text().splitlines()[0].startswith("CERT,NAME")
    assert len((tmp_path / "fdic" / "financials.csv").read_text().splitlines()) > 200


def test_too_small_a_bank_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 50 customers"):
        generate(tmp_path / "l", tmp_path / "t", customers=10)
