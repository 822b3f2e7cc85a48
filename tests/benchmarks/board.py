"""The page that dashboards are measured by: 6 charts, 6 cards and a table, and an empty one in the same
frame; served alone, in a process of its own.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import panel as pn
from tornado.ioloop import IOLoop

from dashboards.ahead import every_combination
from dashboards.app import ADDRESS, open_page, warm_up
from dashboards.components.html import block
from dashboards.frame import ASSETS, ASSETS_ROUTE, Frame, Link
from dashboards.live import Live
from dashboards.pages import transactions
from dashboards.pages.body import PageBody
from dashboards.pages.declare import TableSpec
from dashboards.reader import reader_of

UNUSED_MILLISECONDS = 1500
"""Sessions are let go of soon after they end, so that it can be measured."""

TABLE = next(part for row in transactions.PAGE.rows for part in row if isinstance(part, TableSpec))
BOARD = replace(
    transactions.PAGE,
    slug="board",
    cards=transactions.PAGE.cards[:6],
    rows=(
        (transactions.COURSE, transactions.CHANNELS),
        (transactions.RATES, transactions.REASONS),
        (transactions.PURPOSES, transactions.MERCHANTS),
        (TABLE,),
    ),
)


def empty() -> Frame:
    """The frame with nothing in it."""
    return Frame(
        title="Empty", slug="empty", links=[Link("empty", "Empty")], theme="light", footer="",
        parts={name: block("stack") for name in ("bar", "status", "crumbs", "body", "drawer", "address")},
    )  # fmt: skip


def main(published: Path, port: int) -> None:
    """Serve until the process is told to stop, from when all SQL is compiled that the page can ask: as after
    some quiet minutes.
    """
    live = Live(published)
    assert live.snapshot is not None
    reader, body = reader_of(live.snapshot), PageBody(BOARD, "light")
    for state in every_combination(reader.choices):
        body.show(reader, reader.select(state))
    warm_up(live, [BOARD])
    server = pn.io.server.get_server(
        {BOARD.slug: lambda: open_page(live, port, BOARD), "empty": empty},
        port=port, address=ADDRESS, show=False, start=False, websocket_origin=[f"{ADDRESS}:{port}"],
        static_dirs={ASSETS_ROUTE: str(ASSETS)},
        unused_session_lifetime_milliseconds=UNUSED_MILLISECONDS,
        check_unused_sessions_milliseconds=UNUSED_MILLISECONDS // 3,
    )  # fmt: skip
    server.start()
    IOLoop.current().start()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
