"""What must hold of every metric of the registry; a new one is held to it by being there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from dashboards.metrics import Metric, MetricRequest, query, registry
from dashboards.metrics.registry import Registry
from dashboards.snapshot import Snapshot
from tests.dbt_project.conftest import Warehouse
from tests.dbt_project.published import snapshot_of

FIRST, LAST = "2024-10", "2025-02"
LAST_MONTH = date(2025, 2, 1)


@pytest.fixture(scope="module")
def snapshot(demo_bank: Warehouse) -> Iterator[Snapshot]:
    """The demo bank as its readers see it."""
    with snapshot_of(demo_bank) as opened:
        yield opened


Rows = dict[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Family:
    """Metrics that can stand in one table: of the same marts, with the same dimensions."""

    metrics: tuple[Metric, ...]
    fixed: tuple[str, ...]
    """Dimensions that must be grouped by, because nothing is summed over them."""

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics' ids."""
        return tuple(metric.id for metric in self.metrics)

    @property
    def dimensions(self) -> list[str]:
        """Those that can be added up."""
        return [name for name in self.metrics[0].dimensions if name not in self.metrics[0].within]

    def ask(self, snapshot: Snapshot, *groups: str, start: str = LAST) -> Rows:
        """Each row's figures by its groups, those of the fixed dimensions first; only what is available."""
        keys = (*self.fixed, *groups)
        answer = query(snapshot, MetricRequest.of(self.names, keys, start=start, end=LAST))
        rows = [record[: len(keys)] for record in answer.records]
        assert len(set(rows)) == len(rows), f"{self.names} by {keys}: a group stands in several rows"
        return {
            record[: len(keys)]: {
                name: value
                for name, value in zip(self.names, record[len(keys) :], strict=True)
                if value is not None or name not in answer.unavailable
            }
            for record in answer.records
        }


def families(known: Registry, metrics: Sequence[Metric]) -> list[Family]:
    """The metrics sorted into tables."""
    found: dict[Any, list[Metric]] = defaultdict(list)
    for metric in metrics:
        fixed = tuple(name for name, default in metric.within.items() if default is None)
        found[metric.marts, metric.dimensions, fixed, metric.grain].append(metric)
    return [Family(tuple(members), key[2]) for key, members in found.items()]


def sums(known: Registry) -> list[Metric]:
    """Metrics that are plain sums, those that are only parts of ratios included."""
    return [one for one in known.every if one.additive and not one.denominator and not one.inputs]


def total(values: Sequence[Any]) -> Fraction | None:
    """Exactly added up; None where there is nothing."""
    present = [Fraction(value) for value in values if value is not None]
    return sum(present, Fraction(0)) if present else None


def same(found: Any, expected: Fraction | None) -> bool:
    """Amounts and counts to the last digit, what is held as a double to its precision."""
    if found is None or expected is None:
        return not found and not expected
    if isinstance(found, (int, Decimal)):
        return Fraction(found) == expected
    return found == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


def test_the_parts_of_a_dimension_add_up_to_the_whole(snapshot: Snapshot) -> None:
    known = registry(snapshot)
    wrong, seen = [], set()
    for family in families(known, sums(known)):
        whole = family.ask(snapshot)
        for dimension in family.dimensions:
            parts = family.ask(snapshot, dimension)
            for key, name in ((key, name) for key, row in whole.items() for name in row):
                values = [row.get(name) for groups, row in parts.items() if groups[: len(key)] == key]
                if not same(whole[key][name], total(values)):
                    wrong.append((name, dimension, key, whole[key][name], total(values)))
                if whole[key][name]:
                    seen.add(name)
    assert wrong == []
    # what the bank has nothing of proves nothing
    assert len(seen) > 80


def test_a_flow_s_months_add_up_and_a_position_is_the_last_one_s(snapshot: Snapshot) -> None:
    known = registry(snapshot)
    wrong, seen = [], set()
    for family in families(known, sums(known)):
        whole = family.ask(snapshot, start=FIRST)
        months = family.ask(snapshot, "metric_time__month", start=FIRST)
        for key, metric in ((key, known[name]) for key, row in whole.items() for name in row):
            rows = {groups[-1]: row.get(metric.id) for groups, row in months.items() if groups[:-1] == key}
            stock = metric.kind == "stock"
            expected = total([value for month, value in rows.items() if not stock or month == LAST_MONTH])
            if not same(whole[key][metric.id], expected):
                wrong.append((metric.id, key, whole[key][metric.id], expected))
            if whole[key][metric.id]:
                seen.add(metric.id)
    assert wrong == []
    assert len(seen) > 80


def test_a_ratio_is_that_of_its_summed_parts_at_every_level(snapshot: Snapshot) -> None:
    known = registry(snapshot)
    wrong, seen = [], set()
    for metric in known:
        if not metric.numerator or not metric.denominator:
            continue
        (family,) = families(known, [metric])
        together = Family((metric, known[metric.numerator], known[metric.denominator]), family.fixed)
        whole = together.ask(snapshot)
        levels = [whole, *(together.ask(snapshot, dimension) for dimension in family.dimensions)]
        for level in levels:
            for key, row in ((key, row) for key, row in level.items() if metric.id in row):
                above, below = total([row[metric.numerator]]), total([row[metric.denominator]])
                expected = above / below if above is not None and below and below > 0 else None
                if not same(row[metric.id], expected):
                    wrong.append((metric.id, key, row[metric.id], expected))
        for key, row in ((key, row) for key, row in whole.items() if metric.id in row):
            for parts in levels[1:]:
                below_it = [part for groups, part in parts.items() if groups[: len(key)] == key]
                above = total([part[metric.numerator] for part in below_it])
                below = total([part[metric.denominator] for part in below_it])
                expected = above / below if above is not None and below and below > 0 else None
                if row[metric.id] is not None and not same(row[metric.id], expected):
                    wrong.append((metric.id, "of the parts", key, row[metric.id], expected))
            if row[metric.id] is not None:
                seen.add(metric.id)
    assert wrong == []
    assert len(seen) > 30
