{{ config(event_time='reported_at') }}

select
    {{ clean('case_id') }} as case_id,
    {{ clean('transaction_id') }} as transaction_id,
    {{ clean('fraud_type') }} as fraud_type,
    reported_at,
    confirmed_at,
    label_source,
    gross_loss,
    recovered,
    {{ clean('liable_party') }} as liable_party,
    is_chargeback,
    version_id
from {{ source('raw', 'fraud_case') }}
