"""The months a demo bank lives through, as integer day numbers (days since 1970-01-01)."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)
NEVER = 2_000_000
"""A day number later than anything that happens."""

Days = NDArray[np.int64]

MONTH_STARTS: Days = (
    np.arange("1970-01", "2150-01", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
)
"""First day of every month from January 1970 on."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def to_date(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number))


def month_end(year: int, month: int) -> date:
    """Last calendar day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])


@dataclass(frozen=True)
class Timeline:
    """`months` whole months, the last one ending with the month of `end`."""

    months: int
    end: date

    @cached_property
    def year_months(self) -> list[tuple[int, int]]:
        """(year, month) of every month, oldest first."""
        last = self.end.year * 12 + self.end.month - 1
        return [divmod(last - self.months + 1 + i, 12) for i in range(self.months)]

    @cached_property
    def starts(self) -> Days:
        """First day of every month, and of the month after the last."""
        last = self.end.year * 12 + self.end.month - 1
        firsts = [divmod(last - self.months + 1 + i, 12) for i in range(self.months + 1)]
        return np.array([day_number(date(year, month + 1, 1)) for year, month in firsts], dtype=np.int64)

    @cached_property
    def ends(self) -> Days:
        """Last day of every month."""
        return self.starts[1:] - 1

    @property
    def first_day(self) -> int:
        """First day of the first month."""
        return int(self.starts[0])

    @property
    def last_day(self) -> int:
        """Last day of the last month."""
        return int(self.ends[-1])

    @property
    def days(self) -> int:
        """How many calendar days there are."""
        return self.last_day - self.first_day + 1

    def length(self, month: int) -> int:
        """Days of a month."""
        return int(self.starts[month + 1] - self.starts[month])

    def calendar_month(self, month: int) -> int:
        """1 for January … 12 for December."""
        return self.year_months[month][1] + 1

    def business_date(self, month: int) -> date:
        """The date that a month's files speak of."""
        return to_date(int(self.ends[month]))

    def month_of(self, days: Days) -> Days:
        """Index of the month that holds each day; below 0 before the first, `months` after the last."""
        return np.searchsorted(self.starts, days, side="right") - 1


def add_months(days: Days, count: Days | int) -> Days:
    """The same day of the month `count` months later; the caller keeps to days 1..28, which all months
    have.
    """
    stamps = days.astype("datetime64[D]")
    firsts = stamps.astype("datetime64[M]")
    return ((firsts + count).astype("datetime64[D]") + (stamps - firsts.astype("datetime64[D]"))).astype(
        np.int64
    )
