"""The pages there are, in the order of the navigation. A new page is one file and one entry here."""

from dashboards.pages import forecasts, fraud, overview, transactions
from dashboards.pages.declare import Page

PAGES: tuple[Page, ...] = (overview.PAGE, fraud.PAGE, transactions.PAGE, forecasts.PAGE)

__all__ = ["PAGES", "Page"]
