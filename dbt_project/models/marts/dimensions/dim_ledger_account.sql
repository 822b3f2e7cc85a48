-- The chart of accounts as last delivered.
select
    ledger_code,
    ledger_name,
    parent_ledger_code,
    asset_liability,
    kpi_line,
    is_earning_asset,
    subledger
from {{ ref('stg_gl_account') }}
