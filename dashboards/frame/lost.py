"""What stands at an address where there is no page: the same frame, a sentence, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tornado.web import RequestHandler

from dashboards.components.html import css
from dashboards.frame import FOLDER, MOON, TITLE_SEPARATOR, Link, head_html, nav_html, theme_of
from dashboards.live import Live


class Lost(RequestHandler):
    """Answers every address that nothing else answers."""

    def initialize(self, links: Sequence[Link], live: Live) -> None:
        self._links = links
        self._live = live

    def prepare(self) -> None:
        """Any method: the page is the same."""
        cookies = {name: morsel.value for name, morsel in self.cookies.items()}
        first = self._links[0]
        page = (FOLDER / "lost.html").read_text()
        self.set_status(404)
        self.finish(
            page.format(
                title=escape(f"No such page{TITLE_SEPARATOR}{self._live.bank}"),
                head=head_html(theme_of(cookies, dict(self.request.query_arguments))),
                style=(FOLDER / "frame.css").read_text() + css("message"),
                nav=nav_html(self._live.bank, self._links),
                moon=MOON,
                address=escape(self.request.path),
                first=escape(first.slug),
                first_title=escape(first.title),
            )
        )
