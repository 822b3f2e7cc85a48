-- CECL allowance by the WARM method: for each pool (product) the balance, times the net charge-offs of a year
-- per unit of balance over all history, times the years until the contracts repay it.
with pools as (
    select
        month,
        product_id,
        sum(gross_loans) as balance,
        sum(charge_offs - recoveries) as net_charge_offs,
        sum(principal_ahead) as principal_ahead,
        sum(principal_days_ahead) as principal_days_ahead
    from {{ ref('kpi_credit_month') }}
    group by month, product_id
),

histories as (
    select
        *,
        count(*) over (
            partition by product_id order by month asc nulls last rows unbounded preceding
        ) as months_observed,
        sum(net_charge_offs) over (
            partition by product_id order by month asc nulls last rows unbounded preceding
        ) as history_charge_offs,
        sum(balance) over (
            partition by product_id order by month asc nulls last rows unbounded preceding
        ) as history_balance
    from pools
),

rates as (
    select
        *,
        case
            when months_observed >= 12
                then 12 * cast(history_charge_offs as double) / nullif(history_balance, 0)
        end as charge_off_rate,
        cast(principal_days_ahead as double) / nullif(principal_ahead, 0) / 365 as remaining_years
    from histories
)

select
    month,
    product_id,
    cast(balance as decimal(24, 2)) as balance,
    cast(months_observed as bigint) as months_observed,
    charge_off_rate,
    remaining_years,
    cast(
        case
            when balance = 0 then 0
            else balance * (charge_off_rate * remaining_years + {{ var('warm_qualitative_rate') }})
        end as decimal(24, 2)
    ) as acl_warm
from rates
