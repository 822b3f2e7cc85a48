"""Lending and credit risk: what is lent, what is late, what it may cost, and what comes back."""

from __future__ import annotations

from dashboards.charts.spec import ChartSpec, Part
from dashboards.metrics import Filter
from dashboards.pages.blocks.cover import cover
from dashboards.pages.declare import BlockSpec, CardSpec, Column, HeadSpec, Page, TableSpec

LATE = Filter("dpd_bucket", ("0",), "not in")

ARREARS = ChartSpec(
    title="Loans in arrears",
    mark="stack",
    parts=(
        Part("balance_dpd_90_plus", "90+ days", colour="fill-bad"),
        Part("balance_dpd_30_89", "30–89", colour="fill-warn"),
        Part("balance_dpd_1_29", "1–29", colour="fill-neutral"),
    ),
    subtitle="{unit} of loans at month end, by days past due",
)

QUALITY = ChartSpec(
    title="Non-performing loans",
    mark="lines",
    parts=(
        Part("npl_ratio", "NPL"),
        Part("par30", "30+ days", colour="series-2", text="series-2-text"),
    ),
    subtitle="{unit} of loans at month end",
    beside="target",
)

PORTFOLIO = ChartSpec(
    title="The loan book",
    mark="bars",
    parts=(Part("loan_balance"),),
    subtitle="{unit} at the end of {period}, by {by}",
    by="product",
    also=("branch", "branch__region", "segment", "product__product_family"),
)

BUCKETS = ChartSpec(
    title="Days past due",
    mark="columns",
    parts=(Part("dpd_bucket_balance"),),
    subtitle="{unit} of loans that are late at the end of {period}",
    by="dpd_bucket",
    where=(LATE,),
)

ROLL = ChartSpec(
    title="How arrears roll on",
    mark="heat",
    parts=(Part("roll_rate"),),
    subtitle="{unit} of a bucket's balance that is one bucket worse a month later; {period}",
    by="dpd_bucket",
    across="metric_time__month",
    where=(Filter("dpd_bucket", ("180+",), "not in"),),  # there is no worse bucket to roll into
    over="12m",
)

CURES = ChartSpec(
    title="How arrears heal",
    mark="bars",
    parts=(Part("cure_rate"),),
    subtitle="{unit} of late loans that are current a month later, by {by}; {period}",
    by="dpd_bucket",
    where=(LATE,),
    over="12m",
)

VINTAGES = ChartSpec(
    title="Defaults by vintage",
    mark="curves",
    parts=(Part("vintage_default_rate"),),
    subtitle="{unit} of the amount granted in a quarter that has defaulted, by months on book",
    by="vintage",
    across="months_on_book",
    top=12,
    over="all",
)

DEFAULTS = ChartSpec(
    title="Defaults within twelve months",
    mark="lines",
    parts=(Part("default_rate_12m"),),
    subtitle="{unit} of the loans that performed in the month, known twelve months later, by {by}",
    by="product",
    also=("internal_rating", "segment", "branch__region"),
    months=36,
)

STAGES = ChartSpec(
    title="Loans in stages 2 and 3",
    mark="stack",
    parts=(
        Part("stage_share", "Stage 3", value="3", colour="fill-bad"),
        Part("stage_share", "Stage 2", value="2", colour="fill-warn"),
    ),
    subtitle="{unit} of loans at month end; the rest is stage 1",
    by="stage",
)

LOSSES = ChartSpec(
    title="Recovered against charged off",
    mark="stack",
    parts=(
        Part("recoveries", "recovered", colour="fill-good"),
        Part("charge_offs", "lost", adds=False, colour="fill-bad"),
    ),
    subtitle="{unit} a month",
)

COLLECTION = ChartSpec(
    title="Collection",
    mark="lines",
    parts=(Part("collection_efficiency", "paid"),),
    subtitle="Interest and principal paid, {unit} of what was due; prepayments count",
)

ORIGINATED = ChartSpec(
    title="New lending",
    mark="lines",
    parts=(Part("amount_originated"),),
    subtitle="{unit} a month, by {by}",
    by="product",
    also=("segment", "channel", "branch__region", "branch"),
)

APPROVAL = ChartSpec(
    title="Applications approved",
    mark="bars",
    parts=(Part("loan_approval_rate"),),
    subtitle="{unit} of decisions, by {by}; {period}",
    by="product",
    also=("channel", "product__product_family"),
    over="12m",
)

PEERS = ChartSpec(
    title="Noncurrent loans beside peers",
    mark="lines",
    parts=(Part("noncurrent_ratio", "us"),),
    subtitle="{unit} of loans, 90 days late or nonaccrual, by quarter; {peers}",
    grain="quarter",
    months=36,
    beside="peers",
)

PAGE = Page(
    slug="credit",
    title="Lending and credit risk",
    story=HeadSpec(
        metrics=(("npl_balance",), ("loan_balance",)),
        dimensions=("branch", "product", "segment"),
        beside=("npl_ratio", "new_defaults", "charge_offs", "recoveries"),
    ),
    cards=(
        CardSpec("loan_balance", "Loans"),
        CardSpec("npl_ratio", "Non-performing loans", limit=True),
        CardSpec("par30", "More than 30 days late", limit=True),
        CardSpec("stage_share", "Stage 2", limit=True, where=(Filter("stage", ("2",)),)),
        CardSpec("new_defaults", "New defaults", limit=True),
        CardSpec("default_rate_12m", "Defaulted in 12 months", limit=True, behind=12),
        CardSpec("nco_rate", "Net charge-offs", limit=True),
        CardSpec("cost_of_risk", "Cost of risk", limit=True),
        CardSpec("npl_coverage", "NPL coverage"),
        CardSpec("forbearance_ratio", "Forborne", limit=True),
        CardSpec("collection_efficiency", "Collected"),
        CardSpec("amount_originated", "New lending"),
    ),
    rows=(
        (ARREARS, QUALITY),
        (PORTFOLIO, BUCKETS),
        (ROLL, CURES),
        (VINTAGES, DEFAULTS),
        (BlockSpec("What the loans may cost", cover), STAGES),
        (LOSSES, COLLECTION),
        (ORIGINATED, APPROVAL),
        (
            TableSpec(
                title="Concentration",
                dimension="concentration",
                columns=(
                    Column("exposure_concentration", "Index", "bar"),
                    Column("exposure_concentration", "Change", "change"),
                    Column("exposure_top_20_share", "20 greatest"),
                ),
            ),
            PEERS,
        ),
        (
            TableSpec(
                title="Branches",
                dimension="branch",
                columns=(
                    Column("loan_balance", "Loans", "bar"),
                    Column("loan_balance", "Change", "change"),
                    Column("npl_ratio", "NPL"),
                    Column("par30", "30+ days"),
                    Column("new_defaults", "New defaults"),
                    Column("forbearance_ratio", "Forborne"),
                    Column("npl_coverage", "Coverage"),
                    Column("collection_efficiency", "Collected"),
                    Column("npl_ratio", "NPL, 24 months", "course"),
                ),
                look="npl_ratio",
            ),
        ),
    ),
)
