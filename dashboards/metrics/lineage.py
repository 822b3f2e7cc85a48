"""From a number back to its files: definition, SQL, models, source tables, deliveries, checks, run.

Everything is read from the published folder: the models from dbt's manifest, what was delivered and how the
checks ended from `dashboards.metrics.delivered`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboards.metrics.availability import lacking
from dashboards.metrics.delivered import checks, deliveries
from dashboards.metrics.describe import dbt_manifest
from dashboards.metrics.query import query, runnable
from dashboards.metrics.registry import Metric, Registry, registry
from dashboards.metrics.request import Filter, MetricRequest, month_end, period_end
from dashboards.metrics.spans import months_of, periods_of
from dashboards.snapshot import Snapshot
from runtime.errors import BankError

LAYERS = ("mart", "features", "intermediate", "seed", "staging")
"""In the order in which one walks from the number to the files."""

_COLUMN = re.compile(r"\w+\((\w+)\) of ")
_QUARTER = re.compile(r"(\d{4})-?Q([1-4])", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """A metric that goes into the number, the number itself first."""

    metric: str
    label: str
    definition: str
    formula: str
    authority: str
    marts: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """A table or view that dbt makes, and what it reads."""

    name: str
    layer: str
    description: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Need:
    """A contract column that the metric can't do without; of those joined by ` | ` one is enough."""

    column: str
    description: str
    delivered: bool
    """For the period."""


@dataclass(frozen=True)
class Source:
    """A source table, and the deliveries in force that the period's number was made of."""

    table: str
    description: str
    kind: str
    """event, snapshot, reference; manifest or models: written by the platform."""
    deliveries: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Lineage:
    """Everything behind one number."""

    metric: str
    period: tuple[date, date]
    value: Any
    """None where there is none, or where it exists only by some dimension."""
    said: str
    """Why there is no number, or only a part of it."""
    unit: str
    currency: str
    parts: tuple[Part, ...]
    sql: str
    """Gives the number when it is run over the snapshot."""
    models: tuple[Model, ...]
    needs: tuple[Need, ...]
    sources: tuple[Source, ...]
    checks: tuple[Mapping[str, Any], ...]
    run: dict[str, Any]


def lineage(
    snapshot: Snapshot, name: str, period: str | tuple[date, date] | None = None, where: Sequence[Filter] = ()
) -> Lineage:
    """What is behind a metric's number of a period: its first and last day, a year, `2025-Q4`, a month or a
    day; else the last month. `where` is what the number is filtered by.

    Raises:
        BankError: there is no such metric (names the nearest), or the period can't be read or lies outside.
    """
    known = registry(snapshot)
    metric = known[name]
    start, end = period if isinstance(period, tuple) else _bounds(snapshot, period)
    singly = tuple(one for one, default in metric.within.items() if default is None)
    request = MetricRequest((name,), singly, tuple(where), start, end)
    answer = query(snapshot, request)
    asked = answer.request
    assert asked.start is not None and asked.end is not None
    months = set().union(*(months_of(metric, asked, one) for one in periods_of(asked)))
    nodes = _upstream(snapshot, metric.marts)
    return Lineage(
        metric=name,
        period=(asked.start, asked.end),
        value=answer.records[0][0] if not singly and answer.records else None,
        said=answer.unavailable.get(name) or answer.undefined.get(name) or "",
        unit=metric.unit,
        currency=snapshot.currency,
        parts=tuple(_parts(snapshot, known, metric)),
        sql=runnable(snapshot, request),
        models=tuple(_models(nodes)),
        needs=tuple(_needs(snapshot, metric, months)),
        sources=tuple(_sources(snapshot, nodes, months)),
        checks=tuple(_checks(snapshot, {node["name"] for node in nodes})),
        run={
            key: snapshot.info.get(key)
            for key in ("build", "run_id", "published_at", "business_date", "fingerprint", "final", "as_of")
        },
    )


def _bounds(snapshot: Snapshot, period: str | None) -> tuple[date, date]:
    if period is None:
        return snapshot.last_month, month_end(snapshot.last_month)
    if found := _QUARTER.fullmatch(period.strip()):
        first = date(int(found[1]), int(found[2]) * 3 - 2, 1)
        return first, period_end(first, "quarter")
    try:
        asked = MetricRequest.of("any", start=period, end=period)
    except BankError as error:
        raise BankError(
            f"The period {period!r} can't be read.",
            error.why,
            "Write a year, a quarter, a month or a day: 2025, 2025-Q4, 2025-12, 2025-12-31.",
        ) from error
    assert asked.start is not None and asked.end is not None
    return asked.start, asked.end


def _parts(snapshot: Snapshot, known: Registry, metric: Metric) -> Iterator[Part]:
    """The metric, then what its formula names, however deep."""
    definition = _column_description(snapshot, metric) if metric.hidden else metric.description
    yield Part(metric.id, metric.label, definition, metric.formula, metric.authority, metric.marts)
    for name in dict.fromkeys(
        one for one in (metric.numerator, metric.denominator, *metric.inputs.values()) if one
    ):
        yield from _parts(snapshot, known, known[name])


def _column_description(snapshot: Snapshot, metric: Metric) -> str:
    """What a part is, that has no words of its own: the mart's, of the column it sums."""
    column = _COLUMN.match(metric.formula)
    if column is None:
        return ""
    return next(
        (
            _line(node["columns"].get(column[1], {}).get("description", ""))
            for node in dbt_manifest(snapshot).get("nodes", {}).values()
            if node["resource_type"] == "model" and node["name"] == metric.marts[0]
        ),
        "",
    )


def _upstream(snapshot: Snapshot, marts: Iterable[str]) -> list[dict[str, Any]]:
    """The marts and all that they are made of, sources included, as dbt's manifest has them."""
    manifest = dbt_manifest(snapshot)
    every: dict[str, dict[str, Any]] = {**manifest.get("nodes", {}), **manifest.get("sources", {})}
    waiting = [
        key for key, node in every.items() if node["resource_type"] == "model" and node["name"] in set(marts)
    ]
    found: dict[str, dict[str, Any]] = {}
    while waiting:
        key = waiting.pop(0)
        if key not in found and key in every:
            found[key] = every[key]
            waiting += every[key].get("depends_on", {}).get("nodes", [])
    return list(found.values())


def _layer(node: dict[str, Any]) -> str:
    if node["resource_type"] == "seed":
        return "seed"
    folder = node["fqn"][1]
    return "mart" if folder == "marts" else folder


def _models(nodes: Iterable[dict[str, Any]]) -> list[Model]:
    models = [
        Model(
            node["name"],
            _layer(node),
            _line(node["description"]),
            tuple(sorted(one.rpartition(".")[2] for one in node.get("depends_on", {}).get("nodes", []))),
        )
        for node in nodes
        if node["resource_type"] != "source"
    ]
    return sorted(models, key=lambda model: (LAYERS.index(model.layer), model.name))


def _needs(snapshot: Snapshot, metric: Metric, months: set[str]) -> Iterator[Need]:
    tables = {
        (node["name"], column["name"]): _line(column["description"])
        for node in dbt_manifest(snapshot).get("sources", {}).values()
        for column in node["columns"].values()
    }
    lacks = lacking(snapshot.availability, metric.requires, months)
    for requirement in metric.requires:
        columns = [one.strip().partition("[")[0].split(".") for one in requirement.split("|")]
        described = " | ".join(tables.get((table, column), "") for table, column in columns)
        yield Need(requirement, described, requirement not in lacks)


def _sources(snapshot: Snapshot, nodes: Iterable[dict[str, Any]], months: set[str]) -> list[Source]:
    sources = []
    for node in nodes:
        if node["resource_type"] == "source":
            kind = (node.get("config") or {}).get("meta", {}).get("kind") or node["source_name"]
            live = [
                one
                for one in deliveries(snapshot)
                if one["table_name"] == node["name"] and one["state"] == "live"
            ]
            sources.append(
                Source(node["name"], _line(node["description"]), kind, tuple(_fed(live, kind, months)))
            )
    return sorted(sources, key=lambda source: source.table)


def _fed(live: list[Mapping[str, Any]], kind: str, months: set[str]) -> list[Mapping[str, Any]]:
    """The deliveries that a period was made of, in the order of their business dates.

    Events and positions by the months that their rows belong to. A position that was not delivered in the
    period was carried from the newest one before; of a reference table each source's newest file counts. What
    running balances bring along from earlier months stands in the lineage of those.
    """
    if kind == "reference":
        return list({(one["source"], one["part"]): one for one in live}.values())
    within = [one for one in live if months & set(one["months"])]
    if within or kind != "snapshot":
        return within
    before = [one for one in live if one["months"] and max(one["months"]) < min(months)]
    return list({(one["source"], one["part"]): one for one in before}.values())


def _checks(snapshot: Snapshot, names: set[str]) -> list[Mapping[str, Any]]:
    """Those of its models, failures first, and whatever keeps the figures from being final."""
    return sorted(
        (
            one
            for one in checks(snapshot)
            if one["asset"].rpartition("/")[2] in names or (one.get("keeps_from_final") and not one["passed"])
        ),
        key=lambda one: (one["passed"], one["asset"], one["name"]),
    )


def _line(text: str) -> str:
    return " ".join(text.split())
