{{ config(meta={'dagster': {'ref': {'name': 'int_currency_rated'}}}) }}

-- Amounts without a rate for their day can't be translated: every figure would lack them.
with untranslated as (
    select
        month,
        currency_code,
        count(*) as rows_found
    from {{ ref('fct_transaction') }}
    where amount_reporting is null
    group by month, currency_code
    union all
    select
        month,
        currency_code,
        count(*) as rows_found
    from {{ ref('fct_account_month') }}
    where balance is not null and balance_reporting is null
    group by month, currency_code
    union all
    select
        month,
        currency_code,
        count(*) as rows_found
    from {{ ref('fct_loan_month') }}
    where balance_reporting is null
    group by month, currency_code
    union all
    select
        month,
        currency_code,
        count(*) as rows_found
    from {{ ref('fct_gl_month') }}
    where closing_reporting is null or flow_reporting is null or balance_days_reporting is null
    group by month, currency_code
)

select *
from untranslated
