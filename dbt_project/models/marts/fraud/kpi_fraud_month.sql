-- By the month of the transaction, with the labels known now: later builds restate earlier months.
with cases as (
    select
        transaction_id,
        sum(gross_loss) as gross_loss,
        sum(recovered) as recovered,
        max(case when is_chargeback then 1 else 0 end) as is_chargeback
    from {{ ref('stg_fraud_case') }}
    group by transaction_id
),

alerts as (
    select
        transaction_id,
        {{ month_start('created_at') }} as month,
        1 as alerts,
        case when disposition = 'fraud' then 1 else 0 end as alerts_confirmed
    from {{ ref('stg_alert') }}
),

concerned as (
    select transaction_id from cases
    union
    select transaction_id from alerts
    where transaction_id is not null
),

transactions as (
    select
        facts.transaction_id,
        facts.month,
        facts.branch_id,
        facts.channel,
        facts.segment_code,
        facts.status in ('BOOK', 'RVSL') as is_booked,
        facts.amount_reporting as amount
    from {{ ref('fct_transaction') }} as facts
    inner join concerned
        on facts.transaction_id = concerned.transaction_id
),

parts as (
    select
        {{ month_start('date_day') }} as month,
        branch_id,
        channel,
        segment_code,
        txn_volume,
        txn_value,
        case when {{ is_by_card('channel') }} then txn_volume else 0 end as card_volume,
        0 as chargebacks,
        0 as fraud_volume,
        0 as fraud_value,
        0 as gross_loss,
        0 as recovered,
        0 as scored_volume,
        0 as alerts,
        0 as alerts_confirmed
    from {{ ref('kpi_transactions_day') }}
    union all
    select
        transactions.month,
        transactions.branch_id,
        transactions.channel,
        transactions.segment_code,
        0 as txn_volume,
        0 as txn_value,
        0 as card_volume,
        case
            when transactions.is_booked and {{ is_by_card('transactions.channel') }} then cases.is_chargeback
            else 0
        end as chargebacks,
        case when transactions.is_booked then 1 else 0 end as fraud_volume,
        case when transactions.is_booked then transactions.amount else 0 end as fraud_value,
        coalesce(cases.gross_loss, 0) as gross_loss,
        coalesce(cases.recovered, 0) as recovered,
        0 as scored_volume,
        0 as alerts,
        0 as alerts_confirmed
    from cases
    inner join transactions
        on cases.transaction_id = transactions.transaction_id
    union all
    select
        coalesce(transactions.month, alerts.month) as month,
        {{ known('transactions.branch_id') }} as branch_id,
        {{ known('transactions.channel') }} as channel,
        {{ known('transactions.segment_code') }} as segment_code,
        0 as txn_volume,
        0 as txn_value,
        0 as card_volume,
        0 as chargebacks,
        0 as fraud_volume,
        0 as fraud_value,
        0 as gross_loss,
        0 as recovered,
        0 as scored_volume,
        alerts.alerts,
        alerts.alerts_confirmed
    from alerts
    left join transactions
        on alerts.transaction_id = transactions.transaction_id
    union all
    select
        month,
        branch_id,
        channel,
        segment_code,
        0 as txn_volume,
        0 as txn_value,
        0 as card_volume,
        0 as chargebacks,
        0 as fraud_volume,
        0 as fraud_value,
        0 as gross_loss,
        0 as recovered,
        count(*) as scored_volume,
        0 as alerts,
        0 as alerts_confirmed
    from {{ ref('fct_transaction_score') }}
    group by month, branch_id, channel, segment_code
)

select
    month,
    branch_id,
    channel,
    segment_code,
    cast(sum(txn_volume) as bigint) as txn_volume,
    cast(sum(txn_value) as decimal(24, 2)) as txn_value,
    cast(sum(card_volume) as bigint) as card_volume,
    cast(sum(chargebacks) as bigint) as chargebacks,
    cast(sum(fraud_volume) as bigint) as fraud_volume,
    cast(sum(fraud_value) as decimal(24, 2)) as fraud_value,
    cast(sum(gross_loss) as decimal(24, 2)) as gross_loss,
    cast(sum(recovered) as decimal(24, 2)) as recovered,
    cast(sum(scored_volume) as bigint) as scored_volume,
    cast(sum(alerts) as bigint) as alerts,
    cast(sum(alerts_confirmed) as bigint) as alerts_confirmed
from parts
group by month, branch_id, channel, segment_code
