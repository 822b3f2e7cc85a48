"""What can be asked: metrics, grouping, filters, period, order. Values only; nothing here opens anything."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, cast, get_args

from runtime.errors import BankError

Value = str | int | float
Over = Literal["period", "ytd", "ttm"]
OVER: tuple[Over, ...] = get_args(Over)
"""What a figure runs over: its own period, the year up to the period's end, the twelve months up to it."""

_TEXT = re.compile(
    r"\s*(?P<name>\w+)\s*(?P<op>not\s+in\b|in\b|!=|>=|<=|=|>|<)\s*(?P<rest>\S.*?)\s*", re.IGNORECASE
)
_ITEM = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^',()]+?))\s*(?:,|$)")
_OPERATORS = ("in", "not in", ">=", "<=", ">", "<")


@dataclass(frozen=True)
class Filter:
    """Rows whose `name` (a group-by name) stands in relation `op` to `values`.

    `in` and `not in` take any number of values, the comparisons one.
    """

    name: str
    values: tuple[Value, ...]
    op: str = "in"

    def __post_init__(self) -> None:
        values = self.values
        object.__setattr__(self, "values", (values,) if isinstance(values, Value) else tuple(values))
        if self.op not in _OPERATORS:
            raise _bad(f"The filter on {self.name} compares by {self.op!r}.", _OPERATORS_WHY)
        if not self.values or (self.op not in ("in", "not in") and len(self.values) != 1):
            raise _bad(f"The filter on {self.name} has {len(self.values)} values.", _OPERATORS_WHY)

    @staticmethod
    def parse(text: str) -> Filter:
        """A filter as typed: `branch = B01`, `segment in (retail, 'small business')`, `origin >= 2025-06-01`.

        Raises:
            BankError: the text is no filter.
        """
        found = _TEXT.fullmatch(text)
        if found is None:
            raise _bad(f"The filter {text!r} can't be read.", _OPERATORS_WHY)
        operator = " ".join(found["op"].lower().split())
        rest = found["rest"]
        if rest.startswith("(") and rest.endswith(")"):
            rest = rest[1:-1]
        values, position = [], 0
        while position < len(rest):
            item = _ITEM.match(rest, position)
            if item is None:
                raise _bad(f"The filter {text!r} can't be read.", _OPERATORS_WHY)
            values.append(item[2] if item[1] is None else item[1].replace("''", "'"))
            position = item.end()
        operator = {"=": "in", "!=": "not in"}.get(operator, operator)
        return Filter(found["name"], tuple(values), operator)


@dataclass(frozen=True)
class MetricRequest:
    """A question to the semantic layer; `of` makes one from text.

    `group_by` names: `metric_time__month` (day, week, quarter, year), `branch`, `segment`, `product`,
    `channel`, `branch__region` …; `order_by` names a metric or a group, with a leading `-` for descending.
    `start` and `end` are days, both included; as text also a month (`2025-12`) or a year. Without them: all
    data.
    """

    metrics: tuple[str, ...]
    group_by: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    start: date | None = None
    end: date | None = None
    order_by: tuple[str, ...] = ()
    limit: int | None = None
    over: Over = "period"

    def __post_init__(self) -> None:
        if not self.metrics:
            raise _bad("No metric was asked for.", "A question names at least one metric.")
        if self.start and self.end and self.start > self.end:
            raise _bad(
                f"The period starts on {self.start} and ends on {self.end}.", "It must start before it ends."
            )
        if self.limit is not None and self.limit < 1:
            raise _bad(f"The limit is {self.limit}.", "It must be at least 1.")
        if self.over not in OVER:
            raise _bad(f"A figure can't run over {self.over}.", f"It runs over {', '.join(OVER)}.")
        if self.over != "period" and self.time_grain in ("day", "week"):
            raise _bad(
                f"A {self.time_grain} has no {self.over}.",
                "Year to date and trailing twelve months end with a month.",
            )
        columns = {*self.metrics, *self.group_by}
        for name in self.order_by:
            if name.removeprefix("-") not in columns:
                raise _bad(
                    f"The order names {name.removeprefix('-')}.",
                    "A table is ordered by its own metrics and groups.",
                )

    @classmethod
    def of(
        cls,
        metrics: str | Iterable[str],
        group_by: str | Iterable[str] = (),
        where: str | Filter | Iterable[str | Filter] = (),
        start: date | str | None = None,
        end: date | str | None = None,
        order_by: str | Iterable[str] = (),
        limit: int | None = None,
        over: str = "period",
    ) -> MetricRequest:
        """The question in what a person types: names separated by commas, filters and bounds as text.

        Raises:
            BankError: something can't be read, or makes no question.
        """
        return cls(
            metrics=_names(metrics),
            group_by=_names(group_by),
            where=tuple(Filter.parse(one) if isinstance(one, str) else one for one in _listed(where)),
            start=_day(start, last=False),
            end=_day(end, last=True),
            order_by=_names(order_by),
            limit=limit,
            over=cast(Over, over),
        )

    @property
    def time_grain(self) -> str | None:
        """Time's grain in the grouping: day, week, month, quarter, year; None where it is summed over."""
        for name in self.group_by:
            if name.startswith("metric_time__"):
                return name.removeprefix("metric_time__")
        return None

    def between(self, start: date, end: date) -> MetricRequest:
        """The same question for another period."""
        return replace(self, start=start, end=end)


def month_start(day: date) -> date:
    """First day of the month."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """Last day of the month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    return first.replace(day=min(day.day, month_end(first).day))


def period_start(day: date, grain: str) -> date:
    """First day of the day, week, month, quarter or year that holds `day`."""
    if grain == "year":
        return date(day.year, 1, 1)
    if grain == "quarter":
        return date(day.year, day.month - (day.month - 1) % 3, 1)
    if grain == "month":
        return month_start(day)
    if grain == "week":
        return date.fromordinal(day.toordinal() - day.weekday())
    return day


def period_end(day: date, grain: str) -> date:
    """Last day of the day, week, month, quarter or year that holds `day`."""
    if grain in ("month", "quarter", "year"):
        months = {"month": 0, "quarter": 2, "year": 11}[grain]
        return month_end(add_months(period_start(day, grain), months))
    return date.fromordinal(period_start(day, grain).toordinal() + (6 if grain == "week" else 0))


def months_between(start: date, end: date) -> list[str]:
    """Every month that the period touches, as `YYYY-MM`."""
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return [f"{index // 12:04d}-{index % 12 + 1:02d}" for index in range(first, last + 1)]


def _names(value: str | Iterable[str]) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _listed(value: str | Filter | Iterable[str | Filter]) -> Iterable[str | Filter]:
    return (value,) if isinstance(value, (str, Filter)) else value


def _day(value: date | str | None, last: bool) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        parts = [int(part) for part in value.split("-")]
        if len(parts) == 3:
            return date(*parts)
        first = date(parts[0], parts[1] if len(parts) == 2 else 1, 1)
        return period_end(first, "month" if len(parts) == 2 else "year") if last else first
    except (ValueError, TypeError, IndexError) as error:
        raise _bad(
            f"The period bound {value!r} can't be read.", "It must be a day, a month or a year."
        ) from error


_OPERATORS_WHY = "A filter is a name, one of = != in not-in >= <= > <, and its values."


def _bad(what: str, why: str) -> BankError:
    return BankError(what, why, 'Try for example --where "branch = B01" --start 2025-01 --end 2025-12.')
