"""The two forecasters: Prophet, and the seasonal naive it has to beat.

Both are functions `(history, horizon, seed) -> values` over one daily series without gaps; neither gives
intervals (see `ml.forecast.intervals`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Vector = NDArray[np.float64]
Forecaster = Callable[["pd.Series[float]", int, int], Vector]

SEASON_DAYS = 7
"""The season of a bank's daily figures that is always there: the week."""

METHOD = 1
"""Raise it when a change of this module changes a forecast: what the older method made is made anew."""

YEARLY_FROM_DAYS = 730
"""A yearly rhythm is fitted from two full years on (Prophet's own rule)."""

MONTHLY_FROM_DAYS = 120
"""Month rhythm (salary, rent, fees) is fitted from four months on, when every day has been seen at least
three times."""


MAX_HISTORY_DAYS = 3 * 365 + 1
"""Prophet is fitted on the last three years: enough for the yearly rhythm, and the cost stops growing."""


def seasonal_naive(history: pd.Series[float], horizon: int, seed: int = 0) -> Vector:
    """The last week again and again (Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 5.2)."""
    week = np.asarray(history, dtype=np.float64)[-SEASON_DAYS:]
    return np.tile(week, -(-horizon // SEASON_DAYS))[:horizon]


def prophet(history: pd.Series[float], horizon: int, seed: int) -> Vector:
    """Prophet's MAP fit (Taylor & Letham 2018, The American Statistician 72:37): trend, week, month, year.

    The month's rhythm is one term for each day of the month and one for the last day: salary days and rent
    days are spikes that a Fourier series would smear. Without sampling, so the result is a function of
    history and seed.
    """
    import pandas as pd

    for name in ("prophet", "prophet.plot", "prophet.models", "cmdstanpy"):
        logging.getLogger(name).disabled = True  # a level would be set back by cmdstanpy
    from prophet import Prophet

    history = history.iloc[-MAX_HISTORY_DAYS:]
    days = pd.date_range(history.index[0], periods=len(history) + horizon)
    frame = pd.DataFrame({"ds": days})
    model = Prophet(
        weekly_seasonality=True,
        daily_seasonality=False,
        yearly_seasonality=len(history) >= YEARLY_FROM_DAYS,
        changepoint_range=0.9,
        uncertainty_samples=0,
    )
    if len(history) >= MONTHLY_FROM_DAYS:
        rhythm = _month_rhythm(days)
        for name in rhythm.columns:
            model.add_regressor(name, prior_scale=1.0, standardize=False)
        frame = pd.concat([frame, rhythm], axis=1)
    past = frame.iloc[: len(history)].assign(y=history.to_numpy(dtype=np.float64))
    model.fit(past, seed=seed)
    return model.predict(frame.iloc[len(history) :])["yhat"].to_numpy(dtype=np.float64)


def _month_rhythm(days: pd.DatetimeIndex) -> pd.DataFrame:
    """Indicators of the days 1 to 28 of a month and of its last day."""
    import pandas as pd

    columns = {f"day_{day:02d}": (days.day == day).astype(float) for day in range(1, 29)}
    return pd.DataFrame(columns | {"last_day": days.is_month_end.astype(float)})


FORECASTERS: dict[str, Forecaster] = {"prophet": prophet, "seasonal_naive": seasonal_naive}
"""Champion and challenger; the tables hold both."""
