{{
    config(
        materialized='incremental',
        event_time='date_day',
        begin=var('begin'),
        meta={'reach': '1'},
    )
}}

with transactions as (
    select
        facts.booking_date,
        facts.branch_id,
        facts.product_id,
        facts.segment_code,
        facts.channel,
        facts.credit_debit_indicator,
        facts.purpose_code,
        facts.status in ('BOOK', 'RVSL') as is_booked,
        facts.status = 'RJCT' as is_declined,
        facts.is_retry,
        facts.is_reversal,
        -- what the bank books of its own accord is no payment, and without a word nobody knows who touched it
        facts.initiated_by <> 'bank' and facts.manual_touch is not null as is_payment,
        coalesce(facts.manual_touch, true) as is_touched,
        facts.initiated_by = 'customer' as is_customer,
        {{ is_digital('facts.channel') }} as is_digital,
        facts.amount_reporting as amount
    from {{ ref('fct_transaction') }} as facts
)

select
    booking_date as date_day,
    branch_id,
    product_id,
    segment_code,
    channel,
    credit_debit_indicator,
    purpose_code,
    cast(sum(case when is_booked then 1 else 0 end) as bigint) as txn_volume,
    cast(sum(case when is_booked then amount else 0 end) as decimal(24, 2)) as txn_value,
    cast(sum(case when is_booked and is_customer then 1 else 0 end) as bigint) as customer_txn_volume,
    cast(
        sum(case when is_booked and is_customer and is_digital then 1 else 0 end) as bigint
    ) as digital_txn_volume,
    cast(sum(case when is_declined and not is_retry then 1 else 0 end) as bigint) as declined_volume,
    cast(
        sum(case when (is_booked or is_declined) and not is_retry then 1 else 0 end) as bigint
    ) as attempted_volume,
    cast(sum(case when is_retry then 1 else 0 end) as bigint) as retried_volume,
    cast(sum(case when is_booked and is_reversal then 1 else 0 end) as bigint) as reversed_volume,
    cast(sum(case when is_payment then 1 else 0 end) as bigint) as payments_received,
    cast(
        sum(case when is_payment and is_booked and not is_touched then 1 else 0 end) as bigint
    ) as payments_straight_through
from transactions
group by
    booking_date, branch_id, product_id, segment_code, channel, credit_debit_indicator, purpose_code
