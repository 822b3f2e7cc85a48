with ranked as (
    select
        *,
        row_number() over (
            partition by product_id
            order by business_date desc, version_id desc, line_number desc
        ) as recency
    from {{ source('raw', 'product') }}
)

select
    {{ clean('product_id') }} as product_id,
    {{ clean('product_name') }} as product_name,
    family as product_family,
    {{ clean('fire_type') }} as fire_type,
    {{ clean('ftp_method') }} as ftp_method,
    behavioural_life_months,
    version_id
from ranked
where recency = 1
