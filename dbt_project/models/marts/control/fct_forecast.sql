select
    metric_id,
    origin,
    date_day,
    horizon,
    model,
    value,
    lower,
    upper,
    forecasts.interval
from {{ source('models', 'forecast') }} as forecasts
