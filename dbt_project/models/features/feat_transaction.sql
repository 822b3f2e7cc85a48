{{
    config(
        materialized='incremental',
        event_time='booking_date_time',
        begin=var('begin'),
        meta={'reach': '1'},
    )
}}

{% set month = batch_month() %}
{% set second = 1000000 %}
{% set hour = 3600 * second %}
{% set day = 24 * hour %}
{# No month is shorter: the month before always tells whether an account paid within this time. #}
{% set lookback = 28 * day %}

-- What a payment is compared with is the whole month before it, summed once by account; only the last day is
-- followed moment by moment. A row's own instant and what is later are never looked at.
with history as (
    select
        transaction_id,
        account_id,
        booking_date_time,
        {{ epoch_micros('booking_date_time') }} as micros,
        month = {{ month }} as is_current,
        channel,
        merchant_category_code,
        coalesce(merchant_id, counterparty_account, terminal_id) as payee,
        amount,
        balance_after,
        case
            when is_booked and credit_debit_indicator = 'DBIT' and initiated_by = 'customer' then amount
        end as spent,
        case when is_booked and credit_debit_indicator = 'CRDT' then amount end as received,
        case when status = 'RJCT' then 1 end as declined
    from {{ ref('stg_transaction').render() }}
    where
        booking_date_time >= {{ add_months(month, -1) }}
        and booking_date_time < {{ add_months(month, 1) }}
),

payments as (
    select
        *,
        -- a fixed number of decimals, so that sums are the same in any order
        cast(ln(1 + cast(amount as double)) as decimal(9, 6)) as amount_log
    from history
    where spent is not null
),

usual as (
    select
        account_id,
        count(*) as payments,
        sum(spent) as spent,
        sum(spent * spent) as spent_squared,
        max(micros) as last_micros
    from payments
    where not is_current
    group by account_id
),

usual_by_channel as (
    select
        account_id,
        channel,
        cast(sum(amount_log) as double) / count(*) as amount_log
    from payments
    where not is_current
    group by account_id, channel
),

usual_of_bank as (
    select
        channel,
        merchant_category_code,
        cast(sum(amount_log) as double) / count(*) as amount_log
    from payments
    where not is_current
    group by channel, merchant_category_code
),

-- A payee is new with the account's first payment to it since the month before began.
payees as (
    select
        account_id,
        payee,
        min(micros) as first_micros
    from payments
    group by account_id, payee
),

-- Sorting is the price of windows, and it grows with the width of the rows: numbers stand for accounts, and
-- what a row is described by besides is fetched at the end.
account_numbers as (
    select
        account_id,
        row_number() over (order by account_id asc nulls last) as account_number
    from (select distinct account_id from history) as accounts
),

events as (
    select
        history.transaction_id,
        account_numbers.account_number,
        history.micros,
        history.spent,
        history.received,
        history.declined,
        case when payees.first_micros is not null then 1 end as new_payee
    from history
    inner join account_numbers
        on history.account_id = account_numbers.account_id
    left join payees
        on
            history.account_id = payees.account_id
            and history.payee = payees.payee
            and history.micros = payees.first_micros
            and history.spent is not null
    where
        history.booking_date_time >= {{ add_days(month, -1) }}
        and (history.spent is not null or history.received is not null or history.declined is not null)
),

recent as (
    select
        transaction_id,
        max(case when spent is not null then micros end) over before_it as previous_micros,
        count(spent) over last_24h as count_24h,
        sum(spent) over last_24h as spent_24h,
        sum(received) over last_24h as received_24h,
        count(declined) over last_24h as declined_24h,
        count(new_payee) over last_24h as new_payees_24h,
        count(new_payee) over last_3h as new_payees_3h,
        count(spent) over last_1h as count_1h
    from events
    window
        before_it as (
            partition by account_number order by micros asc nulls last
            range between unbounded preceding and 1 preceding
        ),
        last_24h as (
            partition by account_number order by micros asc nulls last
            range between {{ day }} preceding and 1 preceding
        ),
        last_3h as (
            partition by account_number order by micros asc nulls last
            range between {{ 3 * hour }} preceding and 1 preceding
        ),
        last_1h as (
            partition by account_number order by micros asc nulls last
            range between {{ hour }} preceding and 1 preceding
        )
),

measured as (
    select
        payments.transaction_id,
        payments.account_id,
        payments.booking_date_time,
        payments.micros,
        payments.channel,
        payments.balance_after,
        payments.amount,
        payments.amount_log,
        recent.count_1h,
        recent.count_24h,
        recent.declined_24h,
        recent.new_payees_3h,
        recent.new_payees_24h,
        cast(payments.amount as double) as amount_value,
        cast(coalesce(recent.spent_24h, 0) as double) as spent_24h,
        cast(coalesce(recent.received_24h, 0) as double) as received_24h,
        coalesce(recent.previous_micros, usual.last_micros) as previous_micros,
        coalesce(usual.payments, 0) as usual_payments,
        cast(coalesce(usual.spent, 0) as double) as usual_spent,
        cast(usual.spent as double) / nullif(usual.payments, 0) as usual_amount,
        -- n Σx² − (Σx)² from exact sums, before the root and the one division
        sqrt(greatest(
            cast(usual.payments * usual.spent_squared - usual.spent * usual.spent as double), 0
        )) / nullif(usual.payments, 0) as usual_deviation,
        usual_by_channel.amount_log as channel_amount_log,
        usual_of_bank.amount_log as bank_amount_log
    from payments
    inner join recent
        on payments.transaction_id = recent.transaction_id
    left join usual
        on payments.account_id = usual.account_id
    left join usual_by_channel
        on
            payments.account_id = usual_by_channel.account_id
            and payments.channel = usual_by_channel.channel
    left join usual_of_bank
        on
            payments.channel = usual_of_bank.channel
            and payments.merchant_category_code is not distinct from usual_of_bank.merchant_category_code
    where payments.is_current
)

select
    transaction_id,
    account_id,
    {{ month }} as month,
    booking_date_time,
    cast(amount_log as double) as amount_log,
    -- a floor of a tenth of the mean: an account that always pays the same is not infinitely surprised
    case
        when usual_payments >= 3
            then (amount_value - usual_amount) / greatest(usual_deviation, 0.1 * usual_amount, 1)
        else 0
    end as amount_z,
    coalesce(amount_log - channel_amount_log, 0) as log_amount_vs_channel,
    coalesce(amount_log - bank_amount_log, 0) as log_amount_vs_bank_category,
    cast(count_1h as double) as count_1h,
    cast(count_24h as double) as count_24h,
    (1 + count_24h) / (1 + usual_payments / 28.0) as count_24h_vs_usual,
    ln((1 + spent_24h) / (1 + usual_spent / 28.0)) as spent_24h_vs_usual,
    ln(1 + received_24h) as received_24h_log,
    cast(declined_24h as double) as declined_24h,
    ln(1 + least(coalesce(micros - previous_micros, {{ lookback }}), {{ lookback }}) / {{ second }}.0)
        as seconds_since_previous_log,
    cast(new_payees_3h as double) as new_payees_3h,
    cast(new_payees_24h as double) as new_payees_24h,
    cast(extract(hour from booking_date_time) < 6 as double) as is_night,
    cast(channel in ('card_ecom', 'web', 'mobile', 'phone') as double) as is_remote,
    -- share of the balance before the payment that it takes; nothing known of the balance: nothing said
    case
        when balance_after + amount > 0
            then least(amount_value / cast(balance_after + amount as double), 1.0)
        else 0
    end as balance_share
from measured
