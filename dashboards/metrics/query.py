"""The one way from a question to a table. Everything that shows a number of a metric comes through `query`.

What the semantic layer can't say is decided here, once:

- A ratio is its summed numerator over its summed denominator at whatever level is asked, and not defined
  where the denominator is zero or below (as the FDIC reports it); the answer says so.
- A stock over several months is the position at the end of the last one, also for a slice that has no rows
  there. MetricFlow alone would take the slice's own last month.
- Year to date and trailing twelve months are sums over months, of a ratio's parts too.
- Time is always bounded, by the data where the question leaves it open, and a period counts only as far as
  asked (`spans`).
- What must not be added up, as the bases of a ratio, has one value or a default (`names`).
- A metric whose contract columns hold no data for the period is not available: no number, but what it needs
  (`availability`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dashboards.metrics.availability import Gap, gap
from dashboards.metrics.engine import engine
from dashboards.metrics.names import check_names, check_values, filters
from dashboards.metrics.registry import Metric, Registry, registry
from dashboards.metrics.request import Filter, MetricRequest, month_start
from dashboards.metrics.spans import (
    BASIS,
    DAILY,
    Kind,
    Period,
    bounds,
    check_spans,
    kind_of,
    periods_of,
)
from dashboards.metrics.table import Table
from dashboards.snapshot import Snapshot


@dataclass(frozen=True)
class MetricTable(Table):
    """An answer: one column per group and metric of the question, in its order.

    Amounts are Decimal, counts int, ratios float; None where there is no value.
    """

    unavailable: dict[str, str]
    """Metric to `not available: needs …`, for the whole period or for the periods it names."""
    undefined: dict[str, str]
    """Metric to `not defined in 3 rows: …`, where its denominator is zero or below, or to `no value: …`."""
    request: MetricRequest
    """The question with the period that was answered."""
    metrics: dict[str, Metric]
    currency: str
    build: str


def query(snapshot: Snapshot, request: MetricRequest, user: str | None = None) -> MetricTable:
    """Answer a question. `user` is who asks: permissions are applied here as soon as there are roles.

    Raises:
        BankError: a metric, group, filter or filtered value does not exist or does not fit; names the nearest
            that does.
    """
    plan = _plan(snapshot, request)
    columns = (*request.group_by, *request.metrics)
    if all(gap.whole for gap in plan.gaps.values()):
        records, undefined = ([] if request.group_by else [(None,) * len(request.metrics)]), {}
    else:
        sql = _sql(snapshot, plan)
        with snapshot.cursor() as cursor:
            found = cursor.execute(sql, _values(plan, sql)).fetchall()
        records = [record[: len(columns)] for record in found]
        if all(value is None for record in records for value in record[len(request.group_by) :]):
            check_values(snapshot, request, plan.known)
        undefined = _undefined(plan, [record[len(columns) :] for record in found])
        undefined |= _absent(plan, records, undefined)
    return MetricTable(
        columns=columns,
        records=records,
        unavailable={name: gap.text for name, gap in plan.gaps.items() if gap.text},
        undefined=undefined,
        request=plan.request,
        metrics=plan.metrics,
        currency=snapshot.currency,
        build=snapshot.build,
    )


def compiled(snapshot: Snapshot, request: MetricRequest) -> str:
    """The SQL behind a question, for people to read; its period and values stand in it as $names.

    It is what is run where all inputs are there.
    """
    plan = _plan(snapshot, request)
    return _sql(snapshot, replace(plan, gaps={name: Gap() for name in plan.gaps}))


def runnable(snapshot: Snapshot, request: MetricRequest) -> str:
    """The SQL behind a question with its period and values written in: run as it is, it gives the answer."""
    plan = _plan(snapshot, request)
    text = _sql(snapshot, replace(plan, gaps={name: Gap() for name in plan.gaps}))
    values = _values(plan, text)
    return re.sub(r"\$(\w+)", lambda found: _literal(values[found[1]]), text) if values else text


def _literal(value: str | date) -> str:
    if isinstance(value, date):
        return f"DATE '{value}'"
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True)
class _Plan:
    """A question that can be answered: its names exist, its period is bounded, what is missing is known."""

    request: MetricRequest
    periods: list[Period]
    metrics: dict[str, Metric]
    gaps: dict[str, Gap]
    known: Registry

    @property
    def fragile(self) -> list[str]:
        """Metrics that may be without a value although their inputs are there."""
        return [
            name
            for name, one in self.metrics.items()
            if (one.denominator or (one.inputs and one.undefined)) and not self.gaps[name].whole
        ]


def _plan(snapshot: Snapshot, request: MetricRequest) -> _Plan:
    known = registry(snapshot)
    metrics = {name: known[name] for name in request.metrics}
    check_names(request, metrics.values(), known)
    answered = request.between(*bounds(snapshot, request, metrics.values()))
    periods = periods_of(answered)
    check_spans(answered, metrics.values(), periods)
    gaps = {name: gap(snapshot, metric, answered, periods) for name, metric in metrics.items()}
    return _Plan(answered, periods, metrics, gaps, known)


def _undefined(plan: _Plan, flags: list[tuple[bool | None, ...]]) -> dict[str, str]:
    """What to say of ratios whose denominator was zero or below, and of sums that lack a part."""
    said = {}
    for position, name in enumerate(plan.fragile):
        rows = sum(bool(record[position]) for record in flags)
        if rows:
            why = plan.metrics[name].undefined or f"{plan.metrics[name].denominator} is zero or below"
            where = f" in {rows} of {len(flags)} rows" if len(flags) > 1 else ""
            said[name] = f"not defined{where}: {why}"
    return said


def _absent(plan: _Plan, records: list[tuple[Any, ...]], said: Mapping[str, str]) -> dict[str, str]:
    """What to say of metrics that are there, but of which the question finds nothing."""
    groups = len(plan.request.group_by)
    return {
        name: "no value: nothing of it lies in this period and these filters"
        for position, name in enumerate(plan.metrics, groups)
        if name not in said
        and not plan.gaps[name].text
        and all(record[position] is None for record in records)
    }


# ---------------------------------------------------------------- SQL


@dataclass(frozen=True)
class _Part:
    """Metrics that MetricFlow compiles together: bounded in time alike, with the same filters."""

    kind: Kind
    where: tuple[Filter, ...]


def _sql(snapshot: Snapshot, plan: _Plan) -> str:
    """Each part is compiled by itself and they are put side by side, a ratio divided at the very end."""
    parts: dict[_Part, list[str]] = {}
    columns = []
    for name, metric in plan.metrics.items():
        missing = plan.gaps[name]
        if missing.whole:
            columns.append(f"CAST(NULL AS DOUBLE) AS {name}")
            continue
        for one in _leaves(plan.known, metric):
            members = parts.setdefault(_part_of(plan, plan.known[one]), [])
            if one not in members:
                members.append(one)
        expression = _expression(plan.known, metric)
        if missing.periods:
            expression = f"CASE WHEN {_in_periods(plan, missing.periods)} THEN NULL ELSE {expression} END"
        columns.append(f"{expression} AS {name}")
    columns += [
        f"{_is_undefined(plan.known, plan.metrics[name])} AS {name}__undefined" for name in plan.fragile
    ]

    tables = {f"part_{number}": _table(snapshot, plan, *part) for number, part in enumerate(parts.items())}
    keys = plan.request.group_by
    order = [_order(plan.request, name) for name in plan.request.order_by]
    # a complete order, so that the same question always gives the same rows in the same places
    order += [_order(plan.request, key) for key in keys if not {key, f"-{key}"} & set(plan.request.order_by)]
    return "\n".join(
        [
            "WITH " + ",\n".join(f"{name} AS (\n{text}\n)" for name, text in tables.items()),
            "SELECT\n  " + ",\n  ".join([*map(_key, keys), *columns]),
            f"FROM {_together(keys, {name: parts[part] for name, part in zip(tables, parts, strict=True)})}",
            *([f"ORDER BY {', '.join(order)}"] if order else []),
            *([f"LIMIT {plan.request.limit}"] if plan.request.limit else []),
        ]
    )


def _together(keys: Sequence[str], tables: Mapping[str, Sequence[str]]) -> str:
    """One relation of all parts' columns. Not a join: a group may be NULL, and is one all the same."""
    if len(tables) == 1:
        return next(iter(tables))
    rows = " UNION ALL BY NAME ".join(f"SELECT * FROM {name}" for name in tables)
    columns = [*keys, *(f"MAX({name}) AS {name}" for names in tables.values() for name in names)]
    grouping = f" GROUP BY {', '.join(keys)}" if keys else ""
    return f"(SELECT {', '.join(columns)} FROM ({rows}){grouping})"


def _key(name: str) -> str:
    """A group's column; MetricFlow truncates days to timestamps."""
    return f"CAST({name} AS DATE) AS {name}" if name.startswith("metric_time__") else name


def _leaves(known: Registry, metric: Metric) -> list[str]:
    """The plain sums under a metric."""
    if metric.inputs:
        return [leaf for name in metric.inputs.values() for leaf in _leaves(known, known[name])]
    if metric.numerator and metric.denominator:
        return [metric.numerator, metric.denominator]
    return [metric.id]


def _expression(known: Registry, metric: Metric) -> str:
    """A metric over the columns of what MetricFlow sums."""
    if metric.inputs:
        names = "|".join(map(re.escape, metric.inputs))
        return re.sub(
            rf"\b({names})\b",
            lambda found: f"({_expression(known, known[metric.inputs[found[1]]])})",
            metric.formula,
        )
    if metric.numerator and metric.denominator:
        above, below = f"CAST({metric.numerator} AS DOUBLE)", f"CAST({metric.denominator} AS DOUBLE)"
        return f"CASE WHEN {metric.denominator} > 0 THEN {above} / {below} END"
    return metric.id


def _is_undefined(known: Registry, metric: Metric) -> str:
    """Whether a metric has no value although there is something to tell it from."""
    if metric.denominator:
        return f"{metric.denominator} <= 0"
    told = f"COALESCE({', '.join(_leaves(known, metric))}) IS NOT NULL"
    return f"({_expression(known, metric)}) IS NULL AND {told}"


def _part_of(plan: _Plan, leaf: Metric) -> _Part:
    return _Part(kind_of(leaf, plan.request), filters(plan.request, leaf))


def _table(snapshot: Snapshot, plan: _Plan, part: _Part, names: Sequence[str]) -> str:
    request = plan.request
    where = [_where(_parameter(plan, one), one) for one in part.where]
    by_day = request.over == "period" and all(plan.known[name].grain == "day" for name in names)
    time = f"{{{{ TimeDimension('metric_time', '{'day' if by_day else 'month'}') }}}}"
    asked = f"{time} BETWEEN $period_start AND $period_end"
    last = f"{time} IN ({', '.join(f'${name}' for name in _last_months(plan))})"
    if part.kind == "stock":
        where.append(asked if request.time_grain == "month" else last)
    elif part.kind == "mixed":
        basis = f"{{{{ Entity('{BASIS}') }}}}"
        where.append(f"(({basis} = '{DAILY}' AND {asked}) OR ({basis} <> '{DAILY}' AND {last}))")
    else:
        where.append(asked if request.over == "period" else f"{time} BETWEEN $window_start AND $period_end")
    if part.kind != "flow" or request.over == "period":
        return engine(snapshot).compile(tuple(names), request.group_by, tuple(where))
    return _windowed(snapshot, plan, names, tuple(where))


def _windowed(snapshot: Snapshot, plan: _Plan, names: Sequence[str], where: tuple[str, ...]) -> str:
    """Sums over a window that ends with each period: its months are added up after MetricFlow."""
    keys = plan.request.group_by
    others = [key for key in keys if not key.startswith("metric_time__")]
    months = engine(snapshot).compile(tuple(names), ("metric_time__month", *others), where)
    windows = ", ".join(
        f"($label_{number}::DATE, $window_{number}_start::DATE, $window_{number}_end::DATE)"
        for number in range(len(plan.periods))
    )
    columns = [f"windows.label AS {key}" if key not in others else key for key in keys]
    columns += [f"SUM({name}) AS {name}" for name in names]
    return (
        f"SELECT {', '.join(columns)} FROM (VALUES {windows}) AS windows (label, first_day, last_day)\n"
        f"JOIN (\n{months}\n) AS months\n"
        "ON months.metric_time__month BETWEEN windows.first_day AND windows.last_day\n"
        f"GROUP BY {', '.join(['windows.label', *others])}"
    )


def _values(plan: _Plan, sql: str) -> dict[str, str | date]:
    """What is bound to the names in the SQL, so that one compilation serves every period and filter value."""
    request, periods = plan.request, plan.periods
    values: dict[str, str | date] = {
        f"{_parameter(plan, one)}_{index}": str(value)
        for metric in plan.metrics.values()
        for leaf in _leaves(plan.known, metric)
        for one in filters(request, plan.known[leaf])
        for index, value in enumerate(one.values)
    }
    values |= {"period_start": periods[0].first, "period_end": periods[-1].last, **_last_months(plan)}
    values["window_start"] = periods[0].first_month
    for number, period in enumerate(periods):
        values[f"label_{number}"] = period.label
        values[f"window_{number}_start"] = period.first_month
        values[f"window_{number}_end"] = period.last
    return {name: value for name, value in values.items() if re.search(rf"\${name}\b", sql)}


def _last_months(plan: _Plan) -> dict[str, date]:
    """The last month of every period, where positions are read."""
    return {f"last_month_{number}": month_start(one.last) for number, one in enumerate(plan.periods)}


def _where(parameter: str, one: Filter) -> str:
    """MetricFlow's filter text. Values are bound when the SQL is run, never written into it."""
    kind = "Dimension" if "__" in one.name else "Entity"
    values = ", ".join(f"${parameter}_{index}" for index in range(len(one.values)))
    return f"{{{{ {kind}('{one.name}') }}}} {one.op.upper()} ({values})"


def _parameter(plan: _Plan, one: Filter) -> str:
    """The name that a filter's values are bound to."""
    where = plan.request.where
    return f"filter_{where.index(one)}" if one in where else f"default_{one.name}"


def _in_periods(plan: _Plan, periods: Iterable[Period]) -> str:
    """Whether a row belongs to one of these periods."""
    days = ", ".join(f"DATE '{period.label}'" for period in periods)
    return f"metric_time__{plan.request.time_grain} IN ({days})"


def _order(request: MetricRequest, name: str) -> str:
    """A name's place in the order. Labels that begin with a number stand by it: 30-59, 90-119, 120-179."""
    way = "DESC NULLS LAST" if name.startswith("-") else "NULLS LAST"
    name = name.removeprefix("-")
    if name not in request.group_by or name.startswith("metric_time__"):
        return f"{name} {way}"
    number = f"TRY_CAST(REGEXP_EXTRACT(CAST({name} AS VARCHAR), '^[0-9]+') AS BIGINT)"
    return f"{number} {way}, {name} {way}"
