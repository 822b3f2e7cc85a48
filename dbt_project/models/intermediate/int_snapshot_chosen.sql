{{ config(materialized='table', event_time='month') }}

-- Which snapshot speaks for a month: the newest one up to the month's end, else the first one after it
-- (a bank that delivers a single extract). The snapshot that spoke for the month before comes along, because
-- a closed account or loan simply vanishes from the next one.
with snapshots as (
    select
        'account' as table_name,
        as_of_date as snapshot_date
    from {{ ref('stg_account') }}
    union
    select
        'customer' as table_name,
        as_of_date as snapshot_date
    from {{ ref('stg_customer') }}
    union
    select
        'loan' as table_name,
        as_of_date as snapshot_date
    from {{ ref('stg_loan') }}
),

per_month as (
    select
        months.month,
        months.month_end,
        snapshots.table_name,
        max(case when snapshots.snapshot_date <= months.month_end then snapshots.snapshot_date end) as newest,
        max(case when snapshots.snapshot_date < months.month then snapshots.snapshot_date end) as before,
        min(snapshots.snapshot_date) as first_ever
    from {{ ref('int_month_spined') }} as months
    cross join snapshots
    group by months.month, months.month_end, snapshots.table_name
)

select
    month,
    month_end,
    table_name,
    coalesce(newest, first_ever) as snapshot_date,
    true as is_current
from per_month
union all
select
    month,
    month_end,
    table_name,
    before as snapshot_date,
    false as is_current
from per_month
where before < newest
