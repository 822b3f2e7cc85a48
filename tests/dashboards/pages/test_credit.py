"""What the page of lending and credit risk says, on the hand-made bank of `tests.dashboards.bank`."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dashboards.charts.data import chart_data
from dashboards.charts.draw.bars import Bars
from dashboards.charts.draw.curves import Curves
from dashboards.charts.draw.heat import Heat
from dashboards.charts.draw.stack import Stack
from dashboards.components.cards import Card
from dashboards.pages.blocks.cover import cover
from dashboards.pages.credit import BUCKETS, CURES, LOSSES, PAGE, PEERS, ROLL, STAGES, VINTAGES
from dashboards.pages.declare import TableSpec
from dashboards.pages.figures import cards, table_rows
from dashboards.pages.story import story
from dashboards.reader import Reader
from dashboards.snapshot import current
from tests.dashboards.bank import select

NBSP = "\N{NO-BREAK SPACE}"


def card(reader: Reader, title: str, **chosen: str) -> Card:
    found = cards(PAGE.cards, reader, select(reader, **chosen))
    return next(one for one in found if one.title == title)


def test_the_headline_says_what_does_not_perform(reader: Reader) -> None:
    """5,000 in each of two branches; a third closed in between."""
    told = story(PAGE.story, reader, select(reader))
    assert told.headline.startswith(
        f"Non-performing loans, amount: 10.0{NBSP}k, down 33.3{NBSP}% on Dec 2024"
    )
    assert told.lede.startswith(
        f"In December 2025: NPL ratio (EBA) <b>0.77{NBSP}%</b>, new defaults <b>3</b>"
    )


def test_a_card_may_be_about_one_stage(reader: Reader) -> None:
    shown = card(reader, "Stage 2")
    assert (shown.value, shown.unit) == ("6.00", "%")


def test_what_is_known_a_year_later_is_shown_for_the_year_before(reader: Reader) -> None:
    """2 of 50 loans of December 2024."""
    shown = card(reader, "Defaulted in 12 months")
    assert (shown.value, shown.unit, shown.basis) == ("4.00", "%", "Dec 2024")
    early = card(reader, "Defaulted in 12 months", period="2024-06")
    assert early.missing == "Known 12 months after; the data do not reach so far."


def test_arrears_roll_on_month_by_month(reader: Reader) -> None:
    """200 of 1,000 a month roll from 1-29 days to 30-59."""
    heat = chart_data(ROLL, reader, select(reader)).data
    assert isinstance(heat, Heat)
    assert heat.rows == ["0", "1-29", "30-59"]
    assert (heat.columns[0], heat.columns[1], heat.columns[-1]) == ("Jan 25", "Feb", "Dec")
    assert {heat.values[index] for index, (row, _) in enumerate(heat.at) if row == "1-29"} == {20.0}
    assert "Days past due 1-29, month Jan 25: 20.0000" in heat.tips[heat.at.index(("1-29", "Jan 25"))]


def test_arrears_are_shown_in_their_own_order_without_what_is_not_late(reader: Reader) -> None:
    bars = chart_data(BUCKETS, reader, select(reader)).data
    assert isinstance(bars, Bars)
    assert list(bars.names) == ["1-29", "30-59"]
    cured = chart_data(CURES, reader, select(reader)).data
    assert isinstance(cured, Bars)
    assert list(cured.values) == pytest.approx([20, 0])


def test_a_vintage_is_a_curve_along_its_months_on_book(reader: Reader) -> None:
    """90 of 300 in default after five months; observed for 22."""
    shown = chart_data(VINTAGES, reader, select(reader))
    assert isinstance(shown.data, Curves)
    (curve,) = shown.data.curves
    assert (curve.name, curve.x[0], curve.x[-1]) == ("2024-Q1", 0, 21)
    assert (curve.y[4], curve.y[5]) == pytest.approx((0, 30))
    assert curve.tips[5] == f"2024-Q1 · months on book 5: 30.0000{NBSP}%"
    assert curve.link.endswith("vintage=2024-Q1")
    assert shown.records[5] == ("2024-Q1", 5, pytest.approx(0.3))


def test_stages_are_parts_of_one_metric(reader: Reader) -> None:
    stack = chart_data(STAGES, reader, select(reader)).data
    assert isinstance(stack, Stack)
    assert list(stack.parts) == ["Stage 3", "Stage 2"]
    assert (stack.parts["Stage 3"][-1], stack.parts["Stage 2"][-1]) == pytest.approx((4, 6))


def test_what_is_zero_throughout_is_said(published: Path) -> None:
    with duckdb.connect(str(published / "current" / "bank.duckdb")) as connection:
        connection.execute("UPDATE marts.kpi_credit_month SET charge_offs = 0, recoveries = 0")
    opened = current(published)
    assert opened is not None
    with opened:
        shown = chart_data(LOSSES, Reader(opened), select(Reader(opened)))
    assert shown.missing == "Recovered and lost: zero from Jan 2024 to Dec 2025."


def test_ways_to_reckon_losses_stand_side_by_side_and_say_what_they_lack(reader: Reader) -> None:
    content = cover(reader, select(reader))
    assert content.subtitle == "End of December 2025, euros"
    assert "Loss forecast by roll rates" in content.html
    assert "?open=metric:roll_forecast_loss" in content.html
    assert "CECL allowance (WARM) no value: a product with a balance has no schedule" in content.html
    assert "Expected credit loss (IFRS 9) not available: needs models.loan_loss" in content.html


def test_a_way_that_a_filter_cannot_split_says_so(reader: Reader) -> None:
    assert "not split by branch" in cover(reader, select(reader, branch="B01")).html


def test_the_branch_to_look_at_is_the_one_whose_loans_got_worse(reader: Reader) -> None:
    """Old Town gave up its business loans: of 500,000 as many do not perform as of 800,000 before."""
    table = PAGE.rows[-1][0]
    assert isinstance(table, TableSpec)
    titles, rows, _ = table_rows(table, reader, select(reader))
    assert titles[:3] == ["Branch", "Loans", "on Dec 2024"]
    assert [(row.cells[0].text, row.look) for row in rows] == [
        ("Harbour Street", ""),
        ("Old Town", f"+0.38{NBSP}pp on Dec 2024"),
    ]


def test_a_bank_whose_peers_do_not_report_a_ratio_says_so(reader: Reader) -> None:
    assert chart_data(PEERS, reader, select(reader)).subtitle.endswith("no peers in this snapshot")
