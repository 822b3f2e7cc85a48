-- Numerator and denominator of the net charge-off rate on each of the four bases. Averages of days are of
-- each loan's daily balance.
with days as (
    select
        month,
        branch_id,
        product_id,
        segment_code,
        sum(lent_days) as balance_days
    from {{ ref('fct_profit_month') }}
    where contract_type = 'loan'
    group by month, branch_id, product_id, segment_code
),

-- A part of the book without loans in a month has none: every month counts for every part.
parts as (
    select distinct
        branch_id,
        product_id,
        segment_code
    from {{ ref('kpi_credit_month') }}
),

books as (
    select
        months.month as source_month,
        parts.branch_id,
        parts.product_id,
        parts.segment_code,
        coalesce(book.charge_offs - book.recoveries, 0) as net_charge_offs,
        coalesce(book.gross_loans, 0) as balance,
        coalesce(days.balance_days, 0) as balance_days
    from {{ ref('int_month_spined') }} as months
    cross join parts
    left join {{ ref('kpi_credit_month') }} as book
        on
            months.month = book.month
            and parts.branch_id = book.branch_id
            and parts.product_id = book.product_id
            and parts.segment_code = book.segment_code
    left join days
        on
            months.month = days.month
            and parts.branch_id = days.branch_id
            and parts.product_id = days.product_id
            and parts.segment_code = days.segment_code
)

select
    weights.month,
    books.branch_id,
    books.product_id,
    books.segment_code,
    weights.basis,
    {{ annualised('books.net_charge_offs') }} as net_charge_offs_annual,
    {{ averaged('books.balance', 'books.balance_days') }} as balance_average
from books
inner join {{ ref('int_basis_weighted') }} as weights
    on books.source_month = weights.source_month
group by weights.month, books.branch_id, books.product_id, books.segment_code, weights.basis
having count(*) = min(weights.sources)
