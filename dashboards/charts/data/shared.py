"""What the data of all charts share: asking, the reach in time, scales and words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

import pandas as pd

from dashboards.charts.scales import MINUS
from dashboards.charts.spec import ChartSpec
from dashboards.dimensions import Dimension, dimension
from dashboards.metrics import Filter, Metric, MetricRequest
from dashboards.metrics.request import add_months, month_end
from dashboards.periods import period_of
from dashboards.reader import Reader
from dashboards.selection import Selection

_SCALES = ((1e9, "billion"), (1e6, "million"), (1e3, "thousand"))
CURRENCY_WORDS = {"EUR": "euros", "USD": "dollars", "CZK": "crowns", "GBP": "pounds", "CHF": "francs"}

D = TypeVar("D")


@dataclass(frozen=True)
class Shown(Generic[D]):
    """A chart's head and the data of its picture; `missing` says in a sentence why there is none.

    `columns` and `records` are the same figures to read or to take away, every digit of them.
    """

    title: str
    subtitle: str
    data: D | None = None
    missing: str = ""
    columns: tuple[str, ...] = ()
    records: tuple[tuple[Any, ...], ...] = ()


@dataclass(frozen=True)
class Scale:
    """How large amounts are written in a picture: divided by `by`, and called `words` in the subtitle."""

    by: float
    words: str

    def of(self, values: Iterable[float]) -> list[float]:
        return [value / self.by for value in values]


def scale_for(metric: Metric, values: Iterable[float], currency: str) -> Scale:
    """The scale in which the largest value has one to three digits before the point, or a few more below a
    thousand.
    """
    if metric.unit == "%":
        return Scale(0.01, "percent")
    if metric.unit == "pp":
        return Scale(0.01, "percentage points")
    if metric.unit == "bps":
        return Scale(1.0, "basis points")
    if metric.unit in ("hours", "days", "ratio"):
        return Scale(1.0, "" if metric.unit == "ratio" else metric.unit)
    words = CURRENCY_WORDS.get(currency, currency) if metric.unit == "ccy" else ""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    for by, name in _SCALES:
        if largest >= by:
            return Scale(by, f"{name} {words}".strip())
    return Scale(1.0, words or "number")


def needs(reason: str) -> str:
    """What stands in the place of a figure that is not there."""
    return reason[:1].upper() + reason[1:] + "."


def ask(
    spec: ChartSpec,
    metrics: Sequence[str],
    reader: Reader,
    selection: Selection,
    start: date,
    end: date,
    grain: str | None = None,
) -> tuple[pd.DataFrame, str]:
    """The answer for metrics that take the same filters, and why it may be empty."""
    group_by = (f"metric_time__{grain}",) if grain else ()
    request = MetricRequest(tuple(metrics), group_by, where(spec, metrics[0], reader, selection), start, end)
    table = reader.ask(request)
    return table.frame, table.unavailable.get(metrics[0], "")


def where(
    spec: ChartSpec, metric: str, reader: Reader, selection: Selection, leave_out: Iterable[str] = ()
) -> tuple[Filter, ...]:
    """The selection's filters and the chart's own, of which the latter win."""
    own = [one.name for one in spec.where]
    return (*reader.where(metric, selection, [*leave_out, *own]), *spec.where)


def split_by(spec: ChartSpec, reader: Reader, selection: Selection) -> Dimension:
    """The dimension that a chart is split by: a person's choice where its metric has it, else its own."""
    wanted = selection.state.by.get(spec.id, spec.by)
    dimensions = reader.metric(spec.parts[0].metric).dimensions
    return dimension(wanted if wanted in dimensions else spec.by)


def reach(spec: ChartSpec, reader: Reader, selection: Selection) -> tuple[date, date]:
    """First and last day of what a chart over time shows: whole quarters where these are its grain."""
    last = selection.period.last
    if spec.grain == "quarter":
        last = add_months(last, -(last.month % 3))
    first = add_months(last, 1 - spec.months)
    return max(first, reader.snapshot.first_month), max(
        month_end(last), month_end(reader.snapshot.first_month)
    )


def subtitle(spec: ChartSpec, selection: Selection, unit: str, peers: str = "", by: str = "") -> str:
    """The line under the title."""
    words = spec.subtitle.format(
        period=selection.period.name, against=selection.comparison.name, unit=unit, peers=peers, by=by
    )
    words = words.strip(" ,;·")
    return words[:1].upper() + words[1:]


def month_link(selection: Selection, day: date, grain: str) -> str:
    """Where a click on a point in time leads: the page of that month or quarter."""
    last = add_months(day.replace(day=1), 2 - (day.month - 1) % 3) if grain == "quarter" else day
    return selection.state.during(period_of("quarter" if grain == "quarter" else "month", last).id).query


def value_link(spec: ChartSpec, selection: Selection, split: Dimension, value: str) -> str:
    """Where a click on a value leads: the page filtered by it; of one that is chosen already one level down,
    or where there is none, back to all.
    """
    state = selection.state
    if selection.chosen.get(split.filter) != value:
        return state.choosing(split.filter, value).query
    if split.below:
        return state.drilled(spec.id, split.below).query
    return state.choosing(split.filter, None).query


def known_value(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def dates(days: Any) -> list[date]:
    return [pd.Timestamp(day).date() for day in days]


def when(day: date, grain: str) -> str:
    """How a point in time is called."""
    return f"Q{(day.month + 2) // 3} {day.year}" if grain == "quarter" else f"{day:%b %Y}"


def end_label(name: str, scaled: float, metric: Metric) -> str:
    """What stands at the end of a line."""
    whole = metric.unit == "n" and float(scaled).is_integer()
    decimals = 0 if whole else 2 if metric.unit == "%" or abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0
    return f"{name} {plain(scaled, decimals)}".strip()


def plain(value: float, decimals: int, *, signed: bool = False) -> str:
    """A scaled number with its true minus."""
    text = f"{abs(value):,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def signed(text: str, value: float) -> str:
    return f"+{text}" if value > 0 else text
