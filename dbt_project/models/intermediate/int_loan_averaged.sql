{{ config(materialized='table') }}

-- The average life of a loan's principal, and the share of its payments that is principal, as scheduled.
select
    loan_id,
    cast(
        round(
            cast(
                sum(
                    case
                        when cash_flow_type = 'principal'
                            then amount * {{ days_between("cast('1970-01-01' as date)", 'payment_date') }}
                    end
                ) as double
            )
            / nullif(sum(case when cash_flow_type = 'principal' then amount end), 0)
        ) as integer
    ) as average_payment_day,
    cast(
        sum(case when cash_flow_type = 'principal' then amount else 0 end) as decimal(18, 2)
    ) as scheduled_principal,
    cast(sum(amount) as decimal(18, 2)) as scheduled_total
from {{ ref('stg_loan_cash_flow') }}
group by loan_id
