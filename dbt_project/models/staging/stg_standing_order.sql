with ranked as (
    select
        *,
        row_number() over (
            partition by standing_order_id
            order by business_date desc, version_id desc, line_number desc
        ) as recency
    from {{ source('raw', 'standing_order') }}
)

select
    {{ clean('standing_order_id') }} as standing_order_id,
    {{ clean('account_id') }} as account_id,
    amount,
    {{ clean('frequency') }} as frequency,
    {{ clean('creditor_bank') }} as creditor_bank,
    {{ clean('purpose_code') }} as purpose_code,
    start_date,
    end_date,
    version_id
from ranked
where recency = 1
