"""The months that event-like assets are split into.

Why months: a bank delivers and closes by month, dbt rewrites a month in a tenth of a second, and every
asset × partition costs Dagster about 26 ms of bookkeeping, so days would cost thirty times as much.
What is partitioned: events and positions (raw files, staging, facts, features, scores), that is every
incremental dbt model and all of its ancestors, with no unpartitioned asset in between: Dagster's
backfills walk through partitioned assets only. What is not: reference tables, marts of key figures
(small, rebuilt whole), models, publication.

The first and the last month come from the delivery ledger when the code location loads; a delivery
outside of them reloads the location.
"""

from __future__ import annotations

from datetime import date

from dagster import MonthlyPartitionsDefinition

from data.ingest.ledger import month_range
from data.ingest.load import pending
from runtime.clock import now
from runtime.settings import Settings

MONTH_FORMAT = "%Y-%m"


def next_month(month: date) -> date:
    """The first day of the month after `month`."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def first_day(month: str) -> date:
    """The first day of a partition `YYYY-MM`."""
    return date.fromisoformat(f"{month}-01")


def months_between(first: str, last: str) -> list[str]:
    """Partitions from `first` to `last`, both included."""
    months, day = [], first_day(first)
    while day <= first_day(last):
        months.append(day.strftime(MONTH_FORMAT))
        day = next_month(day)
    return months


def covered_months(settings: Settings) -> tuple[str, str]:
    """The first and last month that deliveries speak of; the current month where nothing was delivered.

    Files that wait in landing count, so that the run that loads a new month has a partition for it.
    """
    waiting = [
        file.month
        for file in pending(settings)
        if file.mapping.role == "own" and file.target.contract.by_month
    ]
    months = [*(month_range(settings) or ()), *waiting] or [now().strftime(MONTH_FORMAT)]
    return min(months), max(months)


def waiting_months(settings: Settings) -> dict[str, set[str]]:
    """Months of the files that wait in landing, by the partition that loads them.

    A file from outside of the covered months (a peer's older figures) counts for their nearest end, as the
    ledger's changes do.
    """
    first, last = covered_months(settings)
    waiting: dict[str, set[str]] = {}
    for file in pending(settings):
        waiting.setdefault(max(first, min(last, file.month)), set()).add(file.month)
    return waiting


def monthly(settings: Settings) -> MonthlyPartitionsDefinition:
    """The partitions of every event-like asset, the open month included."""
    first, last = covered_months(settings)
    return MonthlyPartitionsDefinition(
        start_date=first,
        end_date=next_month(first_day(last)).strftime(MONTH_FORMAT),
        fmt=MONTH_FORMAT,
        timezone="UTC",
        end_offset=1,
    )
