{{ config(event_time='as_of_date') }}

select
    {{ clean('id') }} as customer_id,
    date as as_of_date,
    type as customer_type,
    birth_date,
    sex,
    start_date,
    {{ clean('status') }} as status,
    {{ clean('postal_code') }} as postal_code,
    {{ clean('region_id') }} as region_id,
    country_code,
    {{ clean('nace_code') }} as nace_code,
    turnover,
    {{ clean('internal_rating') }} as internal_rating,
    risk_profile,
    {{ clean('segment_code') }} as segment_code,
    kyc_review_date,
    marketing_consent,
    {{ clean('branch_id') }} as branch_id,
    version_id
from {{ source('raw', 'customer') }}
