"""What a page with 6 charts, 6 cards and a table costs: the server's processor, the waiting, the memory of
sessions; and the same page beside it in Streamlit and Dash.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Browser

from dashboards.app import ADDRESS
from dashboards.metrics.request import add_months
from dashboards.snapshot import current
from dashboards.state import State
from tests.benchmarks.browser import CHROMIUM, Site, chromium, filtering, loading, sessions
from tests.benchmarks.measure import free_ports
from tests.benchmarks.rivals.environments import RIVALS, Rival, python_of
from tests.benchmarks.serve import Server, served
from tests.benchmarks.tables import OURS
from tests.benchmarks.visitors import crowd, held, kept

CLICKS = 40
BRANCHES = 10
LOADS = 10
VISITORS, EVERY_SECONDS, CROWDED_SECONDS = 50, 5.0, 60.0
OPEN = 20
COME_AND_GO, LOOK_EVERY = 200, 20
TABS = 10

_BOOKING = """
    SELECT branch_id, branch_name FROM dim_branch
    WHERE branch_id IN (SELECT branch_id FROM kpi_transactions_day) ORDER BY 1 LIMIT ?
"""


@dataclass(frozen=True)
class Asked:
    """Which file is looked at, and by what it is filtered: branches by id and name, months as `YYYY-MM`."""

    published: Path
    file: Path
    branches: list[tuple[str, str]]
    months: list[str]


def main(published: Path) -> dict[str, dict[str, Any]]:
    """Measure all of it; by site, then by the names that `tables` knows."""
    if CHROMIUM is None:
        return {OURS: {"missing": "There is no Chromium to measure with: apt-get install -y chromium"}}
    asked = _asked(published)
    ours = _crowded(asked)  # an event loop, which can't run within the browser's
    with chromium() as browser:
        sites = {OURS: ours | _seen(browser, asked)}
        for rival in RIVALS:
            sites[rival.name] = _rivalled(browser, rival, asked)
    return sites


def _asked(published: Path) -> Asked:
    snapshot = current(published)
    if snapshot is None:
        raise RuntimeError(f"Nothing is published in {published}")
    with closing(snapshot), snapshot.cursor() as cursor:
        found = cursor.execute(_BOOKING, [BRANCHES]).fetchall()
        months = [add_months(snapshot.last_month, -back) for back in range(CLICKS // len(found))]
    branches = [(str(one), str(name)) for one, name in found]
    return Asked(published, snapshot.folder / "bank.duckdb", branches, [f"{month:%Y-%m}" for month in months])


@contextmanager
def _board(asked: Asked) -> Iterator[Server]:
    """Our page, of which no values have been seen yet."""
    (port,) = free_ports(1)
    command = [sys.executable, "-P", "-m", "tests.benchmarks.board", str(asked.published), str(port)]
    with served(command, f"http://{ADDRESS}:{port}/board", {}) as server:
        yield server


def _crowded(asked: Asked) -> dict[str, Any]:
    """Many sessions without browsers."""
    # what people look at in the morning: the bank or a branch, this month and the two before
    places = [None, *(branch for branch, _ in asked.branches)]
    states = [
        State(month, chosen={"branch": branch} if branch else {})
        for month, branch in product(asked.months[:3], places)
    ][1:]  # a page shows the first when it opens
    with _board(asked) as server:
        # first, since what many sessions gave back would be taken by these
        figures: dict[str, Any] = {"MB per session": held(server, states, visitors=OPEN)}
        before = server.cpu_milliseconds()
        waits = crowd(server.url, states, visitors=VISITORS, every=EVERY_SECONDS, seconds=CROWDED_SECONDS)
        used = server.cpu_milliseconds() - before
        return figures | {
            "crowd: actions": len(waits),
            "crowd p50 ms": median(waits) * 1000,
            "crowd p95 ms": quantiles(waits, n=20)[-1] * 1000,
            "crowd: server CPU s": used / 1000,
            "MB after every so many sessions": kept(server, states, visitors=COME_AND_GO, every=LOOK_EVERY),
        }


def _seen(browser: Browser, asked: Asked) -> dict[str, Any]:
    """Our page as a person sees it."""
    with _board(asked) as server:
        shown = "new URLSearchParams(location.search).get('branch') === branch"
        site = Site(f"{server.url}?period={{period}}", "td a", shown)
        figures = _used(browser, site, server, asked)
        ours, empty = loading(browser, [server.url, server.url.replace("board", "empty")], LOADS)
        return figures | {"load ms": ours, "load of an empty page ms": empty}


def _rivalled(browser: Browser, rival: Rival, asked: Asked) -> dict[str, Any]:
    """The same page in something else."""
    (port,) = free_ports(1)
    try:
        command = [str(python_of(rival)), *(part.format(port=port) for part in rival.command)]
        with served(command, f"http://{ADDRESS}:{port}/", {"BANK_FILE": str(asked.file)}) as server:
            site = Site(f"{server.url}?period={{period}}", rival.choices, rival.shown)
            return _used(browser, site, server, asked)
    except RuntimeError as error:
        return {"missing": f"{rival.name} can't be installed or started: {error}"}


def _used(browser: Browser, site: Site, server: Server, asked: Asked) -> dict[str, Any]:
    """What every site is measured by."""
    figures: dict[str, Any] = {}
    cold, warm = filtering(browser, site, server, asked.branches, asked.months)
    for name, one in (("new", cold), ("seen", warm)):
        figures[f"{name} p50 ms"] = median(one.milliseconds)
        figures[f"{name} p95 ms"] = quantiles(one.milliseconds, n=20)[-1]
        figures[f"{name} server ms"] = one.server
    figures["MB per tab"] = sessions(browser, site, server, asked.months[0], TABS)
    return figures


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1])), sys.stdout)
