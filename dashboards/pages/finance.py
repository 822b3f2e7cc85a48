"""Financial performance: what the bank earned, where, on which basis, beside budget and peers."""

from __future__ import annotations

from dashboards.charts.spec import ChartSpec, Part
from dashboards.metrics import BASIS, PEER_BASES, Filter
from dashboards.pages.blocks import adequacy, quartiles, statement
from dashboards.pages.blocks.statement import Line, Statement
from dashboards.pages.declare import CardSpec, Column, Page, StorySpec, TableSpec

BEFORE_TAX = (
    Part(
        "net_interest_income",
        "Interest",
        rises="net interest income rose",
        falls="net interest income fell",
    ),
    Part("nonint_income", "Fees", rises="fees grew", falls="fees fell"),
    Part("sec_gains", "Securities", rises="securities gained", falls="securities lost"),
    Part("administrative_expenses", "Admin", adds=False, rises="costs rose", falls="costs fell"),
    Part("depreciation", "Deprec.", adds=False, rises="depreciation rose", falls="depreciation fell"),
    Part(
        "amortisation_intangibles",
        "Intangibles",
        adds=False,
        rises="write-downs rose",
        falls="write-downs fell",
    ),
    Part("provision_expense", "Provisions", adds=False, rises="provisions rose", falls="provisions fell"),
)
"""What makes up the profit before tax."""

PROFIT = ChartSpec(
    title="What moved profit before tax",
    mark="waterfall",
    total=Part("profit_before_tax", "Profit before tax"),
    parts=BEFORE_TAX,
    subtitle="{period} against {against}, {unit}",
)

SPREAD = ChartSpec(
    title="Yield, cost and margin",
    mark="lines",
    parts=(
        Part("yield_earning_assets", "yield", colour="series-2", text="series-2-text"),
        Part("nim", "margin"),
        Part("cost_of_funds", "cost", colour="neutral", text="ink-2"),
    ),
    subtitle="{unit}, by quarter: earning assets, net interest margin, interest-bearing funds",
    grain="quarter",
    months=36,
)

INCOME = Statement(
    id="income",
    title="Income statement",
    lines=(
        Line(
            "net_interest_income",
            lines=(
                Line("interest_income"),
                Line(
                    "interest_expense",
                    takes=True,
                    lines=(
                        Line("deposit_interest_expense"),
                        Line(name="Other interest expense", rest=True),
                    ),
                ),
            ),
        ),
        Line(
            "nonint_income",
            lines=(Line("fee_income"), Line(name="Other income, less fees paid", rest=True)),
        ),
        Line("total_operating_income", total=True),
        Line(
            "nonint_expense",
            takes=True,
            lines=(
                Line("administrative_expenses"),
                Line("depreciation"),
                Line("amortisation_intangibles"),
            ),
        ),
        Line("provision_expense", takes=True),
        Line("sec_gains"),
        Line("profit_before_tax", total=True),
        Line("tax", takes=True),
        Line("net_profit", total=True),
    ),
    opened=("net_interest_income", "nonint_expense"),
)

BALANCE = Statement(
    id="balance",
    title="Balance sheet",
    lines=(
        Line(
            "total_assets",
            total=True,
            lines=(
                Line("net_loans", lines=(Line("gross_loans"), Line("allowance", takes=True))),
                Line("securities"),
                Line("due_from_banks"),
                Line(name="Other assets", rest=True),
            ),
        ),
        Line(
            "total_liabilities",
            name="Liabilities",
            total=True,
            lines=(
                Line("total_deposits"),
                Line("borrowings"),
                Line(name="Other liabilities", rest=True),
            ),
        ),
        Line(
            "total_equity",
            total=True,
            lines=(
                Line("retained_earnings", name="Retained earnings"),
                Line(name="Capital and other equity", rest=True),
            ),
        ),
    ),
    opened=("total_assets", "total_liabilities"),
)

INTEREST = ChartSpec(
    title="Net interest income: volume, rate and mix",
    mark="waterfall",
    total=Part("net_interest_income", "Net interest income"),
    parts=(Part("nii_rate_volume_variance"),),
    subtitle="{period} against {against}, {unit}",
    by="interest_line",
    across="nii_effect",
    also=("nii_effect", "product__product_family", "product"),
    grain="quarter",
)

PEERS_BASIS = (Filter(BASIS, (PEER_BASES[0],)),)
"""What peers report on; where another basis of theirs is chosen, that one counts."""
PEERS = "{unit}, by quarter; {peers}"

MARGIN = ChartSpec(
    title="Net interest margin beside peers",
    mark="lines",
    parts=(Part("nim", "us"),),
    subtitle=PEERS,
    grain="quarter",
    beside="peers",
    where=PEERS_BASIS,
)

RETURN = ChartSpec(
    title="Return on assets beside peers",
    mark="lines",
    parts=(Part("roa", "us"),),
    subtitle=PEERS,
    grain="quarter",
    beside="peers",
    where=PEERS_BASIS,
)

EFFICIENCY = ChartSpec(
    title="Efficiency ratio beside peers",
    mark="lines",
    parts=(Part("efficiency_ratio_fdic", "us"),),
    subtitle=PEERS,
    grain="quarter",
    beside="peers",
)

AMONG_PEERS = quartiles.block(
    "Among peers",
    (
        quartiles.Ratio("roa", "Return on assets"),
        quartiles.Ratio("roe", "Return on equity"),
        quartiles.Ratio("nim", "Net interest margin"),
        quartiles.Ratio("cost_funding_earning_assets", "Cost of funding"),
        quartiles.Ratio("nonint_income_ratio", "Other income / assets"),
        quartiles.Ratio("efficiency_ratio_fdic", "Efficiency ratio"),
        quartiles.Ratio("equity_to_assets", "Equity / assets"),
        quartiles.Ratio("loan_to_deposit", "Loans / deposits"),
        quartiles.Ratio("noncurrent_ratio", "Noncurrent loans"),
        quartiles.Ratio("tier1_leverage", "Tier 1 leverage"),
    ),
)

ADEQUACY = adequacy.block(
    "Capital and liquidity",
    (
        adequacy.Ratio("cet1_ratio", "CET1 ratio"),
        adequacy.Ratio("total_capital_ratio", "Total capital"),
        adequacy.Ratio("tier1_leverage", "Tier 1 leverage"),
        adequacy.Ratio("leverage_ratio_eu", "Leverage (EU)"),
        adequacy.Ratio("lcr", "Liquidity coverage"),
        adequacy.Ratio("nsfr", "Stable funding"),
        adequacy.Ratio("loan_to_deposit", "Loans / deposits"),
        adequacy.Ratio("equity_to_assets", "Equity / assets"),
    ),
)

CONTRIBUTION = ChartSpec(
    title="Who contributes",
    mark="bars",
    parts=(Part("branch_contribution"),),
    subtitle="{period}: contribution after funds, cost and expected loss, by {by}, {unit}",
    by="branch",
    also=("branch__region", "product__product_family", "product", "segment"),
)

TRANSFER = ChartSpec(
    title="Margin over the price of funds",
    mark="bars",
    parts=(Part("ftp_margin"),),
    subtitle="{period}, by {by}, {unit}",
    by="product__product_family",
    also=("product", "segment", "branch", "branch__region"),
)

BRANCHES = TableSpec(
    title="Contribution by branch",
    dimension="branch",
    columns=(
        Column("branch_contribution", "Contribution", "bar"),
        Column("branch_contribution", "Change", "change"),
        Column("ftp_margin", "Margin"),
        Column("contribution_fees", "Fees"),
        Column("direct_cost", "Direct cost"),
        Column("allocated_cost", "Allocated"),
        Column("contribution_expected_loss", "Expected loss"),
        Column("branch_contribution", "24 months", "course"),
    ),
)

PAGE = Page(
    slug="finance",
    title="Financial performance",
    story=StorySpec(
        explains=PROFIT,
        subject="Profit before tax",
        dimension="branch",
        otherwise=(
            ("total_deposits", "deposit_balance"),
            ("gross_loans", "loan_balance"),
            ("txn_value",),
        ),
    ),
    controls=("basis",),
    cards=(
        CardSpec("net_profit", "Net profit"),
        CardSpec("roa", "Return on assets", beside="peers"),
        CardSpec("roe", "Return on equity", beside="peers"),
        CardSpec("nim", "Net interest margin", beside="peers"),
        CardSpec("cost_to_income", "Cost-to-income"),
        CardSpec("yield_earning_assets", "Yield on earning assets"),
        CardSpec("cost_of_funds", "Cost of funds"),
        CardSpec("cost_of_risk", "Cost of risk"),
    ),
    rows=(
        (PROFIT, SPREAD),
        (statement.block(INCOME),),
        (statement.block(BALANCE),),
        (INTEREST,),
        (MARGIN, RETURN, EFFICIENCY),
        (AMONG_PEERS, ADEQUACY),
        (CONTRIBUTION, TRANSFER),
        (BRANCHES,),
    ),
)
