{{
    config(
        materialized='incremental',
        event_time='month',
        begin=var('begin'),
        meta={'reach': 'end'},
    )
}}

{% set month = batch_month() %}

with rates as (
    select
        date_day,
        currency_code,
        rate,
        earlier_rates
    from {{ ref('int_currency_rated') }}
),

closing_rates as (
    select
        currency_code,
        earlier_rates + rate as month_rates
    from rates
    where date_day = {{ month_end(month) }}
),

-- What was charged to the account: fees, and interest on money the customer owes. A line's rate does not say
-- what is charged (days free of interest, rates of overdrafts), so there the bookings count.
charges as (
    select
        booked.account_id,
        sum(
            {{ translated("case when booked.purpose_code = 'FEES' then -booked.signed_amount else 0 end"
                " + coalesce(booked.charge_amount, 0)", 'rates.rate') }}
        ) as fees,
        sum(
            {{ translated("case when booked.purpose_code = 'INTE' and booked.signed_amount < 0"
                " then -booked.signed_amount else 0 end", 'rates.rate') }}
        ) as interest_charged
    from {{ ref('stg_transaction') }} as booked
    left join rates
        on
            booked.booking_date = rates.date_day
            and booked.currency_code = rates.currency_code
    where
        booked.is_booked
        and (booked.purpose_code in ('FEES', 'INTE') or booked.charge_amount > 0)
    group by booked.account_id
),

accounts as (
    select
        facts.account_id as contract_id,
        'account' as contract_type,
        facts.month,
        facts.month_end,
        facts.customer_id,
        facts.branch_id,
        facts.product_id,
        facts.segment_code,
        facts.currency_code,
        aligned.start_date,
        {{ days_between('aligned.start_date', 'aligned.end_date') }} as life_days,
        aligned.rate,
        -- the bank owes what stands on an account
        -facts.balance_days_reporting as lent_days,
        coalesce(charges.interest_charged, 0) as interest_income,
        {{ interest_on('greatest(facts.balance_days_reporting, 0)', 'coalesce(aligned.rate, 0)') }}
            as interest_expense,
        coalesce(charges.fees, 0) as fees,
        cast(0 as decimal(24, 2)) as expected_loss,
        facts.transaction_count + case when facts.is_open then 1 else 0 end as activity
    from {{ ref('fct_account_month') }} as facts
    inner join {{ ref('int_account_aligned') }} as aligned
        on
            facts.account_id = aligned.account_id
            and facts.month = aligned.month
    left join charges
        on facts.account_id = charges.account_id
),

-- Repayments within the month: what they took off was lent on the days before.
repayments as (
    select
        movements.loan_id,
        sum(
            case movements.loan_transaction_type
                when 'advance' then movements.amount
                when 'further_advance' then movements.amount
                when 'capitalisation' then movements.amount
                when 'capital_repayment' then -movements.amount
                when 'write_off' then -movements.amount
                -- not divided into principal and interest: as the schedule divides it
                when 'received'
                    then -cast(
                        movements.amount
                        * coalesce(
                            cast(schedules.scheduled_principal as double)
                            / nullif(schedules.scheduled_total, 0),
                            1
                        ) as decimal(18, 2)
                    )
                else 0
            end * rates.earlier_rates
        ) as missing_days
    from {{ ref('stg_loan_transaction') }} as movements
    inner join {{ ref('int_loan_aligned') }} as aligned
        on movements.loan_id = aligned.loan_id
    left join {{ ref('int_loan_averaged') }} as schedules
        on movements.loan_id = schedules.loan_id
    left join rates
        on
            movements.transaction_date = rates.date_day
            and coalesce(movements.currency_code, aligned.currency_code) = rates.currency_code
    -- what a bank brings over from before its history moved nothing
    cross join (select min(months.month) as first_month from {{ ref('int_month_spined') }} as months) as begun
    where coalesce(movements.value_date, movements.transaction_date) >= begun.first_month
    group by movements.loan_id
),

-- This month's positions, and the month's before for what was provided until then.
positions as (
    select
        loan_id,
        month,
        month_end,
        customer_id,
        branch_id,
        product_id,
        segment_code,
        currency_code,
        rate,
        is_open,
        balance,
        provision_amount_reporting,
        charge_offs_reporting,
        recoveries_reporting
    from {{ ref('fct_loan_month').render() }}
    where month in ({{ month }}, {{ add_months(month, -1) }})
),

provisions as (
    select
        loan_id,
        provision_amount_reporting
    from positions
    where month < {{ month }}
),

history as (
    select case when count(*) > 0 then 1 else 0 end as is_known
    from provisions
),

lent as (
    select
        facts.loan_id,
        facts.month,
        facts.month_end,
        facts.customer_id,
        facts.branch_id,
        facts.product_id,
        facts.segment_code,
        facts.currency_code,
        facts.rate,
        facts.is_open,
        aligned.start_date,
        coalesce(
            schedules.average_payment_day
            - {{ days_between("cast('1970-01-01' as date)", 'aligned.start_date') }},
            {{ days_between('aligned.start_date', 'aligned.end_date') }}
        ) as life_days,
        coalesce(aligned.accrual_status in ('nonaccrual', 'non_accrual'), false) as is_nonaccrual,
        cast(
            facts.balance * closing_rates.month_rates - coalesce(repayments.missing_days, 0)
            as decimal(26, 2)
        ) as lent_days,
        -- before the first month no provision is known: only what was lost counts
        coalesce(
            coalesce(facts.provision_amount_reporting, case when not facts.is_open then 0 end)
            - coalesce(provisions.provision_amount_reporting, 0),
            0
        ) * history.is_known
        + facts.charge_offs_reporting
        - facts.recoveries_reporting as expected_loss
    from positions as facts
    cross join history
    left join {{ ref('int_loan_aligned') }} as aligned
        on
            facts.loan_id = aligned.loan_id
            and facts.month = aligned.month
    left join {{ ref('int_loan_averaged') }} as schedules
        on facts.loan_id = schedules.loan_id
    left join repayments
        on facts.loan_id = repayments.loan_id
    left join provisions
        on facts.loan_id = provisions.loan_id
    left join closing_rates
        on facts.currency_code = closing_rates.currency_code
    where facts.month = {{ month }}
),

contracts as (
    select *
    from accounts
    union all
    select
        loan_id as contract_id,
        'loan' as contract_type,
        month,
        month_end,
        customer_id,
        branch_id,
        product_id,
        segment_code,
        currency_code,
        start_date,
        life_days,
        rate,
        lent_days,
        case
            when is_nonaccrual then 0
            else {{ interest_on('lent_days', 'coalesce(rate, 0)') }}
        end as interest_income,
        cast(0 as decimal(18, 2)) as interest_expense,
        cast(0 as decimal(24, 2)) as fees,
        expected_loss,
        case when is_open then 1 else 0 end as activity
    from lent
),

-- Matched to the contract's own life where the product says so and the contract has one, else to the average
-- over the product's behavioural life.
priced as (
    select
        contracts.*,
        coalesce(
            {{ interpolated('curve', 'contracts.life_days') }},
            averages.ftp_rate
        ) as ftp_rate,
        case
            when curve.rate_from is not null then 'matched_maturity'
            when averages.ftp_rate is not null then 'behavioural'
            else 'none'
        end as ftp_rate_source
    from contracts
    left join {{ ref('stg_product') }} as products
        on contracts.product_id = products.product_id
    left join {{ ref('int_curve_segmented') }} as curve
        on
            products.ftp_method = 'matched_maturity'
            and curve.curve_use = 'funds'
            and contracts.currency_code = curve.currency_code
            and contracts.start_date >= curve.valid_from
            and contracts.start_date < curve.valid_to
            and contracts.life_days >= curve.tenor_from
            and contracts.life_days < curve.tenor_to
    left join {{ ref('int_curve_averaged') }} as averages
        on
            contracts.product_id = averages.product_id
            and contracts.currency_code = averages.currency_code
            and contracts.month = averages.month
),

expenses as (
    select
        ledger.branch_id,
        sum(rollup.factor * ledger.flow_reporting) as expense
    from {{ ref('fct_gl_month') }} as ledger
    inner join {{ ref('kpi_line_rollup') }} as rollup
        on
            ledger.kpi_line = rollup.kpi_line
            and rollup.total = 'nonint_expense'
    group by ledger.branch_id
),

activities as (
    select
        branch_id,
        sum(activity) as activity
    from contracts
    group by branch_id
),

-- A centre without contracts serves all others.
overhead as (
    select sum(expenses.expense) as expense
    from expenses
    left join activities
        on expenses.branch_id = activities.branch_id
    where coalesce(activities.activity, 0) = 0
),

total as (
    select sum(activity) as activity
    from activities
)

select
    priced.contract_id,
    priced.contract_type,
    priced.month,
    priced.month_end,
    priced.customer_id,
    priced.branch_id,
    priced.product_id,
    priced.segment_code,
    priced.currency_code,
    cast(priced.lent_days as decimal(26, 2)) as lent_days,
    cast(priced.rate as decimal(9, 6)) as rate,
    cast(priced.ftp_rate as decimal(12, 9)) as ftp_rate,
    priced.ftp_rate_source,
    cast(priced.interest_income as decimal(18, 2)) as interest_income,
    cast(priced.interest_expense as decimal(18, 2)) as interest_expense,
    {{ interest_on('-priced.lent_days', 'priced.ftp_rate') }} as funds_transfer,
    cast(
        priced.interest_income - priced.interest_expense
        + {{ interest_on('-priced.lent_days', 'priced.ftp_rate') }} as decimal(18, 2)
    ) as ftp_margin,
    cast(priced.fees as decimal(18, 2)) as fees,
    cast(priced.expected_loss as decimal(18, 2)) as expected_loss,
    cast(priced.activity as bigint) as activity,
    cast(
        cast(coalesce(expenses.expense, 0) as double) * priced.activity / nullif(activities.activity, 0)
        as decimal(18, 2)
    ) as direct_cost,
    cast(
        cast(coalesce(overhead.expense, 0) as double) * priced.activity / nullif(total.activity, 0)
        as decimal(18, 2)
    ) as allocated_cost
from priced
inner join activities
    on priced.branch_id = activities.branch_id
left join expenses
    on priced.branch_id = expenses.branch_id
cross join overhead
cross join total
