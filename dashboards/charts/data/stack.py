"""The data of stacked bars in time."""

from __future__ import annotations

from dashboards.charts.data.shared import (
    Shown,
    ask,
    dates,
    end_label,
    known_value,
    month_link,
    needs,
    reach,
    scale_for,
    subtitle,
    when,
)
from dashboards.charts.draw.stack import Stack
from dashboards.charts.spec import ChartSpec
from dashboards.metrics.format import exact
from dashboards.reader import Reader
from dashboards.selection import Selection


def stack(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Stack]:
    """Parts of a whole, month by month."""
    start, end = reach(spec, reader, selection)
    metrics = tuple(part.metric for part in spec.parts)
    frame, reason = ask(spec, metrics, reader, selection, start, end, spec.grain)
    known = frame.dropna(how="all", subset=list(metrics)) if not frame.empty else frame
    if known.empty:
        return Shown(
            spec.title, subtitle(spec, selection, ""), None, needs(reason or "no figures for this selection")
        )
    months = dates(known.iloc[:, 0])
    unit = reader.metric(metrics[0])
    scale = scale_for(unit, [value for name in metrics for value in known[name]], reader.snapshot.currency)
    parts = {part.name: scale.of(known[part.metric]) for part in spec.parts}
    tips = {
        part.name: [
            f"{when(month, spec.grain)} · {part.name} {exact(value, unit.unit)}"
            for month, value in zip(months, known[part.metric], strict=True)
        ]
        for part in spec.parts
    }
    labels = {name: end_label(name, values[-1], unit) for name, values in parts.items()}
    links = [month_link(selection, month, spec.grain) for month in months]
    columns = ("Period", *(part.name for part in spec.parts))
    records = tuple(
        (when(month, spec.grain), *(known_value(known[part.metric].iloc[row]) for part in spec.parts))
        for row, month in enumerate(months)
    )
    data = Stack(months, parts, tips, labels, links)
    return Shown(spec.title, subtitle(spec, selection, scale.words), data, "", columns, records)
