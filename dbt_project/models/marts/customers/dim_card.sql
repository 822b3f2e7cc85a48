-- Cards as last delivered.
select
    card_id,
    account_id,
    {{ known('customer_id') }} as customer_id,
    card_type,
    issue_date,
    expiry_date,
    {{ known('status') }} as status
from {{ ref('stg_card') }}
