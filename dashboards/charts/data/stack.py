"""The data of stacked bars in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from dashboards.charts.data.shared import (
    Shown,
    ask,
    dates,
    end_label,
    known_value,
    month_link,
    nothing,
    reach,
    scale_for,
    subtitle,
    when,
    where,
)
from dashboards.charts.draw.stack import Stack
from dashboards.charts.spec import ChartSpec
from dashboards.metrics import MetricRequest
from dashboards.metrics.format import exact
from dashboards.reader import Reader
from dashboards.selection import Selection


def stack(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Stack]:
    """Parts of a whole, month by month: metrics, or one metric by the values of a dimension."""
    start, end = reach(spec, reader, selection)
    months, courses, reason = (_by_value if spec.by else _by_metric)(spec, reader, selection, start, end)
    unit = reader.metric(spec.parts[0].metric)
    if not months:
        return Shown(spec.title, subtitle(spec, selection, ""), None, nothing(unit, reason))
    known = [one for values in courses.values() for one in values if not pd.isna(one)]
    if not any(known):
        named = " and ".join(courses)
        sentence = f"{named}: zero from {when(months[0], spec.grain)} to {when(months[-1], spec.grain)}."
        sentence = sentence[:1].upper() + sentence[1:]
        return Shown(spec.title, subtitle(spec, selection, ""), None, sentence)
    scale = scale_for(unit, known, reader.snapshot.currency)
    parts = {name: scale.of(values) for name, values in courses.items()}
    tips = {
        name: [
            f"{when(month, spec.grain)} · {name} {exact(value, unit.unit)}"
            for month, value in zip(months, values, strict=True)
        ]
        for name, values in courses.items()
    }
    labels = {name: end_label(name, values[-1], unit) for name, values in parts.items()}
    links = [month_link(selection, month, spec.grain) for month in months]
    records = tuple(
        (when(month, spec.grain), *(known_value(values[row]) for values in courses.values()))
        for row, month in enumerate(months)
    )
    hanging = {part.name for part in spec.parts if not part.adds}
    data = Stack(months, parts, tips, labels, links, hanging)
    head = subtitle(spec, selection, scale.words)
    return Shown(spec.title, head, data, "", ("Period", *courses), records)


Courses = tuple[list[date], Mapping[str, Sequence[float]], str]
"""Months, the values of each part by its name, and why there may be none."""


def _by_metric(spec: ChartSpec, reader: Reader, selection: Selection, start: date, end: date) -> Courses:
    metrics = tuple(part.metric for part in spec.parts)
    frame, reason = ask(spec, metrics, reader, selection, start, end, spec.grain)
    known = frame.dropna(how="all", subset=list(metrics)) if not frame.empty else frame
    if known.empty:
        return [], {}, reason
    return dates(known.iloc[:, 0]), {part.name: list(known[part.metric]) for part in spec.parts}, ""


def _by_value(spec: ChartSpec, reader: Reader, selection: Selection, start: date, end: date) -> Courses:
    """What a month has nothing of is not there: in a part it counts as nothing."""
    metric, time = spec.parts[0].metric, f"metric_time__{spec.grain}"
    filters = where(spec, metric, reader, selection, [spec.by])
    table = reader.ask(MetricRequest((metric,), (spec.by, time), filters, start, end))
    frame = table.frame.dropna(subset=[metric])
    if frame.empty:
        return [], {}, table.unavailable.get(metric, "")
    wide = frame.pivot(index=time, columns=spec.by, values=metric).sort_index()
    wide = wide.reindex(columns=[part.value for part in spec.parts]).fillna(0.0)
    return dates(wide.index), {part.name: list(wide[part.value]) for part in spec.parts}, ""
