-- How concentrated the loan book is: sums of squares, so that the index is their ratio. A loan of which the
-- group is not known (private persons have no industry) is in none.
with exposures as (
    select
        loans.month,
        loans.customer_id,
        loans.product_id,
        loans.industry_code,
        {{ known('branches.region_id') }} as region_id,
        sum(loans.balance_reporting) as balance
    from {{ ref('fct_loan_month') }} as loans
    left join {{ ref('dim_branch') }} as branches
        on loans.branch_id = branches.branch_id
    where loans.is_open
    group by
        loans.month, loans.customer_id, loans.product_id, loans.industry_code,
        {{ known('branches.region_id') }}
),

grouped as (
    {% for name, column in {
        'borrower': 'customer_id', 'industry': 'industry_code', 'product': 'product_id', 'region': 'region_id',
    }.items() %}
        select
            month,
            '{{ name }}' as concentration,
            {{ column }} as group_id,
            cast(sum(balance) as decimal(19, 2)) as balance
        from exposures
        where {{ column }} <> 'unknown'
        group by month, {{ column }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by month, concentration order by balance desc nulls last, group_id asc nulls last
        ) as place
    from grouped
)

select
    month,
    concentration,
    cast(count(*) as bigint) as groups_found,
    cast(sum(balance) as decimal(19, 2)) as balance,
    cast(sum(case when place <= 20 then balance else 0 end) as decimal(19, 2)) as balance_of_top_20,
    cast(sum(balance * balance) as decimal(38, 4)) as sum_of_squares,
    cast(cast(sum(balance) as decimal(19, 2)) * cast(sum(balance) as decimal(19, 2)) as decimal(38, 4))
        as square_of_sum
from ranked
group by month, concentration
