-- The retention matrix: who is still a customer so many months after the first account. A cohort is a quarter
-- that the data cover wholly; a cell is there once it is observed for the youngest of the cohort.
with months as (
    select
        month,
        extract(year from month) * 12 + extract(month from month) as number,
        min(month) over () as first_month
    from {{ ref('int_month_spined') }}
),

acquired as (
    select
        customers.customer_id,
        customers.branch_id,
        customers.segment_code,
        months.number,
        extract(year from customers.month) as acquired_year,
        extract(quarter from customers.month) as acquired_quarter
    from {{ ref('int_customer_combined') }} as customers
    inner join months
        on customers.month = months.month
    where
        customers.is_new
        and {{ quarter_start('customers.month') }} >= months.first_month
),

cells as (
    select
        acquired.*,
        observed.month as observed_month,
        observed.number - acquired.number as months_since
    from acquired
    inner join months as observed
        on acquired.number <= observed.number
)

select
    complete.month,
    cast(cells.acquired_year as varchar) || '-Q' || cast(cells.acquired_quarter as varchar) as cohort,
    cast(cells.months_since as bigint) as months_since,
    cells.branch_id,
    cells.segment_code,
    cast(count(*) as bigint) as customers_acquired,
    cast(sum(case when customers.is_customer then 1 else 0 end) as bigint) as customers_present
from cells
-- the month in which the quarter's last customers have been here as long
inner join months as complete
    on cells.acquired_year * 12 + cells.acquired_quarter * 3 + cells.months_since = complete.number
left join {{ ref('int_customer_combined') }} as customers
    on
        cells.customer_id = customers.customer_id
        and cells.observed_month = customers.month
group by
    complete.month, cells.acquired_year, cells.acquired_quarter, cells.months_since, cells.branch_id,
    cells.segment_code
