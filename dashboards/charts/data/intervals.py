"""The data of intervals: a figure per value of a dimension, between the ends of where it may lie."""

from __future__ import annotations

from dashboards.charts.data.shared import (
    Shown,
    about,
    nothing,
    plain,
    scale_for,
    split_by,
    subtitle,
    value_link,
    where,
)
from dashboards.charts.draw.intervals import Interval
from dashboards.charts.spec import ChartSpec
from dashboards.metrics import MetricRequest
from dashboards.metrics.format import exact
from dashboards.reader import Reader
from dashboards.selection import Selection


def intervals(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[list[Interval]]:
    """The last values of `by` in their own order, the newest on top."""
    split = split_by(spec, reader, selection)
    selection = about(spec, reader, selection)
    names = tuple(part.metric for part in spec.parts)
    value, _, upper = names
    metric = reader.metric(value)
    filters = where(spec, value, reader, selection, [split.name])
    period = selection.period
    table = reader.ask(MetricRequest(names, (split.name,), filters, period.start, period.end))
    frame = table.frame.dropna(subset=list(names))
    if frame.empty:
        reason = nothing(metric, table.unavailable.get(value))
        return Shown(spec.title, subtitle(spec, selection, ""), None, reason)
    rows = sorted(frame.to_dict("records"), key=lambda row: split.key(str(row[split.name])), reverse=True)
    shown = rows[: spec.top]
    scale = scale_for(metric, frame[upper], reader.snapshot.currency)
    found = []
    for row in shown:
        key = str(row[split.name])
        at, low, high = (float(row[name]) for name in names)
        tone = "good" if low > 0 else "bad" if high < 0 else "rest"
        tip = f"{split.word(key)}: {exact(at, metric.unit)}, between {exact(low, metric.unit)} and "
        found.append(
            Interval(
                split.word(key), at / scale.by, low / scale.by, high / scale.by, tone,
                plain(at / scale.by, 1, signed=True), tip + exact(high, metric.unit),
                value_link(spec, selection, split, key),
            )
        )  # fmt: skip
    note = f"; the newest {len(shown)} of {len(rows)}" if len(rows) > len(shown) else ""
    head = subtitle(spec, selection, scale.words, by=split.label.lower()) + note
    columns = (split.label, *(reader.metric(name).label for name in names))
    records = tuple((str(row[split.name]), *(float(row[name]) for name in names)) for row in rows)
    return Shown(spec.title, head, found, "", columns, records)
