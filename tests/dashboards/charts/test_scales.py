"""Ticks, their texts, and labels that keep apart."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.charts.scales import keep_apart, month_ticks, nice_ticks, quarter_ticks, tick_texts
from dashboards.metrics.request import add_months


def months(count: int, first: date = date(2024, 1, 1)) -> list[date]:
    return [add_months(first, index) for index in range(count)]


@pytest.mark.parametrize(
    ("low", "high", "count", "ticks"),
    [
        (0, 2450, 6, [0, 500, 1000, 1500, 2000, 2500]),
        (3.02, 3.46, 6, [3.0, 3.1, 3.2, 3.3, 3.4, 3.5]),
        (-96, 612, 6, [-200, 0, 200, 400, 600, 800]),
        (5, 5, 3, [4.75, 5.0, 5.25]),
        (0, 0, 6, [0, 1]),
    ],
)
def test_ticks_are_round_and_enclose_the_values(
    low: float, high: float, count: int, ticks: list[float]
) -> None:
    assert nice_ticks(low, high, count) == pytest.approx(ticks)


@given(st.floats(-1e12, 1e12), st.floats(1e-6, 1e12), st.integers(2, 8))
def test_ticks_always_enclose_and_stay_few(low: float, span: float, count: int) -> None:
    ticks = nice_ticks(low, low + span, count)
    tolerance = 1e-6 * (abs(low) + span)
    assert ticks[0] <= low + tolerance
    assert ticks[-1] >= low + span - tolerance
    assert len(ticks) <= count + 2


def test_tick_texts_have_the_decimals_of_the_step_and_a_true_minus() -> None:
    assert tick_texts([-1000.0, 0.0, 1000.0]) == ["−1,000", "0", "1,000"]
    assert tick_texts([3.0, 3.2, 3.4]) == ["3.0", "3.2", "3.4"]
    assert tick_texts([-0.5, 0.0, 0.5]) == ["−0.5", "0.0", "0.5"]


def test_a_two_year_axis_names_januaries_with_their_year_and_julies() -> None:
    assert list(month_ticks(months(24)).values()) == ["Jan 24", "Jul", "Jan 25", "Jul"]


def test_a_year_from_march_names_every_second_month_from_its_first() -> None:
    named = list(month_ticks(months(12, date(2024, 3, 1))).values())
    assert named == ["Mar 24", "May", "Jul", "Sep", "Nov", "Jan 25"]


def test_quarters_are_named_every_second_one() -> None:
    quarters = [month for month in months(24) if month.month % 3 == 1]
    assert list(quarter_ticks(quarters).values()) == ["Q1 24", "Q3", "Q1 25", "Q3"]


def test_labels_that_overlap_move_apart_by_half_each() -> None:
    assert keep_apart([100, 106], 15, 0, 200) == pytest.approx([95.5, 110.5])


@given(st.lists(st.floats(0, 200), max_size=6))
def test_labels_never_overlap_and_stay_inside(positions: list[float]) -> None:
    placed = sorted(keep_apart(positions, 15, 4, 196))
    assert all(after - before >= 15 - 1e-6 for before, after in pairwise(placed))
    assert all(4 - 1e-6 <= place <= 196 + 1e-6 for place in placed)
