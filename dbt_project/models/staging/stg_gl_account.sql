with ranked as (
    select
        *,
        row_number() over (
            partition by ledger_code
            order by business_date desc, version_id desc, line_number desc
        ) as recency
    from {{ source('raw', 'gl_account') }}
)

select
    {{ clean('ledger_code') }} as ledger_code,
    {{ clean('name') }} as ledger_name,
    {{ clean('parent_ledger_code') }} as parent_ledger_code,
    asset_liability,
    {{ clean('type') }} as ledger_type,
    {{ clean('purpose') }} as ledger_purpose,
    kpi_line,
    is_earning_asset,
    subledger,
    {{ clean('mdrm_code') }} as mdrm_code,
    {{ clean('finrep_cell') }} as finrep_cell,
    version_id
from ranked
where recency = 1
