select
    version_id,
    {{ clean('source') }} as source,
    table_name,
    business_date,
    received_at,
    file_name,
    sha256,
    count as rows_delivered,
    rows_loaded,
    control_total,
    contract_version
from {{ source('raw', 'batch') }}
