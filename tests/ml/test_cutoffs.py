"""The calendar of cut-offs."""

from datetime import date

import pytest

from ml.cutoffs import add_months, cut_off_for, cut_offs_for, history_months


@pytest.mark.parametrize(
    ("month", "first_month", "expected"),
    [
        ("2024-06", "2024-01", None),  # five full months before the second quarter's end
        ("2024-07", "2024-01", date(2024, 7, 1)),  # exactly six months of history
        ("2024-09", "2024-01", date(2024, 7, 1)),
        ("2024-10", "2024-01", date(2024, 10, 1)),
        ("2024-09", "2024-02", None),  # 1 July would have five months only
        ("2025-01", "2024-01", date(2025, 1, 1)),
        ("2023-12", "2024-01", None),  # before the data
    ],
)
def test_month_is_scored_by_the_newest_quarter_start_with_six_months_before_it(
    month: str, first_month: str, expected: date | None
) -> None:
    assert cut_off_for(month, first_month) == expected


def test_history_is_the_six_months_before() -> None:
    assert history_months(date(2024, 1, 1)) == [
        "2023-07",
        "2023-08",
        "2023-09",
        "2023-10",
        "2023-11",
        "2023-12",
    ]


def test_cut_offs_of_a_range_come_once_and_in_order() -> None:
    months = ["2024-12", "2024-03", "2024-08", "2024-07"]
    assert cut_offs_for(months, "2024-01") == [date(2024, 7, 1), date(2024, 10, 1)]


def test_months_are_counted_across_years() -> None:
    assert add_months(date(2024, 12, 31), 2) == date(2025, 2, 1)
    assert add_months(date(2024, 1, 15), -1) == date(2023, 12, 1)
