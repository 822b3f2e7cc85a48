"""The body of a page: built once per session from its declaration, then only its contents change."""

from __future__ import annotations

import panel as pn

from dashboards.charts.data import CURRENCY_WORDS, chart_data
from dashboards.charts.picture import picture
from dashboards.charts.spec import ChartSpec
from dashboards.charts.style import Theme
from dashboards.components.cards import cards_html
from dashboards.components.html import block, css, text
from dashboards.components.panels import PanelCard, grid
from dashboards.components.table import table_html
from dashboards.filters import Selection
from dashboards.pages.declare import Page, TableSpec
from dashboards.pages.figures import cards, table_rows
from dashboards.pages.story import Story, story
from dashboards.reader import Reader
from runtime.errors import BankError


class _Chart:
    def __init__(self, spec: ChartSpec, theme: Theme) -> None:
        self._spec = spec
        self._picture = picture(spec, theme)
        pane = pn.pane.Bokeh(self._picture.figure, sizing_mode="stretch_width", margin=0)
        self._panel = PanelCard(pane)
        self.view = self._panel.view

    def show(self, reader: Reader, selection: Selection) -> None:
        try:
            shown = chart_data(self._spec, reader, selection)
        except BankError as error:
            self._panel.show(self._spec.title, "", _in_a_line(error))
            return
        if shown.data is not None:
            self._picture.update(shown.data)  # pyright: ignore[reportArgumentType]
        self._panel.show(shown.title, shown.subtitle, shown.missing)


class _Table:
    def __init__(self, spec: TableSpec) -> None:
        self._spec = spec
        self._html = block("table")
        self._panel = PanelCard(self._html)
        self.view = self._panel.view

    def show(self, reader: Reader, selection: Selection) -> None:
        try:
            titles, rows, absent = table_rows(self._spec, reader, selection)
        except BankError as error:
            self._panel.show(self._spec.title, "", _in_a_line(error))
            return
        currency = reader.snapshot.currency
        subtitle = f"{selection.period.name} against {selection.comparison.name}"
        subtitle += f"; amounts in {CURRENCY_WORDS.get(currency, currency)}"
        if not rows:
            self._panel.show(
                self._spec.title, subtitle, f"{absent}." if absent else "No figures for this selection."
            )
            return
        self._html.object = table_html(titles, rows, f"{self._spec.title}, {subtitle}")
        self._panel.show(self._spec.title, f"{subtitle}; {absent}" if absent else subtitle)


class PageBody:
    """One page of one session."""

    def __init__(self, page: Page, theme: Theme) -> None:
        self._page = page
        self._head = block("head")
        self._cards = block("cards")
        rows = [[_Chart(spec, theme) for spec in row] for row in page.charts]
        self._charts = [chart for row in rows for chart in row]
        self._tables = [_Table(spec) for spec in page.tables]
        self._message = block("message")
        self._content = pn.Column(
            self._head, self._cards, *(grid(*(chart.view for chart in row)) for row in rows),
            *(table.view for table in self._tables), sizing_mode="stretch_width", margin=0,
            stylesheets=[css("stack")],
        )  # fmt: skip
        self.view = pn.Column(
            self._message, self._content, sizing_mode="stretch_width", margin=0, stylesheets=[css("stack")]
        )

    def show(self, reader: Reader, selection: Selection) -> None:
        """Show a selection. What can't be asked of this snapshot is said in its place: the page's for the
        headline and the cards, a panel's for what stands in it.
        """
        try:
            told = story(self._page.story, reader, selection)
            self._cards.object = cards_html(cards(self._page.cards, reader, selection))
            for part in (*self._charts, *self._tables):
                part.show(reader, selection)
        except BankError as error:
            self.say(error)
            return
        self._head.object = _head_html(told, selection)
        self._message.visible, self._content.visible = False, True

    def say(self, problem: BankError) -> None:
        """Take the page's place with a sentence what, one why, and the next step."""
        self._message.object = (
            f'<section class="message" role="status"><h1>{text(problem.what)}</h1><p>{text(problem.why)}</p>'
            f'<p class="next">{text(problem.fix)}</p></section>'
        )
        self._message.visible, self._content.visible = True, False


def _in_a_line(problem: BankError) -> str:
    """For a panel. The usual reason is a snapshot of an earlier version, so the way out is a build."""
    return f"{problem.what} The next build brings what is missing."


def _head_html(told: Story, selection: Selection) -> str:
    notes = "".join(f'<p class="note">{text(note)}</p>' for note in selection.notes)
    return f'<header><h1>{text(told.headline)}</h1><p class="lede">{told.lede}</p>{notes}</header>'
