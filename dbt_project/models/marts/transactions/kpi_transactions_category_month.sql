{{
    config(
        materialized='incremental',
        event_time='month',
        begin=var('begin'),
        meta={'reach': '1'},
    )
}}

-- What is paid at merchants, and what is declined and why.
select
    month,
    branch_id,
    segment_code,
    channel,
    {{ known('merchant_category_code') }} as merchant_category,
    case when status = 'RJCT' then {{ known('reject_reason') }} else 'none' end as reject_reason,
    cast(sum(case when status in ('BOOK', 'RVSL') then 1 else 0 end) as bigint) as txn_volume,
    cast(
        sum(case when status in ('BOOK', 'RVSL') then amount_reporting else 0 end) as decimal(24, 2)
    ) as txn_value,
    cast(sum(case when status = 'RJCT' then 1 else 0 end) as bigint) as declined_volume
from {{ ref('fct_transaction') }}
where merchant_category_code is not null or status = 'RJCT'
group by
    month,
    branch_id,
    segment_code,
    channel,
    {{ known('merchant_category_code') }},
    case when status = 'RJCT' then {{ known('reject_reason') }} else 'none' end
