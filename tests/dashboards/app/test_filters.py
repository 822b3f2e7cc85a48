"""Filters, the address, and what they mean for a snapshot."""

from __future__ import annotations

from datetime import date
from typing import Any

from panel.io.location import Location

from dashboards.filters import Choices, FilterBar, Filters

OFFERED = Choices(
    date(2024, 1, 1),
    date(2025, 12, 1),
    {"branch": {"B01": "Old Town", "B02": "<b>Harbour</b>"}, "segment": {"sme": "sme"}, "product": {}},
)


def test_without_a_choice_the_newest_month_is_shown_against_last_year() -> None:
    selection = Filters().selection(OFFERED)
    assert selection.period.name == "December 2025"
    assert selection.comparison.name == "December 2024"
    assert not selection.chosen


def test_the_address_sets_the_filters_and_follows_them() -> None:
    location = Location(search="?period=2025-q3&branch=B02&against=previous")
    filters = Filters()
    filters.sync(location)
    assert (filters.period, filters.branch, filters.against) == ("2025-q3", "B02", "previous")
    filters.segment = "sme"
    assert location.query_params["segment"] == "sme"
    assert location.query_params["period"] == "2025-q3"


def test_a_link_reproduces_the_selection() -> None:
    filters = Filters(period="2025-06-ytd", branch="B01", against="previous")
    location = Location()
    filters.sync(location)
    location.update_query(**{name: getattr(filters, name) for name in Filters.SYNCED})
    other = Filters()
    other.sync(Location(search=location.search))
    assert other.selection(OFFERED) == filters.selection(OFFERED)


def test_what_the_address_asks_in_vain_is_said_and_left_out() -> None:
    location = Location(search="?period=2031-01&branch=B99&against=sideways")
    filters = Filters()
    filters.sync(location)
    selection = filters.selection(OFFERED)
    assert selection.period.name == "December 2025"
    assert not selection.chosen
    assert selection.against == "last_year"
    assert len(selection.notes) == 2
    assert "January 2024 to December 2025" in selection.notes[0]
    assert "“B99”" in selection.notes[1]


def test_controls_show_the_selection_and_change_the_filters() -> None:
    filters = Filters(branch="B01")
    bar = FilterBar(filters)
    bar.fill(OFFERED, filters.selection(OFFERED))
    controls: list[Any] = list(bar.view)
    period, against, branch, _, product = controls
    assert branch.value == "B01"
    assert product.disabled
    assert list(against.options) == ["December 2024", "November 2025"]
    period.value = "2025-q2"
    assert filters.period == "2025-q2"


def test_filling_the_controls_changes_no_filter() -> None:
    filters = Filters(period="2025-11", branch="B99")
    bar = FilterBar(filters)
    bar.fill(OFFERED, filters.selection(OFFERED))
    assert (filters.period, filters.branch) == ("2025-11", "B99")
