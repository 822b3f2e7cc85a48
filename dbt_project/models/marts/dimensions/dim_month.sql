select
    month,
    month_end,
    cast(date_trunc('quarter', month) as date) as quarter,
    cast(extract(year from month) as integer) as year
from {{ ref('int_month_spined') }}
