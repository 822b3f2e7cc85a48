"""What a state means for a snapshot, and the controls that change it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dashboards.components.crumbs import crumbs_html
from dashboards.frame.bar import FilterBar
from dashboards.metrics import Filter
from dashboards.reader import Reader
from dashboards.selection import Choices, Selection, Unit, select
from dashboards.snapshot import Snapshot
from dashboards.state import State

OFFERED = Choices(
    date(2024, 1, 1),
    date(2025, 12, 1),
    {
        "branch": {"B00": "Head office", "N/": "North and below", "N": "North", "B02": "<b>Harbour</b>"},
        "segment": {"sme": "sme", "mass": "mass"}, "product": {}, "region": {"EAST": "EAST", "WEST": "WEST"},
    },
    {"N/": Unit("North", "branch__level_2")},
)  # fmt: skip


def values(name: str) -> Sequence[str] | None:
    return {"channel": ["atm", "web"]}.get(name)


def selected(query: str) -> Selection:
    return select(State.of(query), OFFERED, values)


def test_without_a_choice_the_newest_month_is_shown_against_last_year() -> None:
    selection = selected("")
    assert selection.period.name == "December 2025"
    assert selection.comparison.name == "December 2024"
    assert not selection.chosen


def test_what_the_address_asks_in_vain_is_said_and_left_out() -> None:
    selection = selected("?period=2031-01&branch=B99&channel=carrier_pigeon&mood=good&segment=sme")
    assert selection.period.name == "December 2025"
    assert selection.chosen == {"segment": "sme"}
    assert [note.split(":")[0] for note in selection.notes] == [
        "The data reaches from January 2024 to December 2025, which leaves out January 2031",
        "There is no branch “B99” in this snapshot",
        "There is no channel “carrier_pigeon” in this snapshot",
        "There is no filter “mood”",
    ]


def test_filters_are_those_that_a_metric_takes() -> None:
    selection = selected("?branch=B02&region=EAST&channel=atm")
    assert selection.filters(("branch", "branch__region")) == (
        Filter("branch", ("B02",)),
        Filter("branch__region", ("EAST",)),
    )
    assert selection.filters(("customer_region", "channel")) == (
        Filter("channel", ("atm",)),
        Filter("customer_region", ("EAST",)),
    )
    assert selection.filters(("branch", "branch__region"), ["branch"]) == (
        Filter("branch__region", ("EAST",)),
    )
    assert selection.place(("channel",)) == "ATM"


def test_a_unit_stands_for_all_below_it() -> None:
    selection = selected("?branch=N/")
    assert selection.filters(("branch", "branch__level_2")) == (Filter("branch__level_2", ("N",)),)
    assert selected("?branch=N").filters(("branch", "branch__level_2")) == (Filter("branch", ("N",)),)


def test_the_line_of_filters_lets_go_of_each() -> None:
    html = crumbs_html(selected("?period=2025-11&branch=B02&channel=atm"), "<i>Bank</i>")
    assert "&lt;i&gt;Bank&lt;/i&gt;" in html
    assert "&lt;b&gt;Harbour&lt;/b&gt;" in html
    assert 'href="?period=2025-11&amp;channel=atm" aria-label="Let go of Branch' in html
    assert crumbs_html(selected("?period=2025-11"), "Bank") == ""


def test_controls_show_the_selection_and_ask_for_states() -> None:
    asked: list[State] = []
    bar = FilterBar(asked.append)
    bar.fill(OFFERED, selected("?region=EAST"))
    controls: list[Any] = list(bar.view)
    period, against, branch, segment, product, currency = controls
    assert branch.value == "region:EAST"
    assert not product.visible
    assert not currency.visible
    assert list(against.options) == ["December 2024", "November 2025"]
    assert asked == []
    period.value = "2025-q2"
    branch.value = "B02"
    segment.value = "sme"
    assert [state.query for state in asked] == [
        "?period=2025-q2&region=EAST", "?branch=B02", "?region=EAST&segment=sme",
    ]  # fmt: skip


def test_the_snapshot_offers_its_own(snapshot: Snapshot) -> None:
    reader = Reader(snapshot)
    assert list(reader.choices.values["branch"]) == ["B00", "B02", "B03", "B01"]
    assert set(reader.choices.values["region"]) == {"north", "south"}
    assert reader.select(State.of("?channel=mobile")).names == {"channel": "Mobile app"}
    assert reader.not_split_by("net_profit", reader.select(State.of("?channel=mobile"))) == ["channel"]
