{{ config(event_time='month') }}

-- Loans as of each month with the dimensions of the borrower: from the month's snapshot, or as last seen in
-- the one before.
with loans as (
    {{ last_seen(ref('stg_loan'), 'loan', 'loan_id') }}
)

select
    loans.month,
    loans.month_end,
    loans.loan_id,
    loans.customer_id,
    coalesce(loans.branch_id, customers.branch_id, 'unknown') as branch_id,
    {{ known('loans.product_id') }} as product_id,
    {{ known('customers.segment_code') }} as segment_code,
    {{ known('customers.industry_code') }} as industry_code,
    {{ known('customers.internal_rating') }} as internal_rating,
    loans.currency_code,
    loans.ledger_code,
    loans.start_date,
    loans.end_date,
    loans.orig_notional,
    loans.rate,
    loans.is_current,
    -- positions count only in the month they were delivered for
    loans.is_current and loans.as_of_date between loans.month and loans.month_end as is_delivered,
    loans.balance,
    loans.arrears_balance,
    loans.days_past_due,
    loans.first_arrears_date,
    loans.default_date,
    loans.accrual_status,
    loans.impairment_status,
    loans.provision_amount,
    loans.forbearance_date,
    loans.pd_irb,
    loans.lgd_irb,
    loans.ead
from loans
left join {{ ref('int_customer_aligned') }} as customers
    on
        loans.month = customers.month
        and loans.customer_id = customers.customer_id
