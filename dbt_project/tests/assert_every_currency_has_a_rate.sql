{{ config(meta={'dagster': {'ref': {'name': 'int_currency_rated'}}}) }}

-- Amounts in a currency without a quote in the month can't be translated: every figure would lack them.
with used as (
    select distinct
        month,
        currency_code
    from {{ ref('fct_account_month') }}
    union
    select distinct
        month,
        currency_code
    from {{ ref('fct_loan_month') }}
    union
    select distinct
        month,
        currency_code
    from {{ ref('fct_gl_month') }}
)

select used.*
from used
left join {{ ref('int_currency_rated') }} as rates
    on
        used.month = rates.month
        and used.currency_code = rates.currency_code
where rates.rate is null
