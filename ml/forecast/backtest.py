"""Forecasts from rolling origins: what was, or would have been, said on each of a row of days.

A forecast uses nothing later than its origin, its interval included: the interval comes from the errors of
still earlier origins, as far as they were known on the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ml.evaluation import coverage, mase
from ml.forecast.intervals import half_widths
from ml.forecast.models import FORECASTERS, SEASON_DAYS, Forecaster

if TYPE_CHECKING:
    import pandas as pd

Vector = NDArray[np.float64]

HORIZON_DAYS = 90
INTERVAL = 0.8
MIN_HISTORY_DAYS = 90
"""Least history before an origin: about three months, so that a week's rhythm stands out from chance."""

BACKTEST_ORIGINS = 6
"""Origins with known outcomes in the tables, besides the live one."""

CALIBRATION_ORIGINS = 3
"""Earlier origins whose errors give a forecast's interval: the newest of them reach 30, 60 and 90 days."""


@dataclass(frozen=True)
class Forecast:
    """One forecaster's values for the days after an origin, with bounds (None: nothing to base them on)."""

    origin: date
    model: str
    values: Vector
    half_widths: Vector | None

    @property
    def lower(self) -> Vector:
        """Lower bounds; NaN where unknown."""
        return self.values - (np.nan if self.half_widths is None else self.half_widths)

    @property
    def upper(self) -> Vector:
        """Upper bounds; NaN where unknown."""
        return self.values + (np.nan if self.half_widths is None else self.half_widths)


@dataclass(frozen=True)
class Score:
    """How one forecast came out over the days known by now."""

    origin: date
    model: str
    horizon_days: int
    mase: float | None
    coverage: float | None


def rolling_origins(last_day: date, count: int) -> list[date]:
    """The last day and the month ends before it, `count` in all, newest first."""
    origins = [last_day]
    while len(origins) < count:
        origins.append(origins[-1].replace(day=1) - timedelta(days=1))
    return origins


def roll(
    series: pd.Series[float],
    seed: int,
    *,
    last_day: date | None = None,
    origins: int = 1 + BACKTEST_ORIGINS,
    horizon: int = HORIZON_DAYS,
    forecasters: Mapping[str, Forecaster] = FORECASTERS,
) -> list[Forecast]:
    """Forecasts of all models from the newest origins, newest first; origins with too little history are out.

    `series` has one value a day, without gaps, indexed by day; `last_day` (default: its last) is the live
    origin.
    """
    days = rolling_origins(last_day or series.index[-1].date(), origins + CALIBRATION_ORIGINS)
    histories = {day: series[: str(day)] for day in days}
    usable = [day for day in days if len(histories[day]) >= MIN_HISTORY_DAYS]
    forecasts = []
    for model, forecaster in forecasters.items():
        values = {day: forecaster(histories[day], horizon, seed) for day in usable}
        for day in usable[:origins]:
            earlier = [before for before in usable if before < day][:CALIBRATION_ORIGINS]
            errors = [_errors(histories[day], before, values[before]) for before in earlier]
            forecasts.append(Forecast(day, model, values[day], half_widths(errors, horizon, INTERVAL)))
    return sorted(forecasts, key=lambda forecast: (forecast.origin, forecast.model), reverse=True)


def backtest(series: pd.Series[float], forecasts: list[Forecast]) -> list[Score]:
    """Compare forecasts with the days that have come since; those without any such day are left out."""
    scores = []
    for forecast in forecasts:
        history, actual = _split(series, forecast.origin, len(forecast.values))
        known = len(actual)
        if known:
            bounds = (
                None if forecast.half_widths is None else (forecast.lower[:known], forecast.upper[:known])
            )
            scores.append(
                Score(
                    origin=forecast.origin,
                    model=forecast.model,
                    horizon_days=known,
                    mase=mase(history, actual, forecast.values[:known], SEASON_DAYS),
                    coverage=coverage(actual, *bounds) if bounds else None,
                )
            )
    return scores


def _split(series: pd.Series[float], origin: date, horizon: int) -> tuple[Vector, Vector]:
    """Values up to the origin, and the at most `horizon` values after it."""
    known_days = len(series[: str(origin)])
    values = np.asarray(series, dtype=np.float64)
    return values[:known_days], values[known_days : known_days + horizon]


def _errors(known: pd.Series[float], origin: date, values: Vector) -> Vector:
    """Errors of an earlier forecast as far as `known` reaches."""
    _, actual = _split(known, origin, len(values))
    return actual - values[: len(actual)]
