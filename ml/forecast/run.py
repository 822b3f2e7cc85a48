"""What the pipeline calls: forecast every series, compare with what came, write both tables.

The tables hold exactly the live origin and the six month ends before it, so they are a function of the series
alone, not of how often or when this ran.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.cutoffs import month_name
from ml.forecast.backtest import (
    BACKTEST_ORIGINS,
    INTERVAL,
    MIN_HISTORY_DAYS,
    Forecast,
    Score,
    backtest,
    roll,
    rolling_origins,
)
from ml.forecast.memory import Memory
from ml.forecast.models import FORECASTERS
from ml.tables import FORECAST, FORECAST_BACKTEST, ModelTable, remove_month, stored_months, write_month

if TYPE_CHECKING:
    import pandas as pd


def forecast_all(series: pd.DataFrame, models_dir: Path, seed: int) -> dict[str, Any]:
    """Forecast each metric of `series` (metric_id, date_day, value) and write the two forecast tables.

    Months of origins that have become too old lose their files.

    Returns `origins`, `fits` (models fitted; the others were remembered), `skipped` (metric → why it has no
    forecast), the two tables' row counts, and `metrics`: for each metric and model the mean MASE and coverage
    over the backtest's origins, and whether Prophet is better than the naive.
    """
    import pandas as pd

    days = pd.to_datetime(series["date_day"])
    if days.empty:
        return _write(models_dir, {}, {}) | {"origins": [], "fits": 0, "skipped": {}, "metrics": {}}
    last_day = days.max().date()
    memory = Memory(models_dir / "registry" / "forecast", "prophet")
    forecasters = FORECASTERS | {"prophet": memory.remember(FORECASTERS["prophet"])}
    forecasts: dict[str, list[Forecast]] = {}
    scores: dict[str, list[Score]] = {}
    skipped: dict[str, str] = {}
    for metric_id, rows in series.assign(date_day=days).groupby("metric_id", sort=True):
        values = rows.set_index("date_day")["value"].astype("float64").sort_index()
        reason = unfit(values, last_day)
        if reason:
            skipped[str(metric_id)] = reason
            continue
        forecasts[str(metric_id)] = roll(values, seed, forecasters=forecasters)
        scores[str(metric_id)] = backtest(values, forecasts[str(metric_id)])
    memory.forget_unused()
    origins = [str(origin) for origin in rolling_origins(last_day, 1 + BACKTEST_ORIGINS)]
    return _write(models_dir, forecasts, scores) | {
        "origins": origins,
        "fits": memory.fits,
        "skipped": skipped,
        "metrics": {metric_id: _summary(metric_scores) for metric_id, metric_scores in scores.items()},
    }


def unfit(values: pd.Series[float], last_day: date) -> str | None:
    """Why a daily series gets no forecast; None when it does."""
    first, last = values.index[0].date(), values.index[-1].date()
    if values.index.has_duplicates or len(values) != (last - first).days + 1:
        return f"it does not have one value for every day from {first} to {last}"
    if last != last_day:
        return f"it ends on {last}, the other series on {last_day}"
    if not np.isfinite(values.to_numpy()).all():
        return "it has missing or infinite values"
    if len(values) < MIN_HISTORY_DAYS:
        return f"it has {len(values)} days of history, a forecast needs {MIN_HISTORY_DAYS}"
    if values.nunique() == 1:
        return f"it never changes: every value is {values.iloc[0]:g}"
    return None


def _write(
    models_dir: Path, forecasts: dict[str, list[Forecast]], scores: dict[str, list[Score]]
) -> dict[str, Any]:
    """Write every origin's month of both tables, and remove all other months."""
    rows = {
        FORECAST: [row for metric_id, found in forecasts.items() for row in _forecast_rows(metric_id, found)],
        FORECAST_BACKTEST: [
            {"metric_id": metric_id, **vars(score)} for metric_id, found in scores.items() for score in found
        ],
    }
    return {f"{table.name}_rows": _write_months(models_dir, table, found) for table, found in rows.items()}


def _write_months(models_dir: Path, table: ModelTable, rows: list[dict[str, Any]]) -> int:
    import pyarrow as pa

    months: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        months.setdefault(month_name(row["origin"]), []).append(row)
    for month, month_rows in months.items():
        write_month(models_dir, table, month, pa.Table.from_pylist(month_rows, table.schema()))
    for month in stored_months(models_dir, table):
        if month not in months:
            remove_month(models_dir, table, month)
    return len(rows)


def _forecast_rows(metric_id: str, forecasts: list[Forecast]) -> list[dict[str, Any]]:
    def number(value: np.float64) -> float | None:
        return None if np.isnan(value) else float(value)

    return [
        {
            "metric_id": metric_id,
            "origin": forecast.origin,
            "date_day": forecast.origin + timedelta(days=horizon),
            "horizon": horizon,
            "model": forecast.model,
            "value": float(value),
            "lower": number(lower),
            "upper": number(upper),
            "interval": INTERVAL,
        }
        for forecast in forecasts
        for horizon, (value, lower, upper) in enumerate(
            zip(forecast.values, forecast.lower, forecast.upper, strict=True), start=1
        )
    ]


def _summary(scores: list[Score]) -> dict[str, Any]:
    """Mean MASE and coverage by model, and the verdict; figures that do not exist are None."""

    def mean(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if known else None

    summary: dict[str, Any] = {
        model: {
            "origins": sum(score.model == model for score in scores),
            "mase": mean([score.mase for score in scores if score.model == model]),
            "coverage": mean([score.coverage for score in scores if score.model == model]),
        }
        for model in ("prophet", "seasonal_naive")
    }
    ours, naive = summary["prophet"]["mase"], summary["seasonal_naive"]["mase"]
    return summary | {"is_better_than_naive": None if ours is None or naive is None else ours < naive}
