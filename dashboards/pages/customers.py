"""Customers: who comes and goes, what they hold, who is about to leave, and what campaigns achieve."""

from __future__ import annotations

from dashboards.charts.spec import ChartSpec, Part
from dashboards.metrics import Filter
from dashboards.pages.blocks.campaigns import campaigns
from dashboards.pages.blocks.flight import flight
from dashboards.pages.declare import BlockSpec, CardSpec, Column, HeadSpec, Page, TableSpec

FLOW = ChartSpec(
    title="New customers against lost ones",
    mark="stack",
    parts=(
        Part("customers_new", "new", colour="fill-good"),
        Part("customers_lost", "lost", adds=False, colour="fill-bad"),
    ),
    subtitle="Customers a month: first account opened, last account closed",
)

ATTRITION = ChartSpec(
    title="Attrition",
    mark="lines",
    parts=(Part("attrition_rate", "lost"),),
    subtitle="{unit} of customers, lost over twelve months",
    beside="target",
)

COHORTS = ChartSpec(
    title="How many stay",
    mark="heat",
    parts=(Part("cohort_retention_rate"),),
    subtitle="{unit} of the customers won in a quarter who are still there so many months after",
    by="cohort",
    across="months_since",
    every=3,
    top=12,
    over="all",
)

WHO = ChartSpec(
    title="Who the customers are",
    mark="bars",
    parts=(Part("customers"),),
    subtitle="Customers at the end of {period}, by {by}",
    by="segment",
    also=("age_band", "customer_region", "branch"),
)

PENETRATION = ChartSpec(
    title="What customers hold",
    mark="heat",
    parts=(Part("product_penetration"),),
    subtitle="{unit} of active customers who hold a product family, by {by}",
    by="family",
    across="segment",
    also=("age_band", "customer_region", "branch"),
)

GIVEN_UP = ChartSpec(
    title="Products given up",
    mark="bars",
    parts=(Part("product_attrition"),),
    subtitle="{period}, by {by}: given up by customers who stay",
    by="family",
    also=("segment", "age_band", "customer_region", "branch"),
    over="12m",
)

PRIMARY = ChartSpec(
    title="Whose main bank we are",
    mark="heat",
    parts=(Part("primary_customer_rate"),),
    subtitle="{unit} of active customers with salary or pension and regular payments here, by age and {by}",
    by="age_band",
    across="segment",
    also=("customer_region", "branch"),
    where=(Filter("age_band", ("unknown",), "not in"),),  # businesses have no age
)

LOYAL = ChartSpec(
    title="Main bank over time",
    mark="lines",
    parts=(Part("primary_customer_rate", "share"),),
    subtitle="{unit} of active customers",
    beside="target",
)

DORMANT = ChartSpec(
    title="Dormant accounts",
    mark="bars",
    parts=(Part("dormant_rate"),),
    subtitle="{unit} of open accounts without a customer's transaction in 90 days, by {by}",
    by="product",
    also=("segment", "branch", "branch__region", "product__product_family"),
)

FLIGHT = ChartSpec(
    title="Where deposits are leaving",
    mark="bars",
    parts=(Part("balance_flight_flag"),),
    subtitle="Accounts that fell below half of their six-month mean, by {by}",
    by="branch",
    also=("segment", "product", "branch__region"),
)

UPLIFT = ChartSpec(
    title="What campaigns add",
    mark="intervals",
    parts=(Part("campaign_uplift"), Part("campaign_uplift_lower"), Part("campaign_uplift_upper")),
    subtitle="{unit} of conversion above the control group, with 95 % interval; grey where it holds zero",
    by="campaign",
    top=8,
    over="all",
)

PAGE = Page(
    slug="customers",
    title="Customers",
    story=HeadSpec(
        metrics=(("customers",), ("attrition_rate", "customers_lost")),
        dimensions=("segment", "age_band", "branch"),
        beside=("customers_new", "customers_lost", "balance_flight_flag"),
    ),
    cards=(
        CardSpec("customers", "Customers"),
        CardSpec("customers_new", "New customers"),
        CardSpec("customers_lost", "Customers lost"),
        CardSpec("attrition_rate", "Attrition", limit=True),
        CardSpec("primary_customer_rate", "Main bank"),
        CardSpec("products_per_customer", "Products each"),
        CardSpec("deposit_retention", "Deposits kept"),
        CardSpec("dormant_rate", "Dormant accounts", limit=True),
    ),
    rows=(
        (FLOW, ATTRITION),
        (COHORTS, WHO),
        (PENETRATION, GIVEN_UP),
        (PRIMARY, LOYAL),
        (FLIGHT, DORMANT),
        (BlockSpec("Accounts losing their deposits", flight),),
        (BlockSpec("Campaigns", campaigns), UPLIFT),
        (
            TableSpec(
                title="Branches",
                dimension="branch",
                columns=(
                    Column("customers", "Customers", "bar"),
                    Column("customers", "Change", "change"),
                    Column("customers_new", "New"),
                    Column("customers_lost", "Lost"),
                    Column("attrition_rate", "Attrition"),
                    Column("primary_customer_rate", "Main bank"),
                    Column("products_per_customer", "Products"),
                    Column("deposit_retention", "Deposits kept"),
                    Column("customers", "24 months", "course"),
                ),
                look="attrition_rate",
            ),
        ),
    ),
)
