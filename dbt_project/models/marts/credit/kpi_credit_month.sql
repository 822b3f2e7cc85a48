-- Balances are those of open loans; charge-offs and recoveries are the month's. In the reporting currency.
select
    month,
    branch_id,
    product_id,
    segment_code,
    month_end,
    cast(sum(case when is_open then 1 else 0 end) as bigint) as loans,
    cast(sum(balance_reporting) as decimal(24, 2)) as gross_loans,
    cast(
        sum(case when dpd_bucket = '0' then balance_reporting else 0 end) as decimal(24, 2)
    ) as balance_dpd_0,
    cast(
        sum(case when dpd_bucket = '1-29' then balance_reporting else 0 end) as decimal(24, 2)
    ) as balance_dpd_1_29,
    cast(
        sum(case when dpd_bucket = '30-59' then balance_reporting else 0 end) as decimal(24, 2)
    ) as balance_dpd_30_59,
    cast(
        sum(case when dpd_bucket = '60-89' then balance_reporting else 0 end) as decimal(24, 2)
    ) as balance_dpd_60_89,
    cast(
        sum(case when dpd_bucket in ('90-119', '120-179', '180+') then balance_reporting else 0 end)
        as decimal(24, 2)
    ) as balance_dpd_90_plus,
    cast(
        sum(case when {{ is_past_30('days_past_due') }} then balance_reporting else 0 end) as decimal(24, 2)
    ) as par30_balance,
    cast(
        sum(case when is_noncurrent then balance_reporting else 0 end) as decimal(24, 2)
    ) as noncurrent_balance,
    cast(
        sum(case when is_open and not is_performing then balance_reporting else 0 end) as decimal(24, 2)
    ) as npl_balance,
    cast(sum(arrears_balance_reporting) as decimal(24, 2)) as arrears_balance,
    cast(sum(provision_amount_reporting) as decimal(24, 2)) as provision_amount,
    cast(
        sum(case when is_open and not is_performing then provision_amount_reporting end) as decimal(24, 2)
    ) as npl_provision_amount,
    cast(sum(case when is_forborne then balance_reporting else 0 end) as decimal(24, 2)) as forborne_balance,
    cast(sum(expected_loss_reporting) as decimal(24, 6)) as expected_loss,
    cast(sum(instalments_due_reporting) as decimal(24, 2)) as instalments_due,
    cast(sum(collected_reporting) as decimal(24, 2)) as collected,
    cast(sum(principal_ahead_reporting) as decimal(24, 2)) as principal_ahead,
    cast(sum(principal_days_ahead_reporting) as decimal(34, 2)) as principal_days_ahead,
    cast(sum(charge_offs_reporting) as decimal(24, 2)) as charge_offs,
    cast(sum(recoveries_reporting) as decimal(24, 2)) as recoveries,
    cast(sum(case when is_performing then 1 else 0 end) as bigint) as performing_loans,
    cast(sum(case when is_new_default then 1 else 0 end) as bigint) as new_defaults
from {{ ref('fct_loan_month') }}
group by month, branch_id, product_id, segment_code, month_end
