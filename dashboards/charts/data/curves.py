"""The data of curves: one metric along the numbers of a dimension, a curve per value of another."""

from __future__ import annotations

from dashboards.charts.data.shared import (
    Shown,
    about,
    nothing,
    scale_for,
    split_by,
    subtitle,
    value_link,
    where,
)
from dashboards.charts.draw.curves import Curve, Curves
from dashboards.charts.spec import ChartSpec
from dashboards.dimensions import dimension
from dashboards.metrics import MetricRequest
from dashboards.metrics.format import exact
from dashboards.reader import Reader
from dashboards.selection import Selection


def curves(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Curves]:
    """The last values of `by` in their own order, each with its course along `across`.

    A curve of a single point is none, so what has just begun is left out.
    """
    part, split, along = spec.parts[0], split_by(spec, reader, selection), dimension(spec.across)
    selection = about(spec, reader, selection)
    metric = reader.metric(part.metric)
    filters = where(spec, part.metric, reader, selection, [split.name, along.name])
    period = selection.period
    table = reader.ask(
        MetricRequest((part.metric,), (split.name, along.name), filters, period.start, period.end)
    )
    frame = table.frame.dropna(subset=[part.metric]).sort_values(along.name)
    groups = {
        str(key): [(int(x), float(y)) for x, y in zip(rows[along.name], rows[part.metric], strict=True)]
        for key, rows in frame.groupby(split.name)
    }
    shown = sorted((key for key, points in groups.items() if len(points) > 1), key=split.key)[-spec.top :]
    if not shown:
        reason = nothing(metric, table.unavailable.get(part.metric))
        return Shown(spec.title, subtitle(spec, selection, ""), None, reason)
    points = {key: groups[key] for key in shown}
    scale = scale_for(metric, [y for one in points.values() for _, y in one], reader.snapshot.currency)
    chosen = selection.chosen.get(split.filter)
    found = [
        Curve(
            split.word(key),
            [x for x, _ in one],
            scale.of(y for _, y in one),
            [f"{split.word(key)} · {along.label.lower()} {x}: {exact(y, metric.unit)}" for x, y in one],
            value_link(spec, selection, split, key),
            faint=chosen is not None and chosen != key,
        )
        for key, one in points.items()
    ]
    records = tuple((key, x, y) for key, one in points.items() for x, y in one)
    young = len([key for key, points in groups.items() if len(points) == 1])
    older = len(groups) - young - len(shown)
    note = f"; the last {len(shown)}" if older else ""
    note += f"; {young} just begun" if young else ""
    head = subtitle(spec, selection, scale.words, by=split.label.lower()) + note
    return Shown(spec.title, head, Curves(found), "", (split.label, along.label, metric.label), records)
