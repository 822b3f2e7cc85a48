{{ config(event_time='rate_date') }}

select
    {{ clean('id') }} as exchange_rate_id,
    date as rate_date,
    base_currency_code,
    quote_currency_code,
    quote,
    version_id
from {{ source('raw', 'exchange_rate') }}
