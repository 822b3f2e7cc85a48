-- Of the loans that perform at a month's end, those in default within the next twelve months: known, and
-- there, once these twelve months are over.
with positions as (
    select
        loan_id,
        month,
        branch_id,
        product_id,
        segment_code,
        internal_rating,
        is_performing,
        case when (is_open and not is_performing) or charge_offs > 0 then month end as default_month
    from {{ ref('fct_loan_month') }}
),

followed as (
    select
        *,
        min(default_month) over (
            partition by loan_id
            order by month asc nulls last
            rows between 1 following and unbounded following
        ) as next_default_month
    from positions
)

select
    month,
    branch_id,
    product_id,
    segment_code,
    internal_rating,
    cast(count(*) as bigint) as loans_performing,
    cast(
        sum(case when next_default_month <= {{ add_months('month', 12) }} then 1 else 0 end) as bigint
    ) as loans_defaulted
from followed
where
    is_performing
    and {{ add_months('month', 12) }} <= (select max(month) from {{ ref('int_month_spined') }})
group by month, branch_id, product_id, segment_code, internal_rating
