"""What was delivered and how the build's checks ended, as the published folder says it; and what is overdue.

A table's rhythm is the usual distance between the business dates of its deliveries. It is behind where, by
its rhythm, another delivery should have brought the books' date and did not. What came once has no rhythm.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median_low
from typing import Any

from dashboards.metrics.registry import Metric
from dashboards.metrics.request import add_months, month_end
from dashboards.snapshot import Snapshot

_RHYTHMS = (
    (1, 1, "daily"),
    (5, 9, "weekly"),
    (27, 32, "monthly"),
    (88, 93, "quarterly"),
    (363, 368, "yearly"),
)
"""Days between two business dates, from and to, and the word for it."""

_SATURDAY = 5

_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}


@dataclass(frozen=True)
class Arrival:
    """What a source has delivered of a table, as far as a day."""

    source: str
    table: str
    newest: date
    """Business date of the newest delivery in force."""
    received_at: str
    """When that came: UTC, ISO 8601."""
    files: int
    """Deliveries in force."""
    rhythm: str
    """`monthly`, `every 10 days`; empty where there is only one business date."""
    due: date | None
    """Business date of the delivery that is missing; None where none is."""


def deliveries(snapshot: Snapshot) -> Sequence[Mapping[str, Any]]:
    """Every delivery that the build knows of, replaced and refused ones too, by business date and arrival."""
    return snapshot.keep("deliveries", lambda: _read_deliveries(snapshot))


def checks(snapshot: Snapshot) -> Sequence[Mapping[str, Any]]:
    """How the checks of the build ended, failures first, then by what they look at."""
    return snapshot.keep("checks", lambda: _read_checks(snapshot))


def arrivals(snapshot: Snapshot, until: date) -> list[Arrival]:
    """What came of each table of each source for business dates up to a day; what is behind first, of that
    the longest.
    """
    live: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in deliveries(snapshot):
        if one["state"] == "live" and one["business_date"] <= until.isoformat():
            live.setdefault((one["source"], one["table_name"]), []).append(one)
    found = [_arrival(source, table, files, until) for (source, table), files in live.items()]
    return sorted(
        found, key=lambda one: (one.due is None, one.due or until, one.newest, one.table, one.source)
    )


def known_to(snapshot: Snapshot, metric: Metric) -> date | None:
    """The business date up to which all that a metric requires was delivered, at most the books'; None where
    nothing was, or where it requires nothing.
    """
    newest = snapshot.keep("newest", lambda: _newest(snapshot))
    delivered = [one for one in metric.requires if not one.startswith("models.")]
    days = [_newest_of(requirement, newest) for requirement in delivered]
    known = [day for day in days if day is not None]
    if not known or len(known) < len(days):
        return None
    books = snapshot.info["business_date"]
    return date.fromisoformat(min([*known, *([books] if books else [])]))


def _newest(snapshot: Snapshot) -> dict[str, str]:
    """The newest business date by table."""
    return {one["table_name"]: one["business_date"] for one in deliveries(snapshot) if one["state"] == "live"}


def _newest_of(requirement: str, newest: Mapping[str, str]) -> str | None:
    tables = [one.strip().partition(".")[0] for one in requirement.split("|")]
    return max((newest[table] for table in tables if table in newest), default=None)


def _arrival(source: str, table: str, files: Collection[Mapping[str, Any]], until: date) -> Arrival:
    newest = max(files, key=lambda one: (one["business_date"], one["received_at"]))
    last = date.fromisoformat(newest["business_date"])
    rhythm, following = _rhythm(sorted({date.fromisoformat(one["business_date"]) for one in files}))
    due = following if following is not None and following <= until else None
    return Arrival(source, table, last, newest["received_at"], len(files), rhythm, due)


def _rhythm(days: Sequence[date]) -> tuple[str, date | None]:
    """The word for the usual distance between days in order, and the day after the last by it."""
    if len(days) < 2:
        return "", None
    usual = median_low((after - before).days for before, after in pairwise(days))
    word = next((word for first, last, word in _RHYTHMS if first <= usual <= last), f"every {usual} days")
    if word not in _MONTHS:
        following = days[-1] + timedelta(days=usual)
        rests = usual == 1 and all(day.weekday() < _SATURDAY for day in days)
        while rests and following.weekday() >= _SATURDAY:
            following += timedelta(days=1)
        return word, following
    ahead = add_months(days[-1], _MONTHS[word])
    return word, month_end(ahead) if days[-1] == month_end(days[-1]) else ahead


def _read_deliveries(snapshot: Snapshot) -> list[dict[str, Any]]:
    found = json.loads((snapshot.folder / "deliveries.json").read_text())
    return sorted(found, key=lambda one: (one["business_date"], one["received_at"]))


def _read_checks(snapshot: Snapshot) -> list[dict[str, Any]]:
    found = json.loads((snapshot.folder / "checks.json").read_text())
    return sorted(found, key=lambda one: (one["passed"], not one["blocking"], one["asset"], one["name"]))
