"""The dashboard's server: one address per page, bound to loopback, fed by the published folder alone."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import panel as pn
from bokeh.server.server import Server
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.web import RedirectHandler

from dashboards.ahead import Ahead
from dashboards.components.crumbs import crumbs_html
from dashboards.components.html import block
from dashboards.components.status import status_html
from dashboards.export import ROUTES
from dashboards.frame import ASSETS, ASSETS_ROUTE, TITLE_SEPARATOR, Frame, Link, theme_of
from dashboards.frame.address import Address
from dashboards.frame.bar import FilterBar
from dashboards.frame.lost import Lost
from dashboards.live import Live
from dashboards.pages import PAGES, Page, health
from dashboards.pages.body import PageBody
from dashboards.periods import period_of
from dashboards.reader import reader_of
from dashboards.snapshot import Status
from dashboards.state import State
from runtime.errors import BankError
from runtime.settings import Settings

log = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
POLL_MILLISECONDS = 2000
AHEAD_MILLISECONDS = 150
BOUND = f"Listens on {ADDRESS}:{{port}} only: without sign-in, nobody else can reach it."
NEWCOMER = BankError(
    "Nothing has been published yet.",
    "The dashboard shows the newest snapshot whose checks passed, and there is none so far.",
    "Run ./bank up: it loads the deliveries, or writes a demo bank's, and publishes. "
    "This page then fills by itself.",
)

HEALTH = health.PAGE.slug
"""Where the state of the data leads."""

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
    """One open page: its state, what it shows, and how it follows the address and the snapshot."""

    def __init__(self, live: Live, page: Page, state: State) -> None:
        self._live = live
        self._page = page
        self._document = pn.state.curdoc
        self._body = PageBody(page, theme_of(pn.state.cookies, pn.state.session_args) or "light")
        self._status = block("status")
        self._crumbs = block("crumbs")
        self._bar = FilterBar(self.go)
        self._address = Address(self.go)
        self.state = state
        self.refresh()

    def go(self, state: State) -> None:
        """Show another state."""
        if state != self.state:
            self.state = state
            self.refresh()

    def refresh(self) -> None:
        """Show the state of the newest snapshot. The layout stays in place."""
        snapshot = self._live.snapshot
        if self._document is not None:
            self._document.title = title(self._page, self._live)
        with pn.io.hold():
            if snapshot is None:
                self._body.say(self._live.problem or before_the_first(self._live.status))
                self._bar.view.visible = False
                self._status.object = self._crumbs.object = ""
                return
            reader = reader_of(snapshot, builds=self._live.builds)
            # the address names the period, so that a link shows the same when there are newer months
            newest = period_of("month", snapshot.last_month)
            self.state = self.state if self.state.period else self.state.during(newest.id)
            selection = reader.select(self.state)
            self._bar.view.visible = True
            self._bar.fill(reader.choices, selection)
            self._crumbs.object = crumbs_html(selection, self._live.bank)
            more = f"/{HEALTH}{self.state.closed().query}"
            self._status.object = status_html(
                snapshot.info, self._live.status, self._live.problem, reader.breaks, more
            )
            self._body.show(reader, selection)
            self._address.show(self.state)

    def frame(self, port: int) -> Frame:
        """The page in its frame."""
        return Frame(
            title=title(self._page, self._live), slug=self._page.slug, links=LINKS,
            theme=theme_of(pn.state.cookies, pn.state.session_args),
            footer=f"{self._page.footer} {BOUND.format(port=port)}".strip(),
            parts={
                "bar": self._bar.view, "status": self._status, "crumbs": self._crumbs,
                "body": self._body.view, "drawer": self._body.beside, "address": self._address.view,
            },
        )  # fmt: skip


def open_page(live: Live, port: int, page: Page) -> Frame:
    """What a browser gets: called once per session."""
    arguments = pn.state.session_args
    query = urlencode([(name, value) for name, values in arguments.items() for value in values])
    session = Session(live, page, State.of(query))
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


def warm_up(live: Live, pages: Sequence[Page] = PAGES[:1]) -> None:
    """Draw the first page once for nobody: loads what the first visitor would wait for, some seconds."""
    for page in pages:
        body = PageBody(page, "light")
        if live.snapshot is not None:
            reader = reader_of(live.snapshot)
            body.show(reader, reader.select(State()))
    # What is loaded by now stays: walking through all of it for garbage takes 0.2 s of a click.
    gc.collect()
    gc.freeze()


def make_server(live: Live, port: int, *, unused_milliseconds: int = 15_000) -> Server:
    """A server that is not running yet: start it and its loop. It lets go of a session that nobody has been
    connected to for `unused_milliseconds`.
    """
    server = pn.io.server.get_server(
        build_app(live, port), port=port, address=ADDRESS, show=False, start=False,
        websocket_origin=[f"{host}:{port}" for host in (ADDRESS, "localhost")],
        static_dirs={ASSETS_ROUTE: str(ASSETS)},
        extra_patterns=[
            (r"/", RedirectHandler, {"url": f"/{PAGES[0].slug}", "permanent": False}),
            *((address, handler, {"live": live}) for address, handler in ROUTES),
        ],
        unused_session_lifetime_milliseconds=unused_milliseconds,
        check_unused_sessions_milliseconds=unused_milliseconds // 3,
        default_handler_class=Lost, default_handler_args={"links": LINKS, "live": live},
    )  # fmt: skip
    PeriodicCallback(live.poll, POLL_MILLISECONDS).start()
    return server


def serve(settings: Settings, *, ahead: bool = True) -> None:
    """Serve until the process is told to stop; `ahead` asks in quiet moments what visitors may ask next.

    Raises:
        BankError: the port is taken.
    """
    port = settings.dashboard_port
    live = Live(settings.published, f"http://{ADDRESS}:{settings.dagster_port}")
    try:
        server = make_server(live, port)
    except OSError as error:
        raise BankError(
            f"The dashboard can't listen on port {port}.",
            f"{error.strerror or error}.",
            "Stop what uses it, or set DASHBOARD_PORT to another port.",
        ) from error
    warm_up(live)
    if ahead:
        PeriodicCallback(Ahead(live, PAGES).step, AHEAD_MILLISECONDS).start()
    log.info("dashboard on http://%s:%s", ADDRESS, port)
    server.start()
    IOLoop.current().start()
