-- Every month from the bank's first one to the newest one that a delivery speaks of.
with bounds as (
    select
        cast('{{ var("begin") }}' as date) as first_month,
        max({{ month_start('business_date') }}) as last_month
    from {{ ref('stg_batch') }}
    where table_name in ('transaction', 'account', 'loan', 'gl_balance')
)

select
    spine.day as month,
    {{ month_end('spine.day') }} as month_end
from bounds
cross join lateral {{ date_spine('bounds.first_month', 'bounds.last_month', 'month') }}
