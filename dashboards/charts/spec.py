"""What a chart says, as a value: metrics, dimensions, grain, reach, comparison, mark. No data and no picture.

Built-in pages declare these; the way from one to its data is `charts.data`, to its picture `charts.picture`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dashboards.metrics import Filter

Mark = Literal[
    "waterfall", "lines", "stack", "bars", "columns", "heat", "curves", "intervals", "forecast"
]  # fmt: skip
Beside = Literal["peers", "forecast", "target"]
Over = Literal["period", "12m", "all"]


@dataclass(frozen=True)
class Part:
    """One metric in a chart.

    `name` stands beside its mark. In a waterfall `adds` says whether the metric adds to the total or takes
    from it, and `rises`/`falls` are how a sentence says that it grew or shrank; in a stack what does not add
    hangs below zero. `colour` is a token of `charts.style`. `value` is the one of the chart's `by` that the
    part of a stack is about.
    """

    metric: str
    name: str = ""
    adds: bool = True
    colour: str = "series-1"
    text: str = "ink"
    rises: str = ""
    falls: str = ""
    value: str = ""


@dataclass(frozen=True)
class ChartSpec:
    """A chart.

    A `waterfall` explains the change of `total` between the selected period and the one it is held against by
    its parts; with `by` (and `across`) by the values of dimensions of its one part, a metric that is the
    change itself. `lines` and `stack` show the parts over the `months` up to the period's end; with `by`
    they show one metric, a line or part per value. `bars` (lying) and `columns` (standing) show the one part
    in the period per value of `by`; `heat` per value of `by` and of `across`, which may be
    `metric_time__month`. `curves` show the one part along the numbers of `across`, a curve per value of `by`.
    `intervals` show the first part per value of `by` between the second and the third, the ends of its
    interval. `forecast` shows the one part before and after the newest forecast of `series` that the period
    could know, and that forecast. `beside` adds the middle half of the peers to the first part, its target,
    or the forecast of the series with the part's name.
    """

    title: str
    mark: Mark
    parts: tuple[Part, ...]
    subtitle: str
    """May name `{period}`, `{against}`, `{unit}` (say, million euros), `{by}`, `{peers}` (their number)."""
    total: Part | None = None
    grain: Literal["day", "month", "quarter"] = "month"
    """By day only a `forecast`."""
    months: int = 24
    beside: Beside | None = None
    by: str = ""
    across: str = ""
    series: str = ""
    """What the forecast is called in the marts."""
    also: tuple[str, ...] = ()
    """Other dimensions that a person may split it by instead of `by`."""
    where: tuple[Filter, ...] = ()
    """What it always is about, whatever else is chosen."""
    top: int = 10
    """How many values are shown one by one; of an amount or count the rest stand together."""
    over: Over = "period"
    """What bars, heat maps, curves and intervals are about: the period, the twelve months up to its end, or
    all the data up to there, as cohorts, vintages and campaigns are.
    """
    every: int = 1
    """Of the numbers in `across` a heat map shows each so many: months since, every third."""

    @property
    def id(self) -> str:
        """Its name in addresses and files."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    @property
    def split(self) -> str:
        """The dimension that a person may change: a heat map keeps its rows."""
        return self.across if self.mark == "heat" else self.by

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics without which there is nothing to show."""
        return ((self.total.metric,) if self.total else ()) + tuple(part.metric for part in self.parts)
