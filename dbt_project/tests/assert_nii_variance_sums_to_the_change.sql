-- Volume, rate and mix of all lines are the change of net interest income, to the cent.
with quarters as (
    select
        {{ quarter_start('month') }} as quarter,
        max(month) as month,
        sum(net_interest_income) as net_interest_income
    from {{ ref('kpi_finance_month') }}
    group by {{ quarter_start('month') }}
),

explained as (
    select
        month,
        variance_against,
        sum(amount) as amount
    from {{ ref('kpi_nii_variance_quarter') }}
    group by month, variance_against
)

select
    explained.month,
    explained.variance_against,
    explained.amount,
    now.net_interest_income - earlier.net_interest_income as change
from explained
inner join quarters as now
    on explained.month = now.month
inner join quarters as earlier
    on
        {{ add_months(
            'now.quarter', "case explained.variance_against when 'last_year' then -12 else -3 end"
        ) }} = earlier.quarter
where explained.amount <> now.net_interest_income - earlier.net_interest_income
