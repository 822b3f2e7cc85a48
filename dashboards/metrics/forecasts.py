"""Forecasts as they were made at a time: the metrics of forecasts know the newest one of a period only.

Read from the marts; the model's, not the seasonal-naive ones it is measured against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from dashboards.snapshot import Snapshot
from runtime.errors import BankError

MODEL = "prophet"

_ALL = """
    SELECT metric_id, origin, date_day, value, lower, upper, interval FROM fct_forecast
    WHERE model = ? ORDER BY metric_id, origin, date_day
"""


@dataclass(frozen=True)
class Forecast:
    """One series' forecast: by day the expected value and the bounds between which a share `interval` of the
    days should lie; made with all that was known at the end of `origin`.
    """

    series: str
    origin: date
    interval: float
    days: Mapping[date, tuple[float, float, float]]
    """Expected, lower, upper."""


@dataclass(frozen=True)
class Missed:
    """A day outside the band, and how far beyond the nearer bound it lay, in the series' unit."""

    day: date
    actual: float
    expected: float
    lower: float
    upper: float

    @property
    def beyond(self) -> float:
        """Above the band positive, below it negative."""
        return self.actual - self.upper if self.actual > self.upper else self.actual - self.lower

    @property
    def widths(self) -> float:
        """The same in widths of the band, so that series of different size can be compared."""
        return abs(self.beyond) / (self.upper - self.lower) if self.upper > self.lower else 0.0


def forecasts(snapshot: Snapshot) -> Mapping[str, Mapping[date, Forecast]]:
    """Every forecast of the snapshot by series and origin, the oldest first.

    Raises:
        BankError: the snapshot is of a version without forecasts.
    """
    return snapshot.keep("forecasts", lambda: _read(snapshot))


def made_by(known: Mapping[date, Forecast], day: date) -> Forecast | None:
    """The newest forecast made no later than a day."""
    origins = [origin for origin in known if origin <= day]
    return known[max(origins)] if origins else None


def missed(forecast: Forecast, actual: Mapping[date, float]) -> list[Missed]:
    """The days on which what happened lay outside the band, in their order."""
    return [
        Missed(day, actual[day], *bounds)
        for day, bounds in forecast.days.items()
        if day in actual and not bounds[1] <= actual[day] <= bounds[2]
    ]


def _read(snapshot: Snapshot) -> dict[str, dict[date, Forecast]]:
    days: dict[tuple[str, date, float], dict[date, tuple[float, float, float]]] = {}
    with snapshot.cursor() as cursor:
        try:
            rows = cursor.execute(_ALL, [MODEL]).fetchall()
        except duckdb.CatalogException as error:
            raise BankError(
                "This snapshot has no forecasts.",
                " ".join(str(error).split("\n\n")[0].split()),
                "Run `bank build` to publish a new one.",
            ) from error
    for series, origin, day, expected, lower, upper, interval in rows:
        days.setdefault((series, origin, float(interval)), {})[day] = (
            float(expected),
            float(lower),
            float(upper),
        )
    found: dict[str, dict[date, Forecast]] = {}
    for (series, origin, interval), by_day in days.items():
        found.setdefault(series, {})[origin] = Forecast(series, origin, interval, by_day)
    return found
