-- The loan book by days past due, and what became of each bucket of the month before: what rolled into the
-- next one, who is current again (OCC, Retail Lending Examination Procedures, appendix G).
with positions as (
    select
        loan_id,
        month,
        branch_id,
        product_id,
        segment_code,
        dpd_bucket,
        {{ bucket_order('dpd_bucket') }} as bucket_order,
        balance_reporting,
        is_open
    from {{ ref('fct_loan_month') }}
),

parts as (
    select
        month,
        branch_id,
        product_id,
        segment_code,
        dpd_bucket,
        1 as loans,
        balance_reporting as balance,
        0 as loans_before,
        0 as balance_before,
        0 as balance_rolled,
        0 as loans_cured
    from positions
    where is_open
    union all
    -- with the place that the loan had when it was in the bucket; one that has left neither rolled nor cured
    select
        {{ add_months('earlier.month', 1) }} as month,
        earlier.branch_id,
        earlier.product_id,
        earlier.segment_code,
        earlier.dpd_bucket,
        0 as loans,
        0 as balance,
        1 as loans_before,
        earlier.balance_reporting as balance_before,
        case
            when now.is_open and now.bucket_order = earlier.bucket_order + 1 then now.balance_reporting else 0
        end as balance_rolled,
        case
            when now.is_open and now.bucket_order = 0 and earlier.bucket_order > 0 then 1 else 0
        end as loans_cured
    from positions as earlier
    left join positions as now
        on
            earlier.loan_id = now.loan_id
            and now.month = {{ add_months('earlier.month', 1) }}
    where
        earlier.is_open
        and earlier.month < (select max(month) from {{ ref('int_month_spined') }})
)

select
    month,
    branch_id,
    product_id,
    segment_code,
    dpd_bucket,
    cast(sum(loans) as bigint) as loans,
    cast(sum(balance) as decimal(24, 2)) as balance,
    cast(sum(loans_before) as bigint) as loans_before,
    cast(sum(balance_before) as decimal(24, 2)) as balance_before,
    cast(sum(balance_rolled) as decimal(24, 2)) as balance_rolled,
    cast(sum(loans_cured) as bigint) as loans_cured
from parts
group by month, branch_id, product_id, segment_code, dpd_bucket
