with ranked as (
    select
        *,
        row_number() over (
            partition by card_id
            order by business_date desc, version_id desc, line_number desc
        ) as recency
    from {{ source('raw', 'card') }}
)

select
    {{ clean('card_id') }} as card_id,
    {{ clean('account_id') }} as account_id,
    {{ clean('customer_id') }} as customer_id,
    {{ clean('type') }} as card_type,
    issue_date,
    expiry_date,
    {{ clean('status') }} as status,
    version_id
from ranked
where recency = 1
