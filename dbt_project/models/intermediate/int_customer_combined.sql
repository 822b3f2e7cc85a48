{{ config(materialized='table') }}

-- What a customer holds and does, per month with at least one account or loan that was open in it.
with holdings as (
    select
        customer_id,
        month,
        month_end,
        branch_id,
        segment_code,
        product_id,
        is_open,
        is_dormant,
        true as is_account,
        is_opened as is_started,
        last_customer_transaction_date
    from {{ ref('fct_account_month') }}
    union all
    select
        customer_id,
        month,
        month_end,
        branch_id,
        segment_code,
        product_id,
        is_open,
        false as is_dormant,
        false as is_account,
        -- a loan's first row is the month it started, or the first month known
        month = min(month) over (partition by loan_id) as is_started,
        cast(null as date) as last_customer_transaction_date
    from {{ ref('fct_loan_month') }}
),

families as (
    select
        held.customer_id,
        held.month,
        count(*) as product_families
    from (
        select distinct
            holdings.customer_id,
            holdings.month,
            products.product_family
        from holdings
        inner join {{ ref('stg_product') }} as products
            on holdings.product_id = products.product_id
        where holdings.is_open
    ) as held
    group by held.customer_id, held.month
),

monthly as (
    select
        customer_id,
        month,
        month_end,
        min(branch_id) as branch_id,
        min(segment_code) as segment_code,
        bool_or(is_open) as is_customer,
        bool_or(is_open and not is_started) as held_before,
        sum(case when is_open and is_account then 1 else 0 end) as accounts_open,
        sum(case when is_dormant then 1 else 0 end) as accounts_dormant,
        bool_or(is_open and not is_account) as has_loan,
        max(last_customer_transaction_date) as last_customer_transaction_date
    from holdings
    group by customer_id, month, month_end
),

followed as (
    select
        *,
        lag(month) over (partition by customer_id order by month asc nulls last) as previous_month,
        lag(is_customer) over (partition by customer_id order by month asc nulls last) as was_customer
    from monthly
)

select
    followed.customer_id,
    followed.month,
    followed.month_end,
    coalesce(nullif(customers.branch_id, 'unknown'), followed.branch_id) as branch_id,
    coalesce(nullif(customers.segment_code, 'unknown'), followed.segment_code) as segment_code,
    {{ known('customers.region_id') }} as region_id,
    followed.is_customer,
    followed.is_customer and (
        followed.has_loan
        or coalesce(
            {{ days_between('followed.last_customer_transaction_date', 'followed.month_end') }}
            < {{ var('active_days') }},
            false
        )
    ) as is_active,
    followed.is_customer and followed.previous_month is null and not followed.held_before as is_new,
    not followed.is_customer
    and coalesce(
        followed.was_customer and followed.previous_month = {{ add_months('followed.month', -1) }}, false
    ) as is_lost,
    cast(followed.accounts_open as bigint) as accounts_open,
    cast(followed.accounts_dormant as bigint) as accounts_dormant,
    cast(coalesce(families.product_families, 0) as bigint) as product_families
from followed
left join families
    on
        followed.customer_id = families.customer_id
        and followed.month = families.month
left join {{ ref('int_customer_aligned') }} as customers
    on
        followed.customer_id = customers.customer_id
        and followed.month = customers.month
