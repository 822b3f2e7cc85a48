{{
    config(
        materialized='incremental',
        event_time='booking_date_time',
        begin=var('begin'),
        meta={'reach': '1'},
    )
}}

{% set month = batch_month() %}

-- What was declined in the month or on the day before it: who tries again may do so after midnight.
with declined as (
    select
        transaction_id,
        account_id,
        amount,
        currency_code,
        booking_date_time,
        coalesce(merchant_id, counterparty_account) as payee
    from {{ ref('stg_transaction').render() }}
    where
        status = 'RJCT'
        and booking_date_time >= {{ add_days(month, -1) }}
        and booking_date_time < {{ add_months(month, 1) }}
),

retries as (
    select distinct transactions.transaction_id
    from {{ ref('stg_transaction') }} as transactions
    inner join declined
        on
            transactions.account_id = declined.account_id
            and transactions.amount = declined.amount
            and transactions.currency_code = declined.currency_code
            and coalesce(transactions.merchant_id, transactions.counterparty_account) = declined.payee
            and transactions.booking_date_time > declined.booking_date_time
            and {{ epoch_micros('transactions.booking_date_time') }}
            - {{ epoch_micros('declined.booking_date_time') }}
            <= {{ var('retry_seconds') }} * cast(1000000 as bigint)
    where transactions.credit_debit_indicator = 'DBIT'
)

select
    transactions.transaction_id,
    transactions.account_id,
    {{ known('accounts.customer_id') }} as customer_id,
    {{ known('accounts.branch_id') }} as branch_id,
    {{ known('accounts.product_id') }} as product_id,
    {{ known('accounts.segment_code') }} as segment_code,
    transactions.booking_date_time,
    transactions.booking_date,
    transactions.month,
    transactions.credit_debit_indicator,
    transactions.amount,
    {{ translated('transactions.amount', 'rates.rate') }} as amount_reporting,
    transactions.signed_amount,
    transactions.currency_code,
    transactions.status,
    transactions.channel,
    {{ known('transactions.purpose_code') }} as purpose_code,
    transactions.bank_transaction_code,
    transactions.initiated_by,
    transactions.merchant_category_code,
    transactions.merchant_id,
    transactions.terminal_id,
    transactions.card_id,
    transactions.loan_id,
    transactions.reject_reason,
    transactions.manual_touch,
    transactions.reversal_of is not null as is_reversal,
    retries.transaction_id is not null as is_retry,
    transactions.version_id
from {{ ref('stg_transaction') }} as transactions
left join {{ ref('int_account_aligned') }} as accounts
    on
        transactions.account_id = accounts.account_id
        and transactions.month = accounts.month
left join retries
    on transactions.transaction_id = retries.transaction_id
left join {{ ref('int_currency_rated') }} as rates
    on
        transactions.booking_date = rates.date_day
        and transactions.currency_code = rates.currency_code
