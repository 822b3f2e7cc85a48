"""The data of a forecast: what was before it, what it expected, and what happened since."""

from __future__ import annotations

from datetime import date

from dashboards.charts.data.shared import (
    Scale,
    Shown,
    dates,
    end_label,
    month_link,
    needs,
    scale_for,
    subtitle,
    when,
)
from dashboards.charts.draw.lines import Lines, Strand, StrandStyle
from dashboards.charts.spec import ChartSpec
from dashboards.metrics import Metric, MetricRequest
from dashboards.metrics.forecasts import Forecast, forecasts, made_by, missed
from dashboards.metrics.format import exact, number
from dashboards.metrics.request import add_months, month_end
from dashboards.reader import Reader
from dashboards.selection import Selection

ACTUAL, EXPECTED, OUTSIDE = "actual", "expected", "outside"
STRANDS = {
    EXPECTED: StrandStyle("series-2", "series-2-text", dashed=True, width=1.8, band="band-2", bold=True),
    ACTUAL: StrandStyle("series-1", "accent", width=1.8, bold=True),
    OUTSIDE: StrandStyle("bad", points=True),
}
DAYS_BEFORE, MONTHS_BEFORE = 2, 18
"""Months of history before the forecast, by day and by month."""


def newest_forecast(spec: ChartSpec, reader: Reader, selection: Selection) -> Forecast | str:
    """The newest forecast of the series that the selected period could know, or why there is none."""
    known = forecasts(reader.snapshot).get(spec.series)
    if not known:
        return "There is no forecast of it in this snapshot: its history is too short, or not of every day."
    found = made_by(known, month_end(selection.period.last))
    if found is None:
        first = min(known)
        return f"No forecast was kept from then: the oldest is of {first.day} {first:%B %Y}."
    return found


def actuals(spec: ChartSpec, reader: Reader, start: date, end: date) -> tuple[dict[date, float], str]:
    """What happened in the whole bank, by the chart's grain, and why there may be nothing. A month stands
    under its last day.
    """
    part = spec.parts[0]
    first, last = max(start, reader.snapshot.first_month), min(end, month_end(reader.snapshot.last_month))
    if spec.grain == "month":
        first = first.replace(day=1)
        last = last if last == month_end(last) else month_end(add_months(last.replace(day=1), -1))
    if first > last:
        return {}, ""
    time = f"metric_time__{spec.grain}"
    table = reader.ask(MetricRequest((part.metric,), (time,), spec.where, first, last))
    frame = table.frame.dropna() if not table.frame.empty else table.frame
    days = dates(frame[time]) if not frame.empty else []
    if spec.grain == "month":
        days = [month_end(day) for day in days]
    values = [float(value) for value in frame[part.metric]] if days else []
    return dict(zip(days, values, strict=True)), table.unavailable.get(part.metric, "")


def forecast(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Lines]:
    """By day, or at month ends for what is known then; always for the whole bank."""
    part, metric = spec.parts[0], reader.metric(spec.parts[0].metric)
    made = newest_forecast(spec, reader, selection)
    if isinstance(made, str):
        return Shown(spec.title, subtitle(spec, selection, ""), None, made)
    days = [day for day in made.days if spec.grain == "day" or day == month_end(day)]
    if not days:
        return Shown(spec.title, subtitle(spec, selection, ""), None, "The forecast reaches no month end.")
    back = DAYS_BEFORE if spec.grain == "day" else MONTHS_BEFORE
    start = add_months(made.origin.replace(day=1), 1 - back)
    happened, reason = actuals(spec, reader, start, days[-1])
    if not happened:
        why = needs(reason or "no figures before the forecast")
        return Shown(spec.title, subtitle(spec, selection, ""), None, why)
    everything = [value for day in days for value in made.days[day]] + list(happened.values())
    scale = scale_for(metric, everything, reader.snapshot.currency)
    outside = [one.day for one in missed(made, happened)]
    lines = Lines(
        {
            EXPECTED: _expected(spec, made, days, happened, scale, metric),
            ACTUAL: _actual(spec, happened, days[-1], scale, metric, selection),
            OUTSIDE: Strand(
                [_place(spec, day) for day in outside],
                scale.of(happened[day] for day in outside),
                [""] * len(outside),
            ),
        },
        since=_place(spec, made.origin),
    )  # fmt: skip
    note = f"; forecast of {made.origin.day} {made.origin:%b %Y} with {share_text(made.interval)} band"
    if max(happened) > made.origin:
        note += "; solid: what happened"
    if selection.chosen:
        note += "; whole bank, forecasts are not split"
    columns = ("Period", part.name.capitalize() or metric.label, "Expected", "Lower", "Upper")
    records = tuple(
        (when(day, spec.grain), happened.get(day), *made.days.get(day, (None, None, None)))
        for day in sorted({*happened, *days})
    )
    head = subtitle(spec, selection, scale.words) + note
    return Shown(spec.title, head, lines, "", columns, records)


def share_text(interval: float) -> str:
    """`80 %`: a share that was chosen, so without decimals that say nothing."""
    return f"{interval * 100:g}\N{NO-BREAK SPACE}%"


def _place(spec: ChartSpec, day: date) -> date:
    """Where a day stands on the axis: a month at its first."""
    return day if spec.grain == "day" else day.replace(day=1)


def _expected(
    spec: ChartSpec, made: Forecast, days: list[date], happened: dict[date, float], scale: Scale,
    metric: Metric,
) -> Strand:  # fmt: skip
    """The forecast; at month ends it starts from what was known, by day it starts by itself."""
    points = {day: made.days[day] for day in days}
    if spec.grain != "day" and made.origin in happened:
        points = {made.origin: (happened[made.origin],) * 3, **points}
    share = share_text(made.interval)
    tips = [
        f"{when(day, spec.grain)} · expected {number(value, metric.unit)}, "
        f"{share} between {number(low, metric.unit)} and {number(high, metric.unit)}"
        if day in made.days
        else ""
        for day, (value, low, high) in points.items()
    ]
    columns = [scale.of(column) for column in zip(*points.values(), strict=True)]
    label = "expected" if spec.grain == "day" else end_label("expected", columns[0][-1], metric)
    x = [_place(spec, day) for day in points]
    return Strand(x, columns[0], tips, label, columns[1], columns[2])


def _actual(
    spec: ChartSpec, happened: dict[date, float], end: date, scale: Scale, metric: Metric,
    selection: Selection,
) -> Strand:  # fmt: skip
    """What happened, named where it reaches as far as the forecast: before that the name would lie on it."""
    days = sorted(happened)
    tips = [f"{when(day, spec.grain)} · {exact(happened[day], metric.unit)}" for day in days]
    links = [month_link(selection, day.replace(day=1), spec.grain) for day in days]
    values = scale.of(happened[day] for day in days)
    after = days[-1] >= end
    label = "" if not after else "happened" if spec.grain == "day" else end_label("was", values[-1], metric)
    return Strand([_place(spec, day) for day in days], values, tips, label, links=links)
