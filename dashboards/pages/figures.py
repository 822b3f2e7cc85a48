"""From declared cards and tables to what they show: values, changes in words, courses, what they are held
against.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, cast

import pandas as pd

from dashboards.charts.data.lines import PEER_BASIS, PEER_FILTER, SERIES
from dashboards.charts.data.shared import needs
from dashboards.components.cards import Card, Change, Tone
from dashboards.components.table import Cell, Row
from dashboards.dimensions import Dimension, dimension
from dashboards.metrics import (
    AGAINST,
    BASIS,
    DAILY,
    PEER_BASES,
    Against,
    Filter,
    Metric,
    MetricRequest,
    MetricTable,
)
from dashboards.metrics import Change as Moved
from dashboards.metrics import change as moved_between
from dashboards.metrics.format import change as change_number
from dashboards.metrics.format import change_unit, exact, number, parts
from dashboards.metrics.request import add_months, month_end
from dashboards.pages.declare import CardSpec, Column, TableSpec
from dashboards.periods import Period
from dashboards.reader import Reader
from dashboards.selection import Selection
from runtime.errors import BankError

COURSE_MONTHS = 24
TELLING = 10.0
"""Relative changes from here on say nothing (the reference is close to zero): the amount is shown instead."""
HEAD_OFFICE_NAMES = ("Head office",)
_ARROWS = {"up": "▲", "down": "▼", "level": "■"}


def tone_of(moved: Moved) -> Tone:
    return "same" if moved.better is None else "better" if moved.better else "worse"


def change_text(metric: Metric, moved: Moved, *, arrow: bool = True) -> str:
    """A change as people say it: `▲ 6.2 %` of an amount, `▼ 1.9 pp` of a ratio; the arrow is the sign."""
    if moved.absolute is None:
        return ""
    if moved.relative is not None and abs(moved.relative) < TELLING:
        value, unit = moved.relative, "%"
    else:
        value, unit = moved.absolute, change_unit(metric.unit)
    if not arrow:
        return number(value, unit, signed=True)
    text = number(abs(value), unit)
    if not any(digit in text for digit in "123456789"):
        return f"{_ARROWS['level']} {text}"
    return f"{_ARROWS['up' if value > 0 else 'down']} {text}"


def _change(metric: Metric, moved: Moved, on: Period) -> Change | None:
    text = change_text(metric, moved)
    if not text:
        return None
    tone: Tone = "same" if text.startswith(_ARROWS["level"]) else tone_of(moved)
    ratio = metric.denominator is not None
    words = f"{tone} than {on.short}" if ratio and tone != "same" else f"on {on.short}"
    return Change(text, tone, words)


def cards(specs: Sequence[CardSpec], reader: Reader, selection: Selection) -> list[Card]:
    """The cards of a page. Metrics that take the same filters are asked for together; what can't be asked
    for is said in its own card.
    """
    alike: dict[tuple[tuple[Filter, ...], bool], list[CardSpec]] = {}
    apart: dict[CardSpec, Card] = {}
    made: dict[str, Card] = {}
    for spec in specs:
        try:
            by_quarter = quarterly(reader.metric(spec.metric), selection)
            if spec.where or spec.behind:
                apart[spec] = _apart(spec, reader, selection)
            else:
                alike.setdefault((reader.where(spec.metric, selection), by_quarter), []).append(spec)
        except BankError as error:
            apart[spec] = Card(spec.title, missing=error.what)
    for (where, by_quarter), group in alike.items():
        try:
            made |= _asked(group, where, reader, selection, by_quarter=by_quarter)
        except BankError:
            for spec in group:
                try:
                    made |= _asked([spec], where, reader, selection, by_quarter=by_quarter)
                except BankError as error:
                    made[spec.metric] = Card(spec.title, missing=error.what)
    for spec in specs:
        if spec.instead and spec not in apart and made[spec.metric].missing:
            other = replace(spec, metric=spec.instead, instead=None)
            made[spec.metric] = cards([other], reader, selection)[0]
    return [apart[spec] if spec in apart else made[spec.metric] for spec in specs]


def _apart(spec: CardSpec, reader: Reader, selection: Selection) -> Card:
    """A card with filters of its own, or of a period before."""
    known = replace(selection, period=selection.period.earlier(spec.behind))
    if known.period.last < reader.snapshot.first_month:
        link = selection.state.opening(f"metric:{spec.metric}").query
        return Card(
            spec.title, link, missing=f"Known {spec.behind} months after; the data do not reach so far."
        )
    where = reader.where(spec.metric, known, [one.name for one in spec.where])
    by_quarter = quarterly(reader.metric(spec.metric), selection)
    return _asked([spec], (*where, *spec.where), reader, known, by_quarter=by_quarter)[spec.metric]


def quarterly(metric: Metric, selection: Selection) -> bool:
    """Whether a metric is told at quarter ends only, on the basis that is chosen."""
    return BASIS in metric.within and selection.chosen.get(BASIS, DAILY) != DAILY


def _asked(
    specs: Sequence[CardSpec], where: tuple[Filter, ...], reader: Reader, selection: Selection,
    *, by_quarter: bool,
) -> dict[str, Card]:  # fmt: skip
    """Cards of metrics that take the same filters; those of a quarterly basis tell the quarter that ends with
    the period, its course by quarter.
    """
    names = tuple(spec.metric for spec in specs)
    grain = "quarter" if by_quarter else "month"
    if by_quarter:
        quarter = selection.period.quarter()
        if quarter.last != selection.period.last:
            words = f"{dimension(BASIS).word(selection.chosen[BASIS])} is known at quarter ends"
            said = f"{words}: choose {quarter.name}."
            return {
                spec.metric: Card(
                    spec.title, selection.state.opening(f"metric:{spec.metric}").query, missing=said
                )
                for spec in specs
            }
        selection = replace(selection, period=quarter)
    period = selection.period
    now = reader.compare(MetricRequest(names, (), where, period.start, period.end))
    start = max(add_months(period.last, 1 - COURSE_MONTHS), reader.snapshot.first_month)
    course = reader.ask(MetricRequest(names, (f"metric_time__{grain}",), where, start, period.end))
    return {spec.metric: _card(spec, reader, selection, now, course, start) for spec in specs}


def _card(
    spec: CardSpec, reader: Reader, selection: Selection, now: MetricTable, course: MetricTable, start: date
) -> Card:
    metric = now.metrics[spec.metric]
    by_quarter = quarterly(metric, selection)
    basis = "month end" if metric.kind == "stock" else selection.period.short
    basis = dimension(BASIS).word(selection.chosen[BASIS]) if by_quarter else basis
    explained = f"{metric.label}: {metric.description}"
    value = now.frame[spec.metric].iloc[0] if len(now.frame) else math.nan
    link = selection.state.opening(f"metric:{spec.metric}").query
    if spec.metric in now.unavailable and pd.isna(value):
        return Card(spec.title, href=link, missing=needs(now.unavailable[spec.metric]), help=explained)
    if pd.isna(value):
        why = f"No figures: {metric.undefined}." if metric.undefined else "No figures for this selection."
        return Card(spec.title, link, basis, missing=why, help=explained)
    text, unit = parts(value, metric.unit)
    row = now.frame.iloc[0]
    changes: dict[Period, Change] = {}
    for against in _both(selection):
        moved = moved_between(metric, value, row[f"{spec.metric}__{against}"])
        made = _change(metric, moved, selection.period.against(against))
        if made is not None:
            changes.setdefault(selection.period.against(against), made)
    reference, words = _reference(spec, metric, reader, selection)
    unsplit = reader.not_split_by(spec.metric, selection)
    taken = [name for name in selection.parts if selection.takes(name, metric.dimensions)]
    return Card(
        title=spec.title, href=link, basis=basis,
        value=text, unit=unit, changes=tuple(changes.values()),
        course=_course(
            course.frame.set_index(course.columns[0])[spec.metric], start, selection.period.last,
            months=3 if by_quarter else 1,
        ),
        since=f"{start:%b %Y}", exact=_exact(value, metric, reader),
        reference=reference, reference_words=words,
        ahead=_expected(metric, reader, selection),
        note=_unsplit_words(unsplit, where=bool(taken)), help=explained,
    )  # fmt: skip


def _expected(metric: Metric, reader: Reader, selection: Selection) -> str:
    """What the forecast of the metric's own series expects of the month after the data: `expected 25.1 m in
    Jan 2026`; nothing where there is none, or something else than the whole bank's newest month is shown.
    """
    last = reader.snapshot.last_month
    whole_bank = not selection.chosen and (selection.period.kind, selection.period.last) == ("month", last)
    if not whole_bank or metric.id not in reader.series:
        return ""
    following = add_months(last, 1)
    # a position is that of the month's last day, a flow that of all its days
    start = month_end(following) if metric.kind == "stock" else following
    filters = (Filter(SERIES, (metric.id,)),)
    table = reader.ask(MetricRequest(("forecast_value",), (), filters, start, month_end(following)))
    value = table.frame["forecast_value"].iloc[0] if len(table.frame) else math.nan
    return "" if pd.isna(value) else f"expected {number(value, metric.unit)} in {following:%b %Y}"


def _exact(value: float, metric: Metric, reader: Reader) -> str:
    """Every digit, and what they count."""
    return exact(value, metric.unit) + (f" {reader.snapshot.currency}" if metric.unit == "ccy" else "")


def _unsplit_words(unsplit: Sequence[str], *, where: bool) -> str:
    """What a card says of the filters it can't take; `where` is whether it takes others."""
    if not unsplit:
        return ""
    words = f"not split by {' or '.join(unsplit)}"
    return words if where else f"whole bank: {words}"


def _both(selection: Selection) -> tuple[Against, ...]:
    """Both comparisons, the chosen one first."""
    return (selection.against, *(one for one in AGAINST if one != selection.against))


def _course(values: pd.Series, start: date, end: date, months: int = 1) -> tuple[float | None, ...]:
    """A metric's values, which have their first days as index, for every month (or so many) from `start` to
    `end`.
    """
    days = pd.date_range(start, end, freq="QS" if months == 3 else "MS")
    return tuple(None if pd.isna(value) else float(value) for value in values.reindex(days))


def _reference(
    spec: CardSpec, metric: Metric, reader: Reader, selection: Selection
) -> tuple[float | None, str]:
    """What the dotted line in a card is, and its words: the target where there is one, else the peers."""
    target = reader.target(spec.metric, selection.period, selection)
    if target is not None:
        return target, f"{'limit' if spec.limit else 'target'} {number(target, metric.unit)}"
    in_part = any(selection.takes(name, metric.dimensions) for name in selection.parts)
    if spec.beside == "peers" and not in_part:  # peers are whole banks
        chosen = selection.chosen.get(BASIS, DAILY) if BASIS in metric.within else DAILY
        basis = PEER_BASES[0] if chosen == DAILY else chosen
        median = peers_median(spec.metric, reader, selection.period, basis) if basis in PEER_BASES else None
        if median is not None:
            return median, f"peers {number(median, metric.unit)}"
    return None, ""


def peers_median(metric: str, reader: Reader, period: Period, basis: str = PEER_BASES[0]) -> float | None:
    """The peers' median of the newest quarter known at the period's end, within a year; None where there is
    none.
    """
    if not reader.has(PEER_FILTER, metric):
        return None
    start = max(add_months(period.last, -11), reader.snapshot.first_month)
    where = (Filter(PEER_FILTER, (metric,)), Filter(PEER_BASIS, (basis,)))
    table = reader.ask(
        MetricRequest(("peer_ratio_median",), ("metric_time__quarter",), where, start, period.end)
    )
    known = table.frame["peer_ratio_median"].dropna()
    return float(known.iloc[-1]) if len(known) else None


# ---------------------------------------------------------------- tables


def table_rows(spec: TableSpec, reader: Reader, selection: Selection) -> tuple[list[str], list[Row], str]:
    """Titles, rows and a sentence on what is not there; rows by the first column, the largest on top.

    The table's own dimension is not filtered, so that a chosen value is seen among the others.
    """
    period = selection.period
    asked = [column.metric for column in spec.columns] + ([spec.look] if spec.look else [])
    names = tuple(dict.fromkeys(asked))
    values: dict[str, pd.DataFrame] = {}
    unavailable: dict[str, str] = {}
    split = dimension(spec.dimension)
    names_of = split.called or spec.dimension
    keys = tuple(dict.fromkeys((spec.dimension, names_of)))
    alike: dict[tuple[Filter, ...], list[str]] = {}
    for name in names:
        alike.setdefault(reader.where(name, selection, [spec.dimension]), []).append(name)
    for where, group in alike.items():
        request = MetricRequest(tuple(group), keys, where, period.start, period.end)
        table = reader.compare(request, (selection.against,))
        unavailable |= {name: table.unavailable[name] for name in group if name in table.unavailable}
        values |= dict.fromkeys(group, table.frame.set_index(spec.dimension))
    lacks = {name for name in unavailable if values[name][name].isna().all()}
    if any(column.instead and column.metric in lacks for column in spec.columns):
        columns = tuple(
            replace(column, metric=column.instead, instead=None)
            if column.instead and column.metric in lacks
            else column
            for column in spec.columns
        )
        return table_rows(replace(spec, columns=columns), reader, selection)
    told = {column.metric for column in spec.columns}
    shown = _led(spec.columns, {name for name in told if values[name][name].notna().any()})
    lacking: dict[str, list[str]] = {}
    for name, reason in unavailable.items():
        lacking.setdefault(reason, []).append(reader.metric(name).label)
    note = "; ".join(f"{', '.join(labels)} {reason}" for reason, labels in lacking.items())
    if not shown:
        return [], [], note
    lead = shown[0].metric
    frame = values[lead]
    order = frame[lead].dropna().sort_values(ascending=False, kind="stable")
    called = {
        key: str(name)
        for table in values.values()
        for key, name in table.reset_index().set_index(spec.dimension, drop=False)[names_of].items()
    }
    courses = _courses(shown, spec.dimension, reader, selection)
    longest = float(order.abs().max()) or 1.0
    judged = spec.look or lead
    look = _row_to_look_at(reader.metric(judged), values[judged], judged, selection)
    titles = [split.label]
    titles += [_title(column, reader, selection) for column in shown]
    rows = []
    for key in order.index:
        cells = [Cell(split.word(called.get(key, str(key))), href=_row_link(split, str(key), selection))]
        cells += [
            _cell(
                column, reader.metric(column.metric), values[column.metric], key, selection, longest, courses
            )
            for column in shown
        ]
        rows.append(Row(tuple(cells), look.get(key, "")))
    return titles, rows, note


def _row_link(split: Dimension, value: str, selection: Selection) -> str:
    """Where a click on a row leads: the page filtered by it, or by nothing where it is chosen already."""
    chosen = selection.chosen.get(split.filter) == value
    return selection.state.choosing(split.filter, None if chosen else value).query


def _led(columns: Sequence[Column], known: Collection[str]) -> list[Column]:
    """The columns of known metrics. Where the first one's is unknown the next leads in its place, with a bar,
    a change and a course.
    """
    lead = next((column for column in columns if column.metric in known), None)
    if lead is None:
        return []
    absent = columns[0].metric if columns[0].metric not in known else None
    led = [
        replace(column, metric=lead.metric, title=lead.title if column.show == "bar" else column.title)
        if column.metric == absent
        else column
        for column in columns
        if absent is None or column is not lead
    ]
    return [column for column in led if column.metric in known]


def at(frame: pd.DataFrame, key: Any, column: str) -> float:
    """A figure of a frame; NaN where it is not there."""
    return float(cast(float, frame.at[key, column])) if key in frame.index else math.nan


def _title(column: Column, reader: Reader, selection: Selection) -> str:
    return f"on {selection.comparison.short}" if column.show == "change" else column.title


def _cell(
    column: Column, metric: Metric, frame: pd.DataFrame, key: Any, selection: Selection, longest: float,
    courses: dict[str, dict[Any, tuple[float | None, ...]]],
) -> Cell:  # fmt: skip
    if column.show == "course":
        return Cell(course=courses[column.metric].get(key, ()))
    if key not in frame.index:
        return Cell(number(None))
    value = at(frame, key, column.metric)
    if column.show == "change":
        moved = moved_between(metric, value, at(frame, key, f"{column.metric}__{selection.against}"))
        return Cell(change_text(metric, moved, arrow=False) or number(None), tone_of(moved))
    text = number(value, metric.unit)
    if column.show == "bar" and not math.isnan(value):
        return Cell(text, share=value / longest)
    return Cell(text)


def _courses(
    columns: Sequence[Column], dimension: str, reader: Reader, selection: Selection
) -> dict[str, dict[Any, tuple[float | None, ...]]]:
    start = max(add_months(selection.period.last, 1 - COURSE_MONTHS), reader.snapshot.first_month)
    found = {}
    for name in {column.metric for column in columns if column.show == "course"}:
        where = reader.where(name, selection, [dimension])
        grouping = (dimension, "metric_time__month")
        frame = reader.ask(MetricRequest((name,), grouping, where, start, selection.period.end)).frame
        wide = frame.pivot(index="metric_time__month", columns=dimension, values=name)
        found[name] = {key: _course(wide[key], start, selection.period.last) for key in wide.columns}
    return found


def _row_to_look_at(metric: Metric, frame: pd.DataFrame, name: str, selection: Selection) -> dict[Any, str]:
    """The value whose figure got worse by most, with the words that say so; nothing where none got worse."""
    moved = {
        key: moved_between(metric, at(frame, key, name), at(frame, key, f"{name}__{selection.against}"))
        for key in frame.index
        if frame.at[key, frame.columns[0]] not in HEAD_OFFICE_NAMES
    }
    worse = {
        key: one.absolute for key, one in moved.items() if one.better is False and one.absolute is not None
    }
    if not worse:
        return {}
    most = max(worse, key=lambda key: (abs(worse[key]), str(key)))
    return {most: f"{change_number(worse[most], metric.unit)} on {selection.comparison.short}"}
