"""Transactions and operations: how much moves through the bank, how, when, and what is refused."""

from __future__ import annotations

from dashboards.charts.spec import ChartSpec, Part
from dashboards.metrics import Filter
from dashboards.pages.declare import CardSpec, Column, HeadSpec, Page, TableSpec

COURSE = ChartSpec(
    title="Value by channel",
    mark="lines",
    parts=(Part("txn_value"),),
    subtitle="{unit} a month, by {by}",
    by="channel",
    also=("product__product_family", "segment", "branch__region", "branch", "direction"),
)

CHANNELS = ChartSpec(
    title="Transactions by channel",
    mark="bars",
    parts=(Part("txn_volume"),),
    subtitle="{period}, by {by}",
    by="channel",
    also=("branch", "branch__region", "segment", "product", "purpose"),
)

HOURS = ChartSpec(
    title="When customers pay",
    mark="heat",
    parts=(Part("hourly_txn_volume"),),
    subtitle="{period}: {unit} of transactions by weekday and hour",
    by="day_of_week",
    across="hour_of_day",
    where=(Filter("channel", ("batch",), "not in"),),  # what the bank books by itself, it books at night
)

PURPOSES = ChartSpec(
    title="What for",
    mark="bars",
    parts=(Part("txn_value"),),
    subtitle="{period}: {unit} by {by}",
    by="purpose",
    also=("direction", "channel", "segment"),
)

REASONS = ChartSpec(
    title="Why payments are declined",
    mark="bars",
    parts=(Part("declines_by_reason"),),
    subtitle="{period}: declined payments by {by}",
    by="reject_reason",
    also=("merchant_category", "channel", "branch", "segment"),
)

RATES = ChartSpec(
    title="Declined and reversed",
    mark="lines",
    parts=(
        Part("decline_rate", "declined"),
        Part("reversal_rate", "reversed", colour="series-2", text="series-2-text"),
    ),
    subtitle="{unit} of transactions",
)

MERCHANTS = ChartSpec(
    title="Where cards are used",
    mark="bars",
    parts=(Part("merchant_txn_value"),),
    subtitle="{period}: {unit} by {by}",
    by="merchant_category",
    also=("channel", "branch", "segment"),
)

PAGE = Page(
    slug="transactions",
    title="Transactions",
    story=HeadSpec(
        metrics=(("txn_value",), ("decline_rate", "txn_volume")),
        dimensions=("channel", "branch", "segment", "product"),
    ),
    cards=(
        CardSpec("txn_volume", "Transactions"),
        CardSpec("txn_value", "Value"),
        CardSpec("net_flow", "Net account inflow"),
        CardSpec("digital_share", "Digital share"),
        CardSpec("txns_per_active_account", "Per active account"),
        CardSpec("decline_rate", "Declined", limit=True),
        CardSpec("reversal_rate", "Reversed"),
        CardSpec("stp_rate", "Straight through"),
    ),
    rows=(
        (COURSE, CHANNELS),
        (HOURS, PURPOSES),
        (RATES, REASONS),
        (
            TableSpec(
                title="Branches",
                dimension="branch",
                columns=(
                    Column("txn_value", "Value", "bar"),
                    Column("txn_value", "Change", "change"),
                    Column("txn_volume", "Transactions"),
                    Column("digital_share", "Digital"),
                    Column("decline_rate", "Declined"),
                    Column("reversal_rate", "Reversed"),
                    Column("txn_value", "24 months", "course"),
                ),
            ),
            MERCHANTS,
        ),
    ),
)
