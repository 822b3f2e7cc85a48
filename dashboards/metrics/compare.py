"""A question's answer beside another period's (the one before, a year earlier), its target, or its peers'.

Comparing with a period works for every metric and every grouping, because it asks the same question twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise
from math import isnan
from typing import Any, Generic, Literal, TypeVar, get_args

from dashboards.metrics.peers import PEER_PARTS, PEERS, PeerGroup, peer_groups, split
from dashboards.metrics.query import MetricTable, query
from dashboards.metrics.registry import Metric
from dashboards.metrics.request import Filter, MetricRequest, add_months, month_end, month_start
from dashboards.metrics.spans import periods_of
from dashboards.metrics.targets import attainment, light, target_of
from dashboards.snapshot import Snapshot
from runtime.errors import BankError

Number = TypeVar("Number", float, Decimal)
Against = Literal["previous", "last_year"]
AGAINST: tuple[Against, ...] = get_args(Against)
TARGET = "target"

_GRAIN_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_GRAIN_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True)
class Change(Generic[Number]):
    """One value beside what it is held against."""

    value: Number | None
    reference: Number | None
    absolute: Number | None
    """In the metric's unit; a difference of percentages is shown in percentage points."""
    relative: float | None
    """As a fraction of the reference; None for a ratio, and where the reference is not positive."""
    better: bool | None
    """None where there is nothing to judge: no change, no value, or a metric whose direction depends."""


def compare(
    snapshot: Snapshot,
    request: MetricRequest,
    against: Sequence[str] = AGAINST,
    user: str | None = None,
) -> MetricTable:
    """The answer with four more columns per metric and comparison.

    `<metric>__<against>` is the reference, `…__change` the difference in the metric's unit, `…__relative` the
    difference as a fraction of the reference, `…__better` whether that is better (None: nothing to judge).
    With time in the grouping each row is held against its own period before: `previous` is one grain earlier.
    Without, `previous` is as many months (or days) as the question spans, right before it.

    Against `target` the columns are `<metric>__target`, `…__change`, `…__attainment` (actual / target) and
    `…__light` (green, amber or red by the boundaries delivered with it); None where there is no target.

    Against `peers` they are `<metric>__peers` (their median), `…__change`, `…__better`, `…__p25`, `…__p75`,
    `…__percentile` (share of the peers that are not above) and `…__banks`. Filters on `peer_size` and `peer`
    choose the peers; where there are none, `unavailable` says why under `<metric>__peers`.

    Raises:
        BankError: as `query`; or there is no such comparison.
    """
    chosen: tuple[Filter, ...] = ()
    if PEERS in against:
        request, chosen = split(request)
    now = query(snapshot, request, user)
    columns = list(now.columns)
    records = [list(record) for record in now.records]
    unavailable = dict(now.unavailable)
    for one in against:
        if one == TARGET:
            _add_targets(snapshot, now, columns, records)
            continue
        if one == PEERS:
            unavailable |= _add_peers(snapshot, now, chosen, user, columns, records)
            continue
        if one not in AGAINST:
            offered = ", ".join((*AGAINST, TARGET, PEERS))
            raise BankError(f"There is no comparison {one}.", f"There are {offered}.", "Choose one of these.")
        references = _references(snapshot, now, one, user)
        for name, metric in now.metrics.items():
            base = f"{name}__{one}"
            columns += [base, f"{base}__change", f"{base}__relative", f"{base}__better"]
            position = now.columns.index(name)
            for record, reference in zip(records, references, strict=True):
                found = change(metric, record[position], reference.get(name))
                record += [found.reference, found.absolute, found.relative, found.better]
    rows = [tuple(record) for record in records]
    return replace(now, columns=tuple(columns), records=rows, unavailable=unavailable)


def change(metric: Metric, value: Number | None, reference: Number | None) -> Change[Number]:
    """Hold a value of a metric against another."""
    if value is None or reference is None or isnan(value) or isnan(reference):
        return Change(value, reference, None, None, None)
    difference = value - reference
    is_amount = metric.denominator is None and metric.unit in ("ccy", "n")
    relative = float(difference / reference) if is_amount and reference > 0 else None
    is_judged = metric.better in ("up", "down") and difference != 0
    better = (difference > 0) == (metric.better == "up") if is_judged else None
    return Change(value, reference, difference, relative, better)


def together(changes: Iterable[float]) -> float:
    """Changes of several parts as that of one."""
    return sum(changes)


def rest(total: Decimal | None, parts: Iterable[Decimal | None]) -> Decimal | None:
    """What of a total its parts leave over; a part without a value counts as nothing."""
    return None if total is None else total - sum((one for one in parts if one is not None), Decimal(0))


def steps(start: float, changes: Iterable[float]) -> list[tuple[float, float]]:
    """From where to where each change leads, when they follow one another."""
    levels = list(accumulate(changes, initial=start))
    return list(pairwise(levels))


def _references(snapshot: Snapshot, now: MetricTable, against: str, user: str | None) -> list[dict[str, Any]]:
    """The other period's values by metric, one dictionary per row of `now`."""
    request = now.request
    start, end, grain = request.start, request.end, request.time_grain
    assert start is not None and end is not None
    months, days = _distance(start, end, grain, against)
    earlier_start, earlier_end = _back(start, months, days), _back(end, months, days)
    if months and end == month_end(end):
        earlier_end = month_end(earlier_end)
    if earlier_end < snapshot.first_month:
        return [{} for _ in now.records]

    before = query(
        snapshot, replace(request, order_by=(), limit=None).between(earlier_start, earlier_end), user
    )
    keys = len(request.group_by)
    found = {record[:keys]: record[keys:] for record in before.records}
    time = request.group_by.index(f"metric_time__{grain}") if grain else None
    references = []
    for record in now.records:
        key = list(record[:keys])
        period = earlier_start
        if time is not None:
            key[time] = period = _back(key[time], months, days)
        values = dict(zip(request.metrics, found.get(tuple(key), ()), strict=False))
        # a flow over a period that is only partly in the data is no fair comparison
        if period < snapshot.first_month:
            values = {name: value for name, value in values.items() if now.metrics[name].kind == "stock"}
        references.append(values)
    return references


def _add_targets(snapshot: Snapshot, now: MetricTable, columns: list[str], records: list[list[Any]]) -> None:
    request = now.request
    assert request.start is not None and request.end is not None
    # over its own window a figure is held against the window's targets, on its own against the period's
    spans = {period.label: (period.first_month, period.last) for period in periods_of(request)}
    singly = all(one.op == "in" and len(one.values) == 1 for one in request.where)
    for name, metric in now.metrics.items():
        base = f"{name}__{TARGET}"
        columns += [base, f"{base}__change", f"{base}__attainment", f"{base}__light"]
        position = now.columns.index(name)
        filtered = {one.name: str(one.values[0]) for one in request.where if one.name not in metric.within}
        for record in records:
            groups = dict(zip(request.group_by, record, strict=False))
            label = next((groups.pop(key) for key in list(groups) if key.startswith("metric_time__")), None)
            first, last = spans[label] if label is not None else next(iter(spans.values()))
            part = filtered | {key: str(value) for key, value in groups.items()}
            target = target_of(snapshot, metric, part, first, last) if singly else None
            value = record[position]
            record += [
                target.value if target else None,
                change(metric, None if value is None else float(value), target.value).absolute
                if target
                else None,
                attainment(value, target),
                light(metric, value, target),
            ]


def _add_peers(
    snapshot: Snapshot,
    now: MetricTable,
    chosen: Sequence[Filter],
    user: str | None,
    columns: list[str],
    records: list[list[Any]],
) -> dict[str, str]:
    """Peers beside each metric; returns why there are none, by `<metric>__peers`."""
    reasons = {}
    grain = now.request.time_grain
    time = now.request.group_by.index(f"metric_time__{grain}") if grain else None
    for name, metric in now.metrics.items():
        base = f"{name}__{PEERS}"
        columns += [base, *(f"{base}__{part}" for part in PEER_PARTS)]
        groups = peer_groups(snapshot, now, metric, chosen, user)
        if isinstance(groups, str):
            reasons[base], groups = groups, {}
        position = now.columns.index(name)
        for record in records:
            group = groups.get(record[time]) if time is not None else next(iter(groups.values()), None)
            record.extend(_beside(metric, record[position], group))
    return reasons


def _beside(metric: Metric, value: float | None, group: PeerGroup | None) -> list[Any]:
    """Their median, and of `PEER_PARTS` what a value is among them."""
    if group is None:
        return [None] * (1 + len(PEER_PARTS))
    held = change(metric, None if value is None else float(value), group.median)
    percentile = None if value is None else group.percentile(value)
    return [group.median, held.absolute, held.better, group.p25, group.p75, percentile, group.banks]


def _distance(start: date, end: date, grain: str | None, against: str) -> tuple[int, int]:
    """How far back the other period lies, in months and days."""
    if against == "last_year":
        return (0, 364) if grain == "week" else (12, 0)  # 52 weeks, so that Mondays meet Mondays
    if grain is not None:
        return _GRAIN_MONTHS.get(grain, 0), _GRAIN_DAYS.get(grain, 0)
    if start == month_start(start) and end == month_end(end):
        return (end.year - start.year) * 12 + end.month - start.month + 1, 0
    return 0, (end - start).days + 1


def _back(day: date, months: int, days: int) -> date:
    return add_months(day, -months) - timedelta(days=days)
