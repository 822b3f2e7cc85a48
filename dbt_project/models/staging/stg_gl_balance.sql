{{ config(event_time='balance_date') }}

select
    date as balance_date,
    {{ clean('ledger_code') }} as ledger_code,
    {{ clean('cost_center_code') }} as cost_center_code,
    currency_code,
    opening,
    debit,
    credit,
    closing,
    {{ clean('source') }} as source,
    version_id
from {{ source('raw', 'gl_balance') }}
