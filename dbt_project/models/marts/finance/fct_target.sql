select
    metric_id,
    dimension_key,
    period,
    target,
    amber,
    red
from {{ ref('stg_target') }}
