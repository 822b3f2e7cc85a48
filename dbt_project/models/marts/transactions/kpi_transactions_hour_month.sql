{{
    config(
        materialized='incremental',
        event_time='month',
        begin=var('begin'),
        meta={'reach': '1'},
    )
}}

select
    month,
    {{ iso_day_of_week('booking_date') }} as day_of_week,
    cast(extract(hour from booking_date_time) as integer) as hour_of_day,
    channel,
    cast(sum(case when status in ('BOOK', 'RVSL') then 1 else 0 end) as bigint) as txn_volume,
    cast(
        sum(case when status in ('BOOK', 'RVSL') then amount_reporting else 0 end) as decimal(24, 2)
    ) as txn_value,
    cast(sum(case when status = 'RJCT' then 1 else 0 end) as bigint) as declined_volume
from {{ ref('fct_transaction') }}
group by month, {{ iso_day_of_week('booking_date') }}, extract(hour from booking_date_time), channel
