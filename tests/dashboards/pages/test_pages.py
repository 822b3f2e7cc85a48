"""What holds for every page: it says something in every state, and breaks in none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from panel.pane import HTML

from dashboards.charts.data import chart_data
from dashboards.pages import PAGES, Page
from dashboards.pages.body import PageBody
from dashboards.reader import Reader
from dashboards.snapshot import Snapshot, current
from dashboards.state import State
from runtime.errors import BankError
from tests.dashboards.bank import publish

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)

FILTERS = ("?branch=B01", "?region=south", "?segment=sme", "?product=MTG", "?channel=mobile")
NAME = "<script>alert('x')</script> & <b>Sons</b>"


def shown(page: Page, snapshot: Snapshot, query: str = "") -> list[str]:
    """The HTML of everything that is visible on a page, what lies open beside it included."""
    reader, body = Reader(snapshot), PageBody(page, "light")
    body.show(reader, reader.select(State.of(query)))
    panes = [*body.view.select(), body.beside]
    return [str(one.object) for one in panes if isinstance(one, HTML) and one.visible and one.object]


def absences(html: list[str]) -> list[str]:
    """The sentences that stand where there is no figure."""
    return [found for text in html for found in re.findall(r'class="absent">([^<]*)<', text)]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, semantic_manifest: str) -> Iterator[Snapshot]:
    """A bank that delivers customers and accounts, and nothing else."""
    published = tmp_path_factory.mktemp("bare")
    folder = publish(published, semantic_manifest)
    (folder / "availability.json").write_text('{"customer.id": ["2025-12"], "account.id": ["2025-12"]}')
    opened = current(published)
    assert opened is not None
    with opened:
        yield opened


@every_page
def test_every_page_has_a_headline_and_no_empty_part(page: Page, snapshot: Snapshot) -> None:
    html = shown(page, snapshot)
    headlines = [found for text in html for found in re.findall(r"<h1>(.*?)</h1>", text)]
    assert len(headlines) == 1
    assert not headlines[0].startswith("There is no")
    assert all(sentence.strip() for sentence in absences(html))
    assert sum("<h2>" in text for text in html) == sum(map(len, page.rows))


@every_page
@pytest.mark.parametrize(
    "query", ["?branch=B01", "?region=south", "?segment=sme", "?product=MTG", "?channel=mobile"]
)
def test_every_page_takes_every_filter(page: Page, snapshot: Snapshot, query: str) -> None:
    assert "Let go of" not in "".join(shown(page, snapshot, query))
    assert not [text for text in shown(page, snapshot, query) if 'role="alert"' in text]


@every_page
@pytest.mark.parametrize("query", ["", "?period=2024-01", "?vintage=2024-Q1", "?cohort=2024-Q1", *FILTERS])
def test_every_chart_shows_figures_or_says_why_not(page: Page, reader: Reader, query: str) -> None:
    for spec in page.charts.values():
        try:
            shown = chart_data(spec, reader, reader.select(State.of(query)))
        except BankError:  # its panel says what the bank does not have, here the basis of the peers
            assert page.slug == "finance"
            continue
        assert (shown.data is None) == bool(shown.missing), spec.title
        assert "{" not in shown.subtitle


@every_page
def test_every_page_works_on_the_first_month(page: Page, snapshot: Snapshot) -> None:
    html = shown(page, snapshot, "?period=2024-01&against=previous")
    assert not [text for text in html if 'role="alert"' in text]
    assert all(sentence.strip() for sentence in absences(html))


@every_page
def test_every_page_works_for_a_bank_that_delivers_little(page: Page, bare: Snapshot) -> None:
    html = shown(page, bare)
    assert not [text for text in html if 'role="alert"' in text]
    assert all(sentence.endswith((".", "!")) for sentence in absences(html)), absences(html)


def test_a_filter_that_matches_nothing_is_said_everywhere(snapshot: Snapshot) -> None:
    """The branch that closed in June has no business in December."""
    page = next(one for one in PAGES if one.slug == "transactions")
    said = absences(shown(page, snapshot, "?branch=B03&period=2025-12"))
    assert said.count("No figures for this selection.") >= len(page.cards)


@every_page
def test_a_delivered_name_with_html_in_it_stays_text(
    page: Page, tmp_path: Path, semantic_manifest: str
) -> None:
    folder = publish(tmp_path, semantic_manifest)
    with duckdb.connect(str(folder / "bank.duckdb")) as connection:
        for table in ("dim_branch", "dim_branch_history"):
            connection.execute(f"UPDATE marts.{table} SET branch_name = ? WHERE branch_id = 'B01'", [NAME])
    opened = current(tmp_path)
    assert opened is not None
    with opened:
        html = "".join(shown(page, opened, "?branch=B01"))
    assert "<script>" not in html
    assert "<b>Sons" not in html


def test_ids_of_charts_are_unique_on_their_page() -> None:
    for page in PAGES:
        titles = [part.title for row in page.rows for part in row]
        assert len(titles) == len(set(titles)), page.slug
