"""A row's features never look at what comes later."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from tests.dbt_project.conftest import Warehouse

CUT = datetime(2025, 2, 15, 12)


def test_features_do_not_change_when_later_movements_are_taken_away(demo_bank: Warehouse) -> None:
    """The month's own SQL, once over all movements and once over those before the cut."""
    compiled = demo_bank.settings.dbt_target / "compiled/bank/models/features/feat_transaction"
    sql = (compiled / "feat_transaction_2025-02.sql").read_text()
    with closing(demo_bank.connect()) as con:
        con.execute("CREATE SCHEMA memory.cut")
        con.execute(
            f"CREATE TABLE memory.cut.stg_transaction AS FROM work.staging.stg_transaction"
            f" WHERE booking_date_time < '{CUT}'"
        )
        con.execute(f"CREATE TABLE memory.whole AS {sql}")
        con.execute("CREATE TABLE memory.cut.features AS " + sql.replace('"work"."staging"', "memory.cut"))
        columns = [row[0] for row in con.execute("DESCRIBE memory.whole").fetchall()]
        before = con.execute(
            f"SELECT * FROM memory.whole WHERE booking_date_time < '{CUT}' ORDER BY 1"
        ).fetchall()
        without_later = con.execute("SELECT * FROM memory.cut.features ORDER BY 1").fetchall()
    assert columns[:4] == ["transaction_id", "account_id", "month", "booking_date_time"]
    assert len(without_later) > 300
    assert without_later == before


def test_features_are_of_booked_debits_that_customers_started(demo_bank: Warehouse) -> None:
    features = demo_bank.query(
        "SELECT count(*), count(DISTINCT transaction_id) FROM work.features.feat_transaction"
    )
    wanted = demo_bank.query(
        "SELECT count(*) FROM fct_transaction WHERE status IN ('BOOK', 'RVSL')"
        " AND credit_debit_indicator = 'DBIT' AND initiated_by = 'customer'"
    )[0][0]
    assert features == [(wanted, wanted)]


def test_features_are_finite_numbers(demo_bank: Warehouse) -> None:
    types = demo_bank.query(
        "SELECT column_name, data_type FROM duckdb_columns()"
        " WHERE table_name = 'feat_transaction' ORDER BY column_index"
    )
    numbers = [name for name, _ in types[4:]]
    assert {kind for _, kind in types[4:]} == {"DOUBLE"}
    assert len(numbers) >= 15
    bad = " + ".join(f"count(*) FILTER (WHERE {name} IS NULL OR NOT isfinite({name}))" for name in numbers)
    assert demo_bank.query(f"SELECT {bad} FROM work.features.feat_transaction") == [(0,)]


def test_every_feature_varies(demo_bank: Warehouse) -> None:
    """What is the same for every row tells nothing apart."""
    names = [
        row[0]
        for row in demo_bank.query(
            "SELECT column_name FROM duckdb_columns()"
            " WHERE table_name = 'feat_transaction' AND data_type = 'DOUBLE'"
        )
    ]
    comparisons = ", ".join(f"min({name}) < max({name})" for name in names)
    varies = demo_bank.query(f"SELECT {comparisons} FROM work.features.feat_transaction")[0]
    assert [name for name, different in zip(names, varies, strict=True) if not different] == []
