with ranked as (
    select
        *,
        row_number() over (
            partition by metric_id, dimension_key, period
            order by business_date desc, version_id desc, line_number desc
        ) as recency
    from {{ source('raw', 'target') }}
)

select
    {{ clean('metric_id') }} as metric_id,
    {{ clean('dimension_key') }} as dimension_key,
    period,
    target,
    amber,
    red,
    {{ clean('proposed_by') }} as proposed_by,
    {{ clean('approved_by') }} as approved_by,
    version_id
from ranked
where recency = 1
