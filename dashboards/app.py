"""The dashboard's server: one address per page, bound to loopback, fed by the published folder alone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import panel as pn
from bokeh.server.server import Server
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.web import RedirectHandler

from dashboards.ahead import Ahead
from dashboards.components.html import block
from dashboards.components.status import status_html
from dashboards.filters import FilterBar, Filters
from dashboards.frame import ASSETS, ASSETS_ROUTE, TITLE_SEPARATOR, Frame, Link, theme_of
from dashboards.frame.lost import Lost
from dashboards.live import Live
from dashboards.pages import PAGES, Page
from dashboards.pages.body import PageBody
from dashboards.reader import reader_of
from dashboards.snapshot import Status
from runtime.errors import BankError
from runtime.settings import Settings

log = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
POLL_MILLISECONDS = 2000
AHEAD_MILLISECONDS = 500
BOUND = f"Listens on {ADDRESS}:{{port}} only: without sign-in, nobody else can reach it."
NEWCOMER = BankError(
    "Nothing has been published yet.",
    "The dashboard shows the newest snapshot whose checks passed, and there is none so far.",
    "Run ./bank up: it loads the deliveries, or writes a demo bank's, and publishes. "
    "This page then fills by itself.",
)

LINKS = [Link(page.slug, page.title, page.group) for page in PAGES]

# Panel's extension is process-wide; it must be loaded before the first page is drawn.
pn.extension(disconnect_notification="", notifications=False)


def before_the_first(status: Status | None) -> BankError:
    """What to say while there is no snapshot: nothing was built, the first build runs, or it failed."""
    if status is not None and status.state == "building":
        return BankError(
            "The first build is under way.",
            "Its figures appear here as soon as its checks have passed.",
            "There is nothing to do: this page fills by itself.",
        )
    if status is not None and status.state == "failed":
        checks = f"Failed checks: {', '.join(status.failed_checks)}." if status.failed_checks else ""
        return BankError(
            "The first build failed, so there is nothing to show.",
            f"{status.message} {checks}".strip() or "Its run says why.",
            "Run ./bank doctor: it names what is wrong and how to mend it.",
        )
    return NEWCOMER


def title(page: Page, live: Live) -> str:
    """What the browser's window is called; the frame shows the bank's name from it."""
    return f"{page.title}{TITLE_SEPARATOR}{live.bank}"


class Session:
    """One open page: its filters, what it shows, and how both follow each other and the snapshot."""

    def __init__(self, live: Live, page: Page) -> None:
        self._live = live
        self._page = page
        self._document = pn.state.curdoc
        self._body = PageBody(page, theme_of(pn.state.cookies, pn.state.session_args) or "light")
        self._status = block("status")
        self.filters = Filters()
        self._location = pn.state.location
        if self._location is not None:
            self.filters.sync(self._location)
            pn.state.onload(self._write_address)
        self._bar = FilterBar(self.filters)
        self.refresh()
        self.filters.param.watch(lambda *_: self.refresh(), list(Filters.SYNCED))

    def refresh(self) -> None:
        """Show what the filters say of the newest snapshot. The layout stays in place."""
        snapshot = self._live.snapshot
        if self._document is not None:
            self._document.title = title(self._page, self._live)
        with pn.io.hold():
            if snapshot is None:
                self._body.say(self._live.problem or before_the_first(self._live.status))
                self._bar.view.visible = False
                self._status.object = ""
                return
            reader = reader_of(snapshot)
            selection = self.filters.selection(reader.choices)
            self.filters.period = self.filters.period or selection.period.id  # so that the address says it
            self._bar.view.visible = True
            self._bar.fill(reader.choices, selection)
            self._status.object = status_html(
                snapshot.info, self._live.status, self._live.problem, reader.breaks
            )
            self._body.show(reader, selection)
            self._write_address()

    def _write_address(self) -> None:
        """Put the whole state into the address, so that a link reproduces what is seen. What is written
        before the page has loaded, the browser overwrites.
        """
        if self._location is not None:
            self._location.update_query(**{name: getattr(self.filters, name) for name in Filters.SYNCED})

    def frame(self, port: int) -> Frame:
        """The page in its frame."""
        return Frame(
            title=title(self._page, self._live), slug=self._page.slug, links=LINKS,
            theme=theme_of(pn.state.cookies, pn.state.session_args),
            footer=f"{self._page.footer} {BOUND.format(port=port)}".strip(),
            bar=self._bar.view, status=self._status, body=self._body.view,
        )  # fmt: skip


def open_page(live: Live, port: int, page: Page) -> Frame:
    """What a browser gets: called once per session."""
    session = Session(live, page)
    document = pn.state.curdoc
    if document is not None:
        live.join(document, session)
    return session.frame(port)


def build_app(live: Live, port: int) -> dict[str, Any]:
    """Address → what makes the page, for every page there is."""

    def opener(page: Page) -> Callable[[], Frame]:
        return lambda: open_page(
            live, port, page
        )  # Panel calls functions, and draws any other callable as text

    return {page.slug: opener(page) for page in PAGES}


def warm_up(live: Live) -> None:
    """Draw every page once for nobody: loads what the first visitor would wait for, and answers what a page
    asks when it is opened. Costs some seconds.
    """
    for page in PAGES:
        body = PageBody(page, "light")
        if live.snapshot is not None:
            reader = reader_of(live.snapshot)
            body.show(reader, Filters().selection(reader.choices))


def make_server(live: Live, port: int, *, unused_milliseconds: int = 15_000) -> Server:
    """A server that is not running yet: start it and its loop. It lets go of a session that nobody has been
    connected to for `unused_milliseconds`.
    """
    server = pn.io.server.get_server(
        build_app(live, port), port=port, address=ADDRESS, show=False, start=False,
        websocket_origin=[f"{host}:{port}" for host in (ADDRESS, "localhost")],
        static_dirs={ASSETS_ROUTE: str(ASSETS)},
        extra_patterns=[(r"/", RedirectHandler, {"url": f"/{PAGES[0].slug}", "permanent": False})],
        unused_session_lifetime_milliseconds=unused_milliseconds,
        check_unused_sessions_milliseconds=unused_milliseconds // 3,
        default_handler_class=Lost, default_handler_args={"links": LINKS, "live": live},
    )  # fmt: skip
    PeriodicCallback(live.poll, POLL_MILLISECONDS).start()
    PeriodicCallback(Ahead(live, PAGES).step, AHEAD_MILLISECONDS).start()
    return server


def serve(settings: Settings) -> None:
    """Serve until the process is told to stop.

    Raises:
        BankError: the port is taken.
    """
    port = settings.dashboard_port
    live = Live(settings.published)
    try:
        server = make_server(live, port)
    except OSError as error:
        raise BankError(
            f"The dashboard can't listen on port {port}.",
            f"{error.strerror or error}.",
            "Stop what uses it, or set DASHBOARD_PORT to another port.",
        ) from error
    warm_up(live)
    log.info("dashboard on http://%s:%s", ADDRESS, port)
    server.start()
    IOLoop.current().start()
