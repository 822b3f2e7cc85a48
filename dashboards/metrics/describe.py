"""What a person must know of a metric before they trust it: definition, SQL, inputs, tests, freshness."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from dashboards.metrics.availability import gap
from dashboards.metrics.format import number
from dashboards.metrics.query import compiled
from dashboards.metrics.registry import Metric, registry
from dashboards.metrics.request import MetricRequest, month_end
from dashboards.metrics.spans import periods_of
from dashboards.snapshot import Snapshot
from runtime.clock import now


def catalogue(snapshot: Snapshot) -> list[tuple[str, str, str, str, str, str]]:
    """Every metric that lists show: id, label, domain, unit, authority, and its state in the newest month."""
    return [
        (one.id, one.label, one.domain, one.unit, one.authority, state(snapshot, one))
        for one in registry(snapshot)
    ]


def state(snapshot: Snapshot, metric: Metric) -> str:
    """`available` for the newest month with data, or what it needs."""
    request = MetricRequest((metric.id,), start=snapshot.last_month, end=month_end(snapshot.last_month))
    return gap(snapshot, metric, request, periods_of(request)).text or "available"


def describe(snapshot: Snapshot, name: str) -> str:
    """One metric in lines, its SQL and tests included.

    Raises:
        BankError: there is no such metric; names the nearest.
    """
    metric = registry(snapshot)[name]
    lines = [f"{metric.label} ({metric.id})", metric.description, ""]
    lines += [f"{fact:<10} {value}" for fact, value in facts(snapshot, metric).items()]
    tests = checks_on(snapshot, metric)
    lines += ["", f"tests      {len(tests)} of {', '.join(metric.marts)}", *(f"  {test}" for test in tests)]
    return "\n".join([*lines, "", "SQL by month", sql_of(snapshot, metric)])


def facts(snapshot: Snapshot, metric: Metric) -> dict[str, str]:
    """What there is to say of a metric beside its definition, by the word for it."""
    told = {
        "domain": metric.domain,
        "owner": metric.owner,
        "unit": metric.unit,
        "better": metric.better,
        "kind": metric.kind,
        "authority": metric.authority,
        "thresholds": _thresholds(metric),
        "formula": metric.formula,
        "marts": ", ".join(metric.marts),
        "needs": ", ".join(metric.requires),
        "lookback": f"{metric.lookback} months" if metric.lookback else "",
        "undefined": f"where {metric.undefined}" if metric.undefined else "",
        "within": ", ".join(
            f"one {dimension}" + (f", {default} unless said" if default else "")
            for dimension, default in metric.within.items()
        ),
        "group by": ", ".join(metric.groups),
        "state": state(snapshot, metric),
        "known": f"to {month_end(snapshot.last_month)}, built {snapshot.info['published_at']}",
        "age": _age(snapshot),
    }
    return {fact: value for fact, value in told.items() if value}


def _age(snapshot: Snapshot) -> str:
    """How old the data are now: a matter of the reader's clock, so no mart holds it."""
    newest = snapshot.info.get("business_date")
    if not newest:
        return ""
    days = (now().date() - date.fromisoformat(newest)).days
    return f"{days} days since the newest business date, {newest}"


def checks_on(snapshot: Snapshot, metric: Metric) -> list[str]:
    """The data and unit tests of the marts that a metric reads; sorted."""
    return checks_on_marts(dbt_manifest(snapshot), metric.marts)


def checks_on_marts(manifest: Mapping[str, Any], marts: Collection[str]) -> list[str]:
    """The data and unit tests, in dbt's manifest, of some marts; sorted."""
    data = [
        node["name"]
        for node in (manifest.get("nodes") or {}).values()
        if node["resource_type"] == "test"
        and set(marts) & {one.rpartition(".")[2] for one in node["depends_on"]["nodes"]}
    ]
    units = [one["name"] for one in (manifest.get("unit_tests") or {}).values() if one["model"] in marts]
    return sorted({*data, *units})


def tests(snapshot: Snapshot) -> tuple[int, int]:
    """How many data tests and unit tests the models of the build have."""
    manifest = dbt_manifest(snapshot)
    data = [one for one in (manifest.get("nodes") or {}).values() if one["resource_type"] == "test"]
    return len(data), len(manifest.get("unit_tests") or {})


def dbt_manifest(snapshot: Snapshot) -> dict[str, Any]:
    """The manifest of dbt for the build: its models, tests and sources."""
    return snapshot.keep("dbt manifest", lambda: json.loads((snapshot.folder / "manifest.json").read_text()))


def _thresholds(metric: Metric) -> str:
    if not metric.thresholds:
        return "the bank's targets, where it delivers them" if metric.better in ("up", "down") else ""
    bounds = [
        f"{light} {number(float(metric.thresholds[light]), metric.unit)}"
        for light in ("amber", "red")
        if light in metric.thresholds
    ]
    return f"{', '.join(bounds)} ({metric.thresholds['source']})"


def sql_of(snapshot: Snapshot, metric: Metric) -> str:
    """A metric's SQL by month."""
    singly = tuple(name for name, default in metric.within.items() if default is None)
    return compiled(snapshot, MetricRequest((metric.id,), (metric.time_grains[-3], *singly)))
