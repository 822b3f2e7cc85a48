-- Branches as each list that was delivered told of them; stg_branch has the last word only.
select
    {{ clean('branch_id') }} as branch_id,
    {{ clean('name') }} as branch_name,
    {{ clean('parent_branch_id') }} as parent_branch_id,
    {{ clean('region_id') }} as region_id,
    business_date,
    line_number,
    version_id
from {{ source('raw', 'branch') }}
