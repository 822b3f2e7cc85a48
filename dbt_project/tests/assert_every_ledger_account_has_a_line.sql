-- A leaf that the roll-up does not know would be missing from profit or from the balance sheet.
select distinct
    facts.ledger_code,
    facts.kpi_line
from {{ ref('fct_gl_month') }} as facts
left join {{ ref('kpi_line_rollup') }} as rollup
    on facts.kpi_line = rollup.kpi_line
where rollup.kpi_line is null
