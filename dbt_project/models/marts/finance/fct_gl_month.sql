{{
    config(
        materialized='incremental',
        event_time='month',
        begin=var('begin'),
        meta={'reach': '0'},
    )
}}

with balances as (
    select
        ledger_code,
        {{ known('cost_center_code') }} as cost_center_code,
        currency_code,
        {{ month_start('balance_date') }} as month,
        balance_date,
        opening,
        debit,
        credit,
        closing
    from {{ ref('stg_gl_balance') }}
),

daily as (
    select
        *,
        row_number() over (
            partition by ledger_code, cost_center_code, currency_code, month order by balance_date asc
        ) as position,
        row_number() over (
            partition by ledger_code, cost_center_code, currency_code, month order by balance_date desc
        ) as position_from_end,
        -- a closing holds until the next date delivered, the last one to the month's end
        coalesce(
            lead(balance_date) over (
                partition by ledger_code, cost_center_code, currency_code, month order by balance_date asc
            ),
            {{ add_days(month_end('month'), 1) }}
        ) as next_date
    from balances
),

monthly as (
    select
        ledger_code,
        cost_center_code,
        currency_code,
        month,
        sum(case when position = 1 then opening else 0 end) as opening,
        sum(debit) as debit,
        sum(credit) as credit,
        sum(case when position_from_end = 1 then closing else 0 end) as closing,
        sum(
            closing * {{ days_between('balance_date', 'next_date') }}
            + case when position = 1 then opening * {{ days_between('month', 'balance_date') }} else 0 end
        ) as balance_days
    from daily
    group by ledger_code, cost_center_code, currency_code, month
),

branches as (
    select
        cost_center_code,
        min(branch_id) as branch_id
    from {{ ref('stg_branch') }}
    group by cost_center_code
)

select
    monthly.ledger_code,
    ledger.kpi_line,
    ledger.asset_liability,
    monthly.cost_center_code,
    {{ known('branches.branch_id') }} as branch_id,
    monthly.currency_code,
    monthly.month,
    {{ month_end('monthly.month') }} as month_end,
    cast(monthly.opening as decimal(20, 2)) as opening,
    cast(monthly.debit as decimal(20, 2)) as debit,
    cast(monthly.credit as decimal(20, 2)) as credit,
    cast(monthly.closing as decimal(20, 2)) as closing,
    cast(
        case
            when ledger.asset_liability <> 'pnl' then monthly.closing - monthly.opening
            -- P&L closings run year to date and start again at zero on 1 January
            when extract(month from monthly.month) = 1 then -monthly.closing
            else -(monthly.closing - monthly.opening)
        end as decimal(20, 2)
    ) as flow,
    cast(monthly.balance_days as decimal(26, 2)) as balance_days
from monthly
left join {{ ref('stg_gl_account') }} as ledger
    on monthly.ledger_code = ledger.ledger_code
left join branches
    on monthly.cost_center_code = branches.cost_center_code
