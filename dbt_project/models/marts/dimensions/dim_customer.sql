-- Customers as last seen in any snapshot.
with ranked as (
    select
        *,
        row_number() over (partition by customer_id order by as_of_date desc) as recency
    from {{ ref('stg_customer') }}
)

select
    customer_id,
    customer_type,
    {{ known('sex') }} as sex,
    {{ age_band('birth_date', 'as_of_date') }} as age_band,
    {{ known('region_id') }} as region_id,
    {{ known('segment_code') }} as segment_code,
    {{ known('branch_id') }} as branch_id,
    start_date,
    {{ month_start('as_of_date') }} as last_seen_month,
    {{ known('status') }} as status,
    marketing_consent
from ranked
where recency = 1
