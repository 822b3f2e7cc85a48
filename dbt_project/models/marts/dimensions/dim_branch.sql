-- The row `unknown` stands for facts whose branch was not delivered.
select
    branch_id,
    branch_name,
    parent_branch_id,
    {{ known('region_id') }} as region_id,
    cost_center_code,
    open_date,
    close_date,
    fte
from {{ ref('stg_branch') }}
where is_latest
union all
select
    'unknown' as branch_id,
    'Unknown' as branch_name,
    null as parent_branch_id,
    'unknown' as region_id,
    null as cost_center_code,
    null as open_date,
    null as close_date,
    null as fte
where 'unknown' not in (select branch_id from {{ ref('stg_branch') }})
