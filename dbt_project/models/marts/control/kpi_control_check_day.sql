-- What the contract's rules found, on the business date that a delivery speaks of.
select
    batches.business_date as date_day,
    batches.source,
    batches.table_name,
    results.rule,
    results.dq_dimension,
    cast(sum(results.examined) as bigint) as examined,
    cast(sum(results.examined - results.failed) as bigint) as passed,
    cast(sum(results.failed) as bigint) as failed
from {{ source('raw', 'check_result') }} as results
inner join {{ ref('stg_batch') }} as batches
    on results.version_id = batches.version_id
group by batches.business_date, batches.source, batches.table_name, results.rule, results.dq_dimension
