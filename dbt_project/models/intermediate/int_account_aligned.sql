{{ config(event_time='month') }}

-- Accounts as of each month with the dimensions of their owner: from the month's snapshot, or as last seen in
-- the one before.
with accounts as (
    {{ last_seen(ref('stg_account'), 'account', 'account_id') }}
)

select
    accounts.month,
    accounts.month_end,
    accounts.account_id,
    accounts.customer_id,
    coalesce(accounts.branch_id, customers.branch_id, 'unknown') as branch_id,
    {{ known('accounts.product_id') }} as product_id,
    {{ known('customers.segment_code') }} as segment_code,
    accounts.currency_code,
    accounts.ledger_code,
    {{ known('accounts.statement_frequency') }} as statement_frequency,
    accounts.start_date,
    accounts.end_date,
    accounts.as_of_date,
    accounts.balance,
    accounts.rate,
    accounts.is_current
from accounts
left join {{ ref('int_customer_aligned') }} as customers
    on
        accounts.month = customers.month
        and accounts.customer_id = customers.customer_id
