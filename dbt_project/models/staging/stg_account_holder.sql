with ranked as (
    select
        *,
        row_number() over (
            partition by account_id, customer_id
            order by business_date desc, version_id desc, line_number desc
        ) as recency
    from {{ source('raw', 'account_holder') }}
)

select
    {{ clean('account_id') }} as account_id,
    {{ clean('customer_id') }} as customer_id,
    role,
    start_date,
    end_date,
    version_id
from ranked
where recency = 1
