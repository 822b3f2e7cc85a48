"""What one person reads of one snapshot: metrics by name, what they are held against, the filters' choices.

Every figure on every page comes through `Reader.ask` or `Reader.compare`; both go to `dashboards.metrics` and
keep their answers for as long as the snapshot lives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dashboards.filters import Choices, Selection
from dashboards.metrics import (
    AGAINST,
    Against,
    Filter,
    Metric,
    MetricRequest,
    MetricTable,
    compare,
    query,
    registry,
    sql,
    target_of,
)
from dashboards.metrics.table import Table
from dashboards.periods import Period
from dashboards.snapshot import Snapshot, provisional

_KEPT_ANSWERS = 2048

_CHOICES = {
    "branch": "SELECT branch_id, branch_name FROM bank.marts.dim_branch ORDER BY 2, 1",
    "segment": "SELECT DISTINCT segment_code, segment_code FROM bank.marts.kpi_customers_month ORDER BY 1",
    "product": "SELECT product_id, product_name FROM bank.marts.dim_product ORDER BY 2, 1",
}

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

    def metric(self, name: str) -> Metric:
        return registry(self.snapshot)[name]

    def ask(self, request: MetricRequest) -> MetricTable:
        """The answer to a question. Don't change its frame: it is kept for the next who asks."""
        return self._kept("ask", lambda question: query(self.snapshot, question, self.user))(request)

    def compare(self, request: MetricRequest, against: tuple[Against, ...] = AGAINST) -> MetricTable:
        """The answer beside the previous period's and last year's, see `metrics.compare`."""
        kept = self._kept(
            "compare", lambda question, others: compare(self.snapshot, question, others, self.user)
        )
        return kept(request, against)

    def where(self, metric: str, selection: Selection, leave_out: Iterable[str] = ()) -> tuple[Filter, ...]:
        """The selection as filters of a metric, as far as it can be split by them."""
        known = self.metric(metric)
        kept = [name for name in selection.chosen if name in known.dimensions and name not in set(leave_out)]
        return tuple(Filter(name, (selection.chosen[name],)) for name in kept)

    def not_split_by(self, metric: str, selection: Selection) -> list[str]:
        """The chosen filters that a metric can't take."""
        known = self.metric(metric)
        return [name for name in selection.chosen if name not in known.dimensions]

    def target(self, metric: str, period: Period, selection: Selection) -> float | None:
        """The target that a figure of this period can be held against; None where there is none."""
        found = target_of(self.snapshot, self.metric(metric), selection.chosen, period.first, period.end)
        return found.value if found else None

    def _kept(self, kind: str, answer: Any) -> Any:
        return self.snapshot.keep((kind, self.user), lambda: lru_cache(_KEPT_ANSWERS)(answer))

    def _read_choices(self) -> Choices:
        values: dict[str, dict[str, str]] = {}
        with self.snapshot.cursor() as cursor:
            for dimension, text in _CHOICES.items():
                rows = cursor.execute(text).fetchall()
                names = [str(name) for _, name in rows]
                values[dimension] = {
                    str(value): str(name) if names.count(str(name)) == 1 else f"{name} ({value})"
                    for value, name in rows
                }
        return Choices(self.snapshot.first_month, self.snapshot.last_month, values)


def reader_of(snapshot: Snapshot, user: str | None = None) -> Reader:
    """The reader of a snapshot for a person."""
    return Reader(snapshot, user)
