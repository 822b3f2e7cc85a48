"""Somebody who clicks anything: no complaint, no other host, and the address still says what is seen."""

from __future__ import annotations

import contextlib
import random

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from tests.dashboards.app.conftest import Dashboard
from tests.dashboards.app.test_browser import SLOW, opened

pytestmark = [pytest.mark.browser, pytest.mark.full]

STEPS = 120


def choose(page: Page, chance: random.Random) -> None:
    """Another value in one of the filters, or the one that it has."""
    filters = page.locator("select").filter(visible=True).all()
    chosen = chance.choice(filters)
    count = chosen.locator("option").count()
    chosen.select_option(index=chance.randrange(count))


def click(page: Page, chance: random.Random) -> None:
    """A button, a menu or a link, whatever it does; what lies under something else can't be clicked."""
    controls = page.locator("button:not([data-print]), summary, a[href^='/'], a[href^='?']").filter(
        visible=True
    )
    with contextlib.suppress(TimeoutError):
        chance.choice(controls.all()).click(timeout=1500)


def poke(page: Page, chance: random.Random) -> None:
    """A point anywhere, with the mouse or a key."""
    size = page.viewport_size or {"width": 800, "height": 600}
    page.mouse.click(chance.randrange(size["width"]), chance.randrange(size["height"]))
    page.keyboard.press(chance.choice(["Tab", "Enter", "Escape", "ArrowDown", "Space"]))


def go(page: Page, chance: random.Random) -> None:
    """Back, forward, or the same again."""
    chance.choice([page.go_back, page.go_forward, page.reload])()


def resize(page: Page, chance: random.Random) -> None:
    """A window of another size."""
    page.set_viewport_size({"width": chance.randrange(820, 1920), "height": chance.randrange(500, 1300)})


def state(page: Page) -> list[str]:
    """What the filters say."""
    return [one.input_value() for one in page.locator("select").filter(visible=True).all()]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_anything_may_be_clicked(browser: Browser, dashboard: Dashboard, seed: int) -> None:
    chance = random.Random(seed)
    with opened(browser, f"{dashboard.url}/overview") as page:
        for _ in range(STEPS):
            action = chance.choices([choose, click, poke, go, resize], weights=[5, 2, 3, 1, 1])[0]
            action(page, chance)
            if not page.url.startswith(dashboard.url):  # back beyond the first page
                page.goto(f"{dashboard.url}/overview")
            page.wait_for_selector("body.ready", timeout=SLOW)
        page.keyboard.press("Escape")
        choose(page, chance)
        page.wait_for_timeout(3000)  # the last answer is on its way
        seen, headline = state(page), page.locator("h1").filter(visible=True).inner_text()
        link = page.url
    with opened(browser, link) as page:
        expect(page.locator("h1").filter(visible=True)).to_have_text(headline, timeout=SLOW)
        assert state(page) == seen
