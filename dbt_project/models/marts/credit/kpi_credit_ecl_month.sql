-- Expected credit loss of IFRS 9 as a model reckons it loan by loan; empty until one does.
select
    losses.month,
    loans.branch_id,
    loans.product_id,
    loans.segment_code,
    {{ known('cast(loans.stage as varchar)') }} as stage,
    cast(sum(losses.expected_loss) as decimal(24, 6)) as expected_loss
from {{ source('models', 'loan_loss') }} as losses
inner join {{ ref('fct_loan_month') }} as loans
    on
        losses.loan_id = loans.loan_id
        and losses.month = loans.month
where loans.is_open
group by
    losses.month, loans.branch_id, loans.product_id, loans.segment_code,
    {{ known('cast(loans.stage as varchar)') }}
