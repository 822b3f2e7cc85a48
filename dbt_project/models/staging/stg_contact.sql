select
    {{ clean('contact_id') }} as contact_id,
    {{ clean('customer_id') }} as customer_id,
    {{ clean('campaign_id') }} as campaign_id,
    arm,
    {{ clean('channel') }} as channel,
    contacted_at,
    {{ clean('product_id') }} as product_id,
    {{ clean('outcome') }} as outcome,
    outcome_at,
    cost,
    version_id
from {{ source('raw', 'contact') }}
