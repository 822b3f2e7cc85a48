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
{# Four weeks fit into the month before, however short: no row needs more than that month and its own. #}
{% set lookback = 28 * day %}

{% set novelties = [
    ('payees', 'payee'), ('channels', 'channel'), ('categories', 'merchant_category_code'),
] %}

-- Everything an account did or tried, this month and the one before. A row's own instant and what is later
-- are never looked at: each frame ends one microsecond before the row.
with history as (
    select
        transaction_id,
        account_id,
        {{ epoch_micros('booking_date_time') }} as micros,
        channel,
        merchant_category_code,
        coalesce(merchant_id, counterparty_account, terminal_id) as payee,
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

-- Sorting is the price of these windows, and it grows with the width of the rows: numbers stand for accounts,
-- and what a row is described by besides is fetched at the end.
account_numbers as (
    select
        account_id,
        row_number() over (order by account_id asc) as account_number
    from (select distinct account_id from history) as accounts
),

events as (
    select
        history.transaction_id,
        account_numbers.account_number,
        history.micros,
        history.spent,
        history.received,
        history.declined
    from history
    inner join account_numbers
        on history.account_id = account_numbers.account_id
),

behaviour as (
    select
        transaction_id,
        micros,
        sum(spent) over last_28d as spent_28d,
        sum(spent * spent) over last_28d as spent_squared_28d,
        max(spent) over last_28d as largest_28d,
        count(spent) over last_28d as count_28d,
        max(case when spent is not null then micros end) over last_28d as previous_micros,
        count(spent) over last_7d as count_7d,
        count(spent) over last_24h as count_24h,
        sum(spent) over last_24h as spent_24h,
        sum(received) over last_24h as received_24h,
        count(declined) over last_24h as declined_24h,
        count(spent) over last_1h as count_1h
    from events
    window
        last_28d as (
            partition by account_number order by micros asc
            range between {{ lookback }} preceding and 1 preceding
        ),
        last_7d as (
            partition by account_number order by micros asc
            range between {{ 7 * day }} preceding and 1 preceding
        ),
        last_24h as (
            partition by account_number order by micros asc
            range between {{ day }} preceding and 1 preceding
        ),
        last_1h as (
            partition by account_number order by micros asc
            range between {{ hour }} preceding and 1 preceding
        )
),

-- When the account last dealt with the same payee, through the same channel, in the same merchant category.
-- Of rows at one instant the one with the smaller id came first.
{% for name, key in novelties %}
    {{ name }} as (
        select
            history.transaction_id,
            lag(history.micros) over (
                partition by account_numbers.account_number, history.{{ key }}
                order by history.micros asc, history.transaction_id asc
            ) as seen_micros
        from history
        inner join account_numbers
            on history.account_id = account_numbers.account_id
    ),

{% endfor %}
measured as (
    select
        transactions.transaction_id,
        transactions.account_id,
        transactions.month,
        transactions.booking_date_time,
        transactions.amount,
        transactions.channel,
        transactions.balance_after,
        cast(transactions.amount as double) as amount_value,
        behaviour.micros,
        behaviour.previous_micros,
        behaviour.count_28d,
        behaviour.count_7d,
        behaviour.count_24h,
        behaviour.count_1h,
        behaviour.spent_24h,
        behaviour.received_24h,
        behaviour.declined_24h,
        payees.seen_micros as payee_micros,
        channels.seen_micros as channel_micros,
        categories.seen_micros as category_micros,
        cast(behaviour.largest_28d as double) as largest_value,
        cast(behaviour.spent_28d as double) / nullif(behaviour.count_28d, 0) as mean_28d,
        -- n Σx² − (Σx)² from exact sums, before the root and the one division
        sqrt(greatest(
            cast(
                behaviour.count_28d * behaviour.spent_squared_28d - behaviour.spent_28d * behaviour.spent_28d
                as double
            ),
            0
        )) / nullif(behaviour.count_28d, 0) as deviation_28d,
        extract(hour from transactions.booking_date_time) as hour_of_day,
        {{ iso_day_of_week('transactions.booking_date_time') }} as day_of_week
    from {{ ref('stg_transaction') }} as transactions
    inner join behaviour
        on transactions.transaction_id = behaviour.transaction_id
    inner join payees
        on transactions.transaction_id = payees.transaction_id
    inner join channels
        on transactions.transaction_id = channels.transaction_id
    inner join categories
        on transactions.transaction_id = categories.transaction_id
    where
        transactions.month = {{ month }}
        and transactions.is_booked
        and transactions.credit_debit_indicator = 'DBIT'
        and transactions.initiated_by = 'customer'
)

select
    transaction_id,
    account_id,
    month,
    booking_date_time,
    ln(1 + amount_value) as amount_log,
    -- a floor of a tenth of the mean: an account that always pays the same is not infinitely surprised
    case
        when count_28d >= 3
            then (amount_value - mean_28d) / greatest(deviation_28d, 0.1 * mean_28d, 1)
        else 0
    end as amount_z_28d,
    case when count_28d >= 1 then ln((1 + amount_value) / (1 + largest_value)) else 0 end
        as amount_to_largest_28d,
    cast(count_1h as double) as count_1h,
    cast(count_24h as double) as count_24h,
    cast(count_7d as double) as count_7d,
    ln(1 + cast(coalesce(spent_24h, 0) as double)) as spent_24h_log,
    ln(1 + cast(coalesce(received_24h, 0) as double)) as received_24h_log,
    cast(declined_24h as double) as declined_24h,
    ln(1 + (micros - coalesce(previous_micros, micros - {{ lookback }})) / {{ second }}.0)
        as seconds_since_previous_log,
    cast(hour_of_day < 6 as double) as is_night,
    cast(day_of_week >= 6 as double) as is_weekend,
    cast(channel in ('card_ecom', 'web', 'mobile', 'phone') as double) as is_remote,
    least(coalesce(micros - payee_micros, {{ lookback }}), {{ lookback }}) / {{ day }}.0 as days_since_payee,
    cast(coalesce(micros - payee_micros > {{ lookback }}, true) as double) as is_new_payee,
    cast(coalesce(micros - channel_micros > {{ lookback }}, true) as double) as is_new_channel,
    cast(coalesce(micros - category_micros > {{ lookback }}, true) as double) as is_new_category,
    -- share of the balance before the payment that it takes; nothing known of the balance: nothing said
    case
        when balance_after + amount > 0
            then least(amount_value / cast(balance_after + amount as double), 1.0)
        else 0
    end as balance_share
from measured
