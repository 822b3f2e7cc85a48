"""The one way from a question to a table. Everything that shows a number of a metric comes through `query`.

What the semantic layer can't say is decided here, once:

- A ratio is its summed numerator over its summed denominator at whatever level is asked, and not defined
  where the denominator is zero or below (as the FDIC reports it).
- A stock over several months is the position at the end of the last one, also for a slice that has no rows
  there. MetricFlow alone would take the slice's own last month.
- Time is always bounded, by the data where the question leaves it open, and a period counts only as far as
  asked.
- A metric whose contract columns hold no data for the period is not available: no number, but what it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dashboards.metrics.availability import lacking
from dashboards.metrics.engine import engine
from dashboards.metrics.registry import Metric, Registry, nearest, registry
from dashboards.metrics.request import (
    Filter,
    MetricRequest,
    add_months,
    month_end,
    month_start,
    months_between,
    period_end,
    period_start,
)
from dashboards.metrics.table import Table
from dashboards.snapshot import Snapshot
from runtime.errors import BankError

_AHEAD_MONTHS = 12  # how far past the data a question about forecasts reaches when it names no end


@dataclass(frozen=True)
class MetricTable(Table):
    """An answer: one column per group and metric of the question, in its order. Metric values are DOUBLE."""

    unavailable: dict[str, str]
    """Metric to `not available: needs …`, for the whole period or for the months it names."""
    request: MetricRequest
    """The question with the period that was answered."""
    metrics: dict[str, Metric]
    currency: str
    build: str


def query(snapshot: Snapshot, request: MetricRequest, user: str | None = None) -> MetricTable:
    """Answer a question. `user` is who asks: permissions are applied here as soon as there are roles.

    Raises:
        BankError: a metric, group or filter does not exist or does not fit; names the nearest that does.
    """
    plan = _plan(snapshot, request)
    if all(gap.whole for gap in plan.gaps.values()):
        records = [] if request.group_by else [(None,) * len(request.metrics)]
    else:
        sql = _sql(snapshot, plan)
        with snapshot.cursor() as cursor:
            records = cursor.execute(sql, _values(plan, sql)).fetchall()
    return MetricTable(
        columns=(*request.group_by, *request.metrics),
        records=records,
        unavailable={name: gap.text for name, gap in plan.gaps.items() if gap.text},
        request=plan.request,
        metrics=plan.metrics,
        currency=snapshot.currency,
        build=snapshot.build,
    )


def compiled(snapshot: Snapshot, request: MetricRequest) -> str:
    """The SQL behind a question, for people to read; its period and values stand in it as $names."""
    return _sql(snapshot, _plan(snapshot, request))


@dataclass(frozen=True)
class _Plan:
    """A question that can be answered: its names exist, its period is bounded, what is missing is known."""

    request: MetricRequest
    start: date
    end: date
    metrics: dict[str, Metric]
    gaps: dict[str, _Gap]
    known: Registry


@dataclass(frozen=True)
class _Gap:
    """For which periods of the question, by their first day, a metric's inputs hold no data."""

    periods: tuple[date, ...] = ()
    whole: bool = False
    text: str = ""


def _plan(snapshot: Snapshot, request: MetricRequest) -> _Plan:
    known = registry(snapshot)
    metrics = {name: known[name] for name in request.metrics}
    _check_names(request, metrics.values(), known)
    start, end = _bounds(snapshot, request, metrics.values())
    periods = _periods(start, end, request.time_grain)
    gaps = {name: _gap(snapshot, metric, periods) for name, metric in metrics.items()}
    return _Plan(request.between(start, end), start, end, metrics, gaps, known)


# ---------------------------------------------------------------- names


def _check_names(request: MetricRequest, metrics: Iterable[Metric], known: Registry) -> None:
    names = [(name, "grouped by") for name in request.group_by]
    names += [(one.name, "filtered by") for one in request.where]
    for metric in metrics:
        for name, verb in names:
            offered = metric.groups if verb == "grouped by" else metric.dimensions
            if name in offered:
                continue
            what, why = f"{metric.id} can't be {verb} {name}.", f"It has {', '.join(offered)}."
            if name not in known.dimensions:
                what, why = f"There is no dimension {name}.", nearest(name, known.dimensions) or why
            raise BankError(what, why, f"`bank metrics show {metric.id}` lists what goes with it.")
        one = metric.within
        if one and one not in request.group_by and not _is_single(one, request.where):
            raise BankError(
                f"{metric.id} can't be added up over {one}.",
                f"Its values are of different things for each {one}.",
                f"Group by {one}, or filter to one.",
            )


def _is_single(name: str, where: Sequence[Filter]) -> bool:
    return any(one.name == name and one.op == "in" and len(one.values) == 1 for one in where)


# ---------------------------------------------------------------- time


def _bounds(snapshot: Snapshot, request: MetricRequest, metrics: Iterable[Metric]) -> tuple[date, date]:
    """First and last day of the question, inside the data."""
    metrics = list(metrics)
    first, last = snapshot.first_month, month_end(snapshot.last_month)
    if all(metric.ahead for metric in metrics):
        last = month_end(add_months(snapshot.last_month, _AHEAD_MONTHS))
    start, end = max(request.start or first, first), min(request.end or last, last)
    if start > end:
        raise BankError(
            f"The period {request.start or first} to {request.end or last} lies outside the data.",
            f"The published data reach from {first} to {last}.",
            "Choose a period inside that.",
        )
    monthly = next((metric for metric in metrics if metric.grain == "month"), None)
    if monthly and (start != month_start(start) or end != month_end(end)):
        raise BankError(
            f"{monthly.id} can't be told for {start} to {end}.",
            "It is known by month.",
            f"Ask for whole months, for example {month_start(start)} to {month_end(end)}.",
        )
    return start, end


def _periods(start: date, end: date, grain: str | None) -> list[tuple[date, date]]:
    """Every period of the grouping, as far as asked; one where time is summed over."""
    if grain is None:
        return [(start, end)]
    periods, day = [], start
    while day <= end:
        last = min(period_end(day, grain), end)
        periods.append((day, last))
        day = last + timedelta(days=1)
    return periods


# ---------------------------------------------------------------- availability


def _gap(snapshot: Snapshot, metric: Metric, periods: list[tuple[date, date]]) -> _Gap:
    # of a stock only the last month of a period counts
    wanted = [
        (first, set(months_between(last if metric.kind == "stock" else first, last)))
        for first, last in periods
    ]
    every = set().union(*(months for _, months in wanted))
    lacks = lacking(snapshot.availability, metric.requires, every)
    if not lacks:
        return _Gap()
    missing = set().union(*lacks.values())
    lost = tuple(first for first, months in wanted if months & missing)
    when = "" if missing == every else f" for {_ranges(missing)}"
    needs = ", ".join(requirement.replace(" | ", " or ") for requirement in lacks)
    return _Gap(lost, len(lost) == len(periods), f"not available{when}: needs {needs}")


def _ranges(months: Iterable[str]) -> str:
    """Months in words: `2023-01 to 2023-05, 2024-02`."""
    runs: list[list[str]] = []
    for month in sorted(months):
        if runs and len(months_between(_first_day(runs[-1][-1]), _first_day(month))) == 2:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


# ---------------------------------------------------------------- SQL


def _sql(snapshot: Snapshot, plan: _Plan) -> str:
    """Flows and stocks are compiled apart, because they are bounded differently, and put side by side."""
    parts: dict[str, list[str]] = {"flow": [], "stock": []}
    columns = []
    for name, metric in plan.metrics.items():
        gap = plan.gaps[name]
        if gap.whole:
            columns.append(f"CAST(NULL AS DOUBLE) AS {name}")
            continue
        expression, inputs = _expression(metric)
        for one in inputs:
            part = parts[plan.known[one].kind]
            if one not in part:
                part.append(one)
        if gap.periods:
            expression = f"CASE WHEN {_in_periods(plan, gap.periods)} THEN NULL ELSE {expression} END"
        columns.append(f"{expression} AS {name}")

    tables = {f"{kind}s": _part(snapshot, plan, kind, names) for kind, names in parts.items() if names}
    keys = plan.request.group_by
    join = f" FULL JOIN stocks USING ({', '.join(keys)})" if keys else " CROSS JOIN stocks"
    order = [_order(name) for name in plan.request.order_by]
    # a complete order, so that the same question always gives the same rows in the same places
    order += [key for key in keys if key not in plan.request.order_by]
    return "\n".join(
        [
            "WITH " + ",\n".join(f"{name} AS (\n{text}\n)" for name, text in tables.items()),
            "SELECT\n  " + ",\n  ".join([*map(_key, keys), *columns]),
            f"FROM {next(iter(tables))}{join if len(tables) == 2 else ''}",
            *([f"ORDER BY {', '.join(order)}"] if order else []),
            *([f"LIMIT {plan.request.limit}"] if plan.request.limit else []),
        ]
    )


def _key(name: str) -> str:
    """A group's column; MetricFlow truncates days to timestamps."""
    return f"CAST({name} AS DATE) AS {name}" if name.startswith("metric_time__") else name


def _expression(metric: Metric) -> tuple[str, list[str]]:
    """A metric over the columns of what MetricFlow sums, and which metrics these are."""
    if metric.numerator is None or metric.denominator is None:
        return f"CAST({metric.id} AS DOUBLE)", [metric.id]
    above, below = metric.numerator, metric.denominator
    ratio = f"CASE WHEN {below} > 0 THEN CAST({above} AS DOUBLE) / CAST({below} AS DOUBLE) END"
    return ratio, [above, below]


def _part(snapshot: Snapshot, plan: _Plan, kind: str, names: Sequence[str]) -> str:
    where = [_where(position, one) for position, one in enumerate(plan.request.where)]
    by_day = all(plan.known[name].grain == "day" for name in names)
    time = f"{{{{ TimeDimension('metric_time', '{'day' if by_day else 'month'}') }}}}"
    if kind == "stock" and plan.request.time_grain != "month":
        where.append(f"{time} IN ({', '.join(f'${name}' for name in _last_months(plan))})")
    else:
        where.append(f"{time} BETWEEN $period_start AND $period_end")
    return engine(snapshot).compile(tuple(names), plan.request.group_by, tuple(where))


def _values(plan: _Plan, sql: str) -> dict[str, str | date]:
    """What is bound to the names in the SQL, so that one compilation serves every period and filter value."""
    values: dict[str, str | date] = {
        _parameter(position, index): str(value)
        for position, one in enumerate(plan.request.where)
        for index, value in enumerate(one.values)
    }
    values |= {"period_start": plan.start, "period_end": plan.end, **_last_months(plan)}
    return {name: value for name, value in values.items() if re.search(rf"\${name}\b", sql)}


def _last_months(plan: _Plan) -> dict[str, date]:
    """The last month of every period, where stocks are read."""
    periods = _periods(plan.start, plan.end, plan.request.time_grain)
    return {f"last_month_{index}": month_start(last) for index, (_, last) in enumerate(periods)}


def _where(position: int, one: Filter) -> str:
    """MetricFlow's filter text. Values are bound when the SQL is run, never written into it."""
    kind = "Dimension" if "__" in one.name else "Entity"
    values = ", ".join(f"${_parameter(position, index)}" for index in range(len(one.values)))
    return f"{{{{ {kind}('{one.name}') }}}} {one.op.upper()} ({values})"


def _parameter(position: int, index: int) -> str:
    return f"filter_{position}_{index}"


def _in_periods(plan: _Plan, firsts: Iterable[date]) -> str:
    """Whether a row belongs to one of the periods that begin, as far as asked, on these days."""
    grain = plan.request.time_grain
    assert grain is not None
    days = ", ".join(f"DATE '{period_start(day, grain)}'" for day in firsts)
    return f"metric_time__{grain} IN ({days})"


def _order(name: str) -> str:
    return f"{name[1:]} DESC NULLS LAST" if name.startswith("-") else f"{name} NULLS LAST"
