{{ config(event_time='month') }}

-- Accounts as of each month with the dimensions of their owner: from the month's snapshot, or as last seen in
-- the one before.
with candidates as (
    select
        chosen.month,
        chosen.month_end,
        chosen.is_current,
        accounts.*,
        row_number() over (
            partition by chosen.month, accounts.account_id
            order by accounts.as_of_date desc
        ) as recency
    from {{ ref('int_snapshot_chosen') }} as chosen
    inner join {{ ref('stg_account') }} as accounts
        on chosen.snapshot_date = accounts.as_of_date
    where chosen.table_name = 'account'
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
    accounts.start_date,
    accounts.end_date,
    accounts.as_of_date,
    accounts.balance,
    accounts.is_current
from candidates as accounts
left join {{ ref('int_customer_aligned') }} as customers
    on
        accounts.month = customers.month
        and accounts.customer_id = customers.customer_id
where accounts.recency = 1
