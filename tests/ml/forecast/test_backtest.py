"""Rolling origins: which they are, and that none sees past its day."""

from datetime import date

import numpy as np
import pytest

from ml.forecast.backtest import backtest, roll, rolling_origins
from ml.forecast.models import seasonal_naive
from tests.ml.forecast.series import daily, drift, random_walk


def test_origins_are_the_last_day_and_the_month_ends_before_it() -> None:
    assert rolling_origins(date(2024, 3, 10), 4) == [
        date(2024, 3, 10),
        date(2024, 2, 29),
        date(2024, 1, 31),
        date(2023, 12, 31),
    ]
    assert rolling_origins(date(2024, 3, 31), 2) == [date(2024, 3, 31), date(2024, 2, 29)]


def test_seasonal_naive_repeats_the_last_week() -> None:
    history = daily([0, 0, 1, 2, 3, 4, 5, 6, 7])
    assert seasonal_naive(history, 9).tolist() == [1, 2, 3, 4, 5, 6, 7, 1, 2]


def test_forecast_and_interval_of_an_origin_do_not_see_what_follows() -> None:
    whole = random_walk(400)
    later = whole.copy()
    later["2025-11-01":] += 5000
    models = {"drift": drift}
    before = {f.origin: f for f in roll(whole, 1, forecasters=models)}
    after = {f.origin: f for f in roll(later, 1, forecasters=models)}
    assert sorted(before) == rolling_origins(date(2025, 12, 31), 7)[::-1]
    for origin, forecast in before.items():
        same = np.array_equal(forecast.values, after[origin].values)
        same_bounds = np.array_equal(forecast.lower, after[origin].lower)
        assert (same and same_bounds) == (origin <= date(2025, 10, 31))


def test_scores_by_hand() -> None:
    """Alternating 0 and 10, then 10 days of 20 after 30 November; MASE's scale: |yₜ − yₜ₋₇| is always 10."""
    values = [10.0 * (day % 2) for day in range(200)] + [20.0] * 10
    series = daily(values, "2025-12-10")
    found = {s.origin: s for s in backtest(series, roll(series, 1, forecasters={"naive": seasonal_naive}))}
    score = found[date(2025, 11, 30)]
    # the last week 1 0 1 0 1 0 1 (× 10) repeats: six times 10 off, four times 20 … over ten days
    errors = [abs(20 - 10.0 * ((193 + day % 7) % 2)) for day in range(10)]
    assert score.horizon_days == 10
    assert score.mase == pytest.approx(np.mean(errors) / 10)
    assert date(2025, 12, 10) not in found


def test_first_origins_without_history_are_left_out_and_the_first_has_no_interval() -> None:
    forecasts = roll(random_walk(125), 1, forecasters={"drift": drift})
    origins = [f.origin for f in forecasts]
    assert origins == [date(2025, 12, 31), date(2025, 11, 30)]
    assert forecasts[0].half_widths is not None
    assert forecasts[1].half_widths is None and np.isnan(forecasts[1].lower).all()
    assert [score.coverage for score in backtest(random_walk(125), forecasts)] == [None]
