select
    metric_id,
    origin,
    model,
    horizon_days,
    mase,
    coverage,
    model <> 'seasonal_naive' and mase < 1 as is_better_than_naive
from {{ source('models', 'forecast_backtest') }}
