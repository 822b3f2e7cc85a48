"""Feature tables made for tests: months of ordinary payments with a few planted oddities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from ml.fraud.features import sample

FIRST_MONTH = "2024-01"
MONTHS = [f"2024-{month:02d}" for month in range(1, 11)]


def feature_frame(rows_per_month: int = 300, seed: int = 1) -> tuple[pd.DataFrame, set[str]]:
    """Ten months of features, and the ids of the planted rows: 2 % whose amount and counts lie far out."""
    rng = np.random.default_rng(seed)
    rows = rows_per_month * len(MONTHS)
    starts = np.repeat(pd.to_datetime([f"{month}-01" for month in MONTHS]).to_numpy(), rows_per_month)
    odd = rng.random(rows) < 0.02
    frame = pd.DataFrame(
        {
            "transaction_id": [f"T{number:06d}" for number in range(rows)],
            "account_id": [f"A{number % 50:03d}" for number in range(rows)],
            "month": pd.Series(starts).dt.date,
            "booking_date_time": starts + pd.to_timedelta(rng.integers(0, 28 * 86400, rows), unit="s"),
            "amount": rng.lognormal(3, 0.5, rows) * np.where(odd, 6, 1),
            "count_1_day": rng.poisson(2, rows) + np.where(odd, 8, 0),
            "days_since_last": np.where(rng.random(rows) < 0.1, np.nan, rng.exponential(3, rows)),
            "is_night": rng.random(rows) < np.where(odd, 0.6, 0.05),
            "always_one": np.ones(rows),
        }
    )
    return frame, set(frame.loc[odd, "transaction_id"])


def sampler(frame: pd.DataFrame) -> Callable[[date, date, int], pd.DataFrame]:
    """A `read_sample` over a frame in memory."""
    return lambda day_from, day_to, rows: sample(reader(frame)(day_from, day_to), rows)


def reader(frame: pd.DataFrame) -> Callable[[date, date], pd.DataFrame]:
    """A `read_features` over a frame in memory."""

    def read(day_from: date, day_to: date) -> pd.DataFrame:
        time = frame["booking_date_time"]
        return frame[(time >= pd.Timestamp(day_from)) & (time < pd.Timestamp(day_to))]

    return read
