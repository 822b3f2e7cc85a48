-- What is observed, or assumed, of the economy: unemployment, wages, prices, by region.
select
    series_id,
    {{ known('region_id') }} as region_id,
    observation_date,
    {{ known('scenario') }} as scenario,
    value
from {{ ref('stg_macro_series') }}
