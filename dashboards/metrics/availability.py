"""Whether a contract column that a metric requires holds data for a month.

The snapshot says in which months a column holds a value. What a month without one means depends on the table:

- ledger balances and transactions: nothing was delivered, because every month has some;
- what a model makes of a month, by its table (`models.loan_loss`): it has not;
- figures that the bank reports, each by its concept (`financial_fact.value[cet1_capital]`): not reported;
- rarer events (a recovery, a fraud report): nothing happened, once the bank has begun to deliver them;
- positions, lists and schedules: the marts carry them to the other months, so one delivery is enough.

A requirement is a column, or several joined by ` | ` of which one is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dashboards.metrics.registry import Metric
from dashboards.metrics.request import MetricRequest, add_months, months_between
from dashboards.metrics.spans import Period, months_of
from dashboards.snapshot import Snapshot

Availability = Mapping[str, frozenset[str]]

_EVERY_MONTH = frozenset({"gl_balance", "transaction", "models"})
_ONCE_BEGUN = frozenset(
    {
        "alert",
        "contact",
        "curve",
        "exchange_rate",
        "financial_fact",
        "fraud_case",
        "loan_application",
        "loan_transaction",
        "macro_series",
    }
)


@dataclass(frozen=True)
class Gap:
    """For which periods of a question a metric's inputs hold no data."""

    periods: tuple[Period, ...] = ()
    whole: bool = False
    text: str = ""


def gap(snapshot: Snapshot, metric: Metric, request: MetricRequest, periods: Sequence[Period]) -> Gap:
    """What a metric lacks for a question, in words a person can act on."""
    wanted = [(period, months_of(metric, request, period)) for period in periods]
    all_months = set().union(*(months for _, months in wanted))
    lacks = lacking(snapshot.availability, metric.requires, all_months)
    # before the first month there is nothing, not even what is carried to other months
    before = {month for month in all_months if month < f"{snapshot.first_month:%Y-%m}"}
    if before - set().union(*lacks.values()):
        lacks = {one: lacks.get(one, set()) | before for one in metric.requires}
    if not lacks:
        return Gap()
    missing = set().union(*lacks.values())
    lost = tuple(period for period, months in wanted if months & missing)
    every = len(lost) == len(periods)
    lost_months = {month for period in lost for month in months_between(period.first, period.last)}
    when = "" if every else f" for {_ranges(lost_months)}"
    # named where it is not simply all that goes in: a month of a year, the same month a year before
    into = set().union(*(months for period, months in wanted if period in lost))
    of = "" if missing == into else f" for {_ranges(missing)}"
    needs = ", ".join(requirement.replace(" | ", " or ") for requirement in lacks)
    return Gap(lost, every, f"not available{when}: needs {needs}{of}")


def known_from(snapshot: Snapshot, metric: Metric) -> date:
    """The first month for which what a metric requires is there, also for the month that it looks back to;
    the data's first where it never is.
    """
    begin = add_months(snapshot.first_month, metric.lookback)
    for month in months_between(begin, snapshot.last_month):
        before = f"{add_months(_first_day(month), -metric.lookback):%Y-%m}"
        if not lacking(snapshot.availability, metric.requires, {month, before}):
            return _first_day(month)
    return snapshot.first_month


def _ranges(months: Iterable[str]) -> str:
    """Months in words: `2023-01 to 2023-05, 2024-02`."""
    runs: list[list[str]] = []
    for month in sorted(months):
        if runs and len(months_between(_first_day(runs[-1][-1]), _first_day(month))) == 2:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def lacking(
    availability: Availability, requires: Iterable[str], months: Iterable[str]
) -> dict[str, set[str]]:
    """Requirement to the months for which it is not met; empty where everything is there."""
    months = set(months)
    gaps = {one: {month for month in months if not _is_met(availability, one, month)} for one in requires}
    return {one: missing for one, missing in gaps.items() if missing}


def _is_met(availability: Availability, requirement: str, month: str) -> bool:
    return any(_holds(availability, column.strip(), month) for column in requirement.split("|"))


def _holds(availability: Availability, column: str, month: str) -> bool:
    held = availability.get(column, frozenset())
    table = column.partition(".")[0]
    if table in _EVERY_MONTH or column.endswith("]"):
        return month in held
    if table in _ONCE_BEGUN:
        return bool(held) and min(held) <= month
    return bool(held)
