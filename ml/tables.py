"""The tables models write, one Parquet file a month: `<models>/<table>/month=YYYY-MM/part.parquet`.

A file's bytes depend on its rows alone (typed, sorted by key, no timestamps), and it is replaced whole or not
at all. dbt reads these folders as sources.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.files import fsync_dir, write_atomic

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ModelTable:
    """One table: its columns as (name, Arrow type), and the columns that identify a row."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    def schema(self) -> pa.Schema:
        """Arrow schema; every column is required."""
        import pyarrow as pa

        types = {
            "string": pa.string(),
            "timestamp": pa.timestamp("us"),
            "date": pa.date32(),
            "double": pa.float64(),
            "integer": pa.int32(),
        }
        return pa.schema(
            [pa.field(name, types[kind], nullable=kind == "double") for name, kind in self.columns]
        )


TRANSACTION_SCORE = ModelTable(
    "transaction_score",
    (
        ("transaction_id", "string"),
        ("booking_date_time", "timestamp"),
        ("model_id", "string"),
        ("cut_off", "date"),
        ("score", "double"),
    ),
    key=("transaction_id",),
)
MODEL_EVALUATION = ModelTable(
    "model_evaluation",
    (
        ("model", "string"),
        ("cut_off", "date"),
        ("month", "date"),
        ("part", "string"),
        ("gini", "double"),
        ("ks", "double"),
        ("defaults", "integer"),
        ("defaults_expected", "double"),
        ("psi", "double"),
    ),
    key=("model", "month", "part"),
)
FORECAST = ModelTable(
    "forecast",
    (
        ("metric_id", "string"),
        ("origin", "date"),
        ("date_day", "date"),
        ("horizon", "integer"),
        ("model", "string"),
        ("value", "double"),
        ("lower", "double"),
        ("upper", "double"),
        ("interval", "double"),
    ),
    key=("metric_id", "origin", "model", "date_day"),
)
FORECAST_BACKTEST = ModelTable(
    "forecast_backtest",
    (
        ("metric_id", "string"),
        ("origin", "date"),
        ("model", "string"),
        ("horizon_days", "integer"),
        ("mase", "double"),
        ("coverage", "double"),
    ),
    key=("metric_id", "origin", "model"),
)
TABLES = (TRANSACTION_SCORE, MODEL_EVALUATION, FORECAST, FORECAST_BACKTEST)


def month_path(models_dir: Path, table: ModelTable, month: str) -> Path:
    """Where one month of a table lies."""
    return models_dir / table.name / f"month={month}" / "part.parquet"


def stored_months(models_dir: Path, table: ModelTable) -> list[str]:
    """Months of a table that have a file, oldest first."""
    folders = (models_dir / table.name).glob("month=*/part.parquet")
    return sorted(path.parent.name.removeprefix("month=") for path in folders)


def write_month(
    models_dir: Path, table: ModelTable, month: str, rows: pa.Table, notes: Mapping[str, str] | None = None
) -> bool:
    """Make `rows` the content of one month; no rows: no file. True when something changed.

    `notes` go into the file's metadata (see `month_notes`). A month that already holds the same bytes is left
    untouched.

    Raises:
        ValueError: the month is not `YYYY-MM`, or a key stands twice: that is a defect of the caller.
    """
    import pyarrow.parquet as pq

    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise ValueError(f"not a month: {month!r}")
    path = month_path(models_dir, table, month)
    if rows.num_rows == 0:
        return remove_month(models_dir, table, month)
    schema = table.schema()
    typed = rows.select(schema.names).cast(schema).sort_by([(name, "ascending") for name in table.key])
    if typed.group_by(list(table.key)).aggregate([([], "count_all")]).num_rows != typed.num_rows:
        raise ValueError(f"{table.name}, {month}: rows are not unique by {', '.join(table.key)}")
    typed = typed.replace_schema_metadata({key: notes[key] for key in sorted(notes)} if notes else None)
    buffer = io.BytesIO()
    pq.write_table(typed, buffer, compression="zstd")
    content = buffer.getvalue()
    if path.is_file() and path.read_bytes() == content:
        return False
    write_atomic(path, content)
    return True


def remove_month(models_dir: Path, table: ModelTable, month: str) -> bool:
    """Remove one month's file; True when there was one."""
    path = month_path(models_dir, table, month)
    if not path.is_file():
        return False
    path.unlink()
    fsync_dir(path.parent)
    return True


def month_notes(models_dir: Path, table: ModelTable, month: str) -> dict[str, str]:
    """The notes one month was written with; empty without a (readable) file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = month_path(models_dir, table, month)
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (FileNotFoundError, pa.ArrowInvalid):  # a damaged file counts as none: it is written anew
        return {}
    return {key.decode(): value.decode() for key, value in metadata.items()}
