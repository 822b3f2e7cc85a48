"""What can be asked, and how what a person types is read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from dashboards.metrics import Filter, MetricRequest
from dashboards.metrics.request import add_months, months_between, period_end, period_start
from runtime.errors import BankError


def test_equal_questions_are_one_key() -> None:
    typed: Any = {
        "metrics": ["nim", "nim"],
        "group_by": "branch, segment",
        "where": "branch = B01",
        "start": "2025",
    }
    meant = MetricRequest.of(
        ("nim",), ("branch", "segment"), (Filter("branch", ("B01",)),), start=date(2025, 1, 1)
    )
    assert MetricRequest.of(**typed) == meant
    assert len({MetricRequest.of(**typed), meant}) == 1


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-10", date(2024, 2, 10), date(2024, 2, 10)),
    ],
)
def test_a_bound_may_be_a_day_a_month_or_a_year(text: Any, start: date, end: date) -> None:
    request = MetricRequest.of(("nim",), start=text, end=text)
    assert (request.start, request.end) == (start, end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("branch = B01", Filter("branch", ("B01",))),
        ("branch='B 01'", Filter("branch", ("B 01",))),
        ("branch != B01", Filter("branch", ("B01",), "not in")),
        (
            "segment IN (retail, 'small, or medium', 'it''s')",
            Filter("segment", ("retail", "small, or medium", "it's")),
        ),
        ("segment not  in (sme)", Filter("segment", ("sme",), "not in")),
        ("branch >= B02", Filter("branch", ("B02",), ">=")),
    ],
)
def test_filters_as_typed(text: str, expected: Filter) -> None:
    assert Filter.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["branch", "= B01", "branch = ", "branch in ()", "branch like 'B%'", "a = 'b"]
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(BankError):
        Filter.parse(text)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ({"metrics": ()}, "No metric was asked for"),
        ({"metrics": "nim", "start": "2025-02", "end": "2025-01"}, "It must start before it ends"),
        ({"metrics": "nim", "start": "yesterday"}, "'yesterday' can't be read"),
        ({"metrics": "nim", "end": "2025-13"}, "'2025-13' can't be read"),
        ({"metrics": "nim", "limit": 0}, "The limit is 0"),
        ({"metrics": "nim", "order_by": "-roa"}, "The order names roa"),
    ],
)
def test_what_makes_no_question_is_refused(rest: dict[str, Any], message: str) -> None:
    with pytest.raises(BankError) as caught:
        MetricRequest.of(**rest)
    assert message in str(caught.value)


def test_a_comparison_takes_one_value() -> None:
    with pytest.raises(BankError, match="has 2 values"):
        Filter("branch", ("a", "b"), ">")


@pytest.mark.parametrize(
    ("grain", "first", "last"),
    [
        ("day", date(2024, 2, 29), date(2024, 2, 29)),
        ("week", date(2024, 2, 26), date(2024, 3, 3)),
        ("month", date(2024, 2, 1), date(2024, 2, 29)),
        ("quarter", date(2024, 1, 1), date(2024, 3, 31)),
        ("year", date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_periods(grain: str, first: date, last: date) -> None:
    day = date(2024, 2, 29)
    assert (period_start(day, grain), period_end(day, grain)) == (first, last)


def test_months() -> None:
    assert add_months(date(2024, 3, 31), -1) == date(2024, 2, 29)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_between(date(2024, 11, 30), date(2025, 1, 1)) == ["2024-11", "2024-12", "2025-01"]
