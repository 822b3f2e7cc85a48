-- Deposits of the twenty largest depositors; of equal ones those whose identity comes first.
with ranked as (
    select
        month,
        deposit_balance,
        row_number() over (
            partition by month
            order by deposit_balance desc nulls last, customer_id asc nulls last
        ) as place
    from {{ ref('int_customer_combined') }}
)

select
    month,
    cast(sum(case when place <= 20 then deposit_balance else 0 end) as decimal(24, 2)) as deposits_top20,
    cast(sum(deposit_balance) as decimal(24, 2)) as deposits
from ranked
group by month
