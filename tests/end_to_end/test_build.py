"""A build as a person sees it: published, checked, complete, without a name in it."""

from __future__ import annotations

import csv
import gzip
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from data.ingest.contracts import load_contracts
from data.ingest.views import register
from tests.end_to_end.bank import Bank
from tests.end_to_end.conftest import MONTHS


def raw(bank: Bank, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query over the live raw files."""
    with closing(duckdb.connect()) as con:
        register(con, bank.settings)
        return con.execute(sql).fetchall()


def test_what_was_built_is_published_and_checked(built_bank: Bank) -> None:
    info, status = built_bank.info(), built_bank.status()
    assert status["state"] == "ok"
    assert status["run_id"] == info["run_id"]
    assert info["build"] == built_bank.published()["pointer"]
    assert (info["first_month"], info["last_month"]) == (MONTHS[0], MONTHS[-1])
    assert info["checks_passed"] > 20
    assert info["checks_failed"] == 0


def test_every_kind_of_result_is_there(built_bank: Bank) -> None:
    marts = built_bank.marts()
    empty = sorted(name for name, rows in marts.items() if not rows)
    assert set(empty) == {
        # not delivered: see the test of the missing table
        "fct_target", "kpi_customers_reported_month",
        # no model writes it yet
        "fct_model_evaluation", "kpi_credit_ecl_month",
        # the books are sound
        "fct_recon_break",
        # takes a year, or a default, to be known
        "fct_customer_value_quarter", "kpi_credit_default_month", "kpi_credit_recovery_month",
    }  # fmt: skip
    assert {month for (month,) in built_bank.query("SELECT DISTINCT month FROM fct_transaction")} == {
        date.fromisoformat(f"{month}-01") for month in MONTHS
    }
    assert built_bank.query("SELECT DISTINCT month FROM fct_transaction_score") == [(date(2026, 1, 1),)]


def test_second_build_does_nothing_and_says_so(built_bank: Bank) -> None:
    before, status = built_bank.published(), built_bank.status()
    assert "nothing changed since the last build" in built_bank.succeed("build")
    assert "nothing new in landing" in built_bank.succeed("ingest")
    assert built_bank.published() == before
    assert built_bank.status() == status


def records_in(file: Path) -> int:
    """Records of a delivered file, counted without our readers."""
    if file.suffix == ".gz":
        return gzip.decompress(file.read_bytes()).count(b"\n")
    if file.suffix == ".txt":
        return file.read_bytes().count(b"\n")
    with file.open(newline="", encoding="latin-1") as text:
        return sum(1 for _ in csv.reader(text)) - 1


def test_no_row_is_lost_on_the_way(built_bank: Bank) -> None:
    """Files → ledger → raw: the same count for every table, and what is missing lies in quarantine."""
    delivered: dict[str, int] = {}
    for file in (built_bank.folder / "landing" / "demo").iterdir():
        table = file.name.split(".")[0].rsplit("_", 1)[0]
        delivered[table] = delivered.get(table, 0) + records_in(file)
    assert len(delivered) == 22
    ledger = {
        table: (loaded, quarantined)
        for table, loaded, quarantined in raw(
            built_bank,
            "SELECT table_name, sum(rows_loaded), sum(rows_quarantined) FROM raw.batch "
            "WHERE source = 'demo' GROUP BY 1",
        )
    }
    for table, count in delivered.items():
        assert sum(ledger[table]) == count, table
        loaded = raw(
            built_bank,
            f"SELECT count(*) FROM raw.{table} JOIN raw.batch USING (version_id) WHERE batch.source = 'demo'",
        )
        assert loaded == [(ledger[table][0],)], table
    assert built_bank.query("SELECT count(*) FROM fct_transaction") == [(delivered["transaction"],)]


def test_table_missing_from_the_delivery_is_there_with_no_rows(built_bank: Bank) -> None:
    assert built_bank.query("SELECT count(*) FROM fct_target") == [(0,)]
    columns = built_bank.query(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = 'bank' AND table_name = 'fct_target' "
        "ORDER BY column_index"
    )
    assert [name for (name,) in columns] == [
        "metric_id", "dimension_key", "period", "target", "amber", "red"
    ]  # fmt: skip


def test_no_mart_names_a_person(built_bank: Bank) -> None:
    """By the column's name, and by value: no identifier stands in any text of the snapshot."""
    identifiers = [
        (contract.table, column.name)
        for contract in load_contracts().values()
        for column in contract.fields
        if column.is_direct_identifier
    ]
    assert {("customer", "name"), ("customer", "national_id")} <= set(identifiers)
    columns = built_bank.query(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'bank'"
    )
    assert not {name for _, name, _ in columns} & {name for _, name in identifiers}
    texts = [(table, name) for table, name, kind in columns if kind == "VARCHAR"]
    published: set[str] = set()
    for table, name in texts:
        rows = built_bank.query(f'SELECT DISTINCT "{name}" FROM marts."{table}" WHERE "{name}" IS NOT NULL')
        published |= {value for (value,) in rows}
    # in a payment within the bank, the other account is the key that marts know it by
    published -= {value for (value,) in raw(built_bank, "SELECT DISTINCT id FROM raw.account")}
    for table, name in identifiers:
        rows = raw(
            built_bank, f'SELECT DISTINCT "{name}"::VARCHAR FROM raw.{table} WHERE "{name}" IS NOT NULL'
        )
        assert not published & {value for (value,) in rows}, f"{table}.{name}"


def test_birth_dates_reach_no_mart(built_bank: Bank) -> None:
    """A birth date is as good as a name in a small bank; marts hold age bands."""
    dates = built_bank.query(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = 'bank' AND column_name LIKE '%birth%'"
    )
    assert dates == []
