{{ config(meta={'dagster': {'ref': {'name': 'fct_gl_month'}}}) }}

-- Per month, in the reporting currency. Each line is rounded when translated: a hundredth per line is fine.
with totals as (
    select
        month,
        count(*) as lines,
        sum(closing_reporting) as difference
    from {{ ref('fct_gl_month') }}
    group by month
)

select *
from totals
where abs(difference) > 0.01 * lines
