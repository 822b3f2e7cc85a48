"""The fixed calendar of cut-offs: which model a month is scored by depends on the calendar alone.

A model is fitted only on what happened before its cut-off, and a month is scored by the newest cut-off that
is not after the month's first day. So the score of a past month never depends on later data, nor on the day
the scoring ran.

Months are `YYYY-MM`; periods are half open, `[from, to)`.
"""

from __future__ import annotations

from datetime import date

HISTORY_MONTHS = 6
"""Full months a model needs before its cut-off, and the months it is fitted on: two quarters hold every
salary, rent and quarter-end rhythm at least twice, and behaviour older than that misleads more than it
teaches."""


def first_day(month: str) -> date:
    """First day of a month `YYYY-MM`."""
    return date.fromisoformat(f"{month}-01")


def add_months(day: date, months: int) -> date:
    """The first of the month that lies `months` after (or, negative, before) the month of `day`."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, 1)


def month_name(day: date) -> str:
    """The month a day lies in, as `YYYY-MM`."""
    return f"{day:%Y-%m}"


def cut_off_for(month: str, first_month: str) -> date | None:
    """Newest quarter start not after `month` with enough history since `first_month`; None: unscored."""
    start = first_day(month)
    quarter = date(start.year, start.month - (start.month - 1) % 3, 1)
    return quarter if quarter >= add_months(first_day(first_month), HISTORY_MONTHS) else None


def cut_offs_for(months: list[str], first_month: str) -> list[date]:
    """The cut-offs that the given months are scored by, oldest first."""
    found = {cut_off_for(month, first_month) for month in months}
    return sorted(cut_off for cut_off in found if cut_off is not None)


def history_months(cut_off: date) -> list[str]:
    """The months a model with this cut-off is fitted on, oldest first."""
    return [month_name(add_months(cut_off, -back)) for back in range(HISTORY_MONTHS, 0, -1)]
