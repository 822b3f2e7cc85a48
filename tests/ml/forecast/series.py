"""Daily series made for tests, and a forecaster that costs nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd


def daily(values: np.ndarray | list[float], last_day: str = "2025-12-31") -> pd.Series:
    """Values as a series that ends on `last_day`."""
    days = pd.date_range(end=last_day, periods=len(values), name="date_day")
    return pd.Series(np.asarray(values, dtype=float), index=days, name="value")


def rhythmic(days: int = 760, noise: float = 5.0, last_day: str = "2025-12-31") -> pd.Series:
    """Trend, weekday and salary day: what a bank's payments look like."""
    series = daily(np.zeros(days), last_day)
    when = pd.DatetimeIndex(series.index)
    weekday = np.where(when.day_of_week >= 5, -120.0, 0.0)
    salary = np.where(when.day == 25, 400.0, 0.0)
    return (
        series
        + 500
        + 0.2 * np.arange(days)
        + weekday
        + salary
        + np.random.default_rng(1).normal(0, noise, days)
    )


def random_walk(days: int = 760) -> pd.Series:
    """Steps of mean zero: nothing but the last value says anything about the next."""
    return daily(1000 + np.cumsum(np.random.default_rng(11).normal(0, 10, days)))


def long_frame(**series: pd.Series) -> pd.DataFrame:
    """Series as the feature table has them: metric_id, date_day, value."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "metric_id": name,
                    "date_day": pd.DatetimeIndex(values.index).date,
                    "value": values.to_numpy(),
                }
            )
            for name, values in series.items()
        ],
        ignore_index=True,
    )


def drift(history: pd.Series, horizon: int, seed: int) -> np.ndarray:
    """A stand-in forecaster: the last value, one more each day."""
    return float(history.iloc[-1]) + np.arange(1, horizon + 1, dtype=float)
