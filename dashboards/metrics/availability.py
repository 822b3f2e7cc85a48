"""Whether a contract column that a metric requires holds data for a month.

The snapshot says in which months a column holds a value. What a month without one means depends on the table:

- ledger balances and transactions: nothing was delivered, because every month has some;
- rarer events (a recovery, a fraud report): nothing happened, once the bank has begun to deliver them;
- positions, lists and schedules: the marts carry them to the other months, so one delivery is enough.

A requirement is a column, or several joined by ` | ` of which one is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Availability = Mapping[str, frozenset[str]]

_EVERY_MONTH = frozenset({"gl_balance", "transaction"})
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
    if table in _EVERY_MONTH:
        return month in held
    if table in _ONCE_BEGUN:
        return bool(held) and min(held) <= month
    return bool(held)
