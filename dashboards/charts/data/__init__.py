"""From a chart specification to what its picture shows: asks the metrics, scales for reading, words the
hovers.

Values, changes and what they add up to come from `dashboards.metrics`; here they are only scaled for reading.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dashboards.charts.data.bars import bars
from dashboards.charts.data.curves import curves
from dashboards.charts.data.forecast import forecast
from dashboards.charts.data.heat import heat
from dashboards.charts.data.intervals import intervals
from dashboards.charts.data.lines import lines
from dashboards.charts.data.shared import Shown
from dashboards.charts.data.stack import stack
from dashboards.charts.data.waterfall import waterfall
from dashboards.charts.spec import ChartSpec
from dashboards.reader import Reader
from dashboards.selection import Selection

_MARKS = {
    "waterfall": waterfall, "lines": lines, "stack": stack, "bars": bars, "columns": bars, "heat": heat,
    "curves": curves, "intervals": intervals, "forecast": forecast,
}  # fmt: skip


def chart_data(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Any]:
    """Everything a chart shows for a selection."""
    shown = _MARKS[spec.mark](spec, reader, selection)
    unsplit = sorted({name for metric in spec.metrics for name in reader.not_split_by(metric, selection)})
    if unsplit and not shown.missing:
        return replace(shown, subtitle=f"{shown.subtitle}; not split by {' or '.join(unsplit)}")
    return shown
