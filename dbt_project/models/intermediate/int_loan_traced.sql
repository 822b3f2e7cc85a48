{{ config(materialized='table') }}

-- What became of each loan that began within the history: when it was first 90 days past due or written off,
-- with what was owed then.
with facts as (
    select
        loan_id,
        month,
        branch_id,
        product_id,
        segment_code,
        start_date,
        orig_notional_reporting,
        balance_reporting + charge_offs_reporting as exposure,
        case
            when coalesce({{ is_noncurrent('days_past_due') }}, false) or charge_offs > 0 then month
        end as bad_month
    from {{ ref('fct_loan_month') }}
),

lives as (
    select
        loan_id,
        min(month) as first_month,
        min(bad_month) as bad_month
    from facts
    group by loan_id
)

select
    firsts.loan_id,
    {{ month_start('firsts.start_date') }} as start_month,
    firsts.branch_id,
    firsts.product_id,
    firsts.segment_code,
    firsts.orig_notional_reporting as amount,
    lives.bad_month,
    {{ months_between(month_start('firsts.start_date'), 'lives.bad_month') }} as bad_after_months,
    bads.exposure as bad_exposure
from lives
inner join facts as firsts
    on
        lives.loan_id = firsts.loan_id
        and lives.first_month = firsts.month
left join facts as bads
    on
        lives.loan_id = bads.loan_id
        and lives.bad_month = bads.month
where firsts.start_date >= (select min(month) from {{ ref('int_month_spined') }})
