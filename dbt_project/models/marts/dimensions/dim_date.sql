select
    spine.day as date_day,
    months.month,
    cast(date_trunc('quarter', spine.day) as date) as quarter,
    cast(extract(year from spine.day) as integer) as year,
    months.month_end,
    spine.day = months.month_end as is_month_end,
    {{ iso_day_of_week('spine.day') }} as day_of_week,
    {{ iso_day_of_week('spine.day') }} >= 6 as is_weekend
from {{ ref('int_month_spined') }} as months
cross join lateral {{ date_spine('months.month', 'months.month_end', 'day') }}
