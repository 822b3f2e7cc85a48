"""The time of a question: its bounds, its periods, what a figure of each runs over, what goes into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from dashboards.metrics.names import value_of
from dashboards.metrics.registry import Metric
from dashboards.metrics.request import (
    MetricRequest,
    add_months,
    month_end,
    month_start,
    months_between,
    period_end,
    period_start,
)
from dashboards.snapshot import Snapshot
from runtime.errors import BankError

BASIS = "basis"
"""The dimension that says how a ratio annualises and averages."""
DAILY = "daily"
"""The basis that can be added up over months; of the others the last quarter of a period counts."""

Kind = Literal["flow", "stock", "mixed"]
"""flow: summed over the period; stock: its last month counts; mixed: the one or the other, by basis."""

_AHEAD_MONTHS = 12  # how far past the data a question about forecasts reaches when it names no end


@dataclass(frozen=True)
class Period:
    """One period of a question, as far as asked."""

    first: date
    last: date
    label: date
    """First day of the whole period: what a row of it is called."""
    first_month: date
    """First day of the first month that is added up: the period's own, or its window's."""


def bounds(snapshot: Snapshot, request: MetricRequest, metrics: Iterable[Metric]) -> tuple[date, date]:
    """First and last day of the question, inside the data.

    Raises:
        BankError: the period lies outside, or cuts months of what is known by month.
    """
    metrics = list(metrics)
    first, last = snapshot.first_month, month_end(snapshot.last_month)
    if all(metric.ahead for metric in metrics):
        last = month_end(add_months(snapshot.last_month, _AHEAD_MONTHS))
    start, end = max(request.start or first, first), min(request.end or last, last)
    if start > end:
        raise BankError(
            f"The period {request.start or first} to {request.end or last} lies outside the data.",
            f"The published data reach from {first} to {last}.",
            "Choose a period inside that.",
        )
    monthly = next((metric.id for metric in metrics if metric.grain == "month"), None)
    if request.over != "period":
        monthly = f"A figure over {request.over}"
    if monthly and (start != month_start(start) or end != month_end(end)):
        raise BankError(
            f"{monthly} can't be told for {start} to {end}.",
            "It is known by month.",
            f"Ask for whole months, for example {month_start(start)} to {month_end(end)}.",
        )
    return start, end


def periods_of(request: MetricRequest) -> list[Period]:
    """Every period of the grouping of a bounded question; one where time is summed over."""
    start, end, grain = request.start, request.end, request.time_grain
    assert start is not None and end is not None
    periods, day = [], start
    while day <= end:
        last = min(period_end(day, grain), end) if grain else end
        label = period_start(day, grain) if grain else day
        periods.append(Period(day, last, label, _window_start(request, day, last)))
        day = last + timedelta(days=1)
    return periods


def _window_start(request: MetricRequest, first: date, last: date) -> date:
    if request.over == "ytd":
        return date(last.year, 1, 1)
    if request.over == "ttm":
        return add_months(month_start(last), -11)
    return month_start(first)


def kind_of(metric: Metric, request: MetricRequest) -> Kind:
    """How a metric behaves over the months of a period in this question."""
    if BASIS not in metric.dimensions:
        return "stock" if metric.kind == "stock" else "flow"
    basis = value_of(request, metric, BASIS)
    if basis is None:
        return "mixed"
    return "flow" if basis == DAILY else "stock"


def months_of(metric: Metric, request: MetricRequest, period: Period) -> set[str]:
    """The months, as `YYYY-MM`, whose data go into a metric's figure of a period."""
    kind = kind_of(metric, request)
    first = period.last if kind == "stock" else period.first_month
    if BASIS in metric.dimensions and kind != "flow":
        quarter = value_of(request, metric, BASIS) == "fdic_qtr"
        first = period_start(period.last, "quarter") if quarter else date(period.last.year, 1, 1)
    months = set(months_between(first, period.last))
    if metric.lookback:
        months |= set(
            months_between(add_months(first, -metric.lookback), add_months(first, -metric.lookback))
        )
    return months


def check_spans(request: MetricRequest, metrics: Iterable[Metric], periods: Iterable[Period]) -> None:
    """Every metric can be told for periods of this length on its basis.

    Raises:
        BankError: one can't; says for which periods it can.
    """
    for metric in metrics:
        if request.over != "period" and not metric.additive:
            raise BankError(
                f"{metric.id} can't run over {request.over}.",
                "It is no sum, so its months can't be added up.",
                "Ask for it by month, quarter or year.",
            )
        if BASIS not in metric.dimensions or kind_of(metric, request) == "flow":
            continue
        basis = value_of(request, metric, BASIS) or "quarterly"
        if request.over != "period":
            raise BankError(
                f"{metric.id} can't run over {request.over} on a {basis} basis.",
                "The basis says itself what a figure runs over.",
                f"Leave out --over, or filter to {BASIS} = {DAILY}.",
            )
        if any(period.last != period_end(period.last, "quarter") for period in periods):
            raise BankError(
                f"{metric.id} can't be told for this period on a {basis} basis.",
                "It is known at quarter-ends.",
                f"Ask for whole quarters or years, or filter to {BASIS} = {DAILY}.",
            )
