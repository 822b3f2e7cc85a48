-- Staff at month end. What a list says of a branch holds until the next one names it again, the first also
-- for the time before.
with listed as (
    select
        *,
        lag(month) over (partition by branch_id order by month asc nulls last) as previous_month,
        lead(month) over (partition by branch_id order by month asc nulls last) as next_month
    from {{ ref('int_branch_listed') }}
)

select
    months.month,
    listed.branch_id,
    months.month_end,
    listed.fte
from {{ ref('int_month_spined') }} as months
inner join listed
    on
        (listed.previous_month is null or listed.month <= months.month)
        and (listed.next_month is null or listed.next_month > months.month)
where
    listed.fte is not null
    and (listed.open_date is null or listed.open_date <= months.month_end)
    and (listed.close_date is null or listed.close_date > months.month_end)
