{{ config(event_time='created_at') }}

select
    {{ clean('alert_id') }} as alert_id,
    {{ clean('transaction_id') }} as transaction_id,
    {{ clean('account_id') }} as account_id,
    created_at,
    {{ clean('detector_id') }} as detector_id,
    {{ clean('detector_version') }} as detector_version,
    score,
    amount_at_risk,
    blocked,
    status,
    disposition,
    disposed_at,
    {{ clean('disposed_by') }} as disposed_by,
    {{ clean('case_id') }} as case_id,
    version_id
from {{ source('raw', 'alert') }}
