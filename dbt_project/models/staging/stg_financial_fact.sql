select
    {{ clean('entity_id') }} as entity_id,
    {{ clean('concept') }} as concept,
    taxonomy,
    period_start,
    period_end,
    is_ytd,
    value,
    unit,
    {{ clean('source') }} as source,
    version_id
from {{ source('raw', 'financial_fact') }}
