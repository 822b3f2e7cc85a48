{{ config(severity='warn') }}

-- A delivered balance is the one of the month before plus the month's movements. Real extracts break this now
-- and then; it is shown, and does not hold up the bank's figures.
with followed as (
    select
        account_id,
        month,
        balance,
        balance_source,
        credits - debits as net,
        lag(month) over (partition by account_id order by month asc) as previous_month,
        lag(balance) over (partition by account_id order by month asc) as previous_balance
    from {{ ref('fct_account_month') }}
    where {{ in_tested_months(add_months('month', 1)) }}
)

select *
from followed
where
    previous_month = {{ add_months('month', -1) }}
    and balance_source = 'delivered'
    and abs(balance - previous_balance - net) > 1.50
