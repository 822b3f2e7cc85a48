"""Whether a question's names exist and fit each other, and what is filtered where it says nothing."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from dashboards.metrics.registry import Metric, Registry, nearest
from dashboards.metrics.request import Filter, MetricRequest
from dashboards.snapshot import Snapshot
from runtime.errors import BankError


def check_names(request: MetricRequest, metrics: Iterable[Metric], known: Registry) -> None:
    """Every group and filter exists and fits every metric, and nothing is added up that must not be.

    Raises:
        BankError: one does not; names the nearest, or what the metric has.
    """
    metrics = list(metrics)
    shared = {name for metric in metrics for name in metric.within}
    for metric in metrics:
        for name in request.group_by:
            _check(metric, name, metric.groups, "grouped by", known)
        for one in request.where:
            # what one metric must be asked for singly, as a ratio's basis, does not concern those without it
            if one.name not in shared or one.name in metric.within:
                _check(metric, one.name, metric.dimensions, "filtered by", known)
        for name, default in metric.within.items():
            if name in request.group_by or _single(request, name) is not None:
                continue
            if default is None or any(one.name == name for one in request.where):
                raise BankError(
                    f"{metric.id} can't be added up over {name}.",
                    f"Its values are of different things for each {name}.",
                    f"Group by {name}, or filter to one.",
                )


def check_values(snapshot: Snapshot, request: MetricRequest, known: Registry) -> None:
    """Every value that is filtered by stands somewhere in the marts: to be asked where nothing was found.

    Raises:
        BankError: one stands nowhere; names the nearest that does.
    """
    for one in request.where:
        if one.op != "in":
            continue
        values = values_of(snapshot, known, one.name)
        for value in one.values:
            if str(value) not in values:
                raise BankError(
                    f"There is no {one.name} {value}.",
                    nearest(str(value), values) or f"There are {', '.join(values[:12])}.",
                    f"Group by {one.name} to see them all.",
                )


def values_of(snapshot: Snapshot, known: Registry, name: str) -> list[str]:
    """Every value of a dimension that stands in a mart, sorted."""
    return snapshot.keep(("values", name), functools.partial(_read_values, snapshot, known, name))


def _read_values(snapshot: Snapshot, known: Registry, name: str) -> list[str]:
    texts = [f"SELECT CAST({column} AS VARCHAR) AS value FROM {mart}" for mart, column in known.places[name]]
    with snapshot.cursor() as cursor:
        found = cursor.execute(
            f"SELECT DISTINCT value FROM ({' UNION ALL '.join(texts)}) WHERE value IS NOT NULL ORDER BY 1"
        ).fetchall()
    return [value for (value,) in found]


def filters(request: MetricRequest, metric: Metric) -> tuple[Filter, ...]:
    """The filters that apply to a metric: the question's, and the default where it must be of one value."""
    asked = [one for one in request.where if one.name in metric.dimensions]
    said = {*request.group_by, *(one.name for one in asked)}
    defaults = [
        Filter(name, (default,)) for name, default in metric.within.items() if default and name not in said
    ]
    return (*asked, *defaults)


def value_of(request: MetricRequest, metric: Metric, name: str) -> str | None:
    """The one value of a dimension that counts in a question; None where there are several."""
    if name in request.group_by and _single(request, name) is None:
        return None
    return _single(request, name) or metric.within.get(name)


def _single(request: MetricRequest, name: str) -> str | None:
    for one in request.where:
        if one.name == name and one.op == "in" and len(one.values) == 1:
            return str(one.values[0])
    return None


def _check(metric: Metric, name: str, offered: Iterable[str], verb: str, known: Registry) -> None:
    if name in offered:
        return
    what, why = f"{metric.id} can't be {verb} {name}.", f"It has {', '.join(offered)}."
    if name not in known.dimensions:
        what, why = f"There is no dimension {name}.", nearest(name, known.dimensions) or why
    raise BankError(what, why, f"`bank metrics show {metric.id}` lists what goes with it.")
