"""The body of a page: built once per session from its declaration, then only its contents change."""

from __future__ import annotations

from collections.abc import Iterator

import panel as pn

from dashboards.charts.style import Theme
from dashboards.components.cards import cards_html
from dashboards.components.html import block, css, text
from dashboards.components.panels import grid
from dashboards.pages.beside import beside
from dashboards.pages.controls import controls_html
from dashboards.pages.declare import Page
from dashboards.pages.figures import cards
from dashboards.pages.parts import part
from dashboards.pages.story import Story, story
from dashboards.reader import Reader
from dashboards.selection import Selection
from runtime.errors import BankError


class PageBody:
    """One page of one session: `view`, and `beside`, what lies open next to it."""

    def __init__(self, page: Page, theme: Theme) -> None:
        self._page = page
        self._head = block("head")
        self._controls = block("controls")
        self._controls.visible = False
        self._cards = block("cards")
        rows = [[part(spec, page.slug, theme) for spec in row] for row in page.rows]
        self._parts = [one for row in rows for one in row]
        self._message = block("message")
        self._content = pn.Column(
            self._head, self._controls, self._cards, *(grid(*(one.view for one in row)) for row in rows),
            sizing_mode="stretch_width", margin=0, stylesheets=[css("stack")],
        )  # fmt: skip
        self.view = pn.Column(
            self._message, self._content, sizing_mode="stretch_width", margin=0, stylesheets=[css("stack")]
        )
        self.beside = block("listing", "drawer", "definition")

    def show(self, reader: Reader, selection: Selection) -> None:
        """Show a selection. What can't be asked of this snapshot is said in its place: the page's for the
        headline and the cards, a panel's for what stands in it.
        """
        for _ in self.showing(reader, selection):
            pass

    def showing(self, reader: Reader, selection: Selection) -> Iterator[None]:
        """Show a selection part by part, for those who have other things to do in between."""
        self.beside.object = beside(self._page, reader, selection)
        try:
            told = story(self._page.story, reader, selection)
            yield
            self._controls.object = controls_html(self._page.controls, reader, selection)
            self._controls.visible = bool(self._controls.object)
            shown = cards(self._page.cards, reader, selection)
            if self._page.counts is not None:
                shown += self._page.counts(reader, selection)
            self._cards.object = cards_html(shown)
            self._cards.visible = bool(shown)
            for one in self._parts:
                yield
                one.show(reader, selection)
        except BankError as error:
            self.say(error)
            return
        self._head.object = _head_html(told, selection)
        self._message.visible, self._content.visible = False, True

    def say(self, problem: BankError) -> None:
        """Take the page's place with a sentence what, one why, and the next step."""
        self._message.object = (
            f'<section class="message" role="alert"><h1>{text(problem.what)}</h1><p>{text(problem.why)}</p>'
            f'<p class="next">{text(problem.fix)}</p></section>'
        )
        self._message.visible, self._content.visible = True, False


def _head_html(told: Story, selection: Selection) -> str:
    notes = "".join(f'<p class="note">{text(note)}</p>' for note in selection.notes)
    lede = f'<p class="lede">{told.lede}</p>' if told.lede else ""
    return f"<header><h1>{text(told.headline)}</h1>{lede}{notes}</header>"
