"""What a chart says, as a value: metrics, grain, reach, comparison, mark. No data and no picture.

Built-in pages declare these; the way from one to its data is `charts.data`, to its picture `charts.draw`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["waterfall", "lines", "stack"]
Beside = Literal["peers", "forecast"]


@dataclass(frozen=True)
class Part:
    """One metric in a chart.

    `name` stands beside its mark. In a waterfall `adds` says whether the metric adds to the total or takes
    from it, and `rises`/`falls` are how a sentence says that it grew or shrank. `colour` is a token of
    `charts.style`.
    """

    metric: str
    name: str
    adds: bool = True
    colour: str = "series-1"
    text: str = "ink"
    rises: str = ""
    falls: str = ""


@dataclass(frozen=True)
class ChartSpec:
    """A chart.

    A `waterfall` explains the change of `total` between the selected period and the one it is held against by
    its parts; `lines` and `stack` show the parts over the `months` up to the period's end. `beside` adds the
    middle half of the peers to the first part, or the forecast of the series with the part's name.
    """

    title: str
    mark: Mark
    parts: tuple[Part, ...]
    subtitle: str
    """May name `{period}`, `{against}`, `{unit}` (say, million euros) and `{peers}` (their number)."""
    total: Part | None = None
    grain: Literal["month", "quarter"] = "month"
    months: int = 24
    beside: Beside | None = None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics without which there is nothing to show."""
        return ((self.total.metric,) if self.total else ()) + tuple(part.metric for part in self.parts)
