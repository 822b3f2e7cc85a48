-- The row `unknown` stands for facts whose product was not delivered, `unallocated` for what no contract
-- carries.
select
    product_id,
    product_name,
    product_family
from {{ ref('stg_product') }}
union all
select
    'unknown' as product_id,
    'Unknown' as product_name,
    'unknown' as product_family
where 'unknown' not in (select product_id from {{ ref('stg_product') }})
union all
select
    'unallocated' as product_id,
    'Not allocated' as product_name,
    'unallocated' as product_family
where 'unallocated' not in (select product_id from {{ ref('stg_product') }})
