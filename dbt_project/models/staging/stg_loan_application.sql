select
    {{ clean('application_id') }} as application_id,
    {{ clean('customer_id') }} as customer_id,
    application_date,
    {{ clean('product_id') }} as product_id,
    requested_amount,
    {{ clean('channel') }} as channel,
    score,
    decision,
    decision_date,
    {{ clean('decline_reason') }} as decline_reason,
    {{ clean('loan_id') }} as loan_id,
    version_id
from {{ source('raw', 'loan_application') }}
