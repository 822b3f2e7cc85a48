with ranked as (
    select
        *,
        row_number() over (
            partition by branch_id
            order by business_date desc, version_id desc, line_number desc
        ) as recency
    from {{ source('raw', 'branch') }}
)

select
    {{ clean('branch_id') }} as branch_id,
    {{ clean('name') }} as branch_name,
    {{ clean('parent_branch_id') }} as parent_branch_id,
    {{ clean('region_id') }} as region_id,
    {{ clean('cost_center_code') }} as cost_center_code,
    open_date,
    close_date,
    fte,
    latitude,
    longitude,
    attributes,
    business_date,
    recency = 1 as is_latest,
    version_id
from ranked
