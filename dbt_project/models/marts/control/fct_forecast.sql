select
    metric_id,
    origin,
    date_day,
    horizon,
    model,
    value,
    lower,
    upper,
    "interval"
from {{ source('models', 'forecast') }}
