{{ config(event_time='month') }}

-- Customers as of each month: from the month's snapshot, or as last seen in the one before.
with customers as (
    {{ last_seen(ref('stg_customer'), 'customer', 'customer_id') }}
)

select
    month,
    month_end,
    customer_id,
    {{ known('segment_code') }} as segment_code,
    {{ known('branch_id') }} as branch_id,
    {{ known('region_id') }} as region_id,
    {{ known('nace_code') }} as industry_code,
    {{ known('internal_rating') }} as internal_rating,
    {{ age_band('birth_date', 'month_end') }} as age_band,
    start_date,
    status,
    is_current
from customers
