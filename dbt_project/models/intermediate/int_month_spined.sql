{{ config(materialized='table') }}

-- Every month from the first one with data to the newest one that a delivery speaks of. A table, because it
-- looks through all transactions: once a run, not once a batch.
with first_days as (
    select min(booking_date) as day
    from {{ ref('stg_transaction') }}
    union all
    select min(balance_date) as day
    from {{ ref('stg_gl_balance') }}
    union all
    select min(as_of_date) as day
    from {{ ref('stg_account') }}
),

bounds as (
    select
        (select {{ month_start('min(first_days.day)') }} from first_days) as first_month,
        max({{ month_start('batches.business_date') }}) as last_month
    from {{ ref('stg_batch') }} as batches
    where batches.table_name in ('transaction', 'account', 'loan', 'gl_balance')
)

select
    spine.day as month,
    {{ month_end('spine.day') }} as month_end
from bounds
cross join lateral {{ date_spine('bounds.first_month', 'bounds.last_month', 'month') }}
