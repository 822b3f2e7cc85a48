{{ config(materialized='table') }}

-- The average life of a loan's principal, and the share of its payments that is principal, as scheduled.
select
    loan_id,
    cast(
        round(
            cast(sum(principal * {{ days_between("cast('1970-01-01' as date)", 'payment_date') }}) as double)
            / nullif(max(scheduled_principal), 0)
        ) as integer
    ) as average_payment_day,
    max(scheduled_principal) as scheduled_principal,
    max(scheduled_total) as scheduled_total
from {{ ref('int_loan_scheduled') }}
group by loan_id
