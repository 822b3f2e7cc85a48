"""Latency of random metric queries over a published snapshot, beside the same SQL written by hand.

The hand's SQL is what a person would write who knows the marts: one SELECT per mart, the dimension tables
joined, the ratio divided at the end. Its answer must be ours, or the floor would measure something else.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from dashboards.metrics import MetricRequest, query, registry
from dashboards.metrics.engine import engine
from dashboards.metrics.names import values_of
from dashboards.metrics.query import compiled
from dashboards.metrics.registry import Metric
from dashboards.metrics.request import Filter, month_end, months_between
from dashboards.snapshot import Snapshot, current

QUESTIONS = 200
SEED = 20240229
GRAINS = ("metric_time__month", "metric_time__quarter", "metric_time__year")


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one question: its first time, its compilation alone, repeated, and the hand's SQL."""

    first: float
    compilation: float
    warm: float
    hand: float


def main(published: Path) -> dict[str, float]:
    """Ask, and tell medians and 95th percentiles in milliseconds, and the ratio to the hand's SQL."""
    snapshot = current(published)
    if snapshot is None:
        raise RuntimeError(f"Nothing is published in {published}")
    with closing(snapshot):
        manifest = json.loads(snapshot.semantic_manifest.read_text())
        query(snapshot, MetricRequest(("net_profit",)))  # imports and the engine are a process's first cost
        measured = [_measure(snapshot, manifest, one) for one in _questions(snapshot)]
    figures: dict[str, float] = {"questions": len(measured)}
    for name in ("first", "compilation", "warm", "hand"):
        values = [getattr(one, name) for one in measured]
        figures[f"{name} p50 ms"] = statistics.median(values)
        figures[f"{name} p95 ms"] = statistics.quantiles(values, n=20)[-1]
    figures["warm to hand"] = sum(one.warm for one in measured) / sum(one.hand for one in measured)
    return figures


def _questions(snapshot: Snapshot) -> Iterator[MetricRequest]:
    """Random ones that can be answered, always the same for the same snapshot."""
    chance = random.Random(SEED)
    known = registry(snapshot)
    offered = [metric for metric in known if not metric.ahead]
    made = 0
    while made < QUESTIONS:
        metric = chance.choice(offered)
        group_by = _groups(chance, metric)
        where = []
        if metric.dimensions and chance.random() < 0.5:
            name = chance.choice([one for one in metric.dimensions if one not in metric.within] or [""])
            values = values_of(snapshot, known, name) if name else []
            if values:
                where.append(Filter(name, (chance.choice(values),)))
        start, end = _span(chance, snapshot, metric)
        request = MetricRequest((metric.id,), group_by, tuple(where), start, end)
        if not query(snapshot, request).unavailable:
            made += 1
            yield request


def _groups(chance: random.Random, metric: Metric) -> tuple[str, ...]:
    singly = [name for name, default in metric.within.items() if default is None]
    others = [name for name in metric.dimensions if name not in metric.within]
    groups = [chance.choice(GRAINS)] if chance.random() < 0.7 else []
    groups += singly + chance.sample(others, min(len(others), chance.randrange(3)))
    return tuple(groups)


def _span(chance: random.Random, snapshot: Snapshot, metric: Metric) -> tuple[date, date]:
    months = [
        date.fromisoformat(f"{month}-01")
        for month in months_between(snapshot.first_month, snapshot.last_month)
    ]
    months = months[min(max(metric.lookback, 3), len(months) - 1) :]
    first, last = sorted((chance.choice(months), chance.choice(months)))
    return first, month_end(last)


def _measure(snapshot: Snapshot, manifest: Mapping[str, Any], request: MetricRequest) -> Latency:
    compile_anew = engine(snapshot).compile.cache_clear
    hand = _hand(snapshot, manifest, request)
    compile_anew()
    first, answer = _timed(lambda: query(snapshot, request).records)
    compile_anew()
    compilation, _ = _timed(lambda: compiled(snapshot, request))
    warm, _ = _timed(lambda: query(snapshot, request).records)
    by_hand, expected = _timed(lambda: _run(snapshot, *hand))
    if not _alike(answer, expected):
        raise RuntimeError(f"The hand's SQL answers something else for {request}:\n{hand[0]}")
    return Latency(first, compilation, warm, by_hand)


def _timed(ask: Callable[[], list[tuple[Any, ...]]] | Callable[[], str]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = ask()
    return (time.perf_counter() - start) * 1000, answer


def _run(snapshot: Snapshot, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with snapshot.cursor() as cursor:
        return cursor.execute(sql, values).fetchall()


def _alike(ours: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]]) -> bool:
    return sorted(map(_plain, ours)) == sorted(map(_plain, theirs))


def _plain(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(
        f"{float(value):.6g}" if isinstance(value, int | float | Decimal) else str(value) for value in row
    )


# ---------------------------------------------------------------- by hand

_AGGREGATES = {
    "sum": "sum({})",
    "count": "count({})",
    "count_distinct": "count(DISTINCT {})",
    "average": "avg({})",
    "median": "median({})",
    "max": "max({})",
    "min": "min({})",
}


def _hand(snapshot: Snapshot, manifest: Mapping[str, Any], request: MetricRequest) -> tuple[str, list[Any]]:
    """SQL with its values."""
    known = registry(snapshot)
    metric = known[request.metrics[0]]
    leaves: list[Metric] = []

    def expression(one: Metric) -> str:
        if one.inputs:
            aliases = "|".join(map(re.escape, one.inputs))
            return re.sub(
                rf"\b({aliases})\b", lambda found: f"({expression(known[one.inputs[found[0]]])})", one.formula
            )
        if one.numerator and one.denominator:
            above, below = expression(known[one.numerator]), expression(known[one.denominator])
            return f"CASE WHEN ({below}) > 0 THEN ({above})::DOUBLE / ({below}) END"
        leaves.append(one)
        return one.id

    value = expression(metric)
    # positions and flows are of different months
    by_model: dict[tuple[str, str], list[str]] = {}
    for leaf in leaves:
        members = by_model.setdefault((_leaf(manifest, leaf)[0]["name"], leaf.kind), [])
        if leaf.id not in members:
            members.append(leaf.id)
    values: list[Any] = []
    parts = [
        _select(manifest, request, [known[name] for name in names], values) for names in by_model.values()
    ]
    keys = request.group_by
    join = "FULL JOIN ({}) AS p{} USING (" + ", ".join(keys) + ")" if keys else "CROSS JOIN ({}) AS p{}"
    source = f"({parts[0]}) AS p0 " + " ".join(join.format(part, i) for i, part in enumerate(parts[1:], 1))
    return f"SELECT {', '.join((*keys, value))} FROM {source}", values


def _leaf(manifest: Mapping[str, Any], leaf: Metric) -> tuple[dict[str, Any], dict[str, Any]]:
    raw = next(one for one in manifest["metrics"] if one["name"] == leaf.id)
    measure = raw["type_params"]["measure"]["name"]
    return next(
        (model, one)
        for model in manifest["semantic_models"]
        for one in model["measures"]
        if one["name"] == measure
    )


def _select(
    manifest: Mapping[str, Any], request: MetricRequest, leaves: list[Metric], values: list[Any]
) -> str:
    """One mart: sums of its measures, grouped and filtered."""
    model, measure = _leaf(manifest, leaves[0])
    owner = {
        entity["name"]: one
        for one in manifest["semantic_models"]
        for entity in one["entities"]
        if entity["type"] in ("primary", "natural")
    }
    entities = {one["name"]: one.get("expr") or one["name"] for one in model["entities"]}
    time = measure.get("agg_time_dimension") or model["defaults"]["agg_time_dimension"]
    clock = next(one.get("expr") or one["name"] for one in model["dimensions"] if one["name"] == time)
    joins: dict[str, str] = {}

    def column(name: str) -> str:
        entity, _, attribute = name.partition("__")
        if not attribute:
            return f"facts.{entities[entity]}" if entities[entity].isidentifier() else entities[entity]
        if entity not in entities:  # the mart's own
            own = next(one for one in model["dimensions"] if one["name"] == attribute)
            return own.get("expr") or attribute
        dimension = owner[entity]
        key = next(one for one in dimension["entities"] if one["name"] == entity)
        # its columns under names of their own, since a measure's expression names the mart's as they are
        named = f"SELECT COLUMNS(*) AS '{entity}_\\0' FROM bank.marts.{dimension['node_relation']['alias']}"
        joins[entity] = (
            f"LEFT JOIN ({named}) ON facts.{entities[entity]} = {entity}_{key.get('expr') or entity}"
        )
        if key["type"] == "natural":
            joins[entity] += (
                f" AND facts.{clock} >= {entity}_valid_from"
                f" AND (facts.{clock} < {entity}_valid_to OR {entity}_valid_to IS NULL)"
            )
        attribute_of = next(one for one in dimension["dimensions"] if one["name"] == attribute)
        return f"{entity}_{attribute_of.get('expr') or attribute}"

    grain = request.time_grain
    keys = [
        f"CAST(date_trunc('{grain}', facts.{clock}) AS DATE) AS {name}"
        if name.startswith("metric_time__")
        else f"{column(name)} AS {name}"
        for name in request.group_by
    ]
    sums = []
    for leaf in leaves:
        _, one = _leaf(manifest, leaf)
        text = one.get("expr") or one["name"]
        if one["agg"] == "percentile":
            share = one["agg_params"]["percentile"]
            sums.append(f"quantile_cont({text}, {share}) AS {leaf.id}")
        else:
            sums.append(f"{_AGGREGATES[one['agg']].format(text)} AS {leaf.id}")
    assert request.start is not None and request.end is not None
    conditions = []
    if leaves[0].kind == "stock":
        last = f"last_day(facts.{clock})"
        ends = {
            None: f"{last} = ?",
            "month": f"facts.{clock} BETWEEN ? AND ?",
            "quarter": f"(month({last}) % 3 = 0 OR {last} = ?) AND facts.{clock} BETWEEN ? AND ?",
            "year": f"(month({last}) = 12 OR {last} = ?) AND facts.{clock} BETWEEN ? AND ?",
        }
        conditions.append(ends[grain])
        if grain != "month":
            values.append(request.end)
        if grain is not None:
            values.extend((request.start, request.end))
    else:
        conditions.append(f"facts.{clock} BETWEEN ? AND ?")
        values.extend((request.start, request.end))
    for name, default in leaves[0].within.items():
        if default and name not in request.group_by:
            conditions.append(f"{column(name)} = '{default}'")
    for one in request.where:
        conditions.append(f"{column(one.name)} = ?")
        values.append(one.values[0])
    return (
        f"SELECT {', '.join((*keys, *sums))} FROM bank.marts.{model['node_relation']['alias']} AS facts "
        f"{' '.join(joins.values())} WHERE {' AND '.join(conditions)}"
        + (f" GROUP BY {', '.join(str(i + 1) for i in range(len(keys)))}" if keys else "")
    )


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1])), sys.stdout)
