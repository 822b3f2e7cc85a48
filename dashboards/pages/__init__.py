"""The pages there are, in the order of the navigation. A new page is one file and one entry here."""

from dashboards.pages import (
    credit,
    customers,
    finance,
    forecasts,
    fraud,
    health,
    metrics,
    overview,
    transactions,
)
from dashboards.pages.declare import Page

PAGES: tuple[Page, ...] = (
    overview.PAGE, finance.PAGE, customers.PAGE, credit.PAGE, fraud.PAGE, transactions.PAGE, forecasts.PAGE,
    health.PAGE, metrics.PAGE,
)  # fmt: skip

__all__ = ["PAGES", "Page"]
