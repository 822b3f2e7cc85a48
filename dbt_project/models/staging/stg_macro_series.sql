select
    {{ clean('series_id') }} as series_id,
    {{ clean('region_id') }} as region_id,
    date as observation_date,
    value,
    {{ clean('scenario') }} as scenario,
    version_id
from {{ source('raw', 'macro_series') }}
