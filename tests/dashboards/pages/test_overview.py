"""What the overview says, on the hand-made bank of `tests.dashboards.bank`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest
from panel.pane import HTML

from dashboards.ahead import Ahead, every_combination
from dashboards.components.cards import Card, card_html
from dashboards.live import Live
from dashboards.metrics.engine import engine
from dashboards.pages import PAGES
from dashboards.pages.body import PageBody
from dashboards.pages.declare import TableSpec
from dashboards.pages.figures import cards, table_rows
from dashboards.pages.overview import BRANCHES, PAGE
from dashboards.pages.story import story
from dashboards.reader import Reader, reader_of
from dashboards.snapshot import current
from tests.dashboards.bank import publish, select


def card(reader: Reader, metric: str, **chosen: str) -> Card:
    selection = select(reader, **chosen)
    names = [spec.metric for spec in PAGE.cards]
    return cards(PAGE.cards, reader, selection)[names.index(metric)]


def test_the_overview_has_eight_cards_four_charts_and_a_table() -> None:
    assert len(PAGE.cards) == 8
    assert len(PAGE.charts) == 4
    assert [part for row in PAGE.rows for part in row if isinstance(part, TableSpec)] == [BRANCHES]


def test_addresses_of_pages_are_unique() -> None:
    assert len({page.slug for page in PAGES}) == len(PAGES)


def test_a_card_shows_value_changes_and_course(reader: Reader) -> None:
    """Net profit 5,840 against 4,880 a year before (+19.7 %) and 5,760 in November (+1.39 %)."""
    shown = card(reader, "net_profit")
    assert (shown.value, shown.unit) == ("5.84", "k")
    assert [(one.value, one.tone, one.words) for one in shown.changes] == [
        ("▲ 19.7\N{NO-BREAK SPACE}%", "better", "on Dec 2024"),
        ("▲ 1.39\N{NO-BREAK SPACE}%", "better", "on Nov 2025"),
    ]
    assert len(shown.course) == 24
    assert shown.course[-1] == pytest.approx(5840)
    assert shown.since == "Jan 2024"


def test_a_card_has_every_digit_on_hover(reader: Reader) -> None:
    assert card(reader, "net_profit").exact == "5,840.00 EUR"


def test_a_course_has_a_place_for_every_month(published: Path) -> None:
    """Also for those before a figure's first: the line begins where the figure does."""
    with duckdb.connect(str(published / "current" / "bank.duckdb")) as connection:
        connection.execute("DELETE FROM marts.kpi_credit_month WHERE month < '2025-01-01'")
    opened = current(published)
    assert opened is not None
    with opened:
        course = card(Reader(opened), "npl_ratio").course
    assert len(course) == 24
    assert course[:12] == (None,) * 12
    assert course[12] is not None


def test_what_a_snapshot_does_not_know_yet_is_missing_from_its_panel_alone(
    tmp_path: Path, semantic_manifest: str
) -> None:
    """A snapshot published by an earlier version, without the metrics of one chart."""
    manifest = json.loads(semantic_manifest)
    manifest["metrics"] = [one for one in manifest["metrics"] if one["name"] != "pd_1_29_ratio"]
    publish(tmp_path, json.dumps(manifest))
    opened = current(tmp_path)
    assert opened is not None
    with opened:
        older, body = Reader(opened), PageBody(PAGE, "light")
        body.show(older, select(older))
    shown = [str(one.object) for one in body.view.select() if isinstance(one, HTML) and one.visible]
    assert any("There is no metric pd_1_29_ratio. The next build brings" in html for html in shown)
    assert any("Profit is up" in html for html in shown)


def test_after_asking_ahead_no_choice_needs_a_compilation(published: Path) -> None:
    live = Live(published)
    assert live.snapshot is not None
    ahead = Ahead(live, (PAGE,))
    reader = reader_of(live.snapshot)
    steps = len(every_combination(reader.choices)) * (2 + sum(map(len, PAGE.rows))) + 2
    for _ in range(steps):
        ahead.step()
    compiled = engine(live.snapshot).compile.cache_info().misses
    body = PageBody(PAGE, "light")
    for chosen in (
        {"branch": "B02", "period": "2025-11"},
        {"segment": "sme"},
        {"product": "MTG", "branch": "B01"},
    ):
        body.show(reader, select(reader, **chosen))
    assert engine(live.snapshot).compile.cache_info().misses == compiled
    live.close()


def test_a_falling_cost_to_income_is_better(reader: Reader) -> None:
    assert {one.tone for one in card(reader, "cost_to_income").changes} == {"better"}
    assert card(reader, "cost_to_income").changes[0].value.startswith("▼")


def test_peers_stand_where_there_is_no_target(reader: Reader) -> None:
    shown = card(reader, "roa")
    assert shown.reference == pytest.approx(0.013)
    assert shown.reference_words == "peers 1.30\N{NO-BREAK SPACE}%"


def test_a_target_is_the_dotted_line_and_is_delivered_as_people_write_it(reader: Reader) -> None:
    """55 stands for 55 %, which is 0.55 in every other place; 6 for 6 basis points."""
    shown = card(reader, "cost_to_income")
    assert shown.reference_words == "target 55.0\N{NO-BREAK SPACE}%"
    assert shown.reference == pytest.approx(0.55)
    fraud = card(reader, "fraud_rate_bps")
    assert (fraud.reference, fraud.reference_words) == (6, "limit 6.0\N{NO-BREAK SPACE}bps")


def test_a_flow_is_held_against_a_year_s_target_only_as_a_whole_year(reader: Reader) -> None:
    assert card(reader, "net_profit").reference is None
    year = card(reader, "net_profit", period="2025-12-ytd")
    assert (year.reference, year.reference_words) == (90_000, "target 90.0\N{NO-BREAK SPACE}k")


def test_a_card_that_a_filter_cannot_split_says_so(reader: Reader) -> None:
    assert card(reader, "net_profit", segment="sme").note == "whole bank: not split by segment"
    assert card(reader, "net_profit", segment="sme", branch="B01").note == "not split by segment"
    assert card(reader, "npl_ratio", segment="sme").note == ""


def test_before_the_labels_begin_the_fraud_card_says_what_it_needs(reader: Reader) -> None:
    shown = card(reader, "fraud_rate_bps", period="2024-03")
    assert shown.missing.startswith("Not available: needs fraud_case.")
    assert "<svg" not in card_html(shown)


def test_names_from_the_data_are_escaped() -> None:
    assert "<script>" not in card_html(Card("<script>alert(1)</script>", value="1"))


def test_the_headline_answers_and_its_parts_sum(reader: Reader) -> None:
    told = story(PAGE.story, reader, select(reader))
    assert told.headline.startswith("Profit is up 19.7\N{NO-BREAK SPACE}% on December 2024: costs fell")
    assert "By branch: Old Town <b>+960</b>." in told.lede


def test_named_contributions_sum_to_the_change(reader: Reader) -> None:
    """Every figure of the first sentence in thousands: the first is the sum of the others."""
    told = story(PAGE.story, reader, select(reader))
    sentence = told.lede.split(" By branch")[0]
    scales = {"k": 1000, "": 1}
    figures = [
        float(digits.replace("−", "-").replace("+", "")) * scales[scale]
        for digits, scale in re.findall(r"<b>([+−][\d.]+)\s?(k?)</b>", sentence)
    ]
    assert figures[0] == pytest.approx(sum(figures[1:]), abs=10)


def test_a_filtered_headline_names_the_branch(reader: Reader) -> None:
    told = story(PAGE.story, reader, select(reader, branch="B01"))
    assert told.headline.startswith("Profit of Old Town is up")


def test_without_anything_to_compare_the_headline_states_the_position(reader: Reader) -> None:
    told = story(PAGE.story, reader, select(reader, period="2024-01"))
    assert told.headline.startswith("Deposits: 2.00\N{NO-BREAK SPACE}m")
    assert "the data begin in January 2024" in told.lede


def test_the_table_has_a_row_per_branch_with_figures_the_largest_on_top(reader: Reader) -> None:
    titles, rows, absent = table_rows(BRANCHES, reader, select(reader))
    assert titles[0] == "Branch"
    assert [row.cells[0].text for row in rows] == ["Old Town", "Harbour Street"]
    assert rows[0].cells[1].share == 1
    assert len(rows[0].cells[-1].course) == 24
    assert absent == ""


def test_the_table_keeps_all_branches_when_one_is_chosen(reader: Reader) -> None:
    _, rows, _ = table_rows(BRANCHES, reader, select(reader, branch="B02"))
    assert len(rows) == 2


def test_a_bank_without_ledger_says_what_it_needs(tmp_path: Path, semantic_manifest: str) -> None:
    folder = publish(tmp_path, semantic_manifest)
    path = folder / "availability.json"
    path.write_text(path.read_text().replace("gl_balance.closing", "gl_balance.absent"))
    opened = current(tmp_path)
    assert opened is not None
    with opened:
        bare = Reader(opened)
        assert card(bare, "net_profit").missing == "Not available: needs gl_balance.closing."
        told = story(PAGE.story, bare, select(bare))
        assert "Net profit is not available: needs gl_balance.closing." in told.lede
        titles, rows, absent = table_rows(BRANCHES, bare, select(bare))
        assert {"Deposits", "Loans", "NPL"} <= set(titles)
        assert card(bare, "gross_loans").value == "1.30", "from the loans, where there is no ledger"
        assert titles[:3] == ["Branch", "Deposits", "on Dec 2024"], "what there is leads in its place"
        assert titles[-1] == "24 months"
        assert rows[0].cells[1].share == 1
        assert len(rows[0].cells[-1].course) == 24
        assert absent == "Net profit, Cost-to-income not available: needs gl_balance.closing"
