{{ config(event_time='as_of_date') }}

select
    {{ clean('id') }} as loan_cash_flow_id,
    date as as_of_date,
    {{ clean('loan_id') }} as loan_id,
    payment_date,
    type as cash_flow_type,
    amount,
    currency_code,
    version_id
from {{ source('raw', 'loan_cash_flow') }}
