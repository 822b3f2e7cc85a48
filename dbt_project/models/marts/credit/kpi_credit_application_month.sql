-- Loan applications by the month they were decided in; who withdrew, or still waits, was not decided on.
with decided as (
    select
        {{ month_start('coalesce(decision_date, application_date)') }} as month,
        {{ known('product_id') }} as product_id,
        {{ known('channel') }} as channel,
        decision,
        requested_amount
    from {{ ref('stg_loan_application') }}
    where decision in ('approved', 'declined')
)

select
    decided.month,
    decided.product_id,
    decided.channel,
    cast(count(*) as bigint) as applications_decided,
    cast(sum(case when decided.decision = 'approved' then 1 else 0 end) as bigint) as applications_approved
from decided
inner join {{ ref('int_month_spined') }} as months
    on decided.month = months.month
group by decided.month, decided.product_id, decided.channel
