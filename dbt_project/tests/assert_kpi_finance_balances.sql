-- No leaf is lost or counted twice by the roll-up: over all branches assets are liabilities and equity, and
-- net profit is the sum of its parts. Each line is rounded when translated, which a unit of currency covers.
with totals as (
    select
        month,
        sum(total_assets) - sum(total_liabilities) - sum(total_equity) as balance_sheet_difference,
        sum(
            net_interest_income + nonint_income + sec_gains
            - nonint_expense - provision_expense - tax - net_profit
        ) as profit_difference
    from {{ ref('kpi_finance_month') }}
    group by month
)

select *
from totals
where
    abs(balance_sheet_difference) > 1
    or abs(profit_difference) > 1
