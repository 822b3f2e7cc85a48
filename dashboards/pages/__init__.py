"""The pages there are, in the order of the navigation. A new page is one file and one entry here."""

from dashboards.pages import health, metrics, overview, transactions
from dashboards.pages.declare import Page

PAGES: tuple[Page, ...] = (overview.PAGE, transactions.PAGE, health.PAGE, metrics.PAGE)

__all__ = ["PAGES", "Page"]
