{{ config(event_time='transaction_date') }}

select
    {{ clean('id') }} as loan_transaction_id,
    date as transaction_date,
    value_date,
    {{ clean('loan_id') }} as loan_id,
    amount,
    currency_code,
    type as loan_transaction_type,
    version_id
from {{ source('raw', 'loan_transaction') }}
