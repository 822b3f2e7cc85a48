"""The data of a heat map: one metric per pair of values of two dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

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
from dashboards.charts.draw.heat import Heat
from dashboards.charts.spec import ChartSpec
from dashboards.dimensions import Dimension, dimension
from dashboards.metrics import MetricRequest
from dashboards.metrics.format import exact
from dashboards.reader import Reader
from dashboards.selection import Selection

MONTH_GRAIN = "metric_time__month"


def heat(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Heat]:
    """Rows by `by`, columns by `across`, each in its own order; pairs without a figure stay empty."""
    part, down, across = spec.parts[0], dimension(spec.by), split_by(spec, reader, selection)
    selection = about(spec, reader, selection)
    metric = reader.metric(part.metric)
    filters = where(spec, part.metric, reader, selection, [down.name, across.name])
    keys = tuple(name for one in (down, across) for name in (one.name, one.called) if name)
    period = selection.period
    table = reader.ask(MetricRequest((part.metric,), keys, filters, period.start, period.end))
    frame = table.frame.dropna(subset=[part.metric])
    by = (across if spec.also else down).label.lower()
    if frame.empty:
        reason = nothing(metric, table.unavailable.get(part.metric))
        return Shown(spec.title, subtitle(spec, selection, "", by=by), None, reason)
    monthly = across.name == MONTH_GRAIN
    frame[across.name] = frame[across.name].map(_month if monthly else str)
    frame[down.name] = frame[down.name].map(str)
    rows = sorted(frame[down.name].unique(), key=down.key)[-spec.top :]
    columns = sorted(frame[across.name].unique(), key=across.key)[:: spec.every]
    frame = frame[frame[down.name].isin(rows)]
    frame = frame[frame[across.name].isin(columns)]
    cells = frame.to_dict("records")
    row_words = _words(down, rows, cells)
    column_words = _months(columns) if monthly else _words(across, columns, cells)
    scale = scale_for(metric, frame[part.metric], reader.snapshot.currency)
    values = [float(one[part.metric]) for one in cells]
    largest = max(abs(value) for value in values) / scale.by
    decimals = 0 if largest >= 10 else 1
    at = [(row_words[one[down.name]], column_words[one[across.name]]) for one in cells]
    data = Heat(
        rows=[row_words[row] for row in rows],
        columns=[column_words[column] for column in columns],
        at=at,
        values=scale.of(values),
        labels=[f"{value / scale.by:,.{decimals}f}" for value in values],
        tips=[
            f"{down.label} {row}, {across.label.lower()} {column}: {exact(value, metric.unit)}"
            for (row, column), value in zip(at, values, strict=True)
        ],
        links=[value_link(spec, selection, down, one[down.name]) for one in cells],
    )
    records = tuple((one[down.name], one[across.name], float(one[part.metric])) for one in cells)
    head = subtitle(spec, selection, scale.words, by=by)
    labels = (down.label, "Month" if monthly else across.label, metric.label)
    return Shown(spec.title, head, data, "", labels, records)


def _month(value: Any) -> str:
    return f"{pd.Timestamp(value):%Y-%m}"


def _months(months: Sequence[str]) -> dict[str, str]:
    """What months are called; within a year only the first and January say theirs."""
    days = {month: date.fromisoformat(f"{month}-01") for month in months}
    short = len(months) <= 12
    return {
        month: f"{day:%b}" if short and day.month > 1 and month != months[0] else f"{day:%b %y}"
        for month, day in days.items()
    }


def _words(split: Dimension, values: Sequence[str], cells: Sequence[dict[Any, Any]]) -> dict[str, str]:
    """What values are called; of several alike each with its value, as each has a place of its own."""
    called = {str(one[split.name]): str(one[split.called or split.name]) for one in cells}
    words = {value: split.word(called[value]) for value in values}
    taken = list(words.values())
    return {value: word if taken.count(word) == 1 else f"{word} ({value})" for value, word in words.items()}
