-- Cumulative defaults by months on book. A cell is there once every loan of its quarter has been on the books
-- that long; `month` is when that was. A quarter that began before the history did has no cells.
with loans as (
    select
        *,
        {{ quarter_start('start_month') }} as quarter,
        {{ add_months(quarter_start('start_month'), 2) }} as last_start_month
    from {{ ref('int_loan_traced') }}
),

months as (
    select
        month,
        min(month) over () as first_month
    from {{ ref('int_month_spined') }}
),

cohorts as (
    select
        quarter,
        last_start_month,
        branch_id,
        product_id,
        count(*) as loans,
        sum(amount) as amount
    from loans
    group by quarter, last_start_month, branch_id, product_id
),

defaults as (
    select
        quarter,
        branch_id,
        product_id,
        bad_after_months,
        count(*) as loans,
        sum(bad_exposure) as exposure
    from loans
    where bad_month is not null
    group by quarter, branch_id, product_id, bad_after_months
),

cells as (
    select
        cohorts.*,
        months.month,
        {{ months_between('cohorts.last_start_month', 'months.month') }} as months_on_book
    from cohorts
    inner join months
        on
            cohorts.quarter >= months.first_month
            and cohorts.last_start_month <= months.month
)

select
    cells.month,
    {{ quarter_label('cells.quarter') }} as vintage,
    cells.months_on_book,
    cells.branch_id,
    cells.product_id,
    cast(cells.loans as bigint) as loans_originated,
    cast(cells.amount as decimal(24, 2)) as amount_originated,
    cast(sum(coalesce(defaults.loans, 0)) over (
        partition by cells.quarter, cells.branch_id, cells.product_id
        order by cells.months_on_book asc nulls last
        rows unbounded preceding
    ) as bigint) as loans_defaulted,
    cast(sum(coalesce(defaults.exposure, 0)) over (
        partition by cells.quarter, cells.branch_id, cells.product_id
        order by cells.months_on_book asc nulls last
        rows unbounded preceding
    ) as decimal(24, 2)) as balance_defaulted
from cells
left join defaults
    on
        cells.quarter = defaults.quarter
        and cells.branch_id = defaults.branch_id
        and cells.product_id = defaults.product_id
        and cells.months_on_book = defaults.bad_after_months
