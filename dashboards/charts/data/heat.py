"""The data of a heat map: one metric per pair of values of two dimensions."""

from __future__ import annotations

from dashboards.charts.data.shared import Shown, needs, scale_for, subtitle, value_link, where
from dashboards.charts.draw.heat import Heat
from dashboards.charts.spec import ChartSpec
from dashboards.dimensions import dimension
from dashboards.metrics import MetricRequest
from dashboards.metrics.format import exact
from dashboards.reader import Reader
from dashboards.selection import Selection

MONTH_GRAIN = "metric_time__month"


def heat(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Heat]:
    """Rows by `by`, columns by `across`, each in its own order; pairs without a figure stay empty."""
    part, down, across = spec.parts[0], dimension(spec.by), dimension(spec.across)
    metric = reader.metric(part.metric)
    filters = where(spec, part.metric, reader, selection, [down.name, across.name])
    start = reader.snapshot.first_month if spec.known_over else selection.period.start
    table = reader.ask(
        MetricRequest((part.metric,), (down.name, across.name), filters, start, selection.period.end)
    )
    frame = table.frame.dropna(subset=[part.metric])
    if frame.empty:
        reason = needs(table.unavailable.get(part.metric, "no figures for this selection"))
        return Shown(spec.title, subtitle(spec, selection, ""), None, reason)
    frame = frame.astype({down.name: str, across.name: str})
    rows = sorted(frame[down.name].unique(), key=down.key)[-spec.top :]
    columns = sorted(frame[across.name].unique(), key=across.key)
    frame = frame[frame[down.name].isin(rows)]
    scale = scale_for(metric, frame[part.metric], reader.snapshot.currency)
    cells = frame.to_dict("records")
    values = [float(one[part.metric]) for one in cells]
    largest = max(abs(value) for value in values) / scale.by
    decimals = 0 if largest >= 10 else 1
    data = Heat(
        rows=[down.word(row) for row in rows],
        columns=[across.word(column) for column in columns],
        at=[(down.word(one[down.name]), across.word(one[across.name])) for one in cells],
        values=scale.of(values),
        labels=[f"{value / scale.by:,.{decimals}f}" for value in values],
        tips=[
            f"{down.label} {down.word(one[down.name])}, {across.label.lower()} "
            f"{across.word(one[across.name])}: {exact(value, metric.unit)}"
            for one, value in zip(cells, values, strict=True)
        ],
        links=[value_link(spec, selection, down, one[down.name]) for one in cells],
    )
    records = tuple((one[down.name], one[across.name], float(one[part.metric])) for one in cells)
    head = subtitle(spec, selection, scale.words, by=down.label.lower())
    return Shown(spec.title, head, data, "", (down.label, across.label, metric.label), records)
