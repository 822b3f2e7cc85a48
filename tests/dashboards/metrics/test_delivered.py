"""What was delivered, what is overdue by its own rhythm, and up to when a metric's inputs are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dashboards.metrics import registry
from dashboards.metrics.delivered import arrivals, checks, deliveries, known_to
from dashboards.metrics.request import MetricRequest, month_end
from dashboards.snapshot import Snapshot, current
from runtime.files import write_json_atomic
from tests.dashboards.metrics.test_lineage import delivery

Open = Callable[[list[dict[str, Any]]], Snapshot]


@pytest.fixture
def opened(published: Path) -> Iterator[Open]:
    """Opens the hand-made bank with these deliveries."""
    snapshots: list[Snapshot] = []

    def open_with(files: list[dict[str, Any]]) -> Snapshot:
        write_json_atomic(published / "current" / "deliveries.json", files)
        found = current(published)
        assert found is not None
        snapshots.append(found)
        return found

    yield open_with
    for one in snapshots:
        one.close()


def sent(table: str, *days: str, state: str = "live") -> list[dict[str, Any]]:
    return [delivery(table, day, [day[:7]], state) for day in days]


MONTHS = ("2025-09-30", "2025-10-31", "2025-11-30")


@pytest.mark.parametrize(
    ("days", "rhythm", "due"),
    [
        (MONTHS, "monthly", date(2025, 12, 31)),
        ((*MONTHS, "2025-12-31"), "monthly", None),
        (("2025-06-30", "2025-09-30"), "quarterly", date(2025, 12, 31)),
        (("2023-12-31", "2024-12-31"), "yearly", date(2025, 12, 31)),
        (("2025-12-17", "2025-12-24"), "weekly", date(2025, 12, 31)),
        (("2025-12-01", "2025-12-11", "2025-12-21"), "every 10 days", date(2025, 12, 31)),
        (("2025-12-29", "2025-12-30"), "daily", date(2025, 12, 31)),
        (("2025-12-30", "2025-12-31"), "daily", None),
        (("2025-10-31",), "", None),
    ],
)
def test_a_table_is_behind_where_its_rhythm_should_have_brought_more(
    opened: Open, days: tuple[str, ...], rhythm: str, due: date | None
) -> None:
    (found,) = arrivals(opened(sent("loan", *days)), date(2025, 12, 31))
    assert (found.rhythm, found.due, found.files) == (rhythm, due, len(days))


def test_a_weekend_is_no_delay_where_nothing_ever_came_on_one(opened: Open) -> None:
    """30 May 2025 is a Friday: on Sunday nothing is missing, on Monday it is."""
    snapshot = opened(sent("loan", "2025-05-28", "2025-05-29", "2025-05-30"))
    assert [one.due for one in arrivals(snapshot, date(2025, 6, 1))] == [None]
    assert [one.due for one in arrivals(snapshot, date(2025, 6, 2))] == [date(2025, 6, 2)]


def test_only_what_is_in_force_and_of_the_period_counts(opened: Open) -> None:
    snapshot = opened(sent("loan", *MONTHS) + sent("loan", "2025-12-31", state="refused"))
    (found,) = arrivals(snapshot, date(2025, 12, 31))
    assert (found.newest, found.due) == (date(2025, 11, 30), date(2025, 12, 31))
    assert [one.newest for one in arrivals(snapshot, date(2025, 10, 31))] == [date(2025, 10, 31)]
    assert arrivals(snapshot, date(2025, 1, 31)) == []


def test_what_is_behind_comes_first(opened: Open) -> None:
    snapshot = opened(sent("account", *MONTHS, "2025-12-31") + sent("loan", *MONTHS))
    assert [one.table for one in arrivals(snapshot, date(2025, 12, 31))] == ["loan", "account"]


def test_deliveries_stand_in_the_order_of_their_days(opened: Open) -> None:
    snapshot = opened(sent("loan", "2025-12-31", "2025-10-31"))
    assert [one["business_date"] for one in deliveries(snapshot)] == ["2025-10-31", "2025-12-31"]


def test_a_metric_is_known_to_the_day_of_its_oldest_input(opened: Open) -> None:
    """The NPL ratio needs balances of loans and days past due, either of which two tables can tell."""
    snapshot = opened(
        sent("loan", *MONTHS) + sent("loan_cash_flow", "2025-12-31") + sent("customer", *MONTHS)
    )
    known = registry(snapshot)
    assert known_to(snapshot, known["npl_ratio"]) == date(2025, 11, 30)
    assert known_to(snapshot, known["net_profit"]) is None, "the ledger was not delivered"


def test_a_metric_is_known_no_further_than_the_books(opened: Open) -> None:
    snapshot = opened(sent("gl_balance", "2026-06-30"))
    assert known_to(snapshot, registry(snapshot)["net_profit"]) == date(2025, 12, 31)


def test_failed_checks_come_first_and_of_these_what_holds_a_build_back(published: Path) -> None:
    rows = [
        {"name": name, "asset": "a", "passed": passed, "blocking": blocking, "failed_rows": 0}
        for name, passed, blocking in (("good", True, True), ("warns", False, False), ("bad", False, True))
    ]
    write_json_atomic(published / "current" / "checks.json", rows)
    snapshot = current(published)
    assert snapshot is not None
    with snapshot:
        assert [one["name"] for one in checks(snapshot)] == ["bad", "warns", "good"]


def test_the_sql_of_a_figure_gives_the_figure(snapshot: Snapshot) -> None:
    """Values are written in, also those that hold what ends a text."""
    from dashboards.metrics import Filter, query, sql
    from dashboards.metrics.query import runnable

    for name, where in (
        ("net_profit", (Filter("branch", ("B01",)),)),
        ("npl_ratio", (Filter("segment", ("retail",)),)),
        ("cost_to_income", ()),
    ):
        request = MetricRequest((name,), (), where, date(2025, 12, 1), month_end(date(2025, 12, 1)))
        text = runnable(snapshot, request)
        assert "$" not in text
        assert sql(snapshot, text).records[0][0] == query(snapshot, request).records[0][0]
    quoted = MetricRequest(("net_profit",), (), (Filter("branch", ("B'01",)),), date(2025, 12, 1))
    assert "'B''01'" in runnable(snapshot, quoted)
