-- Branches as the last list of each month told of them.
with ranked as (
    select
        *,
        {{ month_start('business_date') }} as month,
        row_number() over (
            partition by branch_id, {{ month_start('business_date') }}
            order by business_date desc, version_id desc
        ) as recency
    from {{ ref('stg_branch') }}
)

select
    branch_id,
    month,
    branch_name,
    parent_branch_id,
    {{ known('region_id') }} as region_id,
    open_date,
    close_date,
    fte
from ranked
where recency = 1
