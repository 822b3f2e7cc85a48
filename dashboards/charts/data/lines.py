"""The data of lines: courses in time, with forecast or peers beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from dashboards.charts.data.shared import (
    Scale,
    Shown,
    ask,
    dates,
    end_label,
    month_link,
    needs,
    nothing,
    reach,
    scale_for,
    split_by,
    subtitle,
    value_link,
    when,
    where,
)
from dashboards.charts.draw.lines import Lines, Strand
from dashboards.charts.spec import ChartSpec
from dashboards.dimensions import dimension
from dashboards.metrics import BASIS, DAILY, PEER_BASES, Filter, Metric, MetricRequest
from dashboards.metrics.format import exact, number
from dashboards.metrics.request import add_months, month_end
from dashboards.periods import period_of
from dashboards.reader import Reader
from dashboards.selection import Selection

PEER_FILTER = "peer_metric"
PEER_BASIS = "peer_basis"
SERIES = "series"
MODEL_FILTER = "forecast_model"
MODEL = "prophet"
NAIVE = 1.0
"""A scaled error at or above this is no better than the seasonal naive forecast."""
LINES = 5
"""How many lines can be told apart."""


def lines(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Lines]:
    """The course of some metrics, or of one metric by the values of a dimension."""
    if spec.by:
        return _by_value(spec, reader, selection)
    start, end = reach(spec, reader, selection)
    basis = _peers_basis(spec, reader, selection) if spec.beside == "peers" else ""
    if basis:
        others = tuple(one for one in spec.where if one.name != BASIS)
        spec = replace(spec, where=(*others, Filter(BASIS, (basis,))))
    if _before_quarters(spec, basis, reader, selection):
        reason = f"It is known by quarter, and the data begin after {selection.period.quarter().name}."
        return Shown(spec.title, subtitle(spec, selection, ""), None, reason)
    courses: dict[str, tuple[list[date], list[float]]] = {}
    reasons = []
    for part in spec.parts:
        frame, reason = ask(spec, (part.metric,), reader, selection, start, end, spec.grain)
        known = frame.dropna() if not frame.empty else frame
        if known.empty:
            why = reason or "no figures for this selection"
            reasons.append(
                needs(why) if len(spec.parts) == 1 else f"{reader.metric(part.metric).label}: {why}."
            )
        else:
            courses[part.metric] = (dates(known.iloc[:, 0]), list(known[part.metric]))
    if not courses:
        return Shown(spec.title, subtitle(spec, selection, ""), None, " ".join(reasons))
    first = reader.metric(next(iter(courses)))
    scale = scale_for(
        first, [value for _, values in courses.values() for value in values], reader.snapshot.currency
    )
    strands: dict[str, Strand] = {}
    for part in spec.parts:
        if part.metric in courses:
            days, values = courses[part.metric]
            tips = [
                f"{when(day, spec.grain)} · {part.name} {exact(value, first.unit)}"
                for day, value in zip(days, values, strict=True)
            ]
            strands[part.metric] = Strand(
                days,
                scale.of(values),
                tips,
                end_label(part.name, values[-1] / scale.by, first),
                links=[month_link(selection, day, spec.grain) for day in days],
            )
    since, note = None, ""
    peers = ""
    if spec.beside == "forecast":
        since, note = _add_forecast(spec, reader, selection, strands, scale, first)
    elif spec.beside == "peers":
        peers = _add_peers(spec, reader, strands, scale, first, start, end, basis or PEER_BASES[0])
        peers = f"{dimension(BASIS).word(basis)}, {peers}" if basis else peers
    elif spec.beside == "target":
        _add_target(spec, reader, selection, strands, scale)
    head = subtitle(spec, selection, scale.words, peers) + note
    if reasons:
        head += ". " + " ".join(reasons)
    labels = [reader.metric(name).label for name in courses]
    columns, records = _table(spec, labels, courses)
    return Shown(spec.title, head, Lines(strands, spec.grain == "quarter", since), "", columns, records)


def _table(
    spec: ChartSpec, labels: Sequence[str], courses: Mapping[str, tuple[list[date], list[float]]]
) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    """One row per point in time, one column per line."""
    days = sorted({day for known, _ in courses.values() for day in known})
    values = [dict(zip(*course, strict=True)) for course in courses.values()]
    records = tuple((when(day, spec.grain), *(one.get(day) for one in values)) for day in days)
    return ("Period", *labels), records


def _by_value(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Lines]:
    """A line per value of the dimension: those that are largest at the end, or the chosen one among them."""
    part, split = spec.parts[0], split_by(spec, reader, selection)
    metric = reader.metric(part.metric)
    start, end = reach(spec, reader, selection)
    grouping = (split.name, *((split.called,) if split.called else ()), f"metric_time__{spec.grain}")
    filters = where(spec, part.metric, reader, selection, [split.name])
    table = reader.ask(MetricRequest((part.metric,), grouping, filters, start, end))
    known: dict[str, list[tuple[date, str, float]]] = {}
    for key, *called, day, value in table.records:
        if key is not None and value is not None:
            known.setdefault(str(key), []).append((day, str(called[0] if called else key), float(value)))
    for points in known.values():
        points.sort(key=lambda point: point[0])
    if not known:
        reason = nothing(metric, table.unavailable.get(part.metric))
        return Shown(spec.title, subtitle(spec, selection, "", by=split.label.lower()), None, reason)
    ranked = sorted(known, key=lambda key: (-abs(known[key][-1][2]), key))
    kept = ranked[:LINES]
    chosen = selection.chosen.get(split.filter)
    if chosen in ranked[LINES:]:
        kept[-1] = chosen
    if split.in_order:
        kept = sorted(kept, key=split.key)
    every = [value for points in known.values() for *_, value in points]
    scale = scale_for(metric, every, reader.snapshot.currency)
    strands, courses = {}, {}
    for slot, key in enumerate(kept):
        name = split.word(known[key][-1][1])
        days, values = [day for day, *_ in known[key]], [value for *_, value in known[key]]
        courses[name] = (days, values)
        tips = [
            f"{name} · {when(day, spec.grain)} · {exact(value, metric.unit)}"
            for day, value in zip(days, values, strict=True)
        ]
        link = value_link(spec, selection, split, key)
        label = end_label(name, values[-1] / scale.by, metric)
        strands[str(slot)] = Strand(days, scale.of(values), tips, label, links=[link] * len(days))
    note = f"; the {LINES} largest of {len(ranked)}" if len(ranked) > LINES else ""
    head = subtitle(spec, selection, scale.words, by=split.label.lower()) + note
    columns, records = _table(spec, list(courses), courses)
    return Shown(spec.title, head, Lines(strands, spec.grain == "quarter"), "", columns, records)


def _add_forecast(
    spec: ChartSpec,
    reader: Reader,
    selection: Selection,
    strands: dict[str, Strand],
    scale: Scale,
    known: Metric,
) -> tuple[date | None, str]:
    """Continue the first part by its forecast at month ends. Returns where it begins, and a note on it."""
    part = spec.parts[0]
    if selection.chosen:
        return None, "; forecast for the whole bank only"
    if selection.period.last != reader.snapshot.last_month or part.metric not in strands:
        return None, ""
    own = strands[part.metric]
    last = reader.snapshot.last_month
    request = MetricRequest(
        ("forecast_value", "forecast_lower", "forecast_upper"), ("metric_time__day",),
        _forecast_filters(reader, "forecast_value", part.metric),
        add_months(last, 1), month_end(add_months(last, 9)),
    )  # fmt: skip
    frame = reader.ask(request).frame.dropna()
    days = dates(frame["metric_time__day"]) if not frame.empty else []
    ends = [index for index, day in enumerate(days) if day == month_end(day)]
    if not ends:
        return None, "; no forecast in this snapshot"
    x = [own.x[-1], *(days[index].replace(day=1) for index in ends)]
    columns = {name: [own.y[-1], *scale.of(frame[name].iloc[ends])] for name in request.metrics}
    tips = [""]
    for index in ends:
        expected, low, high = (number(frame[name].iloc[index], known.unit) for name in request.metrics)
        tips.append(f"{days[index]:%b %Y} · expected {expected}, 80 % between {low} and {high}")
    value = frame["forecast_value"].iloc[ends[-1]]
    strands["forecast"] = Strand(
        x, columns["forecast_value"], tips, end_label(part.name, value / scale.by, known),
        columns["forecast_lower"], columns["forecast_upper"],
    )  # fmt: skip
    strands[part.metric] = replace(own, label="")
    return own.x[-1], "; forecast with 80 % band" + _backtest_words(reader, part.metric)


def _forecast_filters(reader: Reader, metric: str, series: str) -> tuple[Filter, ...]:
    """One series and one model: the naive forecasts are kept beside the model's to be measured against."""
    filters = [Filter(SERIES, (series,))]
    if MODEL_FILTER in reader.metric(metric).dimensions:
        filters.append(Filter(MODEL_FILTER, (MODEL,)))
    return tuple(filters)


def _backtest_words(reader: Reader, series: str) -> str:
    """What the rolling-origin backtest says of the forecast, where that is not flattering, or nothing."""
    where = _forecast_filters(reader, "forecast_error", series)
    table = reader.ask(MetricRequest(("forecast_error",), (), where))
    if table.frame.empty or pd.isna(table.frame["forecast_error"].iloc[0]):
        return "; not backtested"
    error = float(table.frame["forecast_error"].iloc[0])
    if error >= NAIVE:
        return f"; worse than naive in the backtest (MASE {number(error, 'ratio')})"
    return ""


def _peers_basis(spec: ChartSpec, reader: Reader, selection: Selection) -> str:
    """The basis on which a figure stands beside its peers': the chosen one where they report on it, else the
    chart's own; nothing for a figure without a basis, or a chart that names none.
    """
    if BASIS not in reader.metric(spec.parts[0].metric).within:
        return ""
    chosen = selection.chosen.get(BASIS, "")
    own = next((str(one.values[0]) for one in spec.where if one.name == BASIS), "")
    return chosen if chosen in PEER_BASES else own


def _before_quarters(spec: ChartSpec, basis: str, reader: Reader, selection: Selection) -> bool:
    """Whether the figures are told at quarter ends and the period lies before the first one."""
    counted = basis or selection.chosen.get(BASIS, DAILY)
    told = BASIS in reader.metric(spec.parts[0].metric).within and counted != DAILY
    return told and selection.period.quarter().last < reader.snapshot.first_month


def _add_target(
    spec: ChartSpec, reader: Reader, selection: Selection, strands: dict[str, Strand], scale: Scale
) -> None:
    """Put the first part's target beside it, month by month, where there is one."""
    metric = reader.metric(spec.parts[0].metric)
    if metric.id not in strands:
        return
    targets = {
        day: reader.target(metric.id, period_of("month", day), selection) for day in strands[metric.id].x
    }
    known = {day: target for day, target in targets.items() if target is not None}
    if not known:
        return
    word = "limit" if metric.better == "down" else "target"
    values = scale.of(known.values())
    tips = [f"{when(day, spec.grain)} · {word} {exact(one, metric.unit)}" for day, one in known.items()]
    strands["target"] = Strand(list(known), values, tips, end_label(word, values[-1], metric))


def _add_peers(
    spec: ChartSpec,
    reader: Reader,
    strands: dict[str, Strand],
    scale: Scale,
    known: Metric,
    start: date,
    end: date,
    basis: str,
) -> str:
    """Put the middle half of the peers behind the first part. Returns how many banks there are, in words."""
    metric = spec.parts[0].metric
    if not reader.has(PEER_FILTER, metric):
        return "no peers in this snapshot"
    names = ("peer_ratio_p25", "peer_ratio_median", "peer_ratio_p75", "peer_banks")
    grouping = ("metric_time__quarter",)
    where = (Filter(PEER_FILTER, (metric,)), Filter(PEER_BASIS, (basis,)))
    frame = reader.ask(MetricRequest(names, grouping, where, start, end)).frame.dropna()
    if frame.empty:
        return f"no peers {'in this snapshot' if basis == PEER_BASES[0] else 'report it on this basis'}"
    days, median = dates(frame.iloc[:, 0]), list(frame["peer_ratio_median"])
    tips = [
        f"{when(day, 'quarter')} · peers' median {exact(value, known.unit)}"
        for day, value in zip(days, median, strict=True)
    ]
    strands["peers"] = Strand(
        days, scale.of(median), tips, end_label("peers", median[-1] / scale.by, known),
        scale.of(frame["peer_ratio_p25"]), scale.of(frame["peer_ratio_p75"]),
    )  # fmt: skip
    return f"band: middle half of {int(frame['peer_banks'].iloc[-1])} banks"
