"""What the page of customers says, on the hand-made bank of `tests.dashboards.bank`."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dashboards.charts.data import chart_data
from dashboards.charts.draw.bars import Bars
from dashboards.charts.draw.heat import Heat
from dashboards.charts.draw.stack import Stack
from dashboards.pages.blocks.campaigns import campaigns
from dashboards.pages.blocks.flight import flight
from dashboards.pages.customers import COHORTS, FLOW, GIVEN_UP, PAGE, PENETRATION, UPLIFT, WHO
from dashboards.pages.story import story
from dashboards.reader import Reader
from dashboards.snapshot import current
from tests.dashboards.bank import publish, select

NBSP = "\N{NO-BREAK SPACE}"


def test_the_headline_counts_customers_and_the_line_below_who_came_and_went(reader: Reader) -> None:
    """Four groups of 100 customers; of each two come and one goes a month, twelve of a mean of 100 a year."""
    told = story(PAGE.story, reader, select(reader))
    assert told.headline.startswith("Customers: 400, level with Dec 2024; attrition rate: 12.0")
    assert told.lede == (
        "In December 2025: new customers <b>8</b>, customers lost <b>4</b>, "
        "accounts losing their deposits <b>1</b>."
    )


def test_who_is_lost_hangs_below_who_is_won(reader: Reader) -> None:
    stack = chart_data(FLOW, reader, select(reader)).data
    assert isinstance(stack, Stack)
    assert (stack.parts["new"][-1], stack.parts["lost"][-1]) == (8, 4)
    assert stack.hanging == {"lost"}
    assert stack.labels == {"new": "new 8", "lost": "lost 4"}


def test_a_cohort_is_shown_every_third_month(reader: Reader) -> None:
    """Of ten customers one leaves in the first month, another in the third."""
    heat = chart_data(COHORTS, reader, select(reader)).data
    assert isinstance(heat, Heat)
    assert heat.rows == ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]
    assert heat.columns == ["0", "3", "6", "9", "12", "15", "18", "21"]
    values = dict(zip(heat.at, heat.values, strict=True))
    assert values["2024-Q1", "0"] == pytest.approx(100)
    assert values["2024-Q1", "3"] == pytest.approx(80)
    assert ("2024-Q4", "15") not in values, "not observed yet"


def test_what_customers_hold_may_be_split_by_branch_under_its_name(reader: Reader) -> None:
    heat = chart_data(PENETRATION, reader, select(reader, **{f"by.{PENETRATION.id}": "branch"})).data
    assert isinstance(heat, Heat)
    assert sorted(heat.columns) == ["Harbour Street", "Old Town"]
    values = dict(zip(heat.at, heat.values, strict=True))
    assert values["Current accounts", "Old Town"] == pytest.approx(75)
    assert values["Mortgages", "Harbour Street"] == pytest.approx(25)


def test_products_given_up_are_those_of_a_year(reader: Reader) -> None:
    """One mortgage a month in each of four groups."""
    shown = chart_data(GIVEN_UP, reader, select(reader))
    assert isinstance(shown.data, Bars)
    assert dict(zip(shown.data.names, shown.data.values, strict=True)) == {
        "Mortgages": 48,
        "Current accounts": 0,
    }
    assert shown.subtitle.startswith("12 months to Dec 2025")


def test_where_segments_are_unknown_customers_are_told_by_what_is_known(published: Path) -> None:
    with duckdb.connect(str(published / "current" / "bank.duckdb")) as connection:
        for (mart,) in connection.execute(
            "SELECT table_name FROM duckdb_columns() WHERE column_name = 'segment_code'"
        ).fetchall():
            connection.execute(f"UPDATE marts.{mart} SET segment_code = 'unknown'")
        connection.execute(
            "UPDATE marts.kpi_customers_month SET age_band = if(branch_id = 'B01', '18-24', '75+')"
        )
    opened = current(published)
    assert opened is not None
    with opened:
        shown = chart_data(WHO, Reader(opened), select(Reader(opened)))
    assert isinstance(shown.data, Bars)
    assert shown.data.names == ["18-24", "75+"]
    assert shown.subtitle.endswith("by age")


def test_the_accounts_that_lose_their_deposits_are_listed(reader: Reader) -> None:
    content = flight(reader, select(reader))
    assert content.subtitle == "End of December 2025: less than half of the six-month mean, amounts in EUR"
    assert content.html.count("<tr>") == 2, "the head and one account"
    assert "<td>smeB01EUR</td>" in content.html
    assert "Old Town" in content.html
    assert f"4.00{NBSP}k" in content.html
    assert "<svg" in content.html


@pytest.mark.parametrize(
    ("chosen", "there"),
    [
        ({"branch": "B01"}, True),
        ({"branch": "B02"}, False),
        ({"segment": "retail"}, False),
        ({"region": "north", "product": "CUR"}, True),
        ({"currency": "USD"}, False),
        ({"period": "2025-11"}, False),
    ],
)
def test_the_accounts_follow_the_filters(reader: Reader, chosen: dict[str, str], there: bool) -> None:
    content = flight(reader, select(reader, **chosen))
    assert bool(content.html) == there
    assert (content.missing == "") == there


def test_campaigns_are_held_against_who_got_no_offer(reader: Reader) -> None:
    """30 of 100 against 10 of 50: ten points, give or take fourteen."""
    content = campaigns(reader, select(reader))
    for said in ("SPRING", f"30.0{NBSP}%", f"20.0{NBSP}%", f"+10.0{NBSP}pp", "may be chance"):
        assert said in content.html
    (shown,) = chart_data(UPLIFT, reader, select(reader)).data or []
    assert (shown.name, shown.tone, shown.label) == ("SPRING", "rest", "+10.0")
    assert (shown.lower, shown.upper) == pytest.approx((-4.26902, 24.26902), abs=1e-5)


def test_before_the_first_campaign_there_is_none(reader: Reader) -> None:
    assert campaigns(reader, select(reader, period="2024-03")).missing.startswith("No campaign")


def test_campaigns_begin_where_their_delivery_does(published: Path) -> None:
    path = published / "current" / "availability.json"
    path.write_text(path.read_text().replace('"contact.arm":["2024-01",', '"contact.arm":['))
    opened = current(published)
    assert opened is not None
    with opened:
        assert "SPRING" in campaigns(Reader(opened), select(Reader(opened))).html


def test_without_contacts_campaigns_say_what_they_need(tmp_path: Path, semantic_manifest: str) -> None:
    path = publish(tmp_path, semantic_manifest) / "availability.json"
    path.write_text(path.read_text().replace("contact.arm", "contact.absent"))
    opened = current(tmp_path)
    assert opened is not None
    with opened:
        bare = Reader(opened)
        assert campaigns(bare, select(bare)).missing == "Not available: needs contact.arm."
        shown = chart_data(UPLIFT, bare, select(bare))
    assert shown.missing == "Not available: needs contact.arm."
    assert shown.subtitle.startswith("Conversion above the control group")


def test_what_comes_from_the_data_is_escaped(published: Path) -> None:
    with duckdb.connect(str(published / "current" / "bank.duckdb")) as connection:
        connection.execute("UPDATE marts.kpi_campaign_month SET campaign_id = '<script>'")
        connection.execute("UPDATE marts.fct_account_month SET customer_id = '<img>'")
    opened = current(published)
    assert opened is not None
    with opened:
        hostile = Reader(opened)
        html = campaigns(hostile, select(hostile)).html + flight(hostile, select(hostile)).html
    assert "&lt;script&gt;" in html
    assert "&lt;img&gt;" in html
    assert "<script>" not in html
    assert "<img>" not in html
