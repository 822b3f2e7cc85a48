"""The live raw files, and what models wrote, as relations of an open DuckDB connection.

Every contract table always exists with its types, with zero rows where nothing was delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from data.ingest import ledger
from data.ingest.contracts import load_contracts
from data.ingest.quality import check_results
from data.ingest.rules import literal, quoted
from data.ingest.sources import reporting_currency
from runtime.settings import Settings

MODEL_TABLES: dict[str, tuple[tuple[str, str], ...]] = {
    "transaction_score": (
        ("transaction_id", "VARCHAR"),
        ("booking_date_time", "TIMESTAMP"),
        ("model_id", "VARCHAR"),
        ("cut_off", "DATE"),
        ("score", "DOUBLE"),
    ),
    "model_evaluation": (
        ("model", "VARCHAR"),
        ("cut_off", "DATE"),
        ("month", "DATE"),
        ("part", "VARCHAR"),
        ("gini", "DOUBLE"),
        ("ks", "DOUBLE"),
        ("defaults", "INTEGER"),
        ("defaults_expected", "DOUBLE"),
        ("psi", "DOUBLE"),
    ),
    "forecast": (
        ("metric_id", "VARCHAR"),
        ("origin", "DATE"),
        ("date_day", "DATE"),
        ("horizon", "INTEGER"),
        ("model", "VARCHAR"),
        ("value", "DOUBLE"),
        ("lower", "DOUBLE"),
        ("upper", "DOUBLE"),
        ("interval", "DOUBLE"),
    ),
    "forecast_backtest": (
        ("metric_id", "VARCHAR"),
        ("origin", "DATE"),
        ("model", "VARCHAR"),
        ("horizon_days", "INTEGER"),
        ("mase", "DOUBLE"),
        ("coverage", "DOUBLE"),
    ),
    "loan_loss": (
        ("loan_id", "VARCHAR"),
        ("month", "DATE"),
        ("model_id", "VARCHAR"),
        ("cut_off", "DATE"),
        ("expected_loss", "DECIMAL(24,6)"),
    ),
}
"""What models write, `models/<table>/month=YYYY-MM/*.parquet`: name and type of each column."""

BATCH_EXTRA = (
    ("rows_loaded", "BIGINT", "Rows loaded, those that left quarantine later included."),
    ("rows_quarantined", "BIGINT", "Rows in quarantine."),
)
"""What `raw.batch` says besides the contract's columns."""

QUARANTINE_COUNT = (
    ("version_id", "VARCHAR", "Delivery the rows came with."),
    ("table_name", "VARCHAR", "Contract table."),
    ("rule", "VARCHAR", "Rule that the rows break."),
    ("rows", "BIGINT", "How many rows."),
)
"""Columns of `raw.quarantine_count`."""

CHECK_RESULT = (
    ("version_id", "VARCHAR", "Delivery whose rows were examined."),
    ("table_name", "VARCHAR", "Contract table."),
    ("rule", "VARCHAR", "Rule of the contract."),
    ("dq_dimension", "VARCHAR", "accuracy, completeness, timeliness or adaptability (BCBS 239)."),
    ("examined", "BIGINT", "How many values or rows the rule looked at."),
    ("failed", "BIGINT", "How many of them broke it, and are in quarantine for it."),
)
"""Columns of `raw.check_result`."""

REPORTING_CURRENCY = (("currency_code", "VARCHAR", "ISO 4217 currency of every figure."),)
"""Columns of `raw.reporting_currency`: one row, or none where nothing says it."""


def register(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Create or replace the schemas `raw` and `models`, as of the settings' point in time if they have one.

    `raw` holds one relation per contract table, `batch`, `quarantine_count`, `check_result` and
    `reporting_currency`. Later deliveries show only after registering again.
    """
    con.execute("CREATE SCHEMA IF NOT EXISTS raw")
    con.execute("CREATE SCHEMA IF NOT EXISTS models")
    with ledger.connect(settings) as connection:
        for contract in load_contracts().values():
            if contract.delivered:
                files = [
                    str(settings.raw / row["path"])
                    for row in ledger.live_files(connection, contract.table, settings.as_of)
                ]
                _view(con, "raw", contract.table, contract.raw_columns, files)
    _batch(con, settings)
    counts = [tuple(row.values()) for row in ledger.quarantine_counts(settings)]
    _table(con, "quarantine_count", [(name, kind) for name, kind, _ in QUARANTINE_COUNT], counts)
    _table(con, "check_result", [(name, kind) for name, kind, _ in CHECK_RESULT], check_results(settings))
    currency = reporting_currency(settings)
    _table(
        con,
        "reporting_currency",
        [(name, kind) for name, kind, _ in REPORTING_CURRENCY],
        [(currency,)] if currency else [],
    )
    for name, columns in MODEL_TABLES.items():
        folder = settings.models / name
        pattern = [str(folder / "*" / "*.parquet")] if any(folder.glob("*/*.parquet")) else []
        _view(con, "models", name, columns, pattern)


def _view(
    con: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    columns: Iterable[tuple[str, str]],
    files: Sequence[str],
) -> None:
    typed = ", ".join(
        f"CAST({quoted(column) if files else 'NULL'} AS {kind}) AS {quoted(column)}"
        for column, kind in columns
    )
    source = (
        f"FROM read_parquet([{', '.join(map(literal, files))}], hive_partitioning = false)"
        if files
        else "WHERE false"
    )
    con.execute(f"CREATE OR REPLACE VIEW {schema}.{quoted(name)} AS SELECT {typed} {source}")


def _table(
    con: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    texts = pa.table(
        {
            column: pa.array([None if row[number] is None else str(row[number]) for row in rows], pa.string())
            for number, (column, _) in enumerate(columns)
        }
    )
    typed = ", ".join(f"CAST({quoted(column)} AS {kind}) AS {quoted(column)}" for column, kind in columns)
    con.register("ledger_rows", texts)
    try:
        con.execute(f"CREATE OR REPLACE TABLE raw.{quoted(name)} AS SELECT {typed} FROM ledger_rows")
    finally:
        con.unregister("ledger_rows")


def _batch(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    columns = [*load_contracts()["batch"].raw_columns, *((name, kind) for name, kind, _ in BATCH_EXTRA)]
    rows = []
    for row in ledger.batch_rows(settings):
        received = row["received_at"].removesuffix("Z")
        values = {
            **row,
            "received_at": received,
            "count": row["rows_delivered"],
            "rows_quarantined": row["rows_delivered"] - row["rows_loaded"],
        }
        rows.append(tuple(values[name] for name, _ in columns))
    _table(con, "batch", columns, rows)
