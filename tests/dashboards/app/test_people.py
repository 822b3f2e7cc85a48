"""The pages of customers and of lending in a browser: what only a browser shows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboards.app.conftest import Dashboard
from tests.dashboards.app.test_browser import SLOW, opened

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("slug", "said"), [("customers", "Customers: 400"), ("credit", "Non-performing loans, amount")]
)
def test_a_page_of_many_marks_fits_every_width(
    browser: Browser, dashboard: Dashboard, slug: str, said: str
) -> None:
    with opened(browser, f"{dashboard.url}/{slug}") as page:
        expect(page.locator("h1").filter(visible=True)).to_contain_text(said, timeout=SLOW)
        for theme in ("light", "dark"):
            page.evaluate(f"FRAME.setTheme('{theme}')")
            for width in (820, 1280, 1920):
                page.set_viewport_size({"width": width, "height": 1200})
                page.wait_for_function(f"innerWidth == {width}")
                assert page.evaluate("document.documentElement.scrollWidth") <= width
