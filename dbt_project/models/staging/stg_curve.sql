select
    {{ clean('curve_id') }} as curve_id,
    date as curve_date,
    tenor_days,
    rate,
    currency_code,
    version_id
from {{ source('raw', 'curve') }}
