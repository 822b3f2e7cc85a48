{{ config(event_time='month') }}

-- Customers as of each month: from the month's snapshot, or as last seen in the one before.
with candidates as (
    select
        chosen.month,
        chosen.month_end,
        chosen.is_current,
        customers.*,
        row_number() over (
            partition by chosen.month, customers.customer_id
            order by customers.as_of_date desc
        ) as recency
    from {{ ref('int_snapshot_chosen') }} as chosen
    inner join {{ ref('stg_customer') }} as customers
        on chosen.snapshot_date = customers.as_of_date
    where chosen.table_name = 'customer'
)

select
    month,
    month_end,
    customer_id,
    {{ known('segment_code') }} as segment_code,
    {{ known('branch_id') }} as branch_id,
    {{ known('region_id') }} as region_id,
    start_date,
    status,
    is_current
from candidates
where recency = 1
