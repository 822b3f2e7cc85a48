{{ config(materialized='table') }}

-- Instalments in the order they fall due, with what the loan owes in all up to each of them.
with instalments as (
    select
        loan_id,
        payment_date,
        sum(amount) as amount,
        sum(case when cash_flow_type = 'principal' then amount else 0 end) as principal
    from {{ ref('stg_loan_cash_flow') }}
    group by loan_id, payment_date
)

select
    loan_id,
    payment_date,
    cast(amount as decimal(18, 2)) as amount,
    cast(principal as decimal(18, 2)) as principal,
    cast(
        row_number() over (partition by loan_id order by payment_date asc nulls last) as integer
    ) as instalment_number,
    cast(
        sum(amount) over (partition by loan_id order by payment_date asc nulls last rows unbounded preceding)
        as decimal(18, 2)
    ) as cumulative_due,
    cast(sum(principal) over (partition by loan_id) as decimal(18, 2)) as scheduled_principal,
    cast(sum(amount) over (partition by loan_id) as decimal(18, 2)) as scheduled_total
from instalments
