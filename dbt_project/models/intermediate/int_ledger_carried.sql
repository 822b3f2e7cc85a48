-- What the ledger's month-end closings add up to, of the accounts that count in the statements: zero, unless
-- the ledger itself does not foot.
select
    facts.month,
    cast(sum(facts.closing_reporting) as decimal(24, 2)) as difference
from {{ ref('fct_gl_month') }} as facts
where
    exists (
        select 1
        from {{ ref('kpi_line_rollup') }} as rollup
        where rollup.kpi_line = facts.kpi_line
    )
group by facts.month
