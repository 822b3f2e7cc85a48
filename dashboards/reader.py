"""What one person reads of one snapshot: metrics by name, what they are held against, the filters' choices.

Every figure on every page comes through `Reader.ask` or `Reader.compare`; both go to `dashboards.metrics` and
keep their answers for as long as the snapshot lives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from dashboards.dimensions import UNTOLD, dimension, dimensions_of
from dashboards.metrics import (
    AGAINST,
    Behind,
    Filter,
    Metric,
    MetricRequest,
    MetricTable,
    compare,
    known_from,
    query,
    registry,
    rows_behind,
    sql,
    target_of,
)
from dashboards.metrics.cases import TAKES, Case, case, first_to_look_at, score_bands
from dashboards.metrics.names import values_of
from dashboards.metrics.table import Table
from dashboards.periods import Period
from dashboards.selection import BELOW, Choices, Selection, Unit, select
from dashboards.snapshot import Builds, Snapshot, provisional
from dashboards.state import State

_KEPT_ANSWERS = 4096

_CHOICES = {
    "segment": "SELECT DISTINCT segment_code, segment_code FROM bank.marts.kpi_customers_month ORDER BY 1",
    "product": "SELECT product_id, product_name FROM bank.marts.dim_product ORDER BY 2, 1",
    "region": "SELECT DISTINCT region_id, region_id FROM bank.marts.dim_branch ORDER BY 1",
    "currency": "SELECT DISTINCT currency_code, currency_code FROM bank.marts.kpi_accounts_month ORDER BY 1",
}

_UNITS = "SELECT branch_id, branch_name, parent_branch_id FROM bank.marts.dim_branch ORDER BY 2, 1"

_FIRST_BREAKS = """
    SELECT kind, date_day AS day, ledger_code, cost_center_code, currency_code AS currency, expected, found,
        difference, age_days AS days_open
    FROM fct_recon_break ORDER BY age_days DESC, kind, date_day DESC, break_id LIMIT 20
"""


@dataclass(frozen=True)
class Reader:
    """A snapshot as one person sees it."""

    snapshot: Snapshot
    user: str | None = None
    builds: Builds = field(default_factory=Builds)

    @property
    def choices(self) -> Choices:
        """What the filters can be set to."""
        return self.snapshot.keep(("choices", self.user), self._read_choices)

    @property
    def breaks(self) -> Table | None:
        """The first breaks of the books; None where the figures are final."""
        if not provisional(self.snapshot.info):
            return None
        return self.snapshot.keep("breaks", lambda: sql(self.snapshot, _FIRST_BREAKS))

    @property
    def series(self) -> frozenset[str]:
        """The metrics that there is a forecast of."""
        return frozenset(values_of(self.snapshot, registry(self.snapshot), "series"))

    def metric(self, name: str) -> Metric:
        return registry(self.snapshot)[name]

    def known_from(self, metric: str) -> date:
        """The first month of which a metric can tell; the data's first where it never can."""
        return known_from(self.snapshot, self.metric(metric))

    def has(self, name: str, value: str) -> bool:
        """Whether a value of a dimension stands in this snapshot."""
        return value in values_of(self.snapshot, registry(self.snapshot), name)

    def told_apart(self, name: str) -> bool:
        """Whether a dimension has more than one value that says something."""
        found = values_of(self.snapshot, registry(self.snapshot), name)
        return len(set(found) - UNTOLD) > 1

    def ask(self, request: MetricRequest) -> MetricTable:
        """The answer to a question. Don't change its frame: it is kept for the next who asks."""
        return self._kept("ask", lambda question: query(self.snapshot, question, self.user))(request)

    def compare(self, request: MetricRequest, against: tuple[str, ...] = AGAINST) -> MetricTable:
        """The answer beside other periods' or targets or peers, see `metrics.compare`."""
        kept = self._kept(
            "compare", lambda question, others: compare(self.snapshot, question, others, self.user)
        )
        return kept(request, against)

    def select(self, state: State) -> Selection:
        """What a state means for this snapshot."""
        return select(state, self.choices, self._values)

    def where(self, metric: str, selection: Selection, leave_out: Iterable[str] = ()) -> tuple[Filter, ...]:
        """The selection as filters of a metric, as far as it can be split by them."""
        return selection.filters(self.metric(metric).dimensions, tuple(leave_out))

    def not_split_by(self, metric: str, selection: Selection) -> list[str]:
        """The chosen filters that a metric can't take, as people call them."""
        known = self.metric(metric)
        return [
            dimension(dimensions_of(name)[0]).label.lower()
            for name in selection.parts
            if not selection.takes(name, known.dimensions)
        ]

    def rows_behind(self, metric: str, selection: Selection, limit: int) -> Behind:
        """The rows of the mart behind a figure of the selected period."""
        period = selection.period
        known, filters = self.metric(metric), self.where(metric, selection)
        return rows_behind(self.snapshot, known, filters, period.start, period.end, limit)

    def first_to_look_at(self, selection: Selection, limit: int) -> Table:
        """The transactions of the selected period that fraud analysts look at first, see `metrics.cases`."""
        kept = self._kept("first", lambda *asked: first_to_look_at(self.snapshot, *asked))
        period = selection.period
        return kept(selection.filters(TAKES), period.start, period.end, limit)

    def score_bands(self, selection: Selection) -> Table:
        """How many transactions of the selected period have which score, see `metrics.cases`."""
        kept = self._kept("bands", lambda *asked: score_bands(self.snapshot, *asked))
        return kept(selection.filters(TAKES), selection.period.start, selection.period.end)

    def case(self, transaction_id: str) -> Case:
        """What is known of one transaction, see `metrics.cases`."""
        return self._kept("case", lambda asked: case(self.snapshot, asked))(transaction_id)

    def not_taken_by_transactions(self, selection: Selection) -> list[str]:
        """The chosen filters that single transactions can't take, as people call them."""
        return [
            dimension(dimensions_of(name)[0]).label.lower()
            for name in selection.chosen
            if not selection.takes(name, TAKES)
        ]

    def sql(self, text: str, *values: object) -> Table:
        """The rows of a SELECT over the marts, kept for as long as the snapshot lives; `values` stand in for
        its question marks.
        """
        return self._kept("sql", lambda asked, *given: sql(self.snapshot, asked, given))(text, *values)

    def values(self, name: str) -> list[str]:
        """The values of a filter that stand in this snapshot, in their own order."""
        known = dimension(dimensions_of(name)[0])
        return sorted(self._values(name) or (), key=known.key)

    def target(self, metric: str, period: Period, selection: Selection) -> float | None:
        """The target that a figure of this period can be held against; None where there is none."""
        part = {name: selection.chosen[name] for name in selection.parts}
        found = target_of(self.snapshot, self.metric(metric), part, period.first, period.end)
        return found.value if found else None

    def _kept(self, kind: str, answer: Any) -> Any:
        return self.snapshot.keep((kind, self.user), lambda: lru_cache(_KEPT_ANSWERS)(answer))

    def _values(self, name: str) -> list[str] | None:
        """Every value of a filter without a control; None where no metric can be filtered by it."""
        known = registry(self.snapshot)
        found = [one for one in dimensions_of(name) if one in known.places]
        return [value for one in found for value in values_of(self.snapshot, known, one)] if found else None

    def _read_choices(self) -> Choices:
        values: dict[str, dict[str, str]] = {}
        with self.snapshot.cursor() as cursor:
            tree = cursor.execute(_UNITS).fetchall()
            for name, text in _CHOICES.items():
                rows = cursor.execute(text).fetchall()
                values[name] = _told_apart([(str(value), str(word)) for value, word in rows])
        values["branch"], units = _branches(tree)
        return Choices(self.snapshot.first_month, self.snapshot.last_month, values, units)


def _told_apart(rows: list[tuple[str, str]]) -> dict[str, str]:
    """Names by value; of several alike each with its value."""
    names = [name for _, name in rows]
    return {value: name if names.count(name) == 1 else f"{name} ({value})" for value, name in rows}


def _branches(rows: list[tuple[str, str, str | None]]) -> tuple[dict[str, str], dict[str, Unit]]:
    """The branch control's values in the order of the hierarchy, and the units that stand for all below them.

    The unit on top stands for the whole bank, which is no filter: as a value it is itself alone.
    """
    names = _told_apart([(str(value), str(name)) for value, name, _ in rows])
    above = {value: parent for value, _, parent in rows}
    below: dict[str | None, list[str]] = {}
    for value, _, parent in rows:
        below.setdefault(parent if parent in above else None, []).append(value)
    values: dict[str, str] = {}
    units: dict[str, Unit] = {}

    def add(value: str, depth: int) -> None:
        members = below.get(value, [])
        if members and 0 < depth < _LEVELS:
            units[value + BELOW] = Unit(names[value], f"branch__level_{depth + 1}")
            values[value + BELOW] = f"{names[value]} and below"
        values[value] = names[value]
        for member in members:
            add(member, depth + 1)

    for top in below.get(None, []):
        add(top, 0)
    return values, units


_LEVELS = 3
"""How many levels of the hierarchy a figure can be told by (`branch__level_1` to `_3`)."""


def reader_of(snapshot: Snapshot, user: str | None = None, builds: Builds | None = None) -> Reader:
    """The reader of a snapshot for a person; `builds` is what is known of later ones."""
    return Reader(snapshot, user, builds or Builds())
