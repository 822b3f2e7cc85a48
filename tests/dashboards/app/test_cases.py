"""From the list of transactions to a case beside the page and back, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboards.app.conftest import Dashboard
from tests.dashboards.app.test_browser import SLOW, opened

pytestmark = pytest.mark.browser


def test_a_row_opens_its_case_and_a_movement_around_it_the_next(
    browser: Browser, dashboard: Dashboard
) -> None:
    with opened(browser, f"{dashboard.url}/fraud") as page:
        row = page.locator("table.cases tbody tr").first
        expect(row).to_contain_text("50.0× its usual amount", timeout=SLOW)
        row.get_by_role("link").click()
        drawer = page.get_by_role("dialog")
        expect(drawer).to_contain_text("This merchant is new.", timeout=SLOW)
        assert "open=case:T2" in page.url
        days = drawer.locator("svg.days").bounding_box()
        assert days is not None
        assert days["height"] == pytest.approx(96, abs=2)
        drawer.get_by_role("link", name="10 Dec, 09:00").click()
        expect(drawer).to_contain_text("paid 39 times since 1 Nov 2025", timeout=SLOW)
        page.keyboard.press("Escape")
        expect(drawer).to_have_count(0, timeout=SLOW)
        assert "open=" not in page.url
