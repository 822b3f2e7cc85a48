-- Loans as last seen in any snapshot, those dated after the books' end included.
with ranked as (
    select
        *,
        row_number() over (partition by loan_id order by as_of_date desc nulls last) as recency
    from {{ ref('stg_loan') }}
)

select
    ranked.loan_id,
    ranked.account_id,
    ranked.customer_id,
    coalesce(ranked.branch_id, customers.branch_id, 'unknown') as branch_id,
    {{ known('ranked.product_id') }} as product_id,
    {{ known('ranked.purpose') }} as purpose,
    ranked.currency_code,
    ranked.start_date,
    ranked.end_date,
    {{ months_between('ranked.start_date', 'ranked.end_date') }} as term_months,
    cast(ranked.orig_notional as decimal(18, 2)) as orig_notional,
    {{ known('ranked.status') }} as status
from ranked
left join {{ ref('dim_customer') }} as customers
    on ranked.customer_id = customers.customer_id
where ranked.recency = 1
