"""Periods: ids, names, what lies before them, what can be chosen."""

from __future__ import annotations

from datetime import date

import pytest

from dashboards.periods import choices, parse_period, period_of


@pytest.mark.parametrize(
    ("text", "name", "first", "last", "previous", "last_year"),
    [
        ("2025-12", "December 2025", (2025, 12), (2025, 12), "November 2025", "December 2024"),
        ("2025-q4", "Q4 2025", (2025, 10), (2025, 12), "Q3 2025", "Q4 2024"),
        ("2025-06-ytd", "Jan–Jun 2025", (2025, 1), (2025, 6), "Jul–Dec 2024", "Jan–Jun 2024"),
        ("2025-12-ytd", "Year 2025", (2025, 1), (2025, 12), "Year 2024", "Year 2024"),
        ("2025-03-12m", "12 months to Mar 2025", (2024, 4), (2025, 3), "12 months to Mar 2024", None),
    ],
)
def test_a_period_knows_its_neighbours(
    text: str, name: str, first: tuple[int, int], last: tuple[int, int], previous: str, last_year: str | None
) -> None:
    period = parse_period(text)
    assert period is not None
    assert period.id == text
    assert period.name == name
    assert (period.first, period.last) == (date(*first, 1), date(*last, 1))
    assert period.previous().name == previous
    assert period.last_year().name == (last_year or previous)


@pytest.mark.parametrize(
    "text", ["", "2025", "2025-13", "2025-q5", "2025-12-span", "0000-01", "latest", "2025-12 "]
)
def test_what_is_no_period_is_none(text: str) -> None:
    assert parse_period(text) is None


def test_months_that_were_dragged_over_are_a_period() -> None:
    period = parse_period("2025-03..2025-08")
    assert period is not None
    assert (period.name, period.id) == ("Mar–Aug 2025", "2025-03..2025-08")
    assert (period.previous().name, period.last_year().name) == ("Sep 2024–Feb 2025", "Mar–Aug 2024")
    assert parse_period("2025-08..2025-03") == period
    assert parse_period("2025-08..2025-08") == parse_period("2025-08")
    assert parse_period("2025-08..2025-13") is None


def test_only_whole_periods_inside_the_data_are_offered() -> None:
    offered = choices(date(2025, 2, 1), date(2025, 7, 31))
    assert list(offered["Months"]) == [
        "July 2025", "June 2025", "May 2025", "April 2025", "March 2025", "February 2025",
    ]  # fmt: skip
    assert offered["Quarters"] == {"Q2 2025": "2025-q2"}
    assert "Years" not in offered
    assert "To date" not in offered


def test_a_quarter_ends_on_its_last_day() -> None:
    assert period_of("quarter", date(2024, 2, 1)).end == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "quarter"),
    [("2025-12", "2025-q4"), ("2025-11", "2025-q3"), ("2025-q2", "2025-q2"), ("2025-01-ytd", "2024-q4")],
)
def test_the_last_whole_quarter_ends_with_a_period_or_before(text: str, quarter: str) -> None:
    period = parse_period(text)
    assert period is not None
    assert period.quarter().id == quarter
