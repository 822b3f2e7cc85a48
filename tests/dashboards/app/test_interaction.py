"""Clicking, dragging, drilling, opening and taking away, in a real browser over the hand-made bank."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dashboards.pages import PAGES
from tests.dashboards.app.conftest import Dashboard
from tests.dashboards.app.test_browser import SLOW, opened

pytestmark = pytest.mark.browser

FIND = """([name, index, share]) => {
  let figure;
  for (const doc of Bokeh.documents) figure ??= [...doc.all_models].find((model) => model.name === name);
  const view = Bokeh.index.find_one(figure);
  const data = figure.renderers[0].data_source.data;
  const lying = figure.y_range.type === "FactorRange" && "value" in data && "name" in data;
  const [x, y] = lying ? [data.value[index] * share, data.name[index]] : [data.x[index], data.y[index]];
  view.el.scrollIntoView({block: "center"});
  const box = view.el.getBoundingClientRect();
  return [box.x + view.frame.x_scale.compute(x), box.y + view.frame.y_scale.compute(y)];
}"""


def mark(page: Page, chart: str, index: int) -> tuple[float, float]:
    """Where on the screen a bar, or a point of a line, is."""
    x, y = page.evaluate(FIND, [chart, index, 0.5])
    return x, y


def address(page: Page, part: str) -> None:
    page.wait_for_function(f"decodeURIComponent(location.search).includes({part!r})", timeout=SLOW)


def gone(page: Page, part: str) -> None:
    page.wait_for_function(f"!decodeURIComponent(location.search).includes({part!r})", timeout=SLOW)


def menu(page: Page, title: str, entry: str) -> None:
    page.get_by_label(f"What to do with {title}").click()
    page.locator(f"details[open] :text-is('{entry}')").click()


def test_a_click_filters_a_second_lets_go_and_the_way_back_works(
    browser: Browser, dashboard: Dashboard
) -> None:
    with opened(browser, f"{dashboard.url}/transactions") as page:
        page.mouse.click(*mark(page, "transactions-by-channel", 1))
        address(page, "channel=")
        crumb = page.locator(".crumb")
        expect(crumb).to_contain_text("Channel")
        chosen = page.url
        page.mouse.click(*mark(page, "transactions-by-channel", 1))
        gone(page, "channel=")
        expect(crumb).to_have_count(0)
        page.go_back()
        expect(crumb).to_contain_text("Channel", timeout=SLOW)
        assert page.url == chosen
        page.locator(".crumb a").click()
        gone(page, "channel=")


def test_dragging_over_a_line_chooses_months(browser: Browser, dashboard: Dashboard) -> None:
    with opened(browser, f"{dashboard.url}/transactions?period=2025-12") as page:
        (left, y), (right, _) = (mark(page, "declined-and-reversed", index) for index in (4, 8))
        page.mouse.move(left - 4, y)
        page.mouse.down()
        page.mouse.move(right + 4, y, steps=5)
        page.mouse.up()
        address(page, "..")
        start, end = page.evaluate("new URLSearchParams(location.search).get('period')").split("..")
        assert start < end
        expect(page.get_by_label("Period").locator("option").first).to_have_text("May–Sep 2024")


def test_a_menu_splits_opens_and_takes_away(browser: Browser, dashboard: Dashboard, tmp_path: Path) -> None:
    title = "Transactions by channel"
    with opened(browser, f"{dashboard.url}/transactions?period=2025-12") as page:
        menu(page, title, "Branch")
        address(page, "by.transactions-by-channel=branch")
        expect(page.locator("details.menu a[aria-current]", has_text="Branch")).to_have_count(1, timeout=SLOW)
        menu(page, title, "Figures as a table")
        drawer = page.locator(".drawer")
        expect(drawer.locator("tbody tr").first).to_contain_text("Harbour Street", timeout=SLOW)
        page.keyboard.press("Escape")
        expect(drawer).to_have_count(0, timeout=SLOW)
        menu(page, title, "Rows behind")
        expect(drawer).to_contain_text("kpi_transactions_day", timeout=SLOW)
        drawer.get_by_label("Close").click()
        expect(drawer).to_have_count(0, timeout=SLOW)
        files = {}
        for entry, kind in {
            "Data (CSV)": "csv",
            "Data (Excel)": "xlsx",
            "Picture (PNG)": "png",
            "Picture (SVG)": "svg",
        }.items():
            with page.expect_download() as download:
                menu(page, title, entry)
            files[kind] = tmp_path / f"file.{kind}"
            download.value.save_as(files[kind])
        rows = list(csv.reader(io.StringIO(files["csv"].read_text("utf-8-sig"))))
        assert rows[0][0] == "Branch"
        assert rows[1][0] == "Harbour Street"
        assert "xl/worksheets/sheet1.xml" in zipfile.ZipFile(files["xlsx"]).namelist()
        assert files["png"].read_bytes().startswith(b"\x89PNG")
        assert title in files["svg"].read_text()


def test_a_card_tells_where_its_number_comes_from(browser: Browser, dashboard: Dashboard) -> None:
    with opened(browser, f"{dashboard.url}/overview?period=2025-12") as page:
        page.get_by_role("link", name="Net interest margin").click()
        drawer = page.locator(".drawer")
        expect(drawer).to_contain_text("SELECT", timeout=SLOW)
        expect(drawer).to_contain_text("kpi_finance_basis_month")


def test_the_guide_comes_once(browser: Browser, dashboard: Dashboard) -> None:
    with opened(browser, f"{dashboard.url}/overview") as page:
        guide = page.locator(".guide")
        expect(guide).to_be_visible()
        guide.get_by_role("button").click()
        expect(guide).to_be_hidden()
        page.reload()
        page.wait_for_selector("body.ready", timeout=SLOW)
        expect(guide).to_be_hidden()
        page.get_by_label("How to read this page").first.click()
        expect(guide).to_be_visible()


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.full)])
@pytest.mark.parametrize("slug", [page.slug for page in PAGES])
def test_pages_are_accessible(browser: Browser, dashboard: Dashboard, slug: str, theme: str) -> None:
    """No finding of axe that it calls serious or critical."""
    with opened(browser, f"{dashboard.url}/{slug}?theme={theme}", theme=theme) as page:
        page.wait_for_timeout(500)
        found = [
            f"{one['id']}: {node['html'][:160]}"
            for one in Axe().run(page).response["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert found == []
