{{ config(event_time='as_of_date') }}

select
    {{ clean('id') }} as account_id,
    date as as_of_date,
    {{ clean('customer_id') }} as customer_id,
    type as account_type,
    {{ clean('product_id') }} as product_id,
    currency_code,
    balance,
    accrued_interest,
    rate,
    {{ clean('rate_type') }} as rate_type,
    limit_amount,
    start_date,
    end_date,
    {{ clean('status') }} as status,
    {{ clean('branch_id') }} as branch_id,
    {{ clean('cost_center_code') }} as cost_center_code,
    {{ clean('ledger_code') }} as ledger_code,
    {{ clean('asset_liability') }} as asset_liability,
    {{ clean('statement_frequency') }} as statement_frequency,
    version_id
from {{ source('raw', 'account') }}
