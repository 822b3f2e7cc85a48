{% set attributes = ['branch_name', 'parent_branch_id', 'region_id', 'level_1', 'level_2', 'level_3'] %}

-- Branches with the attributes of their time: a row for as long as name, region and place in the hierarchy
-- stay. A list speaks for its whole month, the first one also for the time before. Each branch carries the
-- units above it from the top down: what has a level is below that unit, or is the unit itself.
with listed as (
    select *
    from {{ ref('int_branch_listed') }}
),

paths as (
    select
        listed.month,
        listed.branch_id,
        listed.branch_name,
        listed.parent_branch_id,
        listed.region_id,
        first_above.branch_id as above_1,
        second_above.branch_id as above_2,
        third_above.branch_id as above_3
    from listed
    left join listed as first_above
        on
            listed.parent_branch_id = first_above.branch_id
            and listed.month = first_above.month
    left join listed as second_above
        on
            first_above.parent_branch_id = second_above.branch_id
            and listed.month = second_above.month
    left join listed as third_above
        on
            second_above.parent_branch_id = third_above.branch_id
            and listed.month = third_above.month
),

placed as (
    select
        month,
        branch_id,
        branch_name,
        parent_branch_id,
        region_id,
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
),

followed as (
    select
        *,
        lag(month) over (partition by branch_id order by month asc nulls last) as previous_month,
        {% for attribute in attributes %}
            lag({{ attribute }}) over (partition by branch_id order by month asc nulls last)
                as previous_{{ attribute }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from placed
),

versions as (
    select
        branch_id,
        month,
        branch_name,
        parent_branch_id,
        region_id,
        level_1,
        level_2,
        level_3,
        case when previous_month is null then cast('1900-01-01' as date) else month end as valid_from
    from followed
    where
        previous_month is null
        {% for attribute in attributes %}
            or coalesce({{ attribute }}, '') <> coalesce(previous_{{ attribute }}, '')
        {% endfor %}
)

select
    branch_id,
    valid_from,
    lead(valid_from) over (partition by branch_id order by month asc nulls last) as valid_to,
    branch_name,
    parent_branch_id,
    region_id,
    level_1,
    level_2,
    level_3
from versions
union all
select
    'unknown' as branch_id,
    cast('1900-01-01' as date) as valid_from,
    cast(null as date) as valid_to,
    'Unknown' as branch_name,
    null as parent_branch_id,
    'unknown' as region_id,
    'unknown' as level_1,
    'unknown' as level_2,
    'unknown' as level_3
where 'unknown' not in (select versions.branch_id from versions)
