"""Fraud: the list to look at first and the case view, on the hand-made bank of `tests.dashboards.bank`.

In December 2025 account A1 paid 20 at its usual shop (T1), 500 online at a new merchant (T2) and was declined
10 at <M3> (T3, with an open alert); A2 paid once (T4). F1, the highest score, is known to be fraud.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from dashboards.charts.data import chart_data
from dashboards.components.history import days_svg
from dashboards.pages.beside import beside
from dashboards.pages.blocks.cases import case_view
from dashboards.pages.figures import cards
from dashboards.pages.fraud import OPEN, PAGE, RATES, scores, to_look_at
from dashboards.pages.story import story
from dashboards.reader import Reader
from dashboards.snapshot import current
from tests.dashboards.bank import publish, select


def listed(reader: Reader, **chosen: str) -> list[str]:
    table = reader.first_to_look_at(select(reader, **chosen), 50)
    return table.column("transaction_id")


def test_the_highest_scores_without_a_decision_come_first(reader: Reader) -> None:
    assert listed(reader) == ["T2", "T3", "T4", "T1"], "F1 scores higher, but it is known to be fraud"
    assert listed(reader, period="2025-11") == []


def test_the_list_takes_the_page_s_filters(reader: Reader) -> None:
    assert listed(reader, channel="card_pos") == ["T3", "T1"]
    assert listed(reader, branch="B00/") == listed(reader)
    assert listed(reader, branch="B02") == []
    assert listed(reader, region="south") == []
    content = to_look_at(reader, select(reader, detector="rules"))
    assert content.subtitle.endswith("; not filtered by detector")


def test_text_from_the_address_is_a_value_and_never_sql(reader: Reader) -> None:
    """Even past the selection, which lets through only what the snapshot has."""
    wanted = "T1' OR '1'='1"
    shown = beside(PAGE, reader, select(reader, open=f"case:{wanted}"))
    assert "There is no transaction “T1&#x27; OR &#x27;1&#x27;=&#x27;1”." in shown


def test_a_row_says_what_stands_out_and_leads_to_its_case(reader: Reader) -> None:
    """500 is 50 times the usual 10, at a new merchant, on a card with a known fraud."""
    html = to_look_at(reader, select(reader, channel="card_ecom")).html
    assert "?channel=card_ecom&amp;open=case:T2" in html
    for words in (
        "−500.00\N{NO-BREAK SPACE}EUR",
        "fraud on this card",
        "50.0× its usual amount",
        "new merchant",
    ):
        assert words in html
    assert "99.9500\N{NO-BREAK SPACE}%" in html
    declined = to_look_at(reader, select(reader, channel="card_pos")).html
    assert "alert of 1 Dec undecided" in declined
    assert "declined" in declined


def test_a_month_without_scores_says_so(reader: Reader) -> None:
    selection = select(reader, period="2025-11")
    assert to_look_at(reader, selection).missing == (
        "No transaction of November 2025 in this selection has a score and no decision."
    )
    assert scores(reader, selection).missing == "No transaction of November 2025 in this selection is scored."


def test_a_case_holds_the_transaction_against_what_came_before(reader: Reader) -> None:
    """Before T2: 39 payments of 10, F1 of 70 and T1 of 20, all of 90 days; two of them within a day, or three
    with the noon of the 9th.
    """
    habits = reader.case("T2").habits
    assert habits["payments"] == 41
    assert float(habits["usual"]) == 10
    assert habits["times_usual"] == pytest.approx(50)
    assert habits["smaller"] == 41
    assert habits["by_channel"] == 1, "F1"
    assert (habits["last_day"], float(habits["spent_last_day"])) == (3, 100)
    assert (habits["at_merchant"], habits["in_category"]) == (0, 0)


def test_a_case_shows_what_an_analyst_decides_by(reader: Reader) -> None:
    title, html = case_view("T2", PAGE, reader, select(reader))
    assert title == "−500.00\N{NO-BREAK SPACE}EUR on 10 Dec 2025"
    assert "More unusual than 99.9500" in html
    assert "No alert and no decision known" in html
    assert "50.0 times the usual −10.00" not in html
    assert "50.0 times the usual 10.00\N{NO-BREAK SPACE}EUR; 41 of 41 were smaller" in html
    assert "never paid before" in html
    assert "This merchant is new." in html
    assert html.count("<tr class=this>") == 1
    assert "open=case:T1" in html, "the movements around it lead to their cases"
    assert "Other fraud of the customer: 1" in html
    assert '<svg class="days"' in html


def test_a_case_knows_its_merchant_again(reader: Reader) -> None:
    _, html = case_view("T1", PAGE, reader, select(reader))
    assert "paid 39 times since 1 Nov 2025" in html
    assert "This merchant is new." not in html


def test_a_case_says_what_is_known_of_it(reader: Reader) -> None:
    assert "Known to be fraud since 3 Dec 2025" in case_view("F1", PAGE, reader, select(reader))[1]
    _, html = case_view("T3", PAGE, reader, select(reader))
    assert "Alert of 1 Dec 2025: undecided" in html
    assert "Declined" in html


def test_a_first_payment_has_no_habits(reader: Reader) -> None:
    _, html = case_view("T4", PAGE, reader, select(reader))
    assert "No like payment of this account in the 90 days before: none before it at all." in html
    assert "Counterparties of transfers are not published" in html
    assert "None: this is the first." in html


def test_names_in_a_case_are_escaped(reader: Reader) -> None:
    _, html = case_view("T3", PAGE, reader, select(reader))
    assert "&lt;M3&gt;" in html
    assert "<M3>" not in html


def test_an_unknown_transaction_says_so(reader: Reader) -> None:
    shown = beside(PAGE, reader, select(reader, open="case:<T9>"))
    assert "There is no transaction “&lt;T9&gt;”." in shown
    assert "Close this and choose one from the list." in shown


def test_scores_stand_in_bands_with_the_fraud_they_found(reader: Reader) -> None:
    """From the top: T2 and F1 (half of them fraud, all there is), T3, T4, T1."""
    table = reader.score_bands(select(reader))
    assert table.records == [
        (0, 1, 0, 0.0, 0.0), (3, 1, 0, 0.0, 0.0), (4, 1, 0, 0.0, 0.0), (6, 2, 1, 5000.0, 1.0)
    ]  # fmt: skip
    html = scores(reader, select(reader)).html
    assert html.index("99.9\N{NO-BREAK SPACE}% to 100\N{NO-BREAK SPACE}%") < html.index(
        "0\N{NO-BREAK SPACE}% to 50"
    )


def test_the_page_leads_with_the_net_loss_and_what_moved_it(reader: Reader) -> None:
    """Two branches and two channels lose 400 and recover 150 each: 1,000 in every month."""
    told = story(PAGE.story, reader, select(reader))
    assert told.headline == "Net fraud loss: 1.00\N{NO-BREAK SPACE}k, level with Dec 2024; " + (
        "fraud rate by value: 6.0\N{NO-BREAK SPACE}bps, level with Dec 2024"
    )


def test_the_rate_by_channel_is_that_of_its_own_amounts(reader: Reader) -> None:
    """Mobile 10,000 × 900 / 1,000,000 = 9 bps, card 3."""
    assert chart_data(RATES, reader, select(reader)).records == (
        ("Mobile app", pytest.approx(9), pytest.approx(9)),
        ("Card in shops", pytest.approx(3), pytest.approx(3)),
    )


def test_no_open_alert_is_a_sentence_and_not_empty_axes(published: Path) -> None:
    with duckdb.connect(str(published / "current" / "bank.duckdb")) as connection:
        connection.execute("UPDATE marts.kpi_fraud_open_month SET alerts_open = 0")
    opened = current(published)
    assert opened is not None
    with opened:
        shown = chart_data(OPEN, Reader(opened), select(Reader(opened)))
    assert shown.data is None
    assert shown.missing == "Alerts open: zero in December 2025 for every days open there is."


def test_a_bank_without_fraud_cases_and_alerts_says_what_it_needs(
    tmp_path: Path, semantic_manifest: str
) -> None:
    folder = publish(tmp_path, semantic_manifest)
    path = folder / "availability.json"
    path.write_text(path.read_text().replace('"fraud_case.', '"absent.').replace('"alert.', '"absent.'))
    opened = current(tmp_path)
    assert opened is not None
    with opened:
        bare = Reader(opened)
        told = story(PAGE.story, bare, select(bare))
        shown = cards(PAGE.cards, bare, select(bare))
        first, spread = to_look_at(bare, select(bare)), scores(bare, select(bare))
    assert told.headline.startswith("Monitoring coverage: ")
    assert told.lede.startswith("Net fraud loss is not available: needs fraud_case.gross_loss")
    assert all(one.missing.startswith("Not available: needs ") for one in shown)
    assert first.subtitle.endswith("; decisions are not available: needs alert.alert_id")
    assert "known fraud not available: needs fraud_case.transaction_id" in spread.subtitle
    assert "Known fraud" not in spread.html


def test_a_snapshot_without_single_transactions_says_so(published: Path) -> None:
    with duckdb.connect(str(published / "current" / "bank.duckdb")) as connection:
        connection.execute("DROP TABLE marts.fct_transaction_score")
    opened = current(published)
    assert opened is not None
    with opened:
        reader = Reader(opened)
        shown = beside(PAGE, reader, select(reader, open="case:T1"))
    assert "This snapshot has no single transactions to show." in shown


def test_days_are_bars_with_the_marked_one_in_its_own_colour() -> None:
    svg = days_svg([(date(2025, 1, 1), 50.0, 0.0), (date(2025, 1, 2), 100.0, 25.0)], "<days>")
    assert svg.count("<rect") == 3, "the second day is its own part and the rest"
    assert svg.count("var(--warn)") == 2, "the part and the line above it"
    assert 'aria-label="&lt;days&gt;"' in svg
    assert days_svg([(date(2025, 1, 1), 0.0, 0.0)], "nothing moved") == ""
