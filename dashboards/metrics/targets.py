"""What a figure should have been, as the bank delivers it, and how it did against that.

Targets are delivered in the metric's unit as people write it, 58.0 for 58 %; here percentages become
fractions, as all metrics of that unit are. A year with a target for January only has one target for the year:
it holds for every part of it, except for flows, which need the whole year. Monthly targets of flows add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dashboards.metrics.registry import Metric
from dashboards.metrics.request import month_start, months_between
from dashboards.snapshot import Snapshot

Light = Literal["green", "amber", "red"]

Bounds = list[float | None]

_ROWS = "SELECT metric_id, dimension_key, period, target, amber, red FROM bank.marts.fct_target ORDER BY ALL"


@dataclass(frozen=True)
class Target:
    """A target with the boundaries from which its light turns, in the metric's unit."""

    value: float
    amber: float | None
    red: float | None


def target_of(
    snapshot: Snapshot, metric: Metric, part: Mapping[str, str], first: date, last: date
) -> Target | None:
    """The target of a part of the bank (dimension to value; empty: all) for a period, if there is one."""
    wanted = ",".join(sorted(f"{name}={value}" for name, value in part.items())) or "all"
    rows = snapshot.keep("targets", lambda: _read(snapshot)).get((metric.id, wanted), {})
    is_flow = metric.kind == "flow" and metric.denominator is None and not metric.inputs
    if [day for day in rows if day.year == last.year] == [date(last.year, 1, 1)]:
        whole = (first, last) == (date(last.year, 1, 1), date(last.year, 12, 31))
        return _target(metric, rows[date(last.year, 1, 1)]) if whole or not is_flow else None
    if not is_flow:
        return _target(metric, rows[month_start(last)]) if month_start(last) in rows else None
    months = [date.fromisoformat(f"{month}-01") for month in months_between(first, last)]
    if any(month not in rows for month in months):
        return None
    sums = [_sum([rows[month][position] for month in months]) for position in range(3)]
    return _target(metric, sums)


def attainment(value: float | None, target: Target | None) -> float | None:
    """Actual / target; None where there is none to attain, or none above zero."""
    if value is None or target is None or target.value <= 0:
        return None
    return float(value) / target.value


def light(metric: Metric, value: float | None, target: Target | None) -> Light | None:
    """The traffic light of a value; None where there is no boundary, or no direction to judge by."""
    if value is None or target is None or target.amber is None or metric.better not in ("up", "down"):
        return None
    sign = 1 if metric.better == "down" else -1
    if target.red is not None and sign * float(value) >= sign * target.red:
        return "red"
    return "amber" if sign * float(value) >= sign * target.amber else "green"


def _read(snapshot: Snapshot) -> dict[tuple[str, str], dict[date, Bounds]]:
    """By metric and part of the bank: the bounds by the first day of what they are for."""
    targets: dict[tuple[str, str], dict[date, Bounds]] = {}
    with snapshot.cursor() as cursor:
        for metric, key, period, *bounds in cursor.execute(_ROWS).fetchall():
            part = ",".join(sorted(one.strip() for one in key.split(",")))
            targets.setdefault((metric, part), {})[period] = bounds
    return targets


def _sum(values: Bounds) -> float | None:
    return None if None in values else float(sum(value for value in values if value is not None))


def _target(metric: Metric, bounds: Bounds) -> Target | None:
    value, amber, red = (
        None if bound is None else float(bound) / (100 if metric.unit in ("%", "pp") else 1)
        for bound in bounds
    )
    return None if value is None else Target(value, amber, red)
