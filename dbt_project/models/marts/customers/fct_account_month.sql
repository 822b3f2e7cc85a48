{{
    config(
        materialized='incremental',
        event_time='month',
        begin=var('begin'),
        meta={'reach': 'end'},
    )
}}

{% set month = batch_month() %}

-- Accounts that were open on at least one day of the month. What matured and still holds money is open.
with accounts as (
    select
        *,
        as_of_date between month and month_end as is_delivered,
        as_of_date between month and month_end and balance <> 0 as holds_money
    from {{ ref('int_account_aligned') }}
    where
        coalesce(start_date, month) <= month_end
        and (
            coalesce(end_date, month) >= month
            or (as_of_date between month and month_end and balance <> 0)
        )
),

history as (
    select min(month) as first_month
    from {{ ref('int_month_spined') }}
),

previous as (
    {% if is_incremental() %}
        select
            account_id,
            balance,
            last_customer_transaction_date,
            is_open
        from {{ this }}
        where month = {{ add_months(month, -1) }}
    {% else %}
        select
            account_id,
            balance,
            cast(null as date) as last_customer_transaction_date,
            true as is_open
        from accounts
        where false
    {% endif %}
),

-- The five month ends before this one, for the mean of six.
earlier as (
    {% if is_incremental() %}
        select
            account_id,
            sum(balance) as balances,
            count(balance) as months
        from {{ this }}
        where month >= {{ add_months(month, -5) }} and month < {{ month }}
        group by account_id
    {% else %}
        select
            account_id,
            balance as balances,
            0 as months
        from accounts
        where false
    {% endif %}
),

transactions as (
    select
        booked.account_id,
        booked.booking_date_time,
        booked.booking_date,
        booked.transaction_id,
        booked.signed_amount,
        booked.balance_after,
        booked.initiated_by,
        {{ is_income('booked.purpose_code') }} as is_income,
        {{ translated('booked.signed_amount', 'rates.rate') }} as reporting_amount,
        booked.signed_amount * rates.earlier_rates as reporting_missing_days,
        max(booked.booking_date_time) over (partition by booked.account_id) as last_booking
    from {{ ref('stg_transaction') }} as booked
    left join {{ ref('int_currency_rated') }} as rates
        on
            booked.booking_date = rates.date_day
            and booked.currency_code = rates.currency_code
    where booked.is_booked
),

movements as (
    select
        transactions.account_id,
        sum(transactions.signed_amount) as net,
        sum(case when transactions.signed_amount > 0 then transactions.signed_amount else 0 end) as credits,
        sum(case when transactions.signed_amount < 0 then -transactions.signed_amount else 0 end) as debits,
        sum(case when transactions.reporting_amount > 0 then transactions.reporting_amount else 0 end)
            as credits_reporting,
        sum(case when transactions.reporting_amount < 0 then -transactions.reporting_amount else 0 end)
            as debits_reporting,
        count(*) as transaction_count,
        sum(case when transactions.initiated_by = 'customer' then 1 else 0 end) as customer_transaction_count,
        sum(case when transactions.signed_amount > 0 and transactions.is_income then 1 else 0 end)
            as income_count,
        sum(
            case when transactions.signed_amount < 0 and transactions.initiated_by <> 'bank' then 1 else 0 end
        ) as payment_count,
        max(case when transactions.initiated_by = 'customer' then transactions.booking_date end)
            as last_customer_transaction_date,
        -- a movement counts in the end-of-day balance from its own day on: it is missing on the days before
        sum(transactions.signed_amount * (extract(day from transactions.booking_date) - 1)) as missing_days,
        sum(transactions.reporting_missing_days) as missing_days_reporting,
        -- movements after the day a snapshot speaks of bring its balance to the month's end
        sum(
            case
                when transactions.booking_date > accounts.as_of_date then transactions.signed_amount
                else 0
            end
        ) as net_after_snapshot
    from transactions
    inner join accounts
        on transactions.account_id = accounts.account_id
    group by transactions.account_id
),

-- The balance after the month's last movement. Where several carry the same time, the one nearest to the
-- running sum is the last; that sum starts at zero where the account does.
last_balances as (
    select
        transactions.account_id,
        transactions.balance_after,
        row_number() over (
            partition by transactions.account_id
            order by
                abs(
                    transactions.balance_after - movements.net
                    - coalesce(previous.balance, case when accounts.start_date >= accounts.month then 0 end)
                ) asc nulls last,
                transactions.transaction_id desc
        ) as nearness
    from transactions
    inner join movements
        on transactions.account_id = movements.account_id
    inner join accounts
        on transactions.account_id = accounts.account_id
    left join previous
        on transactions.account_id = previous.account_id
    where
        transactions.booking_date_time = transactions.last_booking
        and transactions.balance_after is not null
),

closings as (
    select
        accounts.account_id,
        accounts.customer_id,
        accounts.branch_id,
        accounts.product_id,
        accounts.segment_code,
        accounts.currency_code,
        accounts.ledger_code,
        accounts.statement_frequency,
        accounts.month,
        accounts.month_end,
        greatest(accounts.start_date, history.first_month) as known_since,
        case
            -- vanished from the month's snapshot: closed
            when not accounts.is_current then cast(0 as decimal(18, 2))
            when accounts.is_delivered then accounts.balance + coalesce(movements.net_after_snapshot, 0)
        end as delivered_balance,
        coalesce(
            last_balances.balance_after,
            previous.balance + coalesce(movements.net, 0),
            -- nothing before: the running sum starts where the account does
            case when accounts.start_date >= accounts.month then coalesce(movements.net, 0) end
        ) as derived_balance,
        coalesce(movements.credits, 0) as credits,
        coalesce(movements.debits, 0) as debits,
        coalesce(movements.credits_reporting, 0) as credits_reporting,
        coalesce(movements.debits_reporting, 0) as debits_reporting,
        coalesce(movements.transaction_count, 0) as transaction_count,
        coalesce(movements.customer_transaction_count, 0) as customer_transaction_count,
        coalesce(movements.income_count, 0) as income_count,
        coalesce(movements.payment_count, 0) as payment_count,
        coalesce(movements.missing_days, 0) as missing_days,
        coalesce(movements.missing_days_reporting, 0) as missing_days_reporting,
        coalesce(movements.last_customer_transaction_date, previous.last_customer_transaction_date)
            as last_customer_transaction_date,
        accounts.is_current
        and (
            accounts.end_date is null
            or accounts.end_date > accounts.month_end
            or coalesce(accounts.holds_money, false)
        ) as is_open,
        coalesce(accounts.start_date >= accounts.month, false) as is_opened
    from accounts
    cross join history
    left join movements
        on accounts.account_id = movements.account_id
    left join last_balances
        on
            accounts.account_id = last_balances.account_id
            and last_balances.nearness = 1
    left join previous
        on accounts.account_id = previous.account_id
    -- an account that vanished is closed once: in the month after the one that still had it open
    where accounts.is_current or coalesce(previous.is_open, {{ 'false' if is_incremental() else 'true' }})
),

balanced as (
    select
        *,
        coalesce(delivered_balance, derived_balance) as balance,
        case
            when delivered_balance is not null then 'delivered'
            when derived_balance is not null then 'derived'
            else 'unknown'
        end as balance_source
    from closings
),

-- Rates of the month's end, and of all its days together.
rates as (
    select
        currency_code,
        rate,
        earlier_rates + rate as month_rates
    from {{ ref('int_currency_rated') }}
    where date_day = {{ month_end(month) }}
)

select
    balanced.account_id,
    month,
    month_end,
    customer_id,
    branch_id,
    product_id,
    segment_code,
    balanced.currency_code,
    ledger_code,
    statement_frequency,
    cast(balance as decimal(18, 2)) as balance,
    {{ translated('balance', 'rates.rate') }} as balance_reporting,
    balance_source,
    cast(
        balance * extract(day from month_end) - missing_days as decimal(24, 2)
    ) as balance_days,
    cast(balance * rates.month_rates - missing_days_reporting as decimal(24, 2)) as balance_days_reporting,
    cast(credits as decimal(18, 2)) as credits,
    cast(debits as decimal(18, 2)) as debits,
    cast(credits_reporting as decimal(24, 2)) as credits_reporting,
    cast(debits_reporting as decimal(24, 2)) as debits_reporting,
    cast(transaction_count as bigint) as transaction_count,
    cast(customer_transaction_count as bigint) as customer_transaction_count,
    cast(income_count as bigint) as income_count,
    cast(payment_count as bigint) as payment_count,
    last_customer_transaction_date,
    is_open,
    is_opened,
    not is_open as is_closed,
    -- counted from the account's start, or from the first day anything is known of it
    is_open
    and {{ days_between('coalesce(last_customer_transaction_date, known_since)', 'month_end') }}
    >= {{ var('active_days') }} as is_dormant,
    cast(
        case when earlier.months = 5 then cast(earlier.balances + balance as double) / 6 end as decimal(18, 2)
    ) as balance_mean_6m,
    -- less than half the mean of six, without dividing; what is overdrawn on average holds no deposit
    is_open
    and coalesce(earlier.months = 5 and earlier.balances + balance > 0, false)
    and coalesce(12 * balance < earlier.balances + balance, false) as is_balance_flight
from balanced
left join earlier
    on balanced.account_id = earlier.account_id
left join rates
    on balanced.currency_code = rates.currency_code
