"""What lies open beside a page."""

from __future__ import annotations

import pytest

from dashboards.pages import beside as module
from dashboards.pages import overview
from dashboards.pages.beside import beside
from dashboards.reader import Reader
from dashboards.snapshot import Snapshot
from dashboards.state import State


def opened(snapshot: Snapshot, what: str, query: str = "?period=2025-12") -> str:
    reader = Reader(snapshot)
    return beside(overview.PAGE, reader, reader.select(State.of(query).opening(what)))


def test_nothing_is_open_unless_asked(snapshot: Snapshot) -> None:
    assert opened(snapshot, "") == ""


def test_a_metric_tells_value_definition_sql_and_what_it_is_made_of(snapshot: Snapshot) -> None:
    """Net profit of the bank in December 2025 is 5,840."""
    html = opened(snapshot, "metric:net_profit")
    assert "5,840.00" in html
    assert "SELECT" in html
    assert "kpi_finance_month" in html
    assert 'href="?period=2025-12"' in html, "a way to close it"


def test_a_chart_s_figures_are_those_of_its_picture(snapshot: Snapshot) -> None:
    html = opened(snapshot, "data:what-moved-net-profit")
    assert "5,840" in html
    assert "/export/overview/what-moved-net-profit.csv?period=2025-12" in html


def test_of_many_rows_the_first_are_shown_and_all_are_counted(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS", 1)
    html = opened(snapshot, "rows:net_profit")
    assert html.count("<tr>") == 2, "the head and one row"
    assert "rows of kpi_finance_month, the first 1" in html


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("metric:net_profti", "Nearest: net_profit"),
        ("rows:<b>x</b>", "There is no metric &lt;b&gt;x&lt;/b&gt;."),
        ("data:nothing", "There is no chart “nothing” on this page."),
        ("mood:good", "Nothing can be opened as “mood:good”."),
        ("nonsense", "Nothing can be opened as “nonsense”."),
    ],
)
def test_what_can_not_be_opened_is_said(snapshot: Snapshot, what: str, said: str) -> None:
    html = opened(snapshot, what)
    assert said in html
    assert 'aria-label="Close"' in html
