"""Forecasts, on the hand-made bank of `tests.dashboards.bank`.

The forecasts of 30 November and 31 December expect deposits of 2,001 and 2,000 ± 10 and 41 and 40 ± 10
transactions a day; what happens are 40 transactions every day and deposits of 10,000 at every month end.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from dashboards.charts.data import chart_data
from dashboards.charts.draw.lines import LinePicture, Lines
from dashboards.charts.picture import picture
from dashboards.metrics.forecasts import Missed, forecasts, made_by, missed
from dashboards.pages.forecasts import CARD_SPEND, DEPOSITS, PAGE, VOLUME, outside, quality
from dashboards.pages.story import story
from dashboards.reader import Reader
from dashboards.snapshot import current
from runtime.errors import BankError
from tests.dashboards.bank import select


def lines(reader: Reader, **chosen: str) -> Lines:
    shown = chart_data(VOLUME, reader, select(reader, **chosen))
    assert isinstance(shown.data, Lines)
    return shown.data


def test_the_newest_forecast_follows_what_was(reader: Reader) -> None:
    shown = lines(reader)
    assert shown.since == date(2025, 12, 31)
    assert shown.strands["actual"].x[0] == date(2025, 11, 1)
    assert shown.strands["actual"].x[-1] == date(2025, 12, 31)
    assert shown.strands["expected"].x[0] == date(2026, 1, 1)
    assert len(shown.strands["expected"].x) == 90
    assert (shown.strands["expected"].lower[0], shown.strands["expected"].upper[0]) == (30, 50)
    assert shown.strands["actual"].label == "", "nothing has happened since"


def test_an_earlier_period_sees_the_forecast_it_could_know_and_what_came_of_it(reader: Reader) -> None:
    shown = lines(reader, period="2025-11")
    assert shown.since == date(2025, 11, 30)
    assert shown.strands["expected"].y[0] == 41
    assert shown.strands["actual"].x[-1] == date(2025, 12, 31)
    assert shown.strands["actual"].label == "", "it would lie on the forecast, which goes on"
    assert len(shown.strands["outside"].x) == 0
    assert "; solid: what happened" in chart_data(VOLUME, reader, select(reader, period="2025-11")).subtitle


def test_what_is_known_by_month_is_shown_at_month_ends(reader: Reader) -> None:
    shown = chart_data(DEPOSITS, reader, select(reader, period="2025-11"))
    assert isinstance(shown.data, Lines)
    assert list(shown.data.strands["expected"].x) == [
        date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)
    ]  # fmt: skip
    assert list(shown.data.strands["outside"].x) == [date(2025, 12, 1)], "10,000 is outside 1,991 to 2,011"
    assert shown.records[-3] == ("Dec 2025", 10_000.0, 2001.0, 1991.0, 2011.0)


def test_before_the_oldest_forecast_the_page_says_when_they_begin(reader: Reader) -> None:
    selection = select(reader, period="2025-10")
    reason = "No forecast was kept from then: the oldest is of 30 November 2025."
    assert chart_data(VOLUME, reader, selection).missing == reason
    assert story(PAGE.story, reader, selection).lede == reason
    assert outside(reader, selection).missing.startswith("Nothing has happened yet")


def test_a_series_without_forecast_says_so(reader: Reader) -> None:
    shown = chart_data(CARD_SPEND, reader, select(reader))
    assert shown.missing.startswith("There is no forecast of it in this snapshot")


def test_forecasts_are_of_the_whole_bank_and_say_so(reader: Reader) -> None:
    shown = chart_data(VOLUME, reader, select(reader, branch="B01"))
    assert shown.subtitle.endswith("; whole bank, forecasts are not split")
    assert shown.data is not None
    assert shown.data.strands["actual"].y[-1] == 40


def test_the_headline_says_what_to_expect_and_how_far_to_believe_it(reader: Reader) -> None:
    told = story(PAGE.story, reader, select(reader))
    assert told.headline.startswith("Deposits: 2.00\N{NO-BREAK SPACE}k expected at the end of March 2026, 80")
    assert "between 1.99\N{NO-BREAK SPACE}k and 2.01\N{NO-BREAK SPACE}k" in told.headline


def test_the_tests_are_held_against_repeating_the_last_week(published: Path) -> None:
    """Deposits err 0.5 against 1.1 of the naive, transactions 1.25 against 1.1: one of two is better."""
    with duckdb.connect(str(published / "current" / "bank.duckdb")) as connection:
        connection.execute(
            "INSERT INTO marts.fct_forecast_backtest "
            "SELECT metric_id, origin, 'seasonal_naive', 90, 1.1, 0.8, false FROM marts.fct_forecast_backtest"
        )
    opened = current(published)
    assert opened is not None
    with opened:
        reader = Reader(opened)
        html = quality(reader, select(reader)).html
        told = story(PAGE.story, reader, select(reader))
    deposits, transactions = html.split("<td>Transactions</td>")
    assert '<span class="better">better</span>' in deposits
    assert '<span class="worse">worse than naive</span>' in transactions
    assert "75.0\N{NO-BREAK SPACE}%</td><td>right</td>" in deposits
    assert "Card spending: no forecast" in html
    assert "<b>1 of 2</b> forecasts err less" in told.lede


def test_without_the_naive_no_verdict_is_given(reader: Reader) -> None:
    html = quality(reader, select(reader)).html
    assert html.count("no naive to compare") == 2
    assert story(PAGE.story, reader, select(reader)).lede.startswith("None of the forecasts has been tested")


def test_what_lay_outside_is_listed_from_the_newest_forecast_that_can_be_checked(reader: Reader) -> None:
    content = outside(reader, select(reader))
    assert content.subtitle.startswith("Forecast of 30 November 2025, the 31 days known since")
    assert content.html.count("<tr>") == 2, "a head, and deposits in December: 10,000 is 7,989 above 2,011"
    assert "<td>7.99\N{NO-BREAK SPACE}k above</td>" in content.html


def test_a_miss_is_measured_from_the_nearer_bound_in_widths_of_the_band() -> None:
    high = Missed(date(2025, 1, 1), 130.0, 100.0, 90.0, 110.0)
    low = Missed(date(2025, 1, 1), 85.0, 100.0, 90.0, 110.0)
    assert (high.beyond, high.widths) == (20.0, 1.0)
    assert (low.beyond, low.widths) == (-5.0, 0.25)


def test_the_bounds_themselves_are_inside(reader: Reader) -> None:
    made = made_by(forecasts(reader.snapshot)["txn_volume"], date(2025, 12, 30))
    assert made is not None
    assert made.origin == date(2025, 11, 30)
    days = [date(2025, 12, 1), date(2025, 12, 2), date(2025, 12, 3)]
    assert missed(made, dict(zip(days, (31.0, 51.0, 51.5), strict=True))) == [
        Missed(days[2], 51.5, 41.0, 31.0, 51.0)
    ]


def test_the_picture_dots_what_lay_outside(reader: Reader) -> None:
    shown = chart_data(DEPOSITS, reader, select(reader, period="2025-11"))
    made = picture(DEPOSITS, "light")
    assert isinstance(made, LinePicture)
    assert isinstance(shown.data, Lines)
    made.update(shown.data)
    dot = made._lines["outside"].dot
    assert dot is not None
    assert len(dot.data_source.data["x"]) == 1  # pyright: ignore[reportAttributeAccessIssue]


def test_a_snapshot_without_forecasts_says_so(published: Path) -> None:
    with duckdb.connect(str(published / "current" / "bank.duckdb")) as connection:
        connection.execute("DROP TABLE marts.fct_forecast")
    opened = current(published)
    assert opened is not None
    with opened, pytest.raises(BankError, match="This snapshot has no forecasts"):
        forecasts(opened)
