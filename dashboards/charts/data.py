"""From a chart specification to what its picture shows: asks the metrics, scales for reading, words the
hovers.

Values, changes and what they add up to come from `dashboards.metrics`; here they are only scaled for reading.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from dashboards.charts.draw import Lines, Stack, Steps, Strand
from dashboards.charts.scales import MINUS
from dashboards.charts.spec import ChartSpec, Part
from dashboards.filters import Selection
from dashboards.metrics import Change, Filter, Metric, MetricRequest, change, steps, together
from dashboards.metrics.format import exact, number
from dashboards.metrics.request import add_months, month_end
from dashboards.periods import Period
from dashboards.reader import Reader

_SCALES = ((1e9, "billion"), (1e6, "million"), (1e3, "thousand"))
CURRENCY_WORDS = {"EUR": "euros", "USD": "dollars", "CZK": "crowns", "GBP": "pounds", "CHF": "francs"}
PEER_FILTER = "peer_metric"
SERIES = "series"
MODEL_FILTER = "forecast_model"
MODEL = "prophet"
SMALL = 0.03
"""Parts below this share of the largest one are shown together."""
NAIVE = 1.0
"""A scaled error at or above this is no better than the seasonal naive forecast."""


@dataclass(frozen=True)
class Shown:
    """A chart's head and the data of its picture; `missing` says in a sentence why there is none."""

    title: str
    subtitle: str
    data: Lines | Steps | Stack | None = None
    missing: str = ""


@dataclass(frozen=True)
class Contribution:
    """What a part did to the total's change: signed, in the total's unit."""

    part: Part
    value: float


@dataclass(frozen=True)
class Scale:
    """How large amounts are written in a picture: divided by `by`, and called `words` in the subtitle."""

    by: float
    words: str

    def of(self, values: Iterable[float]) -> list[float]:
        return [value / self.by for value in values]


def scale_for(metric: Metric, values: Iterable[float], currency: str) -> Scale:
    """The scale in which the largest value has one to three digits before the point, or a few more below a
    thousand.
    """
    if metric.unit == "%":
        return Scale(0.01, "percent")
    if metric.unit == "bps":
        return Scale(1.0, "basis points")
    words = CURRENCY_WORDS.get(currency, currency) if metric.unit == "ccy" else ""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    for by, name in _SCALES:
        if largest >= by:
            return Scale(by, f"{name} {words}".strip())
    return Scale(1.0, words or "number")


def needs(reason: str) -> str:
    """What stands in the place of a figure that is not there."""
    return reason[:1].upper() + reason[1:] + "."


def chart_data(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown:
    """Everything a chart shows for a selection."""
    make = {"waterfall": _waterfall, "lines": _lines, "stack": _stack}[spec.mark]
    shown = make(spec, reader, selection)
    unsplit = sorted({name for metric in spec.metrics for name in reader.not_split_by(metric, selection)})
    if unsplit and not shown.missing:
        return replace(shown, subtitle=f"{shown.subtitle}; not split by {' or '.join(unsplit)}")
    return shown


# ---------------------------------------------------------------- waterfall


def changes(
    metrics: Sequence[str], reader: Reader, selection: Selection, extra: tuple[Filter, ...] = ()
) -> dict[str, Change]:
    """Metrics that take the same filters, in the selected period beside the one it is held against."""
    where = reader.where(metrics[0], selection, [one.name for one in extra]) + extra
    request = MetricRequest(tuple(metrics), (), where, selection.period.start, selection.period.end)
    table = reader.compare(request, (selection.against,))
    if table.frame.empty:
        return {name: Change(None, None, None, None, None) for name in metrics}
    row = table.frame.iloc[0]
    return {
        name: change(metric, _known(row[name]), _known(row[f"{name}__{selection.against}"]))
        for name, metric in table.metrics.items()
    }


def contributions(spec: ChartSpec, moved: Mapping[str, Change]) -> list[Contribution]:
    """What each part did to the total's change; parts that did not move are left out.

    They sum to the change as far as the parts make up the total.
    """
    found = []
    for part in spec.parts:
        value = moved[part.metric].absolute
        if value:
            found.append(Contribution(part, value if part.adds else -value))
    return _folded(found)


def _folded(found: list[Contribution]) -> list[Contribution]:
    """Parts too small to be seen as one, so that the sum stays what it was."""
    largest = max((abs(one.value) for one in found), default=0.0)
    small = [one for one in found if abs(one.value) < SMALL * largest]
    if len(small) < 2:
        return found
    other = Contribution(Part("", "Other"), together(one.value for one in small))
    return [one for one in found if one not in small] + [other]


def _waterfall(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown:
    assert spec.total is not None
    period, before = selection.period, selection.comparison
    moved = changes(spec.metrics, reader, selection)
    total = moved[spec.total.metric]
    known = reader.metric(spec.total.metric)
    if total.value is None or total.reference is None:
        reason = _reason(spec, reader, selection, before)
        return Shown(spec.title, _subtitle(spec, selection, ""), None, reason)
    moves = contributions(spec, moved)
    if total.value == total.reference == 0 and not moves:
        sentence = f"{known.label} is zero in {period.name} and in {before.name}."
        return Shown(spec.title, _subtitle(spec, selection, ""), None, sentence)
    scale = scale_for(known, [total.value, total.reference], reader.snapshot.currency)
    names, bottoms, tops, ends, tones, labels, tips = [before.short], [], [], [], ["total"], [], []
    bottoms.append(min(0.0, total.reference))
    tops.append(max(0.0, total.reference))
    ends.append(total.reference)
    tips.append(f"{before.name}: {exact(total.reference, known.unit)}")
    values = [total.reference]
    levels = steps(total.reference, [move.value for move in moves])
    for move, (before_it, after_it) in zip(moves, levels, strict=True):
        bottoms.append(min(before_it, after_it))
        tops.append(max(before_it, after_it))
        ends.append(after_it)
        names.append(move.part.name)
        tones.append("better" if move.value > 0 else "worse")
        tips.append(f"{move.part.name}: {_signed(exact(move.value, known.unit), move.value)}")
        values.append(move.value)
    names.append(period.short)
    bottoms.append(min(0.0, total.value))
    tops.append(max(0.0, total.value))
    ends.append(total.value)
    tones.append("total")
    tips.append(f"{period.name}: {exact(total.value, known.unit)}")
    values.append(total.value)
    decimals = 0 if max(map(abs, values)) / scale.by >= 100 else 1
    labels = [
        _plain(value / scale.by, decimals, signed=0 < index < len(values) - 1)
        for index, value in enumerate(values)
    ]
    data = Steps(names, scale.of(bottoms), scale.of(tops), scale.of(ends), tones, labels, tips)
    return Shown(spec.title, _subtitle(spec, selection, scale.words), data)


def _reason(spec: ChartSpec, reader: Reader, selection: Selection, before: Period) -> str:
    """Why a comparison has no two figures."""
    unavailable = _ask(spec.metrics[:1], reader, selection, selection.period.start, selection.period.end)[1]
    if unavailable:
        return needs(unavailable)
    if before.first < reader.snapshot.first_month:
        return f"There is nothing to hold it against: the data begin in {reader.snapshot.first_month:%B %Y}."
    return "There are no figures for this selection."


# ---------------------------------------------------------------- lines


def _lines(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown:
    start, end = _reach(spec, reader, selection)
    courses: dict[str, tuple[list[date], list[float]]] = {}
    reasons = []
    for part in spec.parts:
        frame, reason = _ask((part.metric,), reader, selection, start, end, spec.grain)
        known = frame.dropna() if not frame.empty else frame
        if known.empty:
            why = reason or "no figures for this selection"
            reasons.append(
                needs(why) if len(spec.parts) == 1 else f"{reader.metric(part.metric).label}: {why}."
            )
        else:
            courses[part.metric] = (_dates(known.iloc[:, 0]), list(known[part.metric]))
    if not courses:
        return Shown(spec.title, _subtitle(spec, selection, ""), None, " ".join(reasons))
    first = reader.metric(next(iter(courses)))
    scale = scale_for(
        first, [value for _, values in courses.values() for value in values], reader.snapshot.currency
    )
    strands: dict[str, Strand] = {}
    for part in spec.parts:
        if part.metric in courses:
            days, values = courses[part.metric]
            tips = [
                f"{_when(day, spec.grain)} · {part.name} {exact(value, first.unit)}"
                for day, value in zip(days, values, strict=True)
            ]
            strands[part.metric] = Strand(
                days, scale.of(values), tips, _end_label(part.name, values[-1] / scale.by, first)
            )
    since, note = None, ""
    peers = ""
    if spec.beside == "forecast":
        since, note = _add_forecast(spec, reader, selection, strands, scale, first)
    elif spec.beside == "peers":
        peers = _add_peers(spec, reader, strands, scale, first, start, end)
    subtitle = _subtitle(spec, selection, scale.words, peers) + note
    if reasons:
        subtitle += ". " + " ".join(reasons)
    return Shown(spec.title, subtitle, Lines(strands, spec.grain == "quarter", since))


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
    days = _dates(frame["metric_time__day"]) if not frame.empty else []
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
        x, columns["forecast_value"], tips, _end_label(part.name, value / scale.by, known),
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


def _add_peers(
    spec: ChartSpec,
    reader: Reader,
    strands: dict[str, Strand],
    scale: Scale,
    known: Metric,
    start: date,
    end: date,
) -> str:
    """Put the middle half of the peers behind the first part. Returns how many banks there are, in words."""
    metric = spec.parts[0].metric
    names = ("peer_ratio_p25", "peer_ratio_median", "peer_ratio_p75", "peer_banks")
    grouping = ("metric_time__quarter",)
    frame = reader.ask(
        MetricRequest(names, grouping, (Filter(PEER_FILTER, (metric,)),), start, end)
    ).frame.dropna()
    if frame.empty:
        return "no peers in this snapshot"
    days, median = _dates(frame.iloc[:, 0]), list(frame["peer_ratio_median"])
    tips = [
        f"{_when(day, 'quarter')} · peers' median {exact(value, known.unit)}"
        for day, value in zip(days, median, strict=True)
    ]
    strands["peers"] = Strand(
        days, scale.of(median), tips, _end_label("peers", median[-1] / scale.by, known),
        scale.of(frame["peer_ratio_p25"]), scale.of(frame["peer_ratio_p75"]),
    )  # fmt: skip
    return f"band: middle half of {int(frame['peer_banks'].iloc[-1])} banks"


# ---------------------------------------------------------------- stack


def _stack(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown:
    start, end = _reach(spec, reader, selection)
    metrics = tuple(part.metric for part in spec.parts)
    frame, reason = _ask(metrics, reader, selection, start, end, spec.grain)
    known = frame.dropna(how="all", subset=list(metrics)) if not frame.empty else frame
    if known.empty:
        return Shown(
            spec.title, _subtitle(spec, selection, ""), None, needs(reason or "no figures for this selection")
        )
    months = _dates(known.iloc[:, 0])
    unit = reader.metric(metrics[0])
    scale = scale_for(unit, [value for name in metrics for value in known[name]], reader.snapshot.currency)
    parts = {part.name: scale.of(known[part.metric]) for part in spec.parts}
    tips = {
        part.name: [
            f"{_when(month, spec.grain)} · {part.name} {exact(value, unit.unit)}"
            for month, value in zip(months, known[part.metric], strict=True)
        ]
        for part in spec.parts
    }
    labels = {name: _end_label(name, values[-1], unit) for name, values in parts.items()}
    return Shown(spec.title, _subtitle(spec, selection, scale.words), Stack(months, parts, tips, labels))


# ---------------------------------------------------------------- shared


def _ask(
    metrics: Sequence[str],
    reader: Reader,
    selection: Selection,
    start: date,
    end: date,
    grain: str | None = None,
) -> tuple[pd.DataFrame, str]:
    """The answer for metrics that take the same filters, and why it may be empty."""
    group_by = (f"metric_time__{grain}",) if grain else ()
    request = MetricRequest(tuple(metrics), group_by, reader.where(metrics[0], selection), start, end)
    table = reader.ask(request)
    return table.frame, table.unavailable.get(metrics[0], "")


def _reach(spec: ChartSpec, reader: Reader, selection: Selection) -> tuple[date, date]:
    """First and last day of what a chart over time shows: whole quarters where these are its grain."""
    last = selection.period.last
    if spec.grain == "quarter":
        last = add_months(last, -(last.month % 3))
    first = add_months(last, 1 - spec.months)
    return max(first, reader.snapshot.first_month), max(
        month_end(last), month_end(reader.snapshot.first_month)
    )


def _subtitle(spec: ChartSpec, selection: Selection, unit: str, peers: str = "") -> str:
    words = spec.subtitle.format(
        period=selection.period.name, against=selection.comparison.name, unit=unit, peers=peers
    )
    words = words.strip(" ,;·")
    return words[:1].upper() + words[1:]


def _known(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _dates(days: Any) -> list[date]:
    return [pd.Timestamp(day).date() for day in days]


def _when(day: date, grain: str) -> str:
    return f"Q{(day.month + 2) // 3} {day.year}" if grain == "quarter" else f"{day:%b %Y}"


def _end_label(name: str, scaled: float, metric: Metric) -> str:
    decimals = 2 if metric.unit == "%" or abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0
    return f"{name} {_plain(scaled, decimals)}"


def _plain(value: float, decimals: int, *, signed: bool = False) -> str:
    text = f"{abs(value):,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def _signed(text: str, value: float) -> str:
    return f"+{text}" if value > 0 else text
