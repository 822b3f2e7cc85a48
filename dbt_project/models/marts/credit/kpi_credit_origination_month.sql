-- Loans by the month they began, and whose first instalment stayed unpaid for 30 days: known once every loan
-- of the month has come that far.
with first_instalments as (
    select
        loan_id,
        payment_date,
        amount
    from {{ ref('int_loan_scheduled') }}
    where instalment_number = 1
),

payments as (
    select
        first_instalments.loan_id,
        sum(movements.amount) as paid
    from first_instalments
    inner join {{ ref('stg_loan_transaction') }} as movements
        on first_instalments.loan_id = movements.loan_id
    where
        movements.loan_transaction_type in ('capital_repayment', 'interest_repayment', 'received')
        and movements.transaction_date <= {{ add_days('first_instalments.payment_date', 30) }}
    group by first_instalments.loan_id
),

channels as (
    select
        loan_id,
        min(channel) as channel
    from {{ ref('stg_loan_application') }}
    where loan_id is not null
    group by loan_id
),

loans as (
    select
        traced.start_month as month,
        traced.branch_id,
        traced.product_id,
        traced.segment_code,
        {{ known('channels.channel') }} as channel,
        traced.amount,
        first_instalments.loan_id is not null as has_schedule,
        first_instalments.amount - coalesce(payments.paid, 0) > {{ var('instalment_tolerance') }}
            as is_unpaid,
        max({{ add_days('first_instalments.payment_date', 30) }}) over (partition by traced.start_month)
            as known_on
    from {{ ref('int_loan_traced') }} as traced
    left join first_instalments
        on traced.loan_id = first_instalments.loan_id
    left join payments
        on traced.loan_id = payments.loan_id
    left join channels
        on traced.loan_id = channels.loan_id
),

judged as (
    select
        *,
        has_schedule and known_on <= (select max(month_end) from {{ ref('int_month_spined') }}) as is_known
    from loans
)

select
    month,
    branch_id,
    product_id,
    segment_code,
    channel,
    cast(count(*) as bigint) as loans_originated,
    cast(sum(amount) as decimal(24, 2)) as amount_originated,
    cast(sum(case when is_known then 1 else 0 end) as bigint) as loans_first_due,
    cast(sum(case when is_known and is_unpaid then 1 else 0 end) as bigint) as first_payment_defaults
from judged
group by month, branch_id, product_id, segment_code, channel
