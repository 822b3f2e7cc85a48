"""Model tables on disk: typed, sorted, whole, and untouched when nothing changed."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from ml.tables import FORECAST_BACKTEST, TABLES, month_notes, month_path, stored_months, write_month


def _rows(*metrics: str, mase: float | None = 0.5) -> pa.Table:
    rows: list[dict[str, Any]] = [
        {
            "metric_id": metric,
            "origin": date(2024, 1, 31),
            "model": "prophet",
            "horizon_days": 90,
            "mase": mase,
            "coverage": 0.8,
        }
        for metric in metrics
    ]
    return pa.Table.from_pylist(rows, FORECAST_BACKTEST.schema())


def test_written_month_is_what_duckdb_reads(tmp_path: Path) -> None:
    write_month(tmp_path, FORECAST_BACKTEST, "2024-01", _rows("b", "a", mase=None))
    with duckdb.connect() as connection:
        found = connection.execute(f"from '{tmp_path}/forecast_backtest/**/*.parquet'").fetchall()
    day = date(2024, 1, 31)
    assert [row[:6] for row in found] == [
        ("a", day, "prophet", 90, None, 0.8),
        ("b", day, "prophet", 90, None, 0.8),
    ]


def test_order_of_rows_does_not_change_the_bytes(tmp_path: Path) -> None:
    path = month_path(tmp_path, FORECAST_BACKTEST, "2024-01")
    write_month(tmp_path, FORECAST_BACKTEST, "2024-01", _rows("b", "a"), {"y": "1", "x": "2"})
    first = path.read_bytes()
    write_month(tmp_path, FORECAST_BACKTEST, "2024-01", _rows("a", "b"), {"x": "2", "y": "1"})
    assert path.read_bytes() == first


def test_same_content_is_not_written_again(tmp_path: Path) -> None:
    assert write_month(tmp_path, FORECAST_BACKTEST, "2024-01", _rows("a"))
    before = month_path(tmp_path, FORECAST_BACKTEST, "2024-01").stat()
    assert not write_month(tmp_path, FORECAST_BACKTEST, "2024-01", _rows("a"))
    after = month_path(tmp_path, FORECAST_BACKTEST, "2024-01").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_month_without_rows_has_no_file(tmp_path: Path) -> None:
    assert not write_month(tmp_path, FORECAST_BACKTEST, "2024-01", _rows())
    write_month(tmp_path, FORECAST_BACKTEST, "2024-01", _rows("a"))
    assert stored_months(tmp_path, FORECAST_BACKTEST) == ["2024-01"]
    assert write_month(tmp_path, FORECAST_BACKTEST, "2024-01", _rows())
    assert stored_months(tmp_path, FORECAST_BACKTEST) == []


def test_repeated_key_is_a_defect(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not unique by metric_id, origin, model"):
        write_month(tmp_path, FORECAST_BACKTEST, "2024-01", _rows("a", "a"))
    assert stored_months(tmp_path, FORECAST_BACKTEST) == []


@pytest.mark.parametrize("month", ["2024-1", "2024-13", "2024-01-01", "../2024-01"])
def test_month_must_be_a_month(tmp_path: Path, month: str) -> None:
    with pytest.raises(ValueError, match="not a month"):
        write_month(tmp_path, FORECAST_BACKTEST, month, _rows("a"))


def test_notes_come_back_and_a_damaged_file_has_none(tmp_path: Path) -> None:
    assert month_notes(tmp_path, FORECAST_BACKTEST, "2024-01") == {}
    write_month(tmp_path, FORECAST_BACKTEST, "2024-01", _rows("a"), {"model_id": "m"})
    assert month_notes(tmp_path, FORECAST_BACKTEST, "2024-01") == {"model_id": "m"}
    path = month_path(tmp_path, FORECAST_BACKTEST, "2024-01")
    path.write_bytes(path.read_bytes()[:-20])
    assert month_notes(tmp_path, FORECAST_BACKTEST, "2024-01") == {}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_keys_are_required_columns(table: Any) -> None:
    schema = table.schema()
    assert all(not schema.field(name).nullable for name in table.key)
