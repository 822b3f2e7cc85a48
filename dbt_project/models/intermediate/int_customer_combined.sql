{{ config(materialized='table') }}

{% set families = product_families() %}

-- What a customer holds and does, per month with at least one account or loan that was open in it.
with accounts as (
    select
        facts.*,
        products.product_family
    from {{ ref('fct_account_month') }} as facts
    left join {{ ref('stg_product') }} as products
        on facts.product_id = products.product_id
),

attached as (
    select
        account_id,
        'card' as product_family,
        issue_date as start_date,
        expiry_date as end_date
    from {{ ref('stg_card') }}
    union all
    select
        account_id,
        'standing_order' as product_family,
        start_date,
        end_date
    from {{ ref('stg_standing_order') }}
),

loans as (
    select
        loan_id,
        min(start_date) as start_date
    from {{ ref('stg_loan') }}
    group by loan_id
),

holdings as (
    select
        customer_id,
        month,
        month_end,
        branch_id,
        segment_code,
        product_family,
        is_open,
        is_open as is_contract,
        is_open and not is_opened as is_earlier,
        false as is_loan,
        greatest(balance_reporting, 0) as deposit_balance,
        income_count,
        payment_count,
        last_customer_transaction_date
    from accounts
    union all
    select
        facts.customer_id,
        facts.month,
        facts.month_end,
        facts.branch_id,
        facts.segment_code,
        products.product_family,
        facts.is_open,
        facts.is_open as is_contract,
        facts.is_open and loans.start_date < facts.month as is_earlier,
        facts.is_open as is_loan,
        null as deposit_balance,
        0 as income_count,
        0 as payment_count,
        null as last_customer_transaction_date
    from {{ ref('fct_loan_month') }} as facts
    left join {{ ref('stg_product') }} as products
        on facts.product_id = products.product_id
    left join loans
        on facts.loan_id = loans.loan_id
    union all
    -- what hangs on an account is held by its owner, while the account is open
    select
        accounts.customer_id,
        accounts.month,
        accounts.month_end,
        accounts.branch_id,
        accounts.segment_code,
        attached.product_family,
        accounts.is_open,
        false as is_contract,
        false as is_earlier,
        false as is_loan,
        null as deposit_balance,
        0 as income_count,
        0 as payment_count,
        null as last_customer_transaction_date
    from accounts
    inner join attached
        on
            accounts.account_id = attached.account_id
            and coalesce(attached.start_date <= accounts.month_end, true)
            and coalesce(attached.end_date >= accounts.month_end, true)
),

monthly as (
    select
        customer_id,
        month,
        max(month_end) as month_end,
        extract(year from month) * 12 + extract(month from month) as month_number,
        min(branch_id) as branch_id,
        min(segment_code) as segment_code,
        bool_or(is_contract) as is_customer,
        bool_or(is_earlier) as held_before,
        bool_or(is_loan) as has_loan,
        coalesce(sum(deposit_balance), 0) as deposit_balance,
        sum(income_count) as income_count,
        sum(payment_count) as payment_count,
        max(last_customer_transaction_date) as last_customer_transaction_date,
        {% for family in families %}
            coalesce(bool_or(is_open and product_family = '{{ family }}'), false) as holds_{{ family }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from holdings
    group by customer_id, month
),

followed as (
    select
        *,
        lag(month) over (partition by customer_id order by month asc nulls last) as previous_month,
        lag(is_customer) over (partition by customer_id order by month asc nulls last) as was_customer,
        sum(case when income_count > 0 then 1 else 0 end) over (
            partition by customer_id
            order by month_number asc nulls last
            range between 2 preceding and current row
        ) as income_months,
        {% for family in families %}
            lag(holds_{{ family }}) over (partition by customer_id order by month asc nulls last)
                as held_{{ family }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from monthly
),

placed as (
    select
        followed.*,
        coalesce(nullif(customers.branch_id, 'unknown'), followed.branch_id) as home_branch_id,
        coalesce(nullif(customers.segment_code, 'unknown'), followed.segment_code) as home_segment_code,
        {{ known('customers.region_id') }} as region_id,
        {{ known('customers.age_band') }} as age_band,
        coalesce(
            followed.was_customer and followed.previous_month = {{ add_months('followed.month', -1) }}, false
        ) as was_customer_before,
        followed.is_customer and (
            followed.has_loan
            or coalesce(
                {{ days_between('followed.last_customer_transaction_date', 'followed.month_end') }}
                < {{ var('active_days') }},
                false
            )
        ) as is_active
    from followed
    left join {{ ref('int_customer_aligned') }} as customers
        on
            followed.customer_id = customers.customer_id
            and followed.month = customers.month
)

select
    customer_id,
    month,
    month_end,
    home_branch_id as branch_id,
    home_segment_code as segment_code,
    region_id,
    age_band,
    is_customer,
    is_active,
    is_customer and previous_month is null and not held_before as is_new,
    not is_customer and was_customer_before as is_lost,
    -- salary or pension in two of the last three months, and enough payments in this one
    is_active and income_months >= 2 and payment_count >= {{ var('primary_payments') }} as is_primary,
    cast(deposit_balance as decimal(24, 2)) as deposit_balance,
    cast(
        {% for family in families %}
            case when holds_{{ family }} then 1 else 0 end
            {%- if not loop.last %} +{% endif %}
        {% endfor %}
        as bigint
    ) as product_families,
    {% for family in families %}
        holds_{{ family }},
    {% endfor %}
    {% for family in families %}
        is_customer
        and was_customer_before
        and held_{{ family }}
        and not holds_{{ family }} as lost_{{ family }}
        {%- if not loop.last %},{% endif %}
    {% endfor %}
from placed
