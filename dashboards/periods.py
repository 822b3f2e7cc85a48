"""Periods a person can choose: a month, a quarter, the year to date, twelve months, any months in a row; and
what to hold them against.

A period has an id that stands in the address: `2025-12`, `2025-q4`, `2025-12-ytd`, `2025-12-12m`,
`2025-03..2025-08`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dashboards.metrics.compare import Against
from dashboards.metrics.request import add_months, month_end

Kind = Literal["month", "quarter", "ytd", "12m", "span"]
"""A `span` is what a person brushes over in a chart, and what lies before the year to date."""

_SPAN = re.compile(r"(?P<first>\d{4}-(?:0[1-9]|1[0-2]))\.\.(?P<last>\d{4}-(?:0[1-9]|1[0-2]))")
_ID = re.compile(r"(?P<year>\d{4})-(?:q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])(?:-(?P<kind>ytd|12m))?)")


@dataclass(frozen=True)
class Period:
    """Whole months from `first` to `last` (both the first day of their month)."""

    kind: Kind
    first: date
    last: date

    @property
    def id(self) -> str:
        if self.kind == "quarter":
            return f"{self.last.year}-q{(self.last.month + 2) // 3}"
        if self.kind == "span":
            return f"{self.first:%Y-%m}..{self.last:%Y-%m}"
        return f"{self.last:%Y-%m}" + ("" if self.kind == "month" else f"-{self.kind}")

    @property
    def name(self) -> str:
        """How a person calls it, e.g. `December 2025`, `Q4 2025`, `Year 2025`, `Jan–Jun 2025`."""
        if self.kind == "month":
            return f"{self.last:%B %Y}"
        if self.kind == "quarter":
            return f"Q{(self.last.month + 2) // 3} {self.last:%Y}"
        if self.kind == "12m":
            return f"12 months to {self.last:%b %Y}"
        if self.kind == "span" and self.first.year != self.last.year:
            return f"{self.first:%b %Y}–{self.last:%b %Y}"
        if self.kind == "span":
            return f"{self.first:%b}–{self.last:%b %Y}"
        if self.last.month == 12:
            return f"Year {self.last:%Y}"
        return f"Jan–{self.last:%b %Y}" if self.last.month > 1 else f"January {self.last:%Y}"

    @property
    def short(self) -> str:
        """The name where room is scarce: under a bar, behind a change."""
        if self.kind == "month":
            return f"{self.last:%b %Y}"
        if self.kind == "ytd":
            return f"{self.last:%Y}" if self.last.month == 12 else f"to {self.last:%b %Y}"
        return f"12 m to {self.last:%b %y}" if self.kind == "12m" else self.name

    @property
    def start(self) -> date:
        return self.first

    @property
    def end(self) -> date:
        """The last day of the period."""
        return month_end(self.last)

    def earlier(self, months: int) -> Period:
        """The same period so many months earlier."""
        return Period(self.kind, add_months(self.first, -months), add_months(self.last, -months))

    def last_year(self) -> Period:
        """The same period one year earlier."""
        return self.earlier(12)

    def previous(self) -> Period:
        """The period of as many months right before."""
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        whole_year = self.kind == "ytd" and months == 12
        kind: Kind = "span" if self.kind == "ytd" and not whole_year else self.kind
        return Period(kind, add_months(self.first, -months), add_months(self.last, -months))

    def quarter(self) -> Period:
        """The last whole quarter that ends with it or before its end."""
        return period_of("quarter", add_months(self.last, -(self.last.month % 3)))

    def against(self, choice: Against) -> Period:
        return self.last_year() if choice == "last_year" else self.previous()


def period_of(kind: Kind, last: date) -> Period:
    """The period of a kind that ends with a month."""
    back = {"month": 0, "quarter": 2, "ytd": last.month - 1, "12m": 11, "span": 0}[kind]
    return Period(kind, add_months(last, -back), last.replace(day=1))


def parse_period(text: str) -> Period | None:
    """The period of an id; None where the text is not one."""
    span = _SPAN.fullmatch(text)
    if span and "0000" not in (span["first"][:4], span["last"][:4]):
        first, last = sorted(date.fromisoformat(f"{month}-01") for month in span.groups())
        return Period("span" if first < last else "month", first, last)
    found = _ID.fullmatch(text)
    if found is None:
        return None
    year = int(found["year"])
    if year == 0:
        return None
    if found["quarter"]:
        return period_of("quarter", date(year, int(found["quarter"]) * 3, 1))
    return period_of(found["kind"] or "month", date(year, int(found["month"]), 1))  # pyright: ignore[reportArgumentType]


def choices(first: date, last: date) -> dict[str, dict[str, str]]:
    """What the period control offers for a bank whose data reaches from `first` to `last`: group → name → id.

    Only periods that lie inside the data as a whole; the newest first.
    """
    months = [
        add_months(last, -back)
        for back in range((last.year - first.year) * 12 + last.month - first.month + 1)
    ]
    candidates: dict[str, list[Period]] = {
        "Months": [period_of("month", month) for month in months],
        "To date": [period_of("ytd", last), period_of("12m", last)],
        "Quarters": [period_of("quarter", month) for month in months if month.month % 3 == 0],
        "Years": [period_of("ytd", month) for month in months if month.month == 12 and month != last],
    }
    offered: dict[str, dict[str, str]] = {}
    for group, periods in candidates.items():
        inside = {period.name: period.id for period in periods if period.first >= first.replace(day=1)}
        if inside:
            offered[group] = inside
    return offered
