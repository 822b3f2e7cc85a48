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

-- Everything an account did or tried, this month and the one before. A row's own instant and what is later
-- are never looked at: each frame ends one microsecond before the row.
with history as (
    select
        transaction_id,
        account_id,
        month,
        booking_date_time,
        {{ epoch_micros('booking_date_time') }} as micros,
        amount,
        currency_code,
        channel,
        balance_after,
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

observed as (
    select
        *,
        sum(spent) over last_28d as spent_28d,
        sum(spent * spent) over last_28d as spent_squared_28d,
        max(spent) over last_28d as largest_28d,
        count(spent) over last_28d as count_28d,
        count(spent) over last_7d as count_7d,
        count(spent) over last_24h as count_24h,
        sum(spent) over last_24h as spent_24h,
        count(spent) over last_1h as count_1h,
        sum(received) over last_24h as received_24h,
        count(declined) over last_24h as declined_24h,
        max(case when spent is not null then micros end) over last_28d as previous_micros,
        max(micros) over (
            partition by account_id, payee order by micros
            range between {{ lookback }} preceding and 1 preceding
        ) as payee_micros,
        max(micros) over (
            partition by account_id, channel order by micros
            range between {{ lookback }} preceding and 1 preceding
        ) as channel_micros,
        max(micros) over (
            partition by account_id, merchant_category_code order by micros
            range between {{ lookback }} preceding and 1 preceding
        ) as category_micros,
        max(micros) over (
            partition by account_id, currency_code order by micros
            range between {{ lookback }} preceding and 1 preceding
        ) as currency_micros
    from history
    window
        last_28d as (
            partition by account_id order by micros range between {{ lookback }} preceding and 1 preceding
        ),
        last_7d as (
            partition by account_id order by micros range between {{ 7 * day }} preceding and 1 preceding
        ),
        last_24h as (
            partition by account_id order by micros range between {{ day }} preceding and 1 preceding
        ),
        last_1h as (
            partition by account_id order by micros range between {{ hour }} preceding and 1 preceding
        )
),

measured as (
    select
        *,
        cast(amount as double) as amount_value,
        cast(largest_28d as double) as largest_value,
        cast(spent_28d as double) / nullif(count_28d, 0) as mean_28d,
        -- n Σx² − (Σx)² from exact sums, before the root and the one division
        sqrt(greatest(cast(count_28d * spent_squared_28d - spent_28d * spent_28d as double), 0))
        / nullif(count_28d, 0) as deviation_28d,
        extract(hour from booking_date_time) as hour_of_day,
        {{ iso_day_of_week('booking_date_time') }} as day_of_week
    from observed
    where
        month = {{ month }}
        and spent is not null
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
    case when count_28d >= 1 then ln((1 + amount_value) / (1 + largest_value)) else 0 end as amount_to_largest_28d,
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
    least((micros - coalesce(payee_micros, micros - {{ lookback }})) / {{ day }}.0, 28.0) as days_since_payee,
    cast(payee_micros is null as double) as is_new_payee,
    cast(channel_micros is null as double) as is_new_channel,
    cast(category_micros is null as double) as is_new_category,
    cast(currency_micros is null as double) as is_new_currency,
    -- share of the balance before the payment that it takes; nothing known of the balance: nothing said
    case
        when balance_after + amount > 0
            then least(amount_value / cast(balance_after + amount as double), 1.0)
        else 0
    end as balance_share
from measured
