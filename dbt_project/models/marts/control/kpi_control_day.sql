-- Deliveries on the business date they speak of.
with refused as (
    select
        version_id,
        sum(rows) as rows_quarantined
    from {{ source('raw', 'quarantine_count') }}
    group by version_id
)

select
    batches.business_date as date_day,
    batches.source,
    batches.table_name,
    cast(count(*) as bigint) as deliveries,
    cast(sum(batches.rows_delivered) as bigint) as rows_delivered,
    cast(sum(batches.rows_loaded) as bigint) as rows_loaded,
    cast(coalesce(sum(refused.rows_quarantined), 0) as bigint) as rows_quarantined
from {{ ref('stg_batch') }} as batches
left join refused
    on batches.version_id = refused.version_id
group by batches.business_date, batches.source, batches.table_name
