"""The overview in a real browser: what a person sees, and what it asks of the network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboards.app.conftest import Dashboard
from tests.dashboards.app.test_status import PROVISIONAL
from tests.dashboards.bank import publish

pytestmark = pytest.mark.browser
SLOW = 30_000
PUSH_MILLISECONDS = 10_000

Start = Callable[[Path], Dashboard]


@contextmanager
def opened(browser: Browser, url: str, *, theme: str = "light", width: int = 1440) -> Iterator[Page]:
    """A page that may not complain, nor ask another host for anything."""
    context = browser.new_context(
        viewport={"width": width, "height": 1200},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    host = url.split("/")[2]
    strangers: list[str] = []
    page.on(
        "request",
        lambda request: (
            strangers.append(request.url)
            if request.url.startswith("http") and request.url.split("/")[2] != host
            else None
        ),
    )
    page.goto(url)
    page.wait_for_selector("body.ready", timeout=SLOW)
    yield page
    context.close()
    assert complaints == []
    assert strangers == []


def test_a_page_answers_filters_and_keeps_them_in_the_address(browser: Browser, dashboard: Dashboard) -> None:
    with opened(browser, dashboard.url) as page:
        headline = page.locator("h1")
        expect(headline).to_contain_text("Profit is up 19.7")
        expect(page.locator("article.card")).to_have_count(8)
        expect(page.locator(".bk-Figure canvas").first).to_be_visible()
        expect(page.get_by_role("status")).to_contain_text("Final · books of 31 Dec 2025 · 214 checks passed")
        expect(page.locator("footer")).to_contain_text("Listens on 127.0.0.1")
        page.get_by_label("Branch", exact=True).select_option(label="Old Town")
        expect(headline).to_contain_text("Profit of Old Town is up", timeout=SLOW)
        page.wait_for_function(
            "location.search.includes('branch=B01') && location.search.includes('period=2025-12')",
            timeout=SLOW,
        )
        link = page.url
    with opened(browser, link) as page:
        expect(page.locator("h1")).to_contain_text("Profit of Old Town is up")
        expect(page.get_by_label("Branch", exact=True)).to_have_value("Old Town")


def test_nothing_is_cut_at_any_width_in_either_theme(browser: Browser, dashboard: Dashboard) -> None:
    with opened(browser, f"{dashboard.url}/overview") as page:
        line = "['.filters', '.state'].map(name => document.querySelector(name).getBoundingClientRect().top)"
        for theme in ("light", "dark"):
            page.evaluate(f"FRAME.setTheme('{theme}')")
            for width in (820, 1280, 1920):
                page.set_viewport_size({"width": width, "height": 1200})
                page.wait_for_function(f"innerWidth == {width}")
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                if width >= 1280:
                    filters, state = page.evaluate(line)
                    assert abs(filters - state) < 20, "the state of the data stands in the filters' row"


def test_the_theme_is_toggled_and_remembered(browser: Browser, dashboard: Dashboard) -> None:
    with opened(browser, f"{dashboard.url}/overview", theme="dark") as page:
        background = "getComputedStyle(document.body).backgroundColor"
        ink = "[...Bokeh.documents[0].all_models].find(m => m.type == 'LinearAxis').major_label_text_color"
        assert page.evaluate(background) == "rgb(18, 23, 29)"
        assert page.evaluate(ink) == "#8793a1"
        page.get_by_role("button", name="Light or dark").press("Enter")
        assert page.evaluate(background) == "rgb(247, 246, 243)"
        assert page.evaluate(ink) == "#667080"
        page.reload()
        page.wait_for_selector("body.ready", timeout=SLOW)
        assert page.evaluate(background) == "rgb(247, 246, 243)"


def test_an_unknown_address_shows_the_way_back(browser: Browser, dashboard: Dashboard) -> None:
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(f"{dashboard.url}/<b>nowhere</b>")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("There is no page at this address.")
    expect(page.locator(".brand")).to_have_text("Test Bank")
    expect(page.locator("section code")).to_have_text("/%3Cb%3Enowhere%3C/b%3E")
    expect(page.get_by_role("link", name="Go to Overview")).to_have_attribute("href", "/overview")
    context.close()


def test_an_open_page_follows_the_first_snapshot_the_next_and_a_failed_build(
    browser: Browser, start: Start, tmp_path: Path, semantic_manifest: str
) -> None:
    dashboard = start(tmp_path)
    with opened(browser, f"{dashboard.url}/overview?branch=B01") as page:
        expect(page.locator("h1")).to_have_text("Nothing has been published yet.")
        expect(page.get_by_text("Run ./bank up")).to_be_visible()
        expect(page.locator("article.card").first).to_be_hidden()
        expect(page.locator(".brand")).to_have_text("Bank performance")

        publish(dashboard.published, semantic_manifest)
        headline = page.locator("h1").filter(visible=True)
        expect(headline).to_contain_text("Profit of Old Town is up", timeout=SLOW)
        expect(page.locator("article.card")).to_have_count(8)
        expect(page.locator(".brand")).to_have_text("Test Bank")
        expect(page).to_have_title("Overview · Test Bank")

        state = page.get_by_role("status").filter(visible=True).first
        publish(dashboard.published, semantic_manifest, build="2026-02-01-b", checks_passed=300)
        expect(state).to_contain_text("300 checks passed", timeout=PUSH_MILLISECONDS)
        expect(page.get_by_label("Branch", exact=True)).to_have_value("Old Town")
        failed = {"state": "failed", "since": "2026-02-02T06:00:00+00:00", "failed_checks": ["keys"]}
        (dashboard.published / "status.json").write_text(json.dumps(failed))
        expect(state).to_contain_text("Not updated: a check failed", timeout=PUSH_MILLISECONDS)
        expect(page.locator("article.card")).to_have_count(8)


def test_a_provisional_snapshot_says_so_and_unfolds_its_breaks(
    browser: Browser, start: Start, published: Path
) -> None:
    """On every page, by the status line."""
    info = published / "current" / "build.json"
    info.write_text(json.dumps(json.loads(info.read_text()) | PROVISIONAL))
    with opened(browser, start(published.parent).url) as page:
        line = page.get_by_text("Provisional: 3 ledger breaks · books of 31 Dec 2025")
        expect(line).to_be_visible(timeout=SLOW)
        breaks = page.get_by_role("region", name="Breaks in the books")
        expect(breaks).not_to_be_visible()
        line.click()
        expect(breaks.locator("tbody tr")).to_have_count(3)
        expect(breaks).to_be_in_viewport(ratio=1)
        expect(breaks.get_by_text('bank sql "SELECT * FROM fct_recon_break')).to_be_visible()


def test_a_statement_opens_by_line_and_unit_and_leads_on(browser: Browser, dashboard: Dashboard) -> None:
    with opened(browser, f"{dashboard.url}/finance") as page:
        page.get_by_role("link", name="Open Interest expense").click()
        expect(page.get_by_role("link", name="Interest on deposits", exact=True)).to_be_visible(timeout=SLOW)
        page.get_by_role("link", name="Open Net profit").click()
        unit = page.get_by_role("link", name="south", exact=True)
        expect(unit).to_be_visible(timeout=SLOW)
        page.get_by_role("link", name="FDIC quarter", exact=True).click()
        expect(page.locator("article.card em").nth(1)).to_have_text("FDIC quarter", timeout=SLOW)
        unit.click()
        expect(page.locator("h1")).to_contain_text("of south", timeout=SLOW)
        page.go_back()
        expect(page.locator("h1")).not_to_contain_text("of south", timeout=SLOW)
        expect(unit).to_be_visible()
        for width in (820, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 1200})
            page.wait_for_function(f"innerWidth == {width}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_metric_is_found_opened_and_followed_to_its_parts(browser: Browser, dashboard: Dashboard) -> None:
    with opened(browser, f"{dashboard.url}/overview") as page:
        page.get_by_role("status").get_by_role("link").click()
        page.wait_for_url("**/health?**", timeout=SLOW)
        page.wait_for_selector("body.ready", timeout=SLOW)
        page.get_by_role("link", name="Metrics and lineage").click()
        page.wait_for_selector("body.ready", timeout=SLOW)
        rows = page.locator("tr.item").filter(visible=True)
        page.get_by_label("A word, a name").fill("cost-to-income ecb")
        expect(rows).to_have_count(1, timeout=SLOW)
        page.get_by_role("link", name="Cost-to-income", exact=True).click()
        drawer = page.get_by_role("dialog", name="Cost-to-income", exact=True)
        expect(drawer).to_be_visible(timeout=SLOW)
        expect(rows).to_have_count(1), "opening one leaves the list as it was"
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        drawer.get_by_role("button", name="Copy").click()
        expect(drawer.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == drawer.locator("pre").text_content()
        drawer.locator(".formula").get_by_role("link", name="Total operating income").click()
        expect(page.get_by_role("dialog", name="Total operating income")).to_be_visible(timeout=SLOW)
        page.go_back()
        expect(drawer).to_be_visible(timeout=SLOW)
