-- Accounts as last seen in any snapshot.
with ranked as (
    select
        *,
        row_number() over (partition by account_id order by as_of_date desc) as recency
    from {{ ref('stg_account') }}
)

select
    account_id,
    customer_id,
    account_type,
    {{ known('product_id') }} as product_id,
    currency_code,
    {{ known('branch_id') }} as branch_id,
    start_date,
    end_date,
    {{ known('status') }} as status
from ranked
where recency = 1
