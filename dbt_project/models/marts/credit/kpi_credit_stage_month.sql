-- The loan book by IFRS 9 stage. Every stage stands beside the whole book of its place, also an empty one.
with places as (
    select
        month,
        branch_id,
        product_id,
        segment_code,
        sum(balance_reporting) as book_balance
    from {{ ref('fct_loan_month') }}
    where is_open
    group by month, branch_id, product_id, segment_code
),

staged as (
    select
        month,
        branch_id,
        product_id,
        segment_code,
        {{ known('cast(stage as varchar)') }} as stage,
        count(*) as loans,
        sum(balance_reporting) as balance,
        sum(provision_amount_reporting) as provision_amount
    from {{ ref('fct_loan_month') }}
    where is_open
    group by month, branch_id, product_id, segment_code, {{ known('cast(stage as varchar)') }}
)

select
    places.month,
    places.branch_id,
    places.product_id,
    places.segment_code,
    stages.stage,
    cast(coalesce(staged.loans, 0) as bigint) as loans,
    cast(coalesce(staged.balance, 0) as decimal(24, 2)) as balance,
    cast(staged.provision_amount as decimal(24, 2)) as provision_amount,
    cast(places.book_balance as decimal(24, 2)) as book_balance
from places
cross join (
    select '1' as stage
    union all
    select '2' as stage
    union all
    select '3' as stage
    union all
    select 'unknown' as stage
) as stages
left join staged
    on
        places.month = staged.month
        and places.branch_id = staged.branch_id
        and places.product_id = staged.product_id
        and places.segment_code = staged.segment_code
        and stages.stage = staged.stage
