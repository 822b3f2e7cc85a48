"""The real bank: the PKDD'99 files through the whole chain, with the counts that are known of them."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.end_to_end.bank import Bank

REFERENCE = os.environ.get("BANK_REFERENCE_DATA")

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        not REFERENCE, reason="BANK_REFERENCE_DATA is not set: it names the folder of the reference data"
    ),
]


@pytest.fixture(scope="module")
def berka(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    bank = Bank(tmp_path_factory.mktemp("berka") / "bank")
    bank.succeed("ingest", "--source", "berka", str(Path(REFERENCE or "") / "berka"))
    bank.succeed("build")
    return bank


def warehouse(bank: Bank, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query over the warehouse, where contracts dated after the books' end are too."""
    with closing(duckdb.connect(str(bank.folder / "warehouse" / "work.duckdb"), read_only=True)) as con:
        con.execute(f"ATTACH '{bank.folder / 'warehouse' / 'bank.duckdb'}' AS bank (READ_ONLY)")
        return con.execute(sql).fetchall()


def test_counts_equal_the_files(berka: Bank) -> None:
    assert berka.query("SELECT count(*) FROM dim_account") == [(4500,)]
    assert berka.query("SELECT count(*) FROM dim_customer") == [(5369,)]
    assert berka.query("SELECT count(*) FROM fct_transaction") == [(49102,)]
    assert warehouse(berka, "SELECT count(*) FROM staging.stg_loan") == [(682,)]


def test_loans_by_delivered_status(berka: Bank) -> None:
    query = "SELECT status, loans, amount::BIGINT FROM kpi_control_loan_status ORDER BY 1"
    assert berka.query(query) == [
        ("A", 203, 18_603_216), ("B", 31, 4_362_348), ("C", 403, 69_078_372), ("D", 45, 11_217_804)
    ]  # fmt: skip


def test_books_end_where_they_are_observed(berka: Bank) -> None:
    info = berka.info()
    assert info["bank"] == "PKDD'99 Czech bank"
    assert info["business_date"] == "1994-03-31"
    assert (info["first_month"], info["last_month"]) == ("1993-01", "1994-03")
    # 644 of the 682 contracts are dated later
    assert berka.query("SELECT count(DISTINCT loan_id) FROM fct_loan_month") == [(38,)]


def test_what_needs_a_ledger_is_said_to_be_missing(berka: Bank) -> None:
    done = berka.run(
        "metrics", "query", "--metrics", "nim,cost_to_income", "--group-by", "metric_time__month"
    )
    assert done.code == 0, done.err
    for metric in ("nim", "cost_to_income"):
        [needs] = [line for line in done.err.splitlines() if line.startswith(f"{metric}: ")]
        assert "gl_balance" in needs
    counted = berka.succeed("metrics", "query", "--metrics", "txn_volume", "--format", "csv")
    assert float(counted.splitlines()[-1]) == 49102
