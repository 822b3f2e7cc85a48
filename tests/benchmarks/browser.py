"""What a person waits for, in headless Chromium: from a click until the last picture is drawn anew."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright

from tests.benchmarks.serve import Server
from tests.dashboards.app.conftest import ARGUMENTS, CHROMIUM

QUIET_MILLISECONDS = 400
"""When nothing has been drawn for so long, all is drawn."""
PATIENCE_MILLISECONDS = 120_000

# Bokeh draws on canvases, Vega and Plotly change SVG.
WATCH = """
window.drawn = 0;
const draw = () => { window.drawn = performance.now(); };
for (const name of ["clearRect", "fillRect", "fill", "stroke", "fillText", "drawImage"]) {
  const original = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...given) {
    draw();
    return original.apply(this, given);
  };
}
document.addEventListener("DOMContentLoaded", () => {
  new MutationObserver((changes) => {
    if (changes.some((one) => one.target.closest?.("svg, .vega-embed, .js-plotly-plot"))) draw();
  }).observe(document, {subtree: true, childList: true, attributes: true});
});
window.addEventListener("click", () => { window.clicked ??= performance.now(); }, true);
const look = () => {
  if (document.body?.classList.contains("ready")) window.ready = performance.now();
  else requestAnimationFrame(look);
};
look();
"""


@dataclass(frozen=True)
class Site:
    """How the page is used at one site. `{period}` in the address is a month, `YYYY-MM`."""

    address: str
    choices: str
    """Selects what is clicked to filter by a branch; it has the branch's name."""
    shown: str
    """JavaScript: whether the server's answer for a `branch` and its `name` is there."""


@dataclass(frozen=True)
class Filtering:
    """Per click that filters: milliseconds until all is drawn, and of the server's processor, on average."""

    milliseconds: list[float]
    server: float


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, where there is one (`CHROMIUM`)."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


def filtering(
    browser: Browser, site: Site, server: Server, branches: Sequence[tuple[str, str]], months: Sequence[str]
) -> tuple[Filtering, Filtering]:
    """A click on every branch in every month, then all of it again: values not seen before, values seen."""
    page = _page(browser)
    cold, warm = (_clicks(page, site, server, branches, months) for _ in range(2))
    page.context.close()
    return cold, warm


def _clicks(
    page: Page, site: Site, server: Server, branches: Sequence[tuple[str, str]], months: Sequence[str]
) -> Filtering:
    waited, cpu = [], 0.0
    for month in months:
        page.goto(site.address.format(period=month))
        _drawn(page, "true")
        for branch, name in branches:
            said = re.compile(rf"^\s*{re.escape(name)}\s*$")
            choice = page.locator(site.choices).filter(has_text=said).first
            choice.scroll_into_view_if_needed()
            page.evaluate("window.clicked = undefined")
            before = server.cpu_milliseconds()
            choice.click()
            _drawn(page, site.shown, {"branch": branch, "name": name})
            cpu += server.cpu_milliseconds() - before
            waited.append(page.evaluate("window.drawn - window.clicked"))
    return Filtering(waited, cpu / len(waited))


def loading(browser: Browser, addresses: Sequence[str], times: int) -> list[float]:
    """Milliseconds until each page of ours is ready, medians; the pages take turns."""
    page = _page(browser)
    found: dict[str, list[float]] = {address: [] for address in addresses}
    for _ in range(times + 1):
        for address in addresses:
            page.goto(address, wait_until="commit")
            page.wait_for_function("window.ready", timeout=PATIENCE_MILLISECONDS)
            found[address].append(page.evaluate("window.ready"))
    page.context.close()
    return [statistics.median(one[1:]) for one in found.values()]  # the first load fills the browser's cache


def sessions(browser: Browser, site: Site, server: Server, month: str, count: int) -> float:
    """MB of the server that each of some open pages takes."""
    first = _opened(browser, site, month)
    before = server.memory_mb()
    pages = [_opened(browser, site, month) for _ in range(count)]
    taken = (server.memory_mb() - before) / count
    for page in (first, *pages):
        page.context.close()
    return taken


def _opened(browser: Browser, site: Site, month: str) -> Page:
    page = _page(browser)
    page.goto(site.address.format(period=month))
    _drawn(page, "true")
    return page


def _page(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.add_init_script(WATCH)
    return page


def _drawn(page: Page, shown: str, given: dict[str, str] | None = None) -> None:
    """Wait until the answer is there and nothing has been drawn for a while."""
    quiet = f"drawn > (window.clicked ?? 0) && performance.now() - drawn > {QUIET_MILLISECONDS}"
    page.wait_for_function(f"({{branch, name}}) => ({shown}) && {quiet}", arg=given or {}, polling=50)
