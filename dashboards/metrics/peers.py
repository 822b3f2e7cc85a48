"""A figure of the bank beside the same ratio of peer banks, at the same quarter-end and on the same basis.

Peers are whole banks, so only figures of the whole bank stand beside them. Which peers: all, unless the
question filters `peer_size` or `peer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import quantiles

from dashboards.metrics.names import value_of, values_of
from dashboards.metrics.query import MetricTable, query
from dashboards.metrics.registry import Metric, registry
from dashboards.metrics.request import Filter, MetricRequest
from dashboards.metrics.spans import BASIS, Period, period_start, periods_of
from dashboards.snapshot import Snapshot

PEERS = "peers"
PEER_BASES = ("fdic_ytd", "fdic_qtr")
"""Bases that the reports of peers allow."""

PEER_PARTS = ("change", "better", "p25", "p75", "percentile", "banks")
"""What stands beside the peers' median."""

_FILTERS = ("peer", "peer_size")


@dataclass(frozen=True)
class PeerGroup:
    """One ratio's distribution over peer banks at a quarter-end, as fractions."""

    banks: int
    p25: float
    median: float
    p75: float
    values: tuple[float, ...]

    def percentile(self, value: float) -> float:
        """Share of the peers whose ratio is not above `value`."""
        return sum(one <= value for one in self.values) / self.banks


def split(request: MetricRequest) -> tuple[MetricRequest, tuple[Filter, ...]]:
    """The question about the bank itself, and the filters that choose its peers."""
    chosen = tuple(one for one in request.where if one.name in _FILTERS)
    return replace(request, where=tuple(one for one in request.where if one not in chosen)), chosen


def peer_groups(
    snapshot: Snapshot, now: MetricTable, metric: Metric, chosen: Sequence[Filter], user: str | None
) -> dict[date, PeerGroup] | str:
    """Peers' ratios by the first day of the period of the answer they belong to, or why there are none."""
    request = now.request
    if metric.id not in values_of(snapshot, registry(snapshot), "peer_metric"):
        return "not available: no peer reports it"
    own = [one for one in request.where if one.name in metric.dimensions and one.name not in metric.within]
    if own or len(request.group_by) > (1 if request.time_grain else 0):
        return "not available: peers are whole banks; leave out groups and filters of parts"
    basis = value_of(request, metric, BASIS) if BASIS in metric.within else PEER_BASES[0]
    if basis not in PEER_BASES:
        offered = " or ".join(f"{BASIS} = {one}" for one in PEER_BASES)
        return f"not available: peers have no {basis or 'several bases at once'}; filter to {offered}"
    if request.over != "period":
        return "not available: peers have no other span than the basis's"
    periods = {period_start(one.last, "quarter"): one for one in periods_of(request) if _ends_quarter(one)}
    values = _values(snapshot, request, metric.id, basis, chosen, user) if periods else {}
    found = {
        periods[quarter].label: _group(ratios) for quarter, ratios in values.items() if quarter in periods
    }
    return found or "not available: no peer reports it at a quarter-end that was asked for"


def _values(
    snapshot: Snapshot,
    request: MetricRequest,
    metric_id: str,
    basis: str,
    chosen: Sequence[Filter],
    user: str | None,
) -> dict[date, list[float]]:
    """Every peer's ratio by quarter: the median over one bank is its own value."""
    where = (Filter("peer_metric", (metric_id,)), Filter("peer_basis", (basis,)), *chosen)
    answer = query(
        snapshot,
        MetricRequest(
            ("peer_ratio_median",), ("metric_time__quarter", "peer"), where, request.start, request.end
        ),
        user,
    )
    values: dict[date, list[float]] = {}
    for quarter, _, value in answer.records:
        if value is not None:
            values.setdefault(quarter, []).append(float(value))
    return values


def _group(values: list[float]) -> PeerGroup:
    p25, median, p75 = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return PeerGroup(len(values), p25, median, p75, tuple(values))


def _ends_quarter(period: Period) -> bool:
    return period.last.month % 3 == 0 and period.last.day >= 30
