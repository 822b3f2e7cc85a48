select
    month,
    branch_id,
    segment_code,
    region_id,
    month_end,
    cast(sum(case when is_customer then 1 else 0 end) as bigint) as customers,
    cast(sum(case when is_active then 1 else 0 end) as bigint) as customers_active,
    cast(sum(case when is_new then 1 else 0 end) as bigint) as customers_new,
    cast(sum(case when is_lost then 1 else 0 end) as bigint) as customers_lost,
    cast(sum(accounts_open) as bigint) as accounts_open,
    cast(sum(accounts_dormant) as bigint) as accounts_dormant,
    cast(sum(product_families) as bigint) as product_families_held
from {{ ref('int_customer_combined') }}
group by month, branch_id, segment_code, region_id, month_end
