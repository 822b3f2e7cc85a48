{{
    config(
        materialized='incremental',
        event_time='month',
        begin=var('begin'),
        meta={'reach': 'end'},
    )
}}

{% set month = batch_month() %}

with aligned as (
    select *
    from {{ ref('int_loan_aligned') }}
    where start_date <= month_end
),

-- All payments up to the month's end; a table of a few rows per loan and month.
movements as (
    select
        movements.loan_id,
        movements.loan_transaction_type as kind,
        movements.amount,
        {{ translated('movements.amount', 'rates.rate') }} as reporting_amount,
        -- what a bank brings over from before its history is no flow of the first month
        movements.transaction_date >= {{ month }}
        and coalesce(movements.value_date, movements.transaction_date) >= history.first_month as is_of_month
    from {{ ref('stg_loan_transaction').render() }} as movements
    cross join (select min(month) as first_month from {{ ref('int_month_spined') }}) as history
    left join aligned
        on movements.loan_id = aligned.loan_id
    -- rates of the month's days only: what came before is not translated again
    left join {{ ref('int_currency_rated') }} as rates
        on
            movements.transaction_date = rates.date_day
            and coalesce(movements.currency_code, aligned.currency_code) = rates.currency_code
    where movements.transaction_date < {{ add_months(month, 1) }}
),

payments as (
    select
        loan_id,
        sum(case when kind in ('capital_repayment', 'interest_repayment', 'received') then amount else 0 end)
            as paid,
        sum(
            case
                when is_of_month and kind in ('capital_repayment', 'interest_repayment', 'received')
                    then amount
                else 0
            end
        ) as collected,
        sum(
            case
                when is_of_month and kind in ('capital_repayment', 'interest_repayment', 'received')
                    then reporting_amount
                else 0
            end
        ) as collected_reporting,
        sum(case when kind in ('advance', 'further_advance') then amount else 0 end) as advanced,
        sum(case when kind = 'capitalisation' then amount else 0 end) as capitalised,
        sum(case when kind = 'capital_repayment' then amount else 0 end) as principal_paid,
        sum(case when kind = 'received' then amount else 0 end) as undivided_paid,
        sum(case when kind = 'write_off' then amount else 0 end) as written_off,
        sum(case when kind = 'write_off' and is_of_month then amount else 0 end) as charge_offs,
        sum(case when kind = 'recovery' and is_of_month then amount else 0 end) as recoveries,
        sum(case when kind = 'write_off' and is_of_month then reporting_amount else 0 end)
            as charge_offs_reporting,
        sum(case when kind = 'recovery' and is_of_month then reporting_amount else 0 end)
            as recoveries_reporting
    from movements
    group by loan_id
),

-- What the contract asks for in the month, at the day's rate.
dues as (
    select
        instalments.loan_id,
        sum(instalments.amount) as instalments_due,
        sum({{ translated('instalments.amount', 'rates.rate') }}) as instalments_due_reporting
    from {{ ref('int_loan_scheduled') }} as instalments
    inner join aligned
        on instalments.loan_id = aligned.loan_id
    left join {{ ref('int_currency_rated') }} as rates
        on
            instalments.payment_date = rates.date_day
            and aligned.currency_code = rates.currency_code
    where
        instalments.payment_date >= {{ month }}
        and instalments.payment_date < {{ add_months(month, 1) }}
    group by instalments.loan_id
),

previous as (
    {% if is_incremental() %}
        select
            loan_id,
            bool_or(is_new_default) as has_defaulted,
            bool_or(is_open and month = {{ add_months(month, -1) }}) as was_open,
            max(month) as last_month
        from {{ this }}
        where month < {{ month }}
        group by loan_id
    {% else %}
        select
            loan_id,
            false as has_defaulted,
            false as was_open,
            month as last_month
        from aligned
        where false
    {% endif %}
),

-- A loan that left the extracts with its charge-off still brings recoveries.
departed as (
    {% if is_incremental() %}
        select
            {{ month }} as month,
            {{ month_end(month) }} as month_end,
            facts.loan_id,
            facts.customer_id,
            facts.branch_id,
            facts.product_id,
            facts.segment_code,
            facts.industry_code,
            facts.internal_rating,
            facts.currency_code,
            facts.ledger_code,
            facts.start_date,
            facts.end_date,
            facts.orig_notional,
            facts.rate
        from {{ this }} as facts
        inner join previous
            on
                facts.loan_id = previous.loan_id
                and facts.month = previous.last_month
        inner join payments
            on facts.loan_id = payments.loan_id
        where
            payments.charge_offs + payments.recoveries > 0
            and facts.loan_id not in (select aligned.loan_id from aligned)
    {% else %}
        select
            month,
            month_end,
            loan_id,
            customer_id,
            branch_id,
            product_id,
            segment_code,
            industry_code,
            internal_rating,
            currency_code,
            ledger_code,
            start_date,
            end_date,
            orig_notional,
            rate
        from aligned
        where false
    {% endif %}
),

loans as (
    select
        month,
        month_end,
        loan_id,
        customer_id,
        branch_id,
        product_id,
        segment_code,
        industry_code,
        internal_rating,
        currency_code,
        ledger_code,
        start_date,
        end_date,
        orig_notional,
        rate,
        is_current,
        case when is_delivered then balance end as balance,
        case when is_delivered then arrears_balance end as arrears_balance,
        case
            when is_delivered
                then coalesce(days_past_due, {{ days_between('first_arrears_date', 'month_end') }})
        end as days_past_due,
        default_date,
        case when is_delivered then accrual_status end as accrual_status,
        case when is_delivered then impairment_status end as impairment_status,
        case when is_delivered then provision_amount end as provision_amount,
        forbearance_date,
        case
            when is_delivered then cast(cast(pd_irb * lgd_irb as decimal(20, 12)) * ead as decimal(20, 6))
        end as expected_loss
    from aligned
    union all
    select
        month,
        month_end,
        loan_id,
        customer_id,
        branch_id,
        product_id,
        segment_code,
        industry_code,
        internal_rating,
        currency_code,
        ledger_code,
        start_date,
        end_date,
        orig_notional,
        rate,
        false as is_current,
        null as balance,
        null as arrears_balance,
        null as days_past_due,
        null as default_date,
        null as accrual_status,
        null as impairment_status,
        null as provision_amount,
        cast(null as date) as forbearance_date,
        cast(null as decimal(20, 6)) as expected_loss
    from departed
),

-- Payments settle the oldest instalment first. An instalment is unpaid when what was due up to it exceeds
-- what was paid by more than the rounding that payments carry.
schedules as (
    select
        instalments.loan_id,
        max(instalments.scheduled_principal) as scheduled_principal,
        max(instalments.scheduled_total) as scheduled_total,
        sum(
            case
                when instalments.payment_date >= {{ add_months(month, 1) }} then instalments.principal
                else 0
            end
        ) as principal_ahead,
        sum(
            case
                when instalments.payment_date >= {{ add_months(month, 1) }}
                    then
                        instalments.principal
                        * {{ days_between(month_end(month), 'instalments.payment_date') }}
                else 0
            end
        ) as principal_days_ahead,
        max(
            case
                when instalments.payment_date < {{ add_months(month, 1) }} then instalments.cumulative_due
            end
        ) as due,
        min(
            case
                when
                    instalments.payment_date < {{ add_months(month, 1) }}
                    and instalments.cumulative_due - coalesce(payments.paid, 0)
                    > {{ var('instalment_tolerance') }} * instalments.instalment_number
                    then instalments.payment_date
            end
        ) as oldest_unpaid_date
    from {{ ref('int_loan_scheduled') }} as instalments
    left join payments
        on instalments.loan_id = payments.loan_id
    group by instalments.loan_id
),

positions as (
    select
        loans.*,
        coalesce(payments.charge_offs, 0) as charge_offs,
        coalesce(payments.recoveries, 0) as recoveries,
        coalesce(payments.charge_offs_reporting, 0) as charge_offs_reporting,
        coalesce(payments.recoveries_reporting, 0) as recoveries_reporting,
        coalesce(payments.collected, 0) as collected,
        coalesce(payments.collected_reporting, 0) as collected_reporting,
        dues.instalments_due,
        dues.instalments_due_reporting,
        cast(schedules.principal_ahead as decimal(18, 2)) as principal_ahead,
        cast(schedules.principal_days_ahead as decimal(20, 2)) as principal_days_ahead,
        coalesce(previous.has_defaulted, false) as has_defaulted,
        coalesce(previous.was_open, false) as was_open,
        schedules.loan_id is not null as has_schedule,
        schedules.oldest_unpaid_date,
        case
            when schedules.oldest_unpaid_date is null then 0
            else {{ days_between('schedules.oldest_unpaid_date', 'loans.month_end') }}
        end as derived_days_past_due,
        greatest(schedules.due - coalesce(payments.paid, 0), 0) as derived_arrears,
        -- payments not divided into interest and principal repay principal as the schedule does
        greatest(
            case
                when coalesce(payments.advanced, 0) > 0 then payments.advanced
                else loans.orig_notional
            end
            + coalesce(payments.capitalised, 0)
            - coalesce(payments.principal_paid, 0)
            - coalesce(payments.written_off, 0)
            - cast(
                coalesce(payments.undivided_paid, 0)
                * coalesce(
                    cast(schedules.scheduled_principal as double) / nullif(schedules.scheduled_total, 0), 1
                ) as decimal(18, 2)
            ),
            0
        ) as derived_balance
    from loans
    left join payments
        on loans.loan_id = payments.loan_id
    left join schedules
        on loans.loan_id = schedules.loan_id
    left join previous
        on loans.loan_id = previous.loan_id
    left join dues
        on loans.loan_id = dues.loan_id
),

balanced as (
    select
        *,
        case when is_current then coalesce(balance, derived_balance) else 0 end as closing_balance,
        is_current and coalesce(balance, derived_balance) > 0 as is_open
    from positions
),

aged as (
    select
        *,
        case
            when not is_open then 0
            when days_past_due is not null then days_past_due
            when has_schedule then derived_days_past_due
        end as days,
        case
            when days_past_due is not null then 'delivered'
            when has_schedule then 'derived'
            else 'unknown'
        end as days_source
    from balanced
    where
        is_open
        or was_open
        or start_date >= month
        or charge_offs + recoveries > 0
),

staged as (
    select
        *,
        case
            when not is_open then cast(null as integer)
            when impairment_status like 'stage_1%' then 1
            when impairment_status like 'stage_2%' then 2
            when impairment_status like 'stage_3%' or impairment_status = 'non_performing' then 3
            when {{ is_default('days') }} then 3
            when {{ is_past_30('days') }} then 2
            when days is not null then 1
        end as stage
    from aged
),

judged as (
    select
        *,
        coalesce({{ is_default('days') }}, false) or coalesce(stage = 3, false) as is_defaulted
    from staged
),

rates as (
    select
        currency_code,
        rate as closing_rate
    from {{ ref('int_currency_rated') }}
    where date_day = {{ month_end(month) }}
),

priced as (
    select
        judged.*,
        rates.closing_rate,
        case
            when not is_open then 0
            when arrears_balance is not null then arrears_balance
            when has_schedule then derived_arrears
        end as closing_arrears,
        case when is_open then provision_amount end as closing_provision,
        -- a contract that ended before the month asks for nothing any more
        is_open or was_open or start_date >= month as is_running
    from judged
    left join rates
        on judged.currency_code = rates.currency_code
)

select
    loan_id,
    month,
    month_end,
    customer_id,
    branch_id,
    product_id,
    segment_code,
    industry_code,
    internal_rating,
    currency_code,
    ledger_code,
    start_date,
    end_date,
    cast(orig_notional as decimal(18, 2)) as orig_notional,
    {{ translated('orig_notional', 'closing_rate') }} as orig_notional_reporting,
    cast(closing_balance as decimal(18, 2)) as balance,
    {{ translated('closing_balance', 'closing_rate') }} as balance_reporting,
    cast(rate as decimal(9, 6)) as rate,
    cast(closing_arrears as decimal(18, 2)) as arrears_balance,
    {{ translated('closing_arrears', 'closing_rate') }} as arrears_balance_reporting,
    cast(days as integer) as days_past_due,
    days_source as days_past_due_source,
    {{ dpd_bucket('days') }} as dpd_bucket,
    cast(stage as integer) as stage,
    is_open and not is_defaulted as is_performing,
    is_open and (
        coalesce({{ is_noncurrent('days') }}, false)
        or coalesce(accrual_status in ('nonaccrual', 'non_accrual'), false)
    ) as is_noncurrent,
    (is_defaulted or charge_offs > 0)
    and not has_defaulted
    and coalesce(default_date >= month, true) as is_new_default,
    cast(closing_provision as decimal(18, 2)) as provision_amount,
    {{ translated('closing_provision', 'closing_rate') }} as provision_amount_reporting,
    is_open and coalesce(forbearance_date <= month_end, false) as is_forborne,
    case when is_open then expected_loss end as expected_loss,
    -- in full: what is rounded loan by loan is another sum
    cast(case when is_open then expected_loss end * cast(closing_rate as decimal(19, 8)) as decimal(24, 6))
        as expected_loss_reporting,
    cast(case when is_running then coalesce(instalments_due, 0) else 0 end as decimal(18, 2))
        as instalments_due,
    cast(case when is_running then coalesce(instalments_due_reporting, 0) else 0 end as decimal(24, 2))
        as instalments_due_reporting,
    cast(case when is_running then collected else 0 end as decimal(18, 2)) as collected,
    cast(case when is_running then collected_reporting else 0 end as decimal(24, 2))
        as collected_reporting,
    {{ translated('case when is_open then principal_ahead end', 'closing_rate') }}
        as principal_ahead_reporting,
    cast(
        case when is_open then principal_days_ahead end * cast(closing_rate as decimal(19, 8))
        as decimal(30, 2)
    ) as principal_days_ahead_reporting,
    cast(charge_offs as decimal(18, 2)) as charge_offs,
    cast(charge_offs_reporting as decimal(24, 2)) as charge_offs_reporting,
    cast(recoveries as decimal(18, 2)) as recoveries,
    cast(recoveries_reporting as decimal(24, 2)) as recoveries_reporting,
    is_open
from priced
