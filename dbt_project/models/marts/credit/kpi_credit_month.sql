-- Balances are those of open loans, in the main currency; charge-offs and recoveries are the month's.
with loans as (
    select
        facts.*,
        {{ translated('facts.balance', 'rates.rate') }} as main_balance,
        {{ translated('facts.arrears_balance', 'rates.rate') }} as main_arrears,
        {{ translated('facts.provision_amount', 'rates.rate') }} as main_provision,
        {{ translated('facts.charge_offs', 'rates.rate') }} as main_charge_offs,
        {{ translated('facts.recoveries', 'rates.rate') }} as main_recoveries
    from {{ ref('fct_loan_month') }} as facts
    left join {{ ref('int_currency_rated') }} as rates
        on
            facts.month = rates.month
            and facts.currency_code = rates.currency_code
)

select
    month,
    branch_id,
    product_id,
    segment_code,
    month_end,
    cast(sum(case when is_open then 1 else 0 end) as bigint) as loans,
    cast(sum(main_balance) as decimal(24, 2)) as gross_loans,
    cast(
        sum(case when dpd_bucket = '0' then main_balance else 0 end) as decimal(24, 2)
    ) as balance_dpd_0,
    cast(
        sum(case when dpd_bucket = '1-29' then main_balance else 0 end) as decimal(24, 2)
    ) as balance_dpd_1_29,
    cast(
        sum(case when dpd_bucket = '30-59' then main_balance else 0 end) as decimal(24, 2)
    ) as balance_dpd_30_59,
    cast(
        sum(case when dpd_bucket = '60-89' then main_balance else 0 end) as decimal(24, 2)
    ) as balance_dpd_60_89,
    cast(
        sum(case when dpd_bucket in ('90-119', '120-179', '180+') then main_balance else 0 end)
        as decimal(24, 2)
    ) as balance_dpd_90_plus,
    cast(
        sum(case when {{ is_past_30('days_past_due') }} then main_balance else 0 end) as decimal(24, 2)
    ) as par30_balance,
    cast(sum(case when is_noncurrent then main_balance else 0 end) as decimal(24, 2)) as noncurrent_balance,
    cast(
        sum(case when is_open and not is_performing then main_balance else 0 end) as decimal(24, 2)
    ) as npl_balance,
    cast(sum(main_arrears) as decimal(24, 2)) as arrears_balance,
    cast(sum(main_provision) as decimal(24, 2)) as provision_amount,
    cast(sum(main_charge_offs) as decimal(24, 2)) as charge_offs,
    cast(sum(main_recoveries) as decimal(24, 2)) as recoveries,
    cast(sum(case when is_performing then 1 else 0 end) as bigint) as performing_loans,
    cast(sum(case when is_new_default then 1 else 0 end) as bigint) as new_defaults
from loans
group by month, branch_id, product_id, segment_code, month_end
