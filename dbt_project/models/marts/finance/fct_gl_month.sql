{{
    config(
        materialized='incremental',
        event_time='month',
        begin=var('begin'),
        meta={'reach': '1'},
    )
}}

with balances as (
    select
        balances.ledger_code,
        {{ known('balances.cost_center_code') }} as cost_center_code,
        balances.currency_code,
        {{ month_start('balances.balance_date') }} as month,
        balances.balance_date,
        balances.opening,
        balances.debit,
        balances.credit,
        balances.closing,
        {{ known('ledger.kpi_line') }} as kpi_line,
        ledger.asset_liability,
        ledger.is_earning_asset
    from {{ ref('stg_gl_balance') }} as balances
    left join {{ ref('stg_gl_account') }} as ledger
        on balances.ledger_code = ledger.ledger_code
),

daily as (
    select
        *,
        row_number() over (
            partition by ledger_code, cost_center_code, currency_code, month
            order by balance_date asc nulls last
        ) as position,
        row_number() over (
            partition by ledger_code, cost_center_code, currency_code, month order by balance_date desc
        ) as position_from_end,
        -- a closing holds until the next date delivered, the last one to the month's end
        coalesce(
            lead(balance_date) over (
                partition by ledger_code, cost_center_code, currency_code, month
                order by balance_date asc nulls last
            ),
            {{ add_days(month_end('month'), 1) }}
        ) as next_date
    from balances
),

rates as (
    select
        date_day,
        currency_code,
        rate,
        earlier_rates
    from {{ ref('int_currency_rated') }}
),

-- What each day earned or moved, and what a balance adds up to over the days it holds. P&L closings run year
-- to date and start again at zero on 1 January: the year-end close posted that day is no income.
moved as (
    select
        daily.*,
        case
            when daily.asset_liability <> 'pnl' then daily.closing - daily.opening
            when extract(month from daily.month) = 1 and daily.position = 1 then -daily.closing
            else daily.opening - daily.closing
        end as flow,
        closing_rates.rate,
        holding_rates.earlier_rates + holding_rates.rate - closing_rates.earlier_rates as held_rates,
        closing_rates.earlier_rates
    from daily
    left join rates as closing_rates
        on
            daily.balance_date = closing_rates.date_day
            and daily.currency_code = closing_rates.currency_code
    left join rates as holding_rates
        on
            {{ add_days('daily.next_date', -1) }} = holding_rates.date_day
            and daily.currency_code = holding_rates.currency_code
),

monthly as (
    select
        ledger_code,
        kpi_line,
        asset_liability,
        is_earning_asset,
        cost_center_code,
        currency_code,
        month,
        sum(case when position = 1 then opening else 0 end) as opening,
        sum(debit) as debit,
        sum(credit) as credit,
        sum(case when position_from_end = 1 then closing else 0 end) as closing,
        sum(flow) as flow,
        sum({{ translated('flow', 'rate') }}) as flow_reporting,
        sum(
            closing * {{ days_between('balance_date', 'next_date') }}
            + case when position = 1 then opening * {{ days_between('month', 'balance_date') }} else 0 end
        ) as balance_days,
        sum(
            cast(
                closing * held_rates
                + case when position = 1 then opening * earlier_rates else 0 end as decimal(26, 2)
            )
        ) as balance_days_reporting
    from moved
    group by
        ledger_code, kpi_line, asset_liability, is_earning_asset, cost_center_code, currency_code, month
),

branches as (
    select
        cost_center_code,
        min(branch_id) as branch_id
    from {{ ref('stg_branch') }}
    where is_latest
    group by cost_center_code
)

select
    monthly.ledger_code,
    monthly.kpi_line,
    monthly.asset_liability,
    monthly.is_earning_asset,
    monthly.cost_center_code,
    {{ known('branches.branch_id') }} as branch_id,
    monthly.currency_code,
    monthly.month,
    {{ month_end('monthly.month') }} as month_end,
    cast(monthly.opening as decimal(20, 2)) as opening,
    {{ translated('monthly.opening', 'opening_rates.rate') }} as opening_reporting,
    cast(monthly.debit as decimal(20, 2)) as debit,
    cast(monthly.credit as decimal(20, 2)) as credit,
    cast(monthly.closing as decimal(20, 2)) as closing,
    {{ translated('monthly.closing', 'closing_rates.rate') }} as closing_reporting,
    cast(monthly.flow as decimal(20, 2)) as flow,
    cast(monthly.flow_reporting as decimal(24, 2)) as flow_reporting,
    cast(monthly.balance_days as decimal(26, 2)) as balance_days,
    cast(monthly.balance_days_reporting as decimal(26, 2)) as balance_days_reporting
from monthly
left join branches
    on monthly.cost_center_code = branches.cost_center_code
left join rates as closing_rates
    on
        {{ month_end('monthly.month') }} = closing_rates.date_day
        and monthly.currency_code = closing_rates.currency_code
left join rates as opening_rates
    on
        monthly.month = opening_rates.date_day
        and monthly.currency_code = opening_rates.currency_code
