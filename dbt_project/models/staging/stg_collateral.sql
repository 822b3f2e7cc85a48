select
    {{ clean('id') }} as collateral_id,
    date as as_of_date,
    {{ clean('type') }} as collateral_type,
    value,
    value_date,
    {{ clean('valuation_type') }} as valuation_type,
    currency_code,
    {{ clean('postal_code') }} as postal_code,
    charge,
    version_id
from {{ source('raw', 'collateral') }}
