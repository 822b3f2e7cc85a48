"""Executive overview: is the bank doing well, what changed, and why."""

from __future__ import annotations

from dashboards.charts.spec import ChartSpec, Part
from dashboards.pages.declare import CardSpec, Column, Page, StorySpec, TableSpec
from dashboards.pages.finance import BEFORE_TAX

PROFIT = ChartSpec(
    title="What moved net profit",
    mark="waterfall",
    total=Part("net_profit", "Net profit"),
    parts=(
        *BEFORE_TAX,
        Part("tax", "Tax", adds=False, rises="tax rose", falls="tax fell"),
    ),
    subtitle="{period} against {against}, {unit}",
)

MARGIN = ChartSpec(
    title="Net interest margin beside peers",
    mark="lines",
    parts=(Part("nim", "us"),),
    subtitle="{unit}, by quarter; {peers}",
    grain="quarter",
    months=36,
    beside="peers",
)

BALANCES = ChartSpec(
    title="Deposits and loans",
    mark="lines",
    parts=(
        Part("deposit_balance", "deposits", text="accent"),
        Part("loan_balance", "loans", colour="series-2", text="series-2-text"),
    ),
    subtitle="{unit} at month end",
    beside="forecast",
)

PAST_DUE = ChartSpec(
    title="Loans past due",
    mark="stack",
    parts=(
        Part("pd_90_plus_ratio", "90+ days", colour="fill-bad"),
        Part("pd_30_89_ratio", "30–89", colour="fill-warn"),
        Part("pd_1_29_ratio", "1–29", colour="fill-neutral"),
    ),
    subtitle="Share of gross loans by days past due, {unit}",
    months=12,
)

BRANCHES = TableSpec(
    title="Branches",
    dimension="branch",
    columns=(
        Column("net_profit", "Net profit", "bar"),
        Column("net_profit", "Change", "change"),
        Column("total_deposits", "Deposits", instead="deposit_balance"),
        Column("gross_loans", "Loans", instead="loan_balance"),
        Column("cost_to_income", "Cost-to-income"),
        Column("npl_ratio", "NPL"),
        Column("net_profit", "24 months", "course"),
    ),
)

PAGE = Page(
    slug="overview",
    title="Overview",
    story=StorySpec(
        explains=PROFIT,
        subject="Profit",
        dimension="branch",
        also=(("branch_contribution", "product"), ("branch_contribution", "segment")),
        otherwise=(
            ("total_deposits", "deposit_balance"),
            ("gross_loans", "loan_balance"),
            ("txn_value",),
            ("customers",),
        ),
    ),
    cards=(
        CardSpec("net_profit", "Net profit"),
        CardSpec("roa", "Return on assets", beside="peers"),
        CardSpec("nim", "Net interest margin", beside="peers"),
        CardSpec("cost_to_income", "Cost-to-income"),
        CardSpec("total_deposits", "Deposits", instead="deposit_balance"),
        CardSpec("gross_loans", "Gross loans", instead="loan_balance"),
        CardSpec("npl_ratio", "Non-performing loans", limit=True),
        CardSpec("fraud_rate_bps", "Fraud rate", limit=True),
    ),
    rows=(
        (PROFIT, MARGIN),
        (BALANCES, PAST_DUE),
        (BRANCHES,),
    ),
    footer="Every figure comes from the metric registry of the published snapshot.",
)
