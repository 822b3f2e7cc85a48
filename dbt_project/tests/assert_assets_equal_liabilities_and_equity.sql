{{ config(meta={'dagster': {'ref': {'name': 'fct_gl_month'}}}) }}

-- Per month, in the main currency. Each line is rounded when translated: a hundredth per line is allowed.
with totals as (
    select
        leaves.month,
        count(*) as lines,
        sum({{ translated('leaves.closing', 'rates.rate') }}) as difference
    from {{ ref('fct_gl_month') }} as leaves
    left join {{ ref('int_currency_rated') }} as rates
        on
            leaves.month = rates.month
            and leaves.currency_code = rates.currency_code
    group by leaves.month
)

select *
from totals
where abs(difference) > 0.01 * lines
