-- Of each table the newest business date of the month, and how long after it the file came.
with ranked as (
    select
        {{ month_start('business_date') }} as month,
        source,
        table_name,
        business_date,
        received_at,
        row_number() over (
            partition by source, table_name, {{ month_start('business_date') }}
            order by business_date desc, received_at desc, version_id desc
        ) as recency
    from {{ ref('stg_batch') }}
)

select
    month,
    source,
    table_name,
    business_date as newest_business_date,
    received_at,
    cast(
        ({{ epoch_micros('received_at') }} - {{ epoch_micros('cast(business_date as timestamp)') }})
        / cast(3600000000 as decimal(18, 0)) as decimal(18, 2)
    ) as lateness_hours
from ranked
where recency = 1
