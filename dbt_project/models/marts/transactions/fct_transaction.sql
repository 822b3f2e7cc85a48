{{
    config(
        materialized='incremental',
        event_time='booking_date_time',
        begin=var('begin'),
        meta={'reach': '1'},
    )
}}

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
    transactions.version_id
from {{ ref('stg_transaction') }} as transactions
left join {{ ref('int_account_aligned') }} as accounts
    on
        transactions.account_id = accounts.account_id
        and transactions.month = accounts.month
left join {{ ref('int_currency_rated') }} as rates
    on
        transactions.booking_date = rates.date_day
        and transactions.currency_code = rates.currency_code
