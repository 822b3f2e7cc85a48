"""The real bank and the real peers go through their mappings with the counts that are known of them."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data.ingest import ledger, views
from data.ingest.load import ingest
from runtime.settings import Settings

REFERENCE = os.environ.get("BANK_REFERENCE_DATA")

pytestmark = pytest.mark.skipif(
    not REFERENCE, reason="BANK_REFERENCE_DATA is not set: it names the folder of the reference data"
)


def _load(source: str, folder: Path) -> Settings:
    settings = Settings.model_validate({"BANK_DATA": str(folder)})
    ingest(settings, source, Path(REFERENCE or "") / source)
    return settings


def _ask(settings: Settings) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    views.register(con, settings)
    return con


@pytest.fixture(scope="module")
def berka(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return _load("berka", tmp_path_factory.mktemp("berka"))


@pytest.fixture(scope="module")
def con(berka: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with _ask(berka) as connection:
        yield connection


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.execute(query).fetchall()


def test_berka_counts_equal_the_files(con: duckdb.DuckDBPyConnection) -> None:
    expected = {
        "account": 4500, "customer": 5369, "account_holder": 5369, "loan": 682, "card": 892,
        "standing_order": 6471, "transaction": 49102, "branch": 77,
    }  # fmt: skip
    for table, count in expected.items():
        assert _rows(con, f"SELECT count(*) FROM raw.{table}") == [(count,)], table


def test_berka_loses_no_row(berka: Settings) -> None:
    assert ledger.quarantined(berka) == []
    assert {row["state"] for row in ledger.deliveries(berka)} == {"live"}


def test_berka_loans_by_status(con: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT status, count(*), sum(orig_notional)::BIGINT FROM raw.loan GROUP BY 1 ORDER BY 1"
    assert _rows(con, query) == [
        ("A", 203, 18_603_216), ("B", 31, 4_362_348), ("C", 403, 69_078_372), ("D", 45, 11_217_804)
    ]  # fmt: skip


def test_berka_schedule_adds_up_to_the_loan_and_is_due_on_the_12th(con: duckdb.DuckDBPyConnection) -> None:
    query = (
        "SELECT count(*) FROM raw.loan l JOIN (SELECT loan_id, sum(amount) AS due FROM raw.loan_cash_flow "
        "GROUP BY 1) s ON s.loan_id = l.id AND s.due = l.orig_notional"
    )
    assert _rows(con, query) == [(682,)]
    assert _rows(con, "SELECT DISTINCT day(payment_date) FROM raw.loan_cash_flow") == [(12,)]
    # loan 5314 of 5 July 1993 has nine instalments due by the end of March 1994, and paid one
    due = (
        "SELECT count(*) FROM raw.loan_cash_flow WHERE loan_id = '5314' AND payment_date <= DATE '1994-03-31'"
    )
    assert _rows(con, due) == [(9,)]
    assert _rows(con, "SELECT count(*) FROM raw.loan_transaction WHERE loan_id = '5314'") == [(1,)]


def test_berka_withdrawals_are_debits(con: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT credit_debit_indicator, count(*) FROM raw.transaction GROUP BY 1 ORDER BY 1"
    with (Path(REFERENCE or "") / "berka" / "trans.asc").open(newline="") as file:
        kinds = [row["type"] for row in csv.DictReader(file, delimiter=";")]
    assert kinds.count("VYBER") == 651
    assert _rows(con, query) == [
        ("CRDT", kinds.count("PRIJEM")),
        ("DBIT", len(kinds) - kinds.count("PRIJEM")),
    ]


def test_berka_blank_symbols_are_no_purpose(con: duckdb.DuckDBPyConnection) -> None:
    found = {code for (code,) in _rows(con, "SELECT DISTINCT purpose_code FROM raw.transaction")}
    assert found == {None, "INSU", "UBIL", "LOAN", "PENS", "INTE", "FEES", "PINT"}
    assert _rows(con, "SELECT count(*) FROM raw.standing_order WHERE purpose_code IS NULL") == [(1379,)]


def test_berka_birth_numbers(con: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT sex, birth_date::VARCHAR FROM raw.customer WHERE id IN ('1', '2') ORDER BY id"
    # 706213 and 450204: a woman of December 1970, a man of February 1945
    assert _rows(con, query) == [("F", "1970-12-13"), ("M", "1945-02-04")]


def test_berka_unknown_figures_of_district_69_are_left_out(con: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT count(*) FROM raw.macro_series WHERE region_id = '69'"
    assert _rows(con, query) == [(3,)]


def test_berka_months_end_where_it_is_observed(berka: Settings) -> None:
    assert ledger.month_range(berka) == ("1993-01", "1994-03")
    assert ledger.changed_months(berka, {})[-1] == "1994-03"


def test_berka_account_without_its_holders_waits_for_their_file(tmp_path: Path) -> None:
    settings = Settings.model_validate({"BANK_DATA": str(tmp_path)})
    landing = settings.landing / "berka"
    landing.mkdir(parents=True)
    for name in ("client.asc", "district.asc", "account.asc"):
        (landing / name).write_bytes((Path(REFERENCE or "") / "berka" / name).read_bytes())
    report = ingest(settings, "berka")
    assert report.blocked == ["account.asc: account needs disp"]
    (landing / "disp.asc").write_bytes((Path(REFERENCE or "") / "berka" / "disp.asc").read_bytes())
    assert ingest(settings, "berka").blocked == []
    with _ask(settings) as connection:
        assert _rows(connection, "SELECT count(*) FROM raw.account") == [(4500,)]


def test_fdic_figures_are_facts(tmp_path: Path) -> None:
    settings = _load("fdic", tmp_path)
    with _ask(settings) as connection:
        assert _rows(connection, "SELECT count(*) FROM raw.peer_entity") == [(10,)]
        assert _rows(connection, "SELECT count(*), count(DISTINCT concept) FROM raw.financial_fact") == [
            (273 * 25, 25)
        ]
        query = (
            "SELECT concept, value, is_ytd, unit, period_start::VARCHAR FROM raw.financial_fact "
            "WHERE entity_id = '628' AND period_end = DATE '2019-06-30' AND concept IN ('NETINC', 'EQR') "
            "ORDER BY 1"
        )
        found = [(concept, float(value), *rest) for concept, value, *rest in _rows(connection, query)]
        assert found == [
            ("EQR", 10.903418, False, "pct", None),
            ("NETINC", 16_103_000, True, "ccy_thousand", "2019-01-01"),
        ]
    # peers are no months of the own bank
    assert ledger.month_range(settings) is None
    assert ledger.changed_months(settings, {}) == []
