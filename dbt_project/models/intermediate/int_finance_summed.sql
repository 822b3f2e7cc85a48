{{ config(materialized='table') }}

-- Income statement and balance sheet per month and branch, each line signed as people read it, in the
-- reporting currency. With the eve of the first month: its closings are the first openings, nothing flowed.
with leaves as (
    select
        month,
        branch_id,
        kpi_line,
        is_earning_asset,
        sum(flow_reporting) as flow,
        sum(closing_reporting) as closing,
        sum(balance_days_reporting) as balance_days
    from {{ ref('fct_gl_month') }}
    group by month, branch_id, kpi_line, is_earning_asset
    union all
    select
        {{ add_months('month', -1) }} as month,
        branch_id,
        kpi_line,
        is_earning_asset,
        0 as flow,
        sum(opening_reporting) as closing,
        0 as balance_days
    from {{ ref('fct_gl_month') }}
    where month = (select min(month) from {{ ref('int_month_spined') }})
    group by month, branch_id, kpi_line, is_earning_asset
),

lines as (
    select
        leaves.month,
        leaves.branch_id,
        rollup.total,
        rollup.factor * leaves.flow as flow,
        rollup.factor * leaves.closing as closing,
        rollup.factor * leaves.balance_days as balance_days
    from leaves
    inner join {{ ref('kpi_line_rollup') }} as rollup
        on leaves.kpi_line = rollup.kpi_line
    union all
    -- the chart of accounts says of each account whether it earns
    select
        month,
        branch_id,
        'earning_assets' as total,
        0 as flow,
        closing,
        balance_days
    from leaves
    where is_earning_asset
)

select
    month,
    branch_id,
    {% for total in finance_flows() %}
        {{ line_sum(total, 'flow', 20) }} as {{ total }},
    {% endfor %}
    {% for total in finance_stocks() %}
        {{ line_sum(total, 'closing', 20) }} as {{ total }},
    {% endfor %}
    {% for total in finance_averaged() %}
        {{ line_sum(total, 'balance_days', 26) }} as {{ total }}_days{% if not loop.last %},{% endif %}
    {% endfor %}
from lines
group by month, branch_id
