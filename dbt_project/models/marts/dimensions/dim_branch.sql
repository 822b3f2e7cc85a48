-- The row `unknown` stands for facts whose branch was not delivered. Each branch carries the units above it
-- from the top down: what has a level is below that unit, or is the unit itself.
with paths as (
    select
        branches.*,
        parents.branch_id as above_1,
        second.branch_id as above_2,
        third.branch_id as above_3
    from {{ ref('stg_branch') }} as branches
    left join {{ ref('stg_branch') }} as parents
        on branches.parent_branch_id = parents.branch_id
    left join {{ ref('stg_branch') }} as second
        on parents.parent_branch_id = second.branch_id
    left join {{ ref('stg_branch') }} as third
        on second.parent_branch_id = third.branch_id
)

select
    branch_id,
    branch_name,
    parent_branch_id,
    {{ known('region_id') }} as region_id,
    cost_center_code,
    open_date,
    close_date,
    fte,
    coalesce(above_3, above_2, above_1, branch_id) as level_1,
    case
        when above_3 is not null then above_2
        when above_2 is not null then above_1
        else branch_id
    end as level_2,
    case
        when above_3 is not null then above_1
        else branch_id
    end as level_3
from paths
union all
select
    'unknown' as branch_id,
    'Unknown' as branch_name,
    null as parent_branch_id,
    'unknown' as region_id,
    null as cost_center_code,
    null as open_date,
    null as close_date,
    null as fte,
    'unknown' as level_1,
    'unknown' as level_2,
    'unknown' as level_3
where 'unknown' not in (select branches.branch_id from {{ ref('stg_branch') }} as branches)
